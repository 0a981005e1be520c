//! What is killed, and how the world must be found afterwards.

use std::fs;
use std::process::Command;

use super::puppet::{Ending, Puppet};
use super::steps::WRITE_STEPS;
use super::world::{ALLOWED, Contents, Home, World};

/// On which side of the change the store came down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// One verb that is killed again and again.
pub trait Scene: Send {
    fn name(&self) -> String;

    /// Makes ready; the command is the one to kill.
    fn begin(&mut self) -> Command;

    /// Checks all that must hold after the command's end, and goes on working with the store.
    fn settle(&mut self, ending: &Ending) -> Side;
}

#[derive(Clone, Copy, Debug)]
pub enum Verb {
    SetNew,
    Replace,
    Delete,
    CreateWorkspace,
    Allow,
}

/// A verb on a store that outlives all kills.
pub struct Change {
    verb: Verb,
    world: World,
    after: Contents,
    former: Former,
    turn: usize,
}

/// The two files before the change.
#[derive(Default)]
struct Former {
    keyring: Vec<u8>,
    database: Vec<u8>,
}

/// Workspaces stay, so a world does not last for ever.
const TURNS_OF_A_WORLD: usize = 64;

impl Change {
    pub fn new(verb: Verb) -> Self {
        Self { verb, world: World::new(), after: Contents::new(), former: Former::default(), turn: 0 }
    }

    /// Gives the verb's arguments, and changes `after` to what it is to bring about.
    fn arguments(&mut self) -> Vec<String> {
        let default = |contents: &Contents| contents["default"].clone();
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        match self.verb {
            Verb::SetNew | Verb::Replace => {
                let name = if matches!(self.verb, Verb::SetNew) { "FRESH" } else { "TOKEN" };
                if name == "FRESH" && default(&self.world.contents).contains_key(name) {
                    self.world.delete("default", name);
                }
                let (value, file) = (self.world.new_value(), self.world.home.path("value"));
                fs::write(&file, &value).unwrap();
                self.after = self.world.contents.clone();
                self.after.get_mut("default").unwrap().insert(name.to_owned(), value);
                let mut words = words(&format!("secrets set {name} --from-file"));
                words.push(file.to_str().unwrap().to_owned());
                words
            }
            Verb::Delete => {
                if !default(&self.world.contents).contains_key("DOOMED") {
                    self.world.set("default", "DOOMED");
                }
                self.after = self.world.contents.clone();
                self.after.get_mut("default").unwrap().remove("DOOMED");
                words("secrets delete DOOMED --yes")
            }
            Verb::CreateWorkspace => {
                let name = format!("w-{}", self.turn);
                self.after = self.world.contents.clone();
                self.after.insert(name.clone(), Default::default());
                words(&format!("workspaces create {name}"))
            }
            Verb::Allow => {
                let entry = format!("host-{}.example", self.turn);
                self.after = self.world.contents.clone();
                self.after.get_mut("default").unwrap().insert(entry.clone(), ALLOWED.to_owned());
                words(&format!("workspaces allow {entry}"))
            }
        }
    }

    /// On which side the store is; it must be one.
    fn side(&self) -> Side {
        let found = self.world.read();
        match (found == self.world.contents, found == self.after) {
            (true, false) => Side::Before,
            (false, true) => Side::After,
            _ => panic!("neither before nor after\n{:#?}\nbut\n{found:#?}", self.world.contents),
        }
    }

    /// Goes on working: a further write is done, and then nothing is left of the crash nor of what was replaced.
    fn go_on(&mut self, side: Side) {
        if side == Side::After {
            self.world.contents = std::mem::take(&mut self.after);
            if !matches!(self.verb, Verb::CreateWorkspace) {
                self.world.assert_key_replaced(&self.former.keyring);
            }
        }
        // Elsewhere, so that it does not do what the verb has to.
        self.world.set("other", "LATER");
        self.world.assert_clean();
        self.world.assert_destroyed(&self.former.keyring);
        if self.turn.is_multiple_of(4) {
            assert_eq!(self.world.read(), self.world.contents);
            self.world.assert_whole();
            self.world.assert_refuses("keyring", &self.former.keyring);
            self.world.assert_refuses("secrets.redb", &self.former.database);
        }
    }
}

impl Scene for Change {
    fn name(&self) -> String {
        match self.verb {
            Verb::SetNew => "secrets set, new",
            Verb::Replace => "secrets set, replacing",
            Verb::Delete => "secrets delete",
            Verb::CreateWorkspace => "workspaces create",
            Verb::Allow => "workspaces allow",
        }
        .to_owned()
    }

    fn begin(&mut self) -> Command {
        self.turn += 1;
        if self.turn.is_multiple_of(TURNS_OF_A_WORLD) {
            self.world = World::new();
        }
        let arguments = self.arguments();
        let read = |name| fs::read(self.world.home.data().join(name)).unwrap();
        self.former = Former { keyring: read("keyring"), database: read("secrets.redb") };
        self.world.home.um_host(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn settle(&mut self, ending: &Ending) -> Side {
        self.world.first_reader(self.turn);
        let side = self.side();
        assert_expected(side, ending, "pending-unlinked", "committed");
        self.go_on(side);
        side
    }
}

/// A reader that is killed while it settles what a first kill left.
pub struct Recovery {
    /// Where the first kill hits, and the side that this decides.
    held: &'static str,
    side: Side,
    change: Change,
}

impl Recovery {
    pub fn after(held: &'static str, side: Side) -> Self {
        Self { held, side, change: Change::new(Verb::Replace) }
    }
}

impl Scene for Recovery {
    fn name(&self) -> String {
        format!("secrets list, of a store left at {}", self.held)
    }

    fn begin(&mut self) -> Command {
        let mut puppet = Puppet::start(self.change.begin());
        let held = WRITE_STEPS.iter().position(|step| *step == self.held).expect("it is a step");
        puppet.advance(held + 1);
        assert!(puppet.kill().killed());
        self.change.world.home.um_host(&["secrets", "list"])
    }

    fn settle(&mut self, ending: &Ending) -> Side {
        ending.acknowledged();
        self.change.world.first_reader(self.change.turn);
        let side = self.change.side();
        assert_eq!(side, self.side, "{ending:?}");
        self.change.go_on(side);
        side
    }
}

/// `init`, each time in a new home.
#[derive(Default)]
pub struct Init(Option<Home>);

impl Scene for Init {
    fn name(&self) -> String {
        "init".to_owned()
    }

    fn begin(&mut self) -> Command {
        self.0.insert(Home::new()).um_host(&["init"])
    }

    fn settle(&mut self, ending: &Ending) -> Side {
        let home = self.0.take().expect("a scene is begun before it is settled");
        let side = if home.data().exists() { Side::After } else { Side::Before };
        assert_expected(side, ending, "directory-synced", "directory-placed");
        // Nothing is in the way of a second try; and a store that is there is whole, with its key where it belongs.
        if side == Side::Before {
            home.succeed(&["init"]);
        }
        home.succeed(&["secrets", "list"]);
        World::of(home).assert_clean();
        side
    }
}

/// What a command had done by its end decides the side, but for the moment of the deciding step itself.
fn assert_expected(side: Side, ending: &Ending, last_before: &str, decisive: &str) {
    let passed = |step: &str| ending.passed.iter().any(|passed| passed == step);
    if ending.acknowledged() || passed(decisive) {
        assert_eq!(side, Side::After, "lost: {ending:?}");
    } else if !ending.passed.is_empty() && !passed(last_before) {
        assert_eq!(side, Side::Before, "{ending:?}");
    }
}
