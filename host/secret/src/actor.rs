//! Who does something: starts a run, changes a secret, reads the audit.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::run_id::RunId;
use um_base::coded;
use um_base::{drives_a_display, is_unseen};

/// Most characters of an [`Actor`]'s id.
const MAX_ID_LEN: usize = 128;

/// Who does something, and by which door they came.
///
/// Made by doors (the CLI, an embedding program, later a server), from what they know of who asks; never read from what a
/// client sends, so it has no `Deserialize`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Actor {
    id: String,
    kind: ActorKind,
    door: Door,
    /// Whose doing it is in the end, where somebody acts for another: the person whose token it is, the one who made the
    /// schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<String>,
    /// The run in which it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ActorKind {
    /// Somebody who signed in.
    Person,
    /// A token that somebody was given.
    Token,
    /// The clock.
    Schedule,
    /// A request from outside that starts a run.
    Hook,
    /// An account of the operating system or a program, where no person is known.
    System,
}

/// The way by which somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Door {
    /// The program at a prompt.
    Cli,
    /// A program that embeds the library.
    Library,
    /// The HTTP interface.
    Api,
    /// The pages for people.
    Page,
    /// A tool of a chat.
    Chat,
    /// A machine that runs what was queued elsewhere.
    Worker,
}

/// Who somebody was, as a record tells: an outcome, a row of the audit. It may come from elsewhere, so it proves nothing,
/// and nothing takes it for an [`Actor`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActorRecord {
    /// As its door names it.
    pub id: String,
    /// By the names of [`ActorKind`], and what later versions add.
    pub kind: String,
    /// By the names of [`Door`], and what later versions add; `unknown` in records of the time before it was written down.
    pub door: String,
    /// For whom, if not for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}

impl ActorRecord {
    /// As it was written down.
    pub fn new(id: String, kind: String, door: String, on_behalf_of: Option<String>) -> Self {
        Self { id, kind, door, on_behalf_of }
    }

    /// Of a record that has nothing but the id, which was always that of an account of the system.
    pub fn of_account(id: String) -> Self {
        let (kind, door) = (ActorKind::System.name().to_owned(), "unknown".to_owned());
        Self { id, kind, door, on_behalf_of: None }
    }
}

impl From<&Actor> for ActorRecord {
    fn from(actor: &Actor) -> Self {
        Self {
            id: actor.id.clone(),
            kind: actor.kind.name().to_owned(),
            door: actor.door.name().to_owned(),
            on_behalf_of: actor.on_behalf_of.clone(),
        }
    }
}

/// An id that names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an actor has 1 to {MAX_ID_LEN} visible characters")]
pub struct ActorError;

coded! { ActorError:
    Self => Invalid "actor-id-invalid",
}

impl Actor {
    /// # Errors
    /// [`ActorError`]: the id is empty, longer than 128 characters, or has spaces, control characters or anything else in
    /// it that is not visible.
    pub fn new(id: impl Into<String>, kind: ActorKind, door: Door) -> Result<Self, ActorError> {
        let id = check(id.into())?;
        Ok(Self { id, kind, door, on_behalf_of: None, run: None })
    }

    /// The account of the operating system that this process runs under: `uid:1000`.
    pub fn local(door: Door) -> Self {
        let id = format!("uid:{}", rustix::process::getuid().as_raw());
        Self { id, kind: ActorKind::System, door, on_behalf_of: None, run: None }
    }

    /// # Errors
    /// [`ActorError`], as for [`new`](Self::new).
    pub fn on_behalf_of(self, id: impl Into<String>) -> Result<Self, ActorError> {
        Ok(Self { on_behalf_of: Some(check(id.into())?), ..self })
    }

    /// What the actor does in the course of a run.
    #[must_use]
    pub fn in_run(self, run: RunId) -> Self {
        Self { run: Some(run), ..self }
    }

    /// As its door names it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is.
    pub fn kind(&self) -> ActorKind {
        self.kind
    }

    /// How it came.
    pub fn door(&self) -> Door {
        self.door
    }

    /// The run in which it is done, if it is in one.
    pub fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }

    /// For whom the actor acts, if that is another.
    pub fn acts_for(&self) -> Option<&str> {
        self.on_behalf_of.as_deref()
    }

    /// Whose doing it is in the end; the actor's own, if there is nobody.
    pub fn principal(&self) -> &str {
        self.on_behalf_of.as_deref().unwrap_or(&self.id)
    }
}

/// No more than can stand in a line of a log and cannot be mistaken there for anything else.
fn check(id: String) -> Result<String, ActorError> {
    let fits = (1..=MAX_ID_LEN).contains(&id.chars().count());
    match fits && id.chars().all(|c| !c.is_whitespace() && !drives_a_display(c) && !is_unseen(c)) {
        true => Ok(id),
        false => Err(ActorError),
    }
}

impl ActorKind {
    /// As in audit rows and outcomes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Token => "token",
            Self::Schedule => "schedule",
            Self::Hook => "hook",
            Self::System => "system",
        }
    }
}

impl Door {
    /// As in audit rows and outcomes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Library => "library",
            Self::Api => "api",
            Self::Page => "page",
            Self::Chat => "chat",
            Self::Worker => "worker",
        }
    }
}

/// The id, and whom the actor acts for.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match &self.on_behalf_of {
            Some(principal) => write!(f, " for {principal}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_has_a_name_that_stays_in_its_line() {
        for id in ["", "a b", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &"x".repeat(129)] {
            assert_eq!(Actor::new(id, ActorKind::Person, Door::Api), Err(ActorError), "{id:?}");
        }
        let longest = "x".repeat(128);
        for id in ["uid:1000", "ada@example.com", "søren", &longest] {
            assert_eq!(Actor::new(id, ActorKind::Person, Door::Api).unwrap().id(), id);
        }
    }

    #[test]
    fn who_acts_for_another_is_told_with_them() {
        let token = Actor::new("token:7", ActorKind::Token, Door::Api).unwrap().on_behalf_of("ada").unwrap();
        assert_eq!(token.to_string(), "token:7 for ada");
        assert_eq!(token.principal(), "ada");
        let shown = serde_json::to_string(&token).unwrap();
        assert_eq!(shown, r#"{"id":"token:7","kind":"token","door":"api","on_behalf_of":"ada"}"#);
        assert_eq!(serde_json::from_str::<ActorRecord>(&shown).unwrap(), ActorRecord::from(&token));
        assert!(Actor::local(Door::Cli).principal().starts_with("uid:"));
    }

    #[test]
    fn whom_an_actor_acts_for_and_in_which_run_is_kept_and_checked() {
        let alone = Actor::new("ada", ActorKind::Person, Door::Page).unwrap();
        assert_eq!((alone.acts_for(), alone.principal(), alone.run()), (None, "ada", None));
        let run = RunId::new();
        let other = alone.on_behalf_of("grace").unwrap().in_run(run.clone());
        assert_eq!((other.acts_for(), other.principal(), other.run()), (Some("grace"), "grace", Some(&run)));
        assert_eq!((other.id(), other.kind(), other.door()), ("ada", ActorKind::Person, Door::Page));
        assert_eq!(other.on_behalf_of("two words"), Err(ActorError));
    }
}
