//! Whether a guest that has guesses echoed, and a clock, learns which of them are right: real requests of a real guest,
//! to a server that trickles back what it is sent, from an origin that a sealed secret is bound to.
//!
//! A right guess is a proper part of a form of the value, from its beginning or from anywhere. A wrong one differs from
//! such a part in its last byte, where the guest times each piece of an answer; there right and wrong ones follow one
//! another at random. Or it is a part of a form of a random value, where the guest times whole answers, as differences
//! add up in them: in each all guesses are right or all are wrong, at random, and each is said 32 times.
//!
//! Times of right and of wrong guesses are told apart by Welch's t of their ranks. Of single pieces, also those are looked
//! at that came up to 40 pieces before the guess, since what an answer holds is let out late; the greatest |t| counts. As
//! a busy machine may show a difference that is not there, one counts that is there three times on end. That these would be
//! seen is shown by a server that takes a little longer to say a right guess.
//!
//! Run by `tests/deep`, alone on the machine.

#![expect(clippy::print_stderr, reason = "whoever runs it is told what each comes to")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dice::{ATTEMPTS, DIFFERENT, Dice, Guess, TOKEN};
use um_host::rule::{HostName, Placement, Rule};
use um_host::{Ask, Host, MapVault, RunSpec, SecretName, SecretValue, WorkspaceName};
use um_leak::whole_forms;
use um_runtime::{End, Limits, Stdin};
use um_secret::{Binding, MapSecret};

mod dice;
#[path = "../it/support/guests.rs"]
#[expect(dead_code, reason = "core modules are for other tests")]
mod guests;

/// Length of what is echoed for one guess, in bytes.
const PIECE: usize = 32;
/// How many bytes of it are the guess.
const GUESS: std::ops::Range<usize> = 12..31;
/// As many forms as a guesser would try, and random values that guesses are taken from.
const FORMS: usize = 8;
const OTHERS: usize = 64;
/// How late what a guess does to the answer may show, in pieces.
const LATEST: usize = 40;
/// How much longer the server takes to say a right guess, where it does.
const LATER: Duration = Duration::from_micros(5);

/// How many guesses are made, unless others are asked for.
const GUESSES: usize = 20_000;

#[derive(Clone, Copy, Debug)]
enum Watched {
    Pieces,
    Answers,
}

impl Watched {
    fn guesses_per_answer(self) -> usize {
        match self {
            Self::Pieces => 1000,
            Self::Answers => 25,
        }
    }

    /// How often a guess is said: differences within one answer add up.
    fn times(self) -> usize {
        match self {
            Self::Pieces => 1,
            Self::Answers => 32,
        }
    }

    /// What the server is told: how often it says each guess, and how many microseconds it waits then.
    fn path(self) -> String {
        match self {
            Self::Pieces => format!("{}/50", self.times()),
            Self::Answers => format!("{}/0", self.times()),
        }
    }
}

/// The guesses of one request, and which of them are right.
struct Batch {
    text: Vec<u8>,
    right: Vec<bool>,
}

struct Guesser {
    forms: Vec<Vec<u8>>,
    others: Vec<Vec<Vec<u8>>>,
    dice: Dice,
}

/// Those that are one line of text.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let forms = whole_forms(value).into_iter().map(|form| form.bytes.to_vec());
    forms.filter(|form| form.len() > GUESS.end && form.iter().all(u8::is_ascii_graphic)).take(FORMS).collect()
}

impl Guesser {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let others = (0..OTHERS).map(|_| forms(&dice.token())).collect();
        Self { forms: forms(TOKEN), others, dice }
    }

    fn batch(&mut self, guess: Guess, watched: Watched) -> Batch {
        let all = self.dice.below(2) == 0;
        let right: Vec<bool> = (0..watched.guesses_per_answer())
            .map(|_| match watched {
                Watched::Pieces => self.dice.below(2) == 0,
                Watched::Answers => all,
            })
            .collect();
        Batch { text: right.iter().flat_map(|&is_right| self.piece(guess, watched, is_right)).collect(), right }
    }

    /// The guess ends it: what is held back until it goes on waits for the next piece.
    fn piece(&mut self, guess: Guess, watched: Watched, is_right: bool) -> [u8; PIECE] {
        let other = &self.others[self.dice.below(OTHERS)];
        let from_other = matches!(watched, Watched::Answers) && !is_right;
        let form = &(if from_other { other } else { &self.forms })[self.dice.below(FORMS)];
        let length = GUESS.start + self.dice.below(GUESS.len());
        let start = match guess {
            Guess::Prefixes => 0,
            Guess::Windows => self.dice.below(form.len() - length),
        };
        let mut piece = [b'~'; PIECE];
        piece[PIECE - length..].copy_from_slice(&form[start..start + length]);
        if !is_right && !from_other {
            piece[PIECE - 1] = if piece[PIECE - 1] == b'x' { b'y' } else { b'x' };
        }
        piece
    }
}

/// Who says guesses back.
#[derive(Clone, Copy, Debug)]
enum Server {
    /// One that takes as long for each.
    Fair,
    /// One that takes [`LATER`] for right ones.
    Telling,
}

/// Echoes for as long as the test process lives: each guess as often as the path says, and so many microseconds apart.
fn listen(server: Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || echo(stream, server));
        }
    });
    address
}

fn echo(mut stream: TcpStream, server: Server) -> io::Result<()> {
    let forms = forms(TOKEN);
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut head, mut body) = (String::new(), Vec::new());
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let number = |before: &str| {
            let word = head.split(before).nth(1).and_then(|rest| rest.split([' ', '/', '\r']).next());
            word.and_then(|word| word.parse::<usize>().ok()).ok_or(io::ErrorKind::InvalidData)
        };
        let (times, length) = (number("POST /")?, number("length: ")?);
        let pause = Duration::from_micros(number(&format!("POST /{times}/"))? as u64);
        reader.by_ref().take(length as u64).read_to_end(&mut body)?;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", length * times)?;
        for piece in body.chunks(PIECE) {
            let pause = match server {
                Server::Telling if is_right(&forms, piece) => pause + LATER,
                _ => pause,
            };
            stream.write_all(&piece.repeat(times))?;
            let begun = Instant::now();
            while begun.elapsed() < pause {
                std::hint::spin_loop();
            }
        }
    }
}

/// Whether what stands at the end of a piece is part of a form.
fn is_right(forms: &[Vec<u8>], piece: &[u8]) -> bool {
    let guess = &piece[piece.iter().take_while(|byte| **byte == b'~').count()..];
    forms.iter().any(|form| form.windows(guess.len()).any(|window| window == guess))
}

/// What the guest's clock showed: a line for each batch.
async fn watch(batches: &[Batch], watched: Watched, server: Server) -> String {
    let address = listen(server);
    let binding = Rule::parse(&format!("http://{address}")).unwrap();
    let token = MapSecret::new(SecretName::parse("TOKEN").unwrap(), SecretValue::new(TOKEN.to_owned()).ok().unwrap());
    let token = token.sealed([Binding::new(binding.clone(), Placement::default()).unwrap()]).unwrap();
    let secrets = MapVault::new().workspace(WorkspaceName::parse("default").unwrap(), [token]);
    let host = Host::builder().secrets(Arc::new(secrets)).build().unwrap();
    let action = host.load(guests::guest("times_echoes")).await.unwrap();
    let lines: Vec<&[u8]> = batches.iter().map(|batch| &batch.text[..]).collect();
    let mut limits = Limits::default();
    limits.wall = Duration::from_secs(3600);
    limits.stdout = 1 << 30;
    limits.http_calls = batches.len() as u64;
    (limits.http_bytes_out, limits.http_bytes_in) = (1 << 32, 1 << 32);
    let mut ask = Ask::default();
    ask.args = vec![format!("http://{address}/{}", watched.path())];
    ask.hosts = vec![binding];
    ask.private_hosts = vec![HostName::parse("127.0.0.1").unwrap()];
    ask.limits = (&limits).into();
    let spec = RunSpec::new(WorkspaceName::parse("default").unwrap(), ask).unwrap();
    let run = host.run(&action, spec).stdin(Stdin::Bytes(lines.join(&b'\n')));
    let ended = run.start().await.unwrap();
    assert_eq!(ended.outcome.end, End::Completed, "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

/// How much of an answer was there after how many nanoseconds, each since the time before.
fn times(line: &str) -> impl Iterator<Item = (usize, f64)> {
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|_| panic!("`{text}` is no number"));
    let pair = move |(length, time): (&str, &str)| (number(length) as usize, f64::from(number(time)));
    line.split_whitespace().map(move |word| pair(word.split_once(':').unwrap()))
}

/// For each piece of an answer, how long after the one before it was there as a whole.
fn times_of_pieces(line: &str) -> Vec<f64> {
    let (mut bytes, mut now, mut last, mut pieces) = (0, 0.0, 0.0, Vec::new());
    for (length, time) in times(line) {
        bytes += length;
        now += time;
        while (pieces.len() + 1) * PIECE <= bytes {
            pieces.push(now - last);
            last = now;
        }
    }
    pieces
}

/// The difference between right and wrong ones: of the means of their ranks, in its standard errors (Welch, 1947), and of
/// their medians, in nanoseconds. A busy machine makes outliers, which ranks do not follow.
fn welch(mut times: Vec<(f64, bool)>) -> (f64, f64) {
    times.sort_by(|one, other| one.0.total_cmp(&other.0));
    let [right, wrong] = [true, false].map(|wanted| {
        let of_class = || times.iter().enumerate().filter(|(_, (_, is_right))| *is_right == wanted);
        let count = of_class().count() as f64;
        let mean = of_class().map(|(rank, _)| rank as f64).sum::<f64>() / count;
        let squares = of_class().map(|(rank, _)| (rank as f64 - mean).powi(2)).sum::<f64>();
        let median = of_class().nth(count as usize / 2).map_or(f64::NAN, |(_, (time, _))| *time);
        (mean, squares / (count - 1.0) / count, median)
    });
    ((right.0 - wrong.0) / (right.1 + wrong.1).sqrt(), right.2 - wrong.2)
}

/// t for so many guesses, and the difference.
async fn measure(guess: Guess, watched: Watched, server: Server, count: usize, seed: u64) -> (f64, f64) {
    let mut guesser = Guesser::new(seed);
    let answers = count.div_ceil(watched.guesses_per_answer());
    let batches: Vec<Batch> = (0..answers).map(|_| guesser.batch(guess, watched)).collect();
    let said = watch(&batches, watched, server).await;
    let answers = || said.lines().zip(&batches);
    assert_eq!(said.lines().count(), batches.len());
    let length = |line: &str| times(line).map(|(length, _)| length).sum::<usize>();
    let said_back = |batch: &Batch| batch.text.len() * watched.times();
    assert!(answers().all(|(line, batch)| length(line) == said_back(batch)), "no guess is a whole value");
    match watched {
        Watched::Answers => {
            let time = |line: &str| times(line).map(|(_, time)| time).sum::<f64>();
            welch(answers().map(|(line, batch)| (time(line), batch.right[0])).collect())
        }
        Watched::Pieces => {
            let pieces: Vec<(Vec<f64>, &Batch)> =
                answers().map(|(line, batch)| (times_of_pieces(line), batch)).collect();
            let after = |late: usize| {
                let times = pieces.iter().flat_map(|(times, batch)| {
                    // The first waits for the request.
                    times.iter().copied().zip(batch.right[late..].iter().copied()).skip(1)
                });
                welch(times.collect())
            };
            (0..=LATEST).map(after).max_by(|one, other| one.0.abs().total_cmp(&other.0.abs())).unwrap()
        }
    }
}

#[tokio::test]
async fn a_guest_with_a_clock_tells_right_guesses_if_a_server_takes_longer_for_them() {
    for watched in [Watched::Pieces, Watched::Answers] {
        let t = told(Guess::Prefixes, watched, Server::Telling, 0).await;
        assert!(t.abs() > DIFFERENT, "by {watched:?}: t = {t:.1}");
    }
}

#[tokio::test]
async fn a_guest_with_a_clock_cannot_tell_right_guesses_from_wrong_ones() {
    for guess in [Guess::Prefixes, Guess::Windows] {
        for watched in [Watched::Pieces, Watched::Answers] {
            let mut smallest = f64::INFINITY;
            for seed in 0..ATTEMPTS {
                smallest = smallest.min(told(guess, watched, Server::Fair, seed).await.abs());
                if smallest < DIFFERENT {
                    break;
                }
            }
            assert!(smallest < DIFFERENT, "{guess:?} by {watched:?}: |t| = {smallest:.1}");
        }
    }
}

/// t for a part of all guesses, and what it is.
async fn told(guess: Guess, watched: Watched, server: Server, seed: u64) -> f64 {
    let count = dice::guesses(GUESSES) / 4;
    let (t, difference) = measure(guess, watched, server, count, seed).await;
    eprintln!("{server:?} server, {guess:?} by {watched:?}, {count} guesses: t = {t:.1}, {difference:.0} ns");
    t
}
