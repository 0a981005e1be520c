//! A server of HTTP/1.1 that does as little as one can: what is measured is what calls it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The argument that makes the bench a server.
pub const SERVE: &str = "serve-for-the-bench";

/// A server in a process of its own, until it is dropped.
pub struct Server {
    process: Child,
    pub port: u16,
}

impl Server {
    pub fn start() -> Self {
        let program = std::env::current_exe().expect("this program has a file");
        let mut command = Command::new(program);
        let mut process = command.arg(SERVE).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).expect("it tells its port");
        let port = line.trim().parse().expect("a port is a number");
        Self { process, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the process does.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime can be made");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        println!("{}", listener.local_addr().expect("it has one").port());
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
}

/// Answers each request with as many bytes as its path says.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut request, mut answer, mut asked) = (Vec::with_capacity(4096), Vec::new(), 0);
    loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        let bytes = request[5..].iter().take_while(|byte| byte.is_ascii_digit());
        let bytes = bytes.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
        if bytes != asked {
            (answer, asked) = (whole(bytes), bytes);
        }
        request.clear();
        stream.write_all(&answer).await?;
    }
}

/// An answer of JSON, as a service has it: records in a list.
fn whole(bytes: usize) -> Vec<u8> {
    let mut body = String::from("[");
    for number in 0.. {
        if body.len() + 1 >= bytes {
            break;
        }
        body += &format!(
            "{{\"id\":{number},\"name\":\"Ada Lovelace\",\"email\":\"ada.{number}@example.com\",\"owner\":null,\
             \"updated\":\"2026-11-23T16:{:02}:00Z\",\"tags\":[\"lead\",\"{:08x}\"]}},",
            number % 60,
            number * 2_654_435_761_u64
        );
    }
    body.truncate(bytes - 1);
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 23 Nov 2026 16:30:00 GMT\r\n\
         Server: bench\r\nContent-Length: {bytes}\r\n\r\n{body}]"
    )
    .into_bytes()
}
