//! `um-host redact`: any text on stdin, the same with masks on stdout, and never more than that.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use crate::support::bound::Bounded;
use crate::support::command::{Home, status};

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";
const OTHER: &str = "correct horse battery";

fn home() -> Home {
    let home = Home::with_store();
    home.set("CRM_TOKEN", VALUE);
    home.set("MAIL_PASSWORD", OTHER);
    home
}

#[test]
fn all_values_of_the_workspace_are_masked_in_every_form() {
    let hex: String = OTHER.bytes().map(|byte| format!("{byte:02x}")).collect();
    home()
        .um_host(["redact"])
        .stdin(format!("token {VALUE}\nagain {VALUE} and {}\n{hex}", BASE64_STANDARD.encode(VALUE)))
        .stdout("token ***\nagain *** and ***\n***")
        .stderr(
            "um-host: masked CRM_TOKEN 3 times in stdout (raw, base64)\n\
             um-host: masked MAIL_PASSWORD 1 time in stdout (hex)\n",
        )
        .run();
}

#[test]
fn what_holds_no_value_passes_byte_for_byte() {
    let home = home();
    let noise: Vec<u8> = (0..1_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for text in [&b""[..], b"\n", b"no newline", b"pat-na1-7Hq2Lx9vT", b"nul\0 latin \xe9\r\n", &noise] {
        let mut child = home.um_host(["redact"]).stdin("").start();
        let (mut stdin, text) = (child.stdin.take().unwrap(), text.to_owned());
        let sent = text.clone();
        let writing = std::thread::spawn(move || stdin.write_all(&sent).unwrap());
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        assert_eq!((status(output.status), output.stderr.as_slice()), (0, &b""[..]));
        assert!(output.stdout == text);
    }
}

#[test]
fn it_is_the_workspace_that_is_named() {
    let home = home();
    assert_eq!(home.um_host(["workspaces", "create", "sales"]).answer().status, 0);
    let stored = home.um_host(["secrets", "set", "CRM_TOKEN", "--workspace", "sales"]).stdin("another-4711");
    assert_eq!(stored.answer().status, 0);
    home.um_host(["redact", "--workspace", "sales"])
        .stdin(format!("{VALUE} another-4711"))
        .stdout(format!("{VALUE} ***"))
        .stderr("um-host: masked CRM_TOKEN 1 time in stdout (raw)\n")
        .run();
}

#[test]
fn quiet_says_nothing_and_json_says_all_in_one_object_on_stderr() {
    let home = home();
    home.um_host(["redact", "--quiet"]).stdin(VALUE).stdout("***").run();
    for arguments in [&["redact", "--json"][..], &["redact", "--json", "--quiet"]] {
        let answer = home.um_host(arguments).stdin(format!("<{VALUE}>")).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (0, "<***>"));
        let mut object: Value = serde_json::from_str(&answer.stderr).unwrap();
        assert_eq!(object["run"].take().as_str().unwrap().len(), 32);
        let leak = json!({"secret": "CRM_TOKEN", "stream": "stdin", "form": "raw", "count": 1});
        let expected = json!({"status": 0, "run": null, "workspace": "default", "leaks": [leak], "unguarded": []});
        assert_eq!(object, expected);
    }
}

#[test]
fn what_cannot_be_masked_is_named_before_the_text() {
    let home = home();
    let stored = home.um_host(["secrets", "set", "FLAG", "--allow-unmaskable"]).stdin("true").answer();
    assert_eq!(stored.status, 0);
    home.um_host(["redact"])
        .stdin("it is true")
        .stdout("it is true")
        .stderr("um-host: FLAG will not be masked: its value is too short or too common to be\n")
        .run();
    let answer = home.um_host(["redact", "--json"]).stdin("").answer();
    let object: Value = serde_json::from_str(&answer.stderr).unwrap();
    assert_eq!(object["unguarded"], json!(["FLAG"]));
}

#[test]
fn a_workspace_without_secrets_masks_nothing_and_says_so() {
    Home::with_store()
        .um_host(["redact"])
        .stdin("as it is")
        .stdout("as it is")
        .stderr("um-host: workspace `default` has no secrets; nothing but keys of um-host will be masked\n")
        .run();
}

#[test]
fn each_value_is_read_as_a_run_reads_it_and_the_read_is_on_record() {
    let home = home();
    let uses = |name: &str| home.um_host(["secrets", "info", name, "--json"]).answer().json()["last_use"].clone();
    assert_eq!(uses("CRM_TOKEN"), Value::Null);
    let answer = home.um_host(["redact", "--json"]).stdin("nothing in it").answer();
    let object: Value = serde_json::from_str(&answer.stderr).unwrap();
    for name in ["CRM_TOKEN", "MAIL_PASSWORD"] {
        assert_eq!((&uses(name)["run"], &uses(name)["reads"]), (&object["run"], &json!(1)), "{name}");
    }
}

#[test]
fn nothing_passes_when_the_store_cannot_be_opened() {
    let lost = home();
    fs::remove_file(lost.key_file()).unwrap();
    let damaged = home();
    let database = damaged.data().join("secrets.redb");
    let length = fs::metadata(&database).unwrap().len();
    File::options().write(true).open(&database).unwrap().set_len(length / 2).unwrap();
    for (home, expected) in [(Home::new(), 125), (lost, 125), (damaged, 125)] {
        let answer = home.um_host(["redact"]).stdin(VALUE).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (expected, ""), "{answer:?}");
        assert!(answer.stderr.starts_with("um-host: error: "), "{answer:?}");
        answer.never_says(VALUE);
    }
    home()
        .um_host(["redact", "--workspace", "nowhere"])
        .stdin(VALUE)
        .status(1)
        .stderr(
            "um-host: error: there is no workspace `nowhere`\n  \
                 hint: `um-host workspaces list` shows those there are\n",
        )
        .run();
}

#[test]
fn nothing_passes_when_the_reads_cannot_be_recorded() {
    let home = home();
    let reads = home.data().join("reads");
    let first = home.um_host(["redact"]).stdin("text").answer();
    assert_eq!((first.status, first.stdout.as_str()), (0, "text"), "{first:?}");
    fs::remove_dir_all(&reads).unwrap();
    // Root may write anywhere, but not into a file as if it were a directory.
    fs::write(&reads, "").unwrap();
    fs::set_permissions(&reads, fs::Permissions::from_mode(0o600)).unwrap();
    let answer = home.um_host(["redact"]).stdin("text").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{answer:?}");
}

#[test]
fn a_line_is_out_before_the_next_one_is_in() {
    let home = home();
    let mut child = home.um_host(["redact"]).stdin("").start();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for number in 0..3 {
        writeln!(stdin, "{number}: {VALUE}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{number}: ***\n"));
    }
    // What may be the beginning of a value is not out.
    let (first, second) = VALUE.split_at(9);
    stdin.write_all(format!("held: {first}").as_bytes()).unwrap();
    let mut out = [0; 6];
    stdout.read_exact(&mut out).unwrap();
    assert_eq!(&out, b"held: ");
    stdin.write_all(second.as_bytes()).unwrap();
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "***");
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_end_lets_out_what_was_held() {
    home().um_host(["redact"]).stdin("not all of it: pat-na1-7Hq2").stdout("not all of it: pat-na1-7Hq2").run();
}

#[test]
fn a_closed_stdout_ends_it_quietly() {
    let home = home();
    let mut child = home.um_host(["redact"]).stdin("").start();
    let mut stdin = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // More than a pipe takes: somebody must have read it, or nobody ever will.
    while stdin.write_all(&[b'\n'; 4096]).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!((status(output.status), output.stderr.as_slice()), (141, &b""[..]));
}

#[test]
fn a_stdin_that_cannot_be_read_is_told() {
    let home = home();
    let directory = File::open(home.path(".")).unwrap();
    let output =
        home.um_host(["redact"]).command().stdin(Stdio::from(directory)).start().unwrap().wait_with_output().unwrap();
    assert_eq!((status(output.status), output.stdout.as_slice()), (125, &b""[..]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("um-host: error: stdin could not be read to its end\n  because: "), "{said}");
}

#[test]
fn memory_does_not_grow_with_the_text() {
    let home = home();
    let mut child = home.um_host(["redact", "--quiet"]).stdin("").start();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let line = format!("a line of a log with {VALUE} in it and some more to read\n").repeat(1 << 10);
    let reading = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    let mut peaks = Vec::new();
    for _ in 0..2 {
        for _ in 0..200 {
            stdin.write_all(line.as_bytes()).unwrap();
        }
        peaks.push(peak_kibibytes(child.id()));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(reading.join().unwrap() > 10 << 20);
    assert!(peaks[1] < peaks[0] + 1024, "{peaks:?} KiB");
}

fn peak_kibibytes(process: u32) -> u64 {
    let told = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = told.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}
