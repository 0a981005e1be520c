//! Installations by a `python3` that is a script of the test: each way to fail, and what is left of it.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use super::environment::Environment;
use super::error::InstallError;
use super::install::Installation;
use super::runner::Runner;
use super::step::Step;

const NORMAL: Python<'static> = Python {
    probe: "echo version 3 12",
    venv: "mkdir -p venv/bin venv/lib/python3.12/site-packages; cp \"$0\" venv/bin/python",
    pip: "mkdir venv/lib/python3.12/site-packages/tzdata",
    package: "printf '\\000asm\\015\\000\\001\\000' > runner.wasm",
};

/// What a Python does at each step, as shell code.
#[derive(Clone, Copy)]
struct Python<'a> {
    probe: &'a str,
    venv: &'a str,
    pip: &'a str,
    package: &'a str,
}

impl Python<'_> {
    fn script(&self) -> String {
        let Self { probe, venv, pip, package } = self;
        format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\ncase \"$*\" in\n*version_info*) {probe};;\n*' venv '*) {venv};;\n\
             *' pip '*) {pip};;\n*componentize_py*) {package};;\n*) echo \"what is $*\"; exit 70;;\nesac\n"
        )
    }
}

/// A machine with a cache and some Pythons.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        fs::create_dir(machine.path("bin")).unwrap();
        machine
    }

    fn with(python: Python<'_>) -> Self {
        Self::new().and("python3", python)
    }

    /// Another Python. A process of its own writes it: while this one has it open for writing, a child of another test
    /// could inherit that, and nobody could run it.
    fn and(self, name: &str, python: Python<'_>) -> Self {
        let mut writer = Command::new("/bin/sh");
        writer.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(self.path("bin").join(name));
        let mut writer = writer.stdin(Stdio::piped()).spawn().unwrap();
        writer.stdin.take().unwrap().write_all(python.script().as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    fn install(&self) -> Result<Runner, InstallError> {
        self.install_within(Duration::from_secs(60), &|_| {})
    }

    fn install_within(&self, patience: Duration, progress: &dyn Fn(Step)) -> Result<Runner, InstallError> {
        let variables = [
            ("PATH", self.path("bin")),
            ("HOME", self.path("home")),
            ("UM_HOST_KEY", "env:MY_KEY".into()),
            ("MY_KEY", "k3y".into()),
            ("PYTHONPATH", "/elsewhere".into()),
            ("PIP_INDEX_URL", "https://index.example/simple".into()),
        ];
        let environment = Environment::of(variables.map(|(name, value)| (name.into(), value.into())).into_iter());
        Runner::install_by(&Installation { progress, environment, patience }, &self.cache())
    }

    fn error(&self) -> InstallError {
        let error = self.install().unwrap_err();
        assert_eq!(self.left(), ["lock"], "{error}");
        error
    }

    /// What stands in the directory of runners.
    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cache().join("python")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_runner_is_made_once_and_is_ours_alone() {
    let machine = Machine::with(NORMAL);
    assert!(Runner::find(&machine.cache()).is_none());
    let steps = RefCell::new(Vec::new());
    let made = machine.install_within(Duration::from_secs(60), &|step| steps.borrow_mut().push(step)).unwrap();
    assert_eq!(steps.take(), [Step::Environment, Step::Packages, Step::Packaging]);
    assert_eq!((made.bytes(), mode(made.path())), (8, 0o400));
    let directory = made.path().parent().unwrap();
    for directory in [directory, directory.parent().unwrap(), &machine.cache()] {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
    assert_eq!(machine.left(), [directory.file_name().unwrap().to_str().unwrap(), "lock"]);
    let again = machine.install_within(Duration::from_secs(60), &|step| steps.borrow_mut().push(step)).unwrap();
    assert_eq!((again.path(), steps.take()), (made.path(), vec![]));
    assert_eq!(Runner::find(&machine.cache()).unwrap().path(), made.path());
}

#[test]
fn a_machine_without_python_is_told_as_one() {
    let error = Machine::new().error();
    assert!(matches!(error, InstallError::NoPython), "{error}");
}

#[test]
fn an_old_python_is_named_and_a_newer_one_beside_it_is_taken() {
    let old = Python { probe: "echo version 3 9", ..NORMAL };
    let machine = Machine::with(old);
    let InstallError::OldPython { path, version } = machine.error() else { panic!() };
    assert_eq!((path, version.as_str()), (machine.path("bin/python3"), "3.9"));
    machine.and("python3.12", NORMAL).install().unwrap();
}

#[test]
fn a_python_that_does_not_start_is_named_with_what_it_said() {
    let machine = Machine::with(Python { probe: "echo 'no version is set' >&2; exit 127", ..NORMAL });
    let InstallError::BrokenPython { reason, .. } = machine.error() else { panic!() };
    assert_eq!(reason, "no version is set");
}

#[test]
fn a_python_without_venv_is_told_by_its_path() {
    let bare = Python { probe: "echo version 3 12; echo \"No module named 'ensurepip'\"; exit 1", ..NORMAL };
    let machine = Machine::with(Python { probe: "echo version 3 8; exit 1", ..NORMAL }).and("python3.12", bare);
    let error = machine.error();
    assert!(matches!(&error, InstallError::NoVenv { path, .. } if path.ends_with("python3.12")), "{error}");
}

#[test]
fn an_environment_that_cannot_be_made_is_told_with_what_venv_said() {
    let error = Machine::with(Python { venv: "echo 'Error: symlinks'; exit 1", ..NORMAL }).error();
    assert!(matches!(&error, InstallError::Environment { reason, .. } if reason == "Error: symlinks"), "{error}");
}

#[test]
fn what_pip_cannot_do_is_told_by_its_cause() {
    let failing = |said: &str| Machine::with(Python { pip: &format!("echo '{said}' >&2; exit 1"), ..NORMAL }).error();
    assert!(matches!(failing("WARNING: Retrying (Retry(total=0))"), InstallError::Download { .. }));
    assert!(matches!(failing("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"), InstallError::Hashes { .. }));
    assert!(matches!(failing("ERROR: No matching distribution found for x"), InstallError::NoWheel { .. }));
    assert!(matches!(failing("ERROR: [Errno 28] No space left on device"), InstallError::DiskFull { .. }));
    let error = failing("ERROR: no access to https://me:pa55@index.example/\u{1b}[2J");
    assert!(matches!(error, InstallError::Packages { .. }));
    assert!(!error.to_string().contains("pa55") && !error.to_string().contains('\u{1b}'), "{error}");
}

#[test]
fn a_pip_that_installs_nothing_is_found_out() {
    assert!(matches!(Machine::with(Python { pip: "true", ..NORMAL }).error(), InstallError::Packages { .. }));
}

#[test]
fn a_packaging_that_fails_is_told_with_its_last_lines() {
    let failing = Python { package: "printf 'Traceback:\\n  line 1\\nImportError: x\\n\\n'; exit 1", ..NORMAL };
    let InstallError::Packaging { reason } = Machine::with(failing).error() else { panic!() };
    assert_eq!(reason, "Traceback:; line 1; ImportError: x");
    for package in ["true", "echo no wasm > runner.wasm", "printf '\\000asm\\001\\000\\000\\000' > runner.wasm"] {
        let error = Machine::with(Python { package, ..NORMAL }).error();
        assert!(matches!(error, InstallError::Packaging { .. }), "{package}: {error}");
    }
    let package = "echo 'ImportError: x.so: failed to map segment from shared object'; exit 1";
    let error = Machine::with(Python { package, ..NORMAL }).error();
    assert!(matches!(error, InstallError::NoExec { path } if path.ends_with("cache/python")));
}

#[test]
fn a_step_that_hangs_is_stopped_and_named() {
    let hanging = "sleep 600";
    for (python, step) in [
        (Python { venv: hanging, ..NORMAL }, Step::Environment),
        (Python { pip: hanging, ..NORMAL }, Step::Packages),
        (Python { package: hanging, ..NORMAL }, Step::Packaging),
    ] {
        let machine = Machine::with(python);
        let error = machine.install_within(Duration::from_millis(500), &|_| {}).unwrap_err();
        assert!(matches!(error, InstallError::TimedOut { step: stopped, .. } if stopped == step), "{error}");
        assert_eq!(machine.left(), ["lock"]);
    }
}

#[test]
fn of_many_that_install_at_once_one_works_and_the_others_wait() {
    let machine = Machine::new();
    let log = machine.path("log");
    let slow = format!("echo packaged >> {}; sleep 0.3; {}", log.display(), NORMAL.package);
    let machine = machine.and("python3", Python { package: &slow, ..NORMAL });
    let (waited, found) = std::thread::scope(|scope| {
        let install = || {
            let waited = RefCell::new(false);
            let tell = |step| *waited.borrow_mut() |= step == Step::Waiting;
            let runner = machine.install_within(Duration::from_secs(60), &tell).unwrap();
            (waited.take(), runner.path().to_owned())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(install)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).unzip::<_, _, Vec<_>, Vec<_>>()
    });
    assert_eq!(fs::read_to_string(log).unwrap(), "packaged\n");
    assert!(waited.contains(&true) && waited.contains(&false), "{waited:?}");
    assert!(found.iter().all(|path| *path == found[0]));
}

#[test]
fn who_waits_for_a_runner_waits_for_its_maker_to_be_done_with_it() {
    let machine = Machine::with(NORMAL);
    let made = machine.install().unwrap();
    // Away for a moment, so that another has to look for it under the lock.
    let (path, aside) = (made.path().to_owned(), machine.path("aside.wasm"));
    fs::rename(&path, &aside).unwrap();
    let (sender, steps) = mpsc::channel();
    std::thread::scope(|scope| {
        let another =
            scope.spawn(|| machine.install_within(Duration::from_secs(60), &move |step| sender.send(step).unwrap()));
        assert_eq!(steps.recv(), Ok(Step::Waiting));
        fs::rename(&aside, &path).unwrap();
        assert!(steps.recv_timeout(Duration::from_millis(100)).is_err() && !another.is_finished());
        drop(made);
        assert_eq!(another.join().unwrap().unwrap().path(), path);
    });
    assert!(steps.recv().is_err(), "nothing was made");
}

#[test]
fn what_a_killed_installation_left_is_removed_by_the_next() {
    let machine = Machine::with(NORMAL);
    let left = machine.cache().join("python/making.4711");
    fs::create_dir_all(left.join("venv/bin")).unwrap();
    for directory in [machine.cache(), machine.cache().join("python")] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
    }
    symlink("/", left.join("venv/root")).unwrap();
    let kept = machine.cache().join("python/0123456789abcdef");
    fs::create_dir(&kept).unwrap();
    machine.install().unwrap();
    assert!(!left.exists() && kept.exists() && Path::new("/bin").exists());
}

#[test]
fn children_get_no_variable_that_could_hold_a_key() {
    let machine = Machine::new();
    let logged = |step: &str, then: &str| format!("/usr/bin/env > {}; {then}", machine.path(step).display());
    let (probe, venv) = (logged("probe", NORMAL.probe), logged("venv", NORMAL.venv));
    let (pip, package) = (logged("pip", NORMAL.pip), logged("package", NORMAL.package));
    let python = Python { probe: &probe, venv: &venv, pip: &pip, package: &package };
    let path = machine.0.path().to_owned();
    let machine = machine.and("python3", python);
    machine.install().unwrap();
    // What a shell sets for itself.
    let of_shell = ["PWD", "OLDPWD", "SHLVL", "_", "PATH"];
    for (step, expected) in [
        ("probe", &["HOME", "PIP_INDEX_URL", "TMPDIR"][..]),
        ("venv", &["HOME", "PIP_INDEX_URL", "TMPDIR"]),
        ("pip", &["HOME", "PIP_INDEX_URL", "TMPDIR"]),
        ("package", &["LANG", "TMPDIR", "VIRTUAL_ENV"]),
    ] {
        let environment = fs::read_to_string(path.join(step)).unwrap();
        let names = environment.lines().map(|line| line.split('=').next().unwrap());
        let mut names: Vec<_> = names.filter(|name| !of_shell.contains(name)).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{step}");
    }
}

#[test]
fn a_directory_that_others_could_write_is_refused() {
    let machine = Machine::with(NORMAL);
    let made = machine.install().unwrap();
    let directory = machine.cache().join("python");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Runner::find(&machine.cache()).is_none());
    assert!(matches!(machine.install().unwrap_err(), InstallError::Mode { mode: 0o755, .. }));
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(Runner::find(&machine.cache()).is_some());
    fs::rename(&directory, machine.path("moved")).unwrap();
    symlink(machine.path("moved"), &directory).unwrap();
    assert!(Runner::find(&machine.cache()).is_none());
    assert!(matches!(machine.install().unwrap_err(), InstallError::Owner { .. }));
    assert!(machine.path("moved").join(made.path().strip_prefix(&directory).unwrap()).exists());
}

#[test]
fn a_runner_that_is_not_as_it_was_made_is_made_again() {
    let machine = Machine::with(NORMAL);
    let path = machine.install().unwrap().path().to_owned();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Runner::find(&machine.cache()).is_none());
    assert_eq!(mode(machine.install().unwrap().path()), 0o400);
    let other = machine.path("other.wasm");
    fs::rename(&path, &other).unwrap();
    symlink(&other, &path).unwrap();
    assert!(Runner::find(&machine.cache()).is_none());
    assert!(fs::symlink_metadata(machine.install().unwrap().path()).unwrap().is_file());
}
