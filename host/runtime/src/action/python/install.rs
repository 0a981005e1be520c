//! Takes the runner out of this program or packages it: a virtual environment, the pinned packages, the sources, componentize-py.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::{self, Finished, Unfinished};
use super::directory::Workshop;
use super::environment::Environment;
use super::error::InstallError;
use super::step::Step;
use super::{embedded, interpreter, packages, sources};

/// How long one step may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// How to install.
pub(super) struct Installation<'a> {
    pub progress: &'a dyn Fn(Step),
    pub environment: Environment,
    /// How long each step may take.
    pub patience: Duration,
}

impl<'a> Installation<'a> {
    pub fn new(progress: &'a dyn Fn(Step)) -> Self {
        Self { progress, environment: Environment::inherited(), patience: PATIENCE }
    }

    pub fn tell(&self, step: Step) {
        (self.progress)(step);
    }

    /// Makes the component in a workshop, and returns where it is.
    pub fn make(&self, workshop: &Workshop) -> Result<PathBuf, InstallError> {
        match embedded::is_there() {
            true => self.unpack(workshop),
            false => self.build(workshop),
        }
    }

    /// Writes the component that is part of this program.
    fn unpack(&self, workshop: &Workshop) -> Result<PathBuf, InstallError> {
        self.tell(Step::Unpacking);
        let made = workshop.path().join(COMPONENT);
        embedded::unpack(&made).map_err(|error| InstallError::io("unpacked", &made, error))?;
        Ok(made)
    }

    pub(super) fn build(&self, workshop: &Workshop) -> Result<PathBuf, InstallError> {
        let place = workshop.path();
        let environment = self.environment.clone().with("TMPDIR", workshop.temporary());
        let python = interpreter::find(&environment, place)?;
        self.tell(Step::Environment);
        let venv = self.child(Step::Environment, &python, &["-I", "-m", "venv", "venv"], &environment, place)?;
        require(&venv, workshop, || InstallError::Environment { python, reason: venv.output.last(1) })?;
        self.tell(Step::Packages);
        write(place, "requirements.txt", sources::REQUIREMENTS)?;
        let python = place.join("venv/bin/python");
        let pip = self.child(Step::Packages, &python, &packages::PIP, &environment, place)?;
        require(&pip, workshop, || packages::explain(&pip.output))?;
        self.tell(Step::Packaging);
        self.package(&python, workshop)
    }

    /// Has componentize-py make the component of the sources and the time zones, all of them under relative paths.
    fn package(&self, python: &Path, workshop: &Workshop) -> Result<PathBuf, InstallError> {
        let place = workshop.path();
        sources::write_into(place).map_err(|error| InstallError::io("written", place, error))?;
        let packages = set_apart(place)?;
        // Without VIRTUAL_ENV, componentize-py takes in whatever packages this user has.
        let environment = Environment::bare().with("TMPDIR", workshop.temporary()).with("VIRTUAL_ENV", packages);
        let ended = self.child(Step::Packaging, python, &COMPONENTIZE, &environment, place)?;
        let made = place.join(COMPONENT);
        let is_made = Finished { success: ended.success && is_component(&made), ..ended };
        require(&is_made, workshop, || match is_made.output.contains("failed to map segment from shared object") {
            true => InstallError::NoExec { path: workshop.directory().to_owned() },
            false => InstallError::Packaging { reason: is_made.output.last(3) },
        })?;
        Ok(made)
    }

    fn child(
        &self,
        step: Step,
        program: &Path,
        arguments: &[&str],
        environment: &Environment,
        place: &Path,
    ) -> Result<Finished, InstallError> {
        child::run(program, arguments, environment, place, self.patience).map_err(|unfinished| match unfinished {
            Unfinished::TimedOut => InstallError::TimedOut { step, after: self.patience },
            Unfinished::Start(error) => InstallError::io("started", program, error),
        })
    }
}

/// What componentize-py writes.
const COMPONENT: &str = "runner.wasm";
/// As its program does. That one names its interpreter by a path, which may be too long for the kernel.
const COMPONENTIZE: [&str; 13] = [
    "-I",
    "-c",
    "import sys, componentize_py; sys.exit(componentize_py.script())",
    "-d",
    "wit",
    "-w",
    "um:runner/runner",
    "componentize",
    "um_runner.entry",
    "-p",
    "app",
    "-o",
    COMPONENT,
];

/// Moves the packages that go into the component away from those that make it, and returns the name of the directory
/// that looks like a virtual environment with these alone.
fn set_apart(place: &Path) -> Result<&'static str, InstallError> {
    const APART: &str = "packages";
    let apart = place.join(APART).join("lib/site-packages");
    fs::create_dir_all(&apart).map_err(|error| InstallError::io("made", &apart, error))?;
    let library = place.join("venv/lib");
    let pythons = fs::read_dir(&library).map_err(|error| InstallError::io("read", &library, error))?;
    let installed =
        pythons.flatten().map(|python| python.path().join("site-packages/tzdata")).find(|path| path.is_dir());
    let Some(installed) = installed else {
        return Err(InstallError::Packages { reason: "pip did not install tzdata".to_owned() });
    };
    fs::rename(&installed, apart.join("tzdata")).map_err(|error| InstallError::io("moved", &installed, error))?;
    Ok(APART)
}

/// Fails as `explain` says if a child failed for another reason than a full disk.
fn require(ended: &Finished, workshop: &Workshop, explain: impl FnOnce() -> InstallError) -> Result<(), InstallError> {
    match ended.success {
        true => Ok(()),
        false if ended.output.says_disk_is_full() => {
            Err(InstallError::DiskFull { path: workshop.directory().to_owned() })
        }
        false => Err(explain()),
    }
}

fn write(place: &Path, name: &str, content: &str) -> Result<(), InstallError> {
    let path = place.join(name);
    fs::write(&path, content).map_err(|error| InstallError::io("written", &path, error))
}

/// Whether a file is a component, by its first bytes: layer 1, version 13.
fn is_component(path: &Path) -> bool {
    let mut head = [0; 8];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && wasmparser::Parser::is_component(&head)
}
