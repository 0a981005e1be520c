//! What to do about an action that does not load or start.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use um_base::Shortage;
use um_runtime::action::python::InstallError;
use um_runtime::action::{Entryless, LoadError};
use um_runtime::{CacheError, CompilerError, DocumentsError, GrantError, HostError, RunError, SpecError};
use um_secret::{GivenError, SecretName};

use super::{did_you_mean, is_denied, is_full, keeping, quoted, some};
use crate::cli::again;
use crate::cli::run::limits::limit_option;

const OWN_FOLDER: &str = "put the script into a folder of its own";
const ANOTHER_CACHE: &str = "let XDG_CACHE_HOME name another place";
const CACHE_MODE: &str = "run `chmod 700` on it";

pub fn of_load(error: &LoadError) -> Option<String> {
    some(match error {
        LoadError::NotFound { path } if path.is_relative() => {
            "the path counts from the current directory; look at both"
        }
        LoadError::Unreadable { source, .. } if Shortage::of(source).is_none() && is_denied(source) => {
            "let this user read it: `chmod +r` on the file, `chmod +x` on its directories"
        }
        LoadError::Directory { .. } => "name the script or the .wasm file that is meant",
        LoadError::NotAFile { .. } => "save the action to one",
        LoadError::TooLarge { .. } => "build it in release mode and strip it",
        LoadError::Unnameable { .. } => "give the script another one",
        LoadError::ModuleTooLarge { .. } => "put the script into a folder without it",
        LoadError::FolderTooLarge { .. } | LoadError::RootFolder { .. } | LoadError::NotShown { .. } => OWN_FOLDER,
        LoadError::NoPythonCache => "set XDG_CACHE_HOME, or HOME, to a place that this user can write",
        LoadError::Runner { path, .. } => return Some(format!("remove `{}`, it is made again", path.display())),
        LoadError::LinkedOut { .. } => "put the script itself there",
        LoadError::NotWasm => "build a program with `cargo build --target wasm32-wasip2` and run the .wasm file",
        LoadError::Malformed { .. } => "build it again",
        LoadError::Imports { names } => of_imports(names),
        LoadError::Wasi03 => "build it for WASI 0.2 (wasm32-wasip2)",
        LoadError::NoEntry(Entryless::Server) => {
            "um-host runs programs that come to an end: give it a `main`, or `um_action::export!`; it can call HTTP services \
             itself"
        }
        LoadError::NoEntry(Entryless::Library) => {
            "build it as a program, with a `main`, for wasm32-wasip2 or wasm32-wasip1"
        }
        LoadError::NoEntry(_) => "give it a `main`, or `um_action::export!`",
        LoadError::Python(error) => return of_install(error),
        LoadError::CompileLimit { limit, .. } => {
            return Some(format!("raise it with `--limit {limit}=VALUE` if you trust the action, or build it smaller"));
        }
        LoadError::Compiler(error) => return of_compiler(error),
        _ => return None,
    })
}

fn of_compiler(error: &CompilerError) -> Option<String> {
    some(match error {
        CompilerError::Start(_) => {
            "um-host starts itself again to compile: it needs /proc, and to be allowed to be run"
        }
        CompilerError::Killed { .. } => {
            "if this machine is short of memory, free some, or give less with `--limit compile-memory=VALUE`; otherwise build \
             the action with another compiler, and report it"
        }
        _ => "try again, and report it if it stays",
    })
}

/// What to do by what an action imports that nobody has: modules name other hosts, components interfaces.
fn of_imports(names: &[String]) -> &'static str {
    let imports = |module: &str| names.iter().any(|name| name == module);
    if imports("wasi_unstable") {
        "it is built for WASI before 0.1; build it with a toolchain since 2020"
    } else if imports("wbg") || imports("__wbindgen_placeholder__") {
        "it is built for browsers (wasm-bindgen); build it as a program for wasm32-wasip2"
    } else if imports("env") {
        "it is built for another host, such as Emscripten's, or misses a library; build it as a program for wasm32-wasip2 or \
         wasm32-wasip1"
    } else if names.iter().any(|name| name.starts_with("wasi:")) {
        "um-host offers `wasi:cli`, `clocks`, `filesystem`, `http`, `io`, `random` and `sockets` of WASI 0.2, and of HTTP only \
         the calling side; build it without what needs more"
    } else {
        "um-host offers WASI 0.2, and `um_action` beyond that; build it without what needs more"
    }
}

/// What the file itself tells about an action that does not load: a text may be a script under another name.
pub fn of_unloaded(error: &LoadError, path: &Path) -> Option<String> {
    match error {
        LoadError::NotWasm if path.metadata().is_ok_and(|found| found.len() == 0) => {
            some("the file is empty: save the script, or build the program again")
        }
        LoadError::NotWasm if is_text(path) => Some(format!(
            "if it is Python, name it {}: a script is known by its ending; of a program the .wasm file is run, which `cargo \
             build --target wasm32-wasip2` makes",
            quoted(&path.with_extension("py"))
        )),
        _ => None,
    }
}

/// Whether a file begins as somebody writes it.
fn is_text(path: &Path) -> bool {
    const LOOKED_AT: u64 = 4096;
    let mut begin = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut begin));
    let whole = match std::str::from_utf8(&begin) {
        Ok(text) => text,
        // A character that was cut off is as good as whole.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&begin[..error.valid_up_to()]).unwrap_or(""),
        Err(_) => "",
    };
    read.is_ok() && !whole.is_empty() && !whole.contains(|c: char| c.is_control() && !c.is_whitespace())
}

pub fn of_install(error: &InstallError) -> Option<String> {
    use InstallError as E;
    some(match error {
        E::NoPython => {
            "install Python 3.10 or newer (Debian, Ubuntu: `apt install python3 python3-venv`) and run this again"
        }
        E::OldPython { .. } => "install one, as `python3` or as `python3.14`, in a directory of PATH",
        E::BrokenPython { .. } => "repair it, or put a python3 that works before it in PATH",
        E::NoVenv { .. } => "install what is missing (Debian, Ubuntu: `apt install python3-venv`) and run this again",
        E::Environment { python, .. } => {
            return Some(format!("see that `{} -m venv` works, and run this again", python.display()));
        }
        E::Download { .. } => {
            "check the network, and for a mirror or a proxy PIP_INDEX_URL, PIP_CERT and HTTPS_PROXY, then run this again"
        }
        E::Hashes { .. } => "use an index that does not change packages",
        E::NoWheel { .. } => {
            "there are wheels for Linux with glibc 2.28 or newer and for macOS, each x86-64 and ARM: on such a platform, \
             let the index offer them"
        }
        E::Packages { .. } => "put that right and run this again",
        E::Packaging { .. } => "report it",
        E::DiskFull { .. } => "free about 200 MB, or let XDG_CACHE_HOME name another place",
        E::TimedOut { .. } => "run this again",
        E::NoExec { .. } | E::Owner { .. } | E::Io { .. } => ANOTHER_CACHE,
        E::Mode { .. } => CACHE_MODE,
        _ => return None,
    })
}

pub fn of_host(error: &HostError) -> Option<String> {
    match error {
        HostError::Cache(error) => of_cache(error),
        _ => None,
    }
}

pub fn of_cache(error: &CacheError) -> Option<String> {
    match error {
        CacheError::Create { .. } | CacheError::Owner { .. } => some(ANOTHER_CACHE),
        CacheError::Mode { .. } => some(CACHE_MODE),
        _ => None,
    }
}

pub fn of_run(error: &RunError) -> Option<String> {
    match error {
        RunError::InputForCommand => some("pass it after `--` or on stdin"),
        RunError::ArgsForTyped => some("pass JSON with `--input`"),
        RunError::OffLimits(_) => some("give it a directory with what it needs and no more"),
        RunError::Directory { path, .. } if path.is_file() => {
            some("--dir takes a directory: put the file into one that holds what the action needs and no more")
        }
        RunError::NoStore { secret, closest, .. } => {
            // Where the name itself is masked there is none to type.
            let name = if SecretName::parse(secret).is_ok() { secret.as_str() } else { "NAME" };
            Some(format!(
                "{}give it to this run, as in --secret {name}=env:{name}; or make a store with `um-host init{store}`, and keep \
                 it there: `um-host secrets set {name}{here}`",
                did_you_mean(closest),
                store = again::store(),
                here = again::here()
            ))
        }
        RunError::Given(GivenError::Kept { name, .. }) => {
            Some(format!("leave --secret {name} out, or give it under another name"))
        }
        RunError::Snapshot(error) => keeping::of_snapshot(error),
        RunError::Documents(error) => of_documents(error),
        _ => None,
    }
}

pub fn of_documents(error: &DocumentsError) -> Option<String> {
    use DocumentsError as E;
    some(match error {
        E::NotADirectory { .. } => "name a new one",
        E::Foreign { .. } | E::Changed { .. } => "move it away, or name another directory, so that nothing is lost",
        E::NoExchange { .. } => "name a new directory, or remove that one first",
        E::Prepare { source, .. } | E::Write { source, .. } | E::Publish { source, .. } if is_full(source) => {
            "make room on the file system of the documents directory, or name one that lies elsewhere"
        }
        _ => return None,
    })
}

/// What a file alone cannot grant, an option does.
pub fn of_spec(error: &SpecError) -> Option<String> {
    match error {
        SpecError::Grant(GrantError::PrivateHost { host }) => {
            Some(format!("if it is meant, give --allow-private {host}"))
        }
        SpecError::Grant(GrantError::Raised { limit, .. }) => {
            Some(format!("if it is meant, give {}", limit_option(*limit)))
        }
        _ => None,
    }
}
