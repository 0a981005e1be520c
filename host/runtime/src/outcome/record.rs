//! An outcome as data. What a later version adds is passed over; how a later version's run ended is kept as it stands.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::refusal::Refusal;
use super::{Blame, End, Outcome, SecretRead, Unsent, Usage};
use crate::action::kind::Kind;
use crate::documents::document::Document;
use crate::limits::table::{Limit, Limits};
use um_base::json::Json;
use um_egress::HostUsage;
use um_leak::Leak;
use um_secret::{ActorRecord, Misdirected, RunId, SealedUse, SecretName, WorkspaceName};

/// How it ended, with everything that any end has.
#[derive(Serialize, Deserialize)]
struct EndRecord {
    code: String,
    status: u8,
    blame: Option<Blame>,
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl EndRecord {
    fn of(outcome: &Outcome) -> Self {
        let mut record = Self {
            code: outcome.end.code().to_owned(),
            status: outcome.status(),
            blame: outcome.blame,
            message: outcome.message(),
            limit: None,
            allowed: None,
            document: None,
            reason: None,
        };
        match &outcome.end {
            End::Limit { limit, allowed } => {
                record.limit = Some(limit.name().to_owned());
                record.allowed = Some(allowed.clone());
            }
            End::Withheld { document, reason } => {
                record.document = Some(document.clone());
                record.reason = Some(reason.clone());
            }
            End::Trapped { reason } | End::HostFailed { reason, .. } => record.reason = Some(reason.clone()),
            _ => {}
        }
        record
    }

    fn end(self) -> End {
        let message = self.message.clone();
        match (&*self.code, self.limit.as_deref().map(Limit::named), self.document, self.reason) {
            ("completed", ..) => End::Completed,
            ("failed", ..) => End::Failed { message: message.unwrap_or_default() },
            ("exited", ..) => End::Exited { code: self.status },
            ("interrupted", ..) => End::Interrupted,
            ("output-closed", ..) => End::OutputClosed,
            ("trapped", .., Some(reason)) => End::Trapped { reason },
            ("host-failed", .., Some(reason)) => End::HostFailed { reason, message: message.unwrap_or_default() },
            ("withheld", _, Some(document), Some(reason)) => End::Withheld { document, reason },
            ("limit", Some(Ok(limit)), ..) => End::Limit { limit, allowed: self.allowed.unwrap_or_default() },
            _ => End::Other { code: self.code, status: self.status, message },
        }
    }
}

/// In whole milliseconds.
#[derive(Serialize, Deserialize)]
struct UsageRecord {
    wall_ms: u64,
    cpu_ms: u64,
    memory_bytes: u64,
    host_memory_bytes: u64,
    http: Vec<HostUsage>,
}

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let record = UsageRecord {
            wall_ms: milliseconds(self.wall),
            cpu_ms: milliseconds(self.cpu),
            memory_bytes: self.memory,
            host_memory_bytes: self.host_memory,
            http: self.http.clone(),
        };
        record.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = UsageRecord::deserialize(deserializer)?;
        Ok(Self {
            wall: Duration::from_millis(record.wall_ms),
            cpu: Duration::from_millis(record.cpu_ms),
            memory: record.memory_bytes,
            host_memory: record.host_memory_bytes,
            http: record.http,
        })
    }
}

/// The fields of an outcome as data, written by reference and read by value. Those that came later may be missing.
macro_rules! fields {
    ($($(#[$read:meta])* $field:ident: $type:ty,)*) => {
        #[derive(Serialize)]
        struct Written<'a> {
            $($field: &'a $type,)*
            end: EndRecord,
        }

        #[derive(Deserialize)]
        struct Read {
            $($(#[$read])* $field: $type,)*
            end: EndRecord,
        }

        impl Serialize for Outcome {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Written { $($field: &self.$field,)* end: EndRecord::of(self) }.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for Outcome {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Read { $($field,)* end } = Read::deserialize(deserializer)?;
                Ok(Self { $($field,)* blame: end.blame, end: end.end() })
            }
        }
    };
}

fields! {
    schema: u32,
    run: RunId,
    workspace: WorkspaceName,
    actor: ActorRecord,
    action: String,
    digest: String,
    kind: Kind,
    started: Timestamp,
    result: Option<Json>,
    idle: bool,
    delivered: bool,
    leaks: Vec<Leak>,
    #[serde(default)]
    doubtful: Vec<Leak>,
    unguarded: Vec<String>,
    secrets: Vec<SecretRead>,
    unfit: Option<SecretName>,
    refused: Vec<Refusal>,
    misdirected: Vec<Misdirected>,
    sealed: Vec<SealedUse>,
    // Outcomes that were kept before have none.
    #[serde(default)]
    unsent: Vec<Unsent>,
    documents: Vec<Document>,
    usage: Usage,
    limits: Limits,
}

#[cfg(test)]
mod tests {
    use super::*;
    use um_base::rule::{Placement, Rule};
    use um_leak::{Form, Stream};
    use um_secret::{Actor, Binding, Door};

    fn outcome(end: End) -> Outcome {
        let leak = |stream| Leak {
            secret: "A".to_owned(),
            path: Some("b[0]".to_owned()),
            stream,
            form: Form::Utf16,
            count: 2,
        };
        Outcome {
            schema: super::super::OUTCOME_SCHEMA,
            run: RunId::new(),
            workspace: WorkspaceName::parse("default").unwrap(),
            actor: (&Actor::local(Door::Cli)).into(),
            action: "hello".to_owned(),
            digest: "ab".repeat(32),
            kind: Kind::Typed,
            started: Timestamp::from_second(1_796_000_000).unwrap(),
            blame: super::super::blame(&end, true, false),
            end,
            result: Some(r#"{"n":1.50,"n":[1e300]}"#.parse().unwrap()),
            idle: false,
            delivered: true,
            leaks: vec![leak(Stream::Stdout), leak(Stream::Document("a b.txt".to_owned()))],
            doubtful: vec![leak(Stream::Result), leak(Stream::Request("h".to_owned()))],
            unguarded: vec!["B".to_owned()],
            secrets: vec![SecretRead { name: SecretName::parse("A").unwrap(), version: 3 }],
            unfit: None,
            refused: vec![Refusal {
                code: "host-not-allowed".to_owned(),
                message: "host `h` is not allowed".to_owned(),
                host: Some("h".to_owned()),
                entry: Some("h".to_owned()),
                secret: None,
                limit: None,
            }],
            misdirected: vec![Misdirected { secret: SecretName::parse("A").unwrap(), host: "h".to_owned(), count: 1 }],
            sealed: vec![SealedUse { secret: SecretName::parse("A").unwrap(), host: "h".to_owned(), count: 1 }],
            unsent: vec![Unsent {
                secret: SecretName::parse("B").unwrap(),
                bindings: vec![Binding::new(Rule::parse("api.example.com").unwrap(), Placement::default()).unwrap()],
            }],
            documents: Vec::new(),
            usage: Usage {
                wall: Duration::from_millis(12),
                http: vec![HostUsage { host: "h".to_owned(), calls: 1, ..HostUsage::default() }],
                ..Usage::default()
            },
            limits: Limits::default(),
        }
    }

    #[test]
    fn an_outcome_comes_back_as_it_was() {
        for (end, code, status, blame) in [
            (End::Completed, "completed", 0, None),
            (End::Failed { message: "no".to_owned() }, "failed", 1, Some("guest")),
            (End::Exited { code: 7 }, "exited", 7, Some("guest")),
            (End::Withheld { document: "a.zip".to_owned(), reason: "r".to_owned() }, "withheld", 1, Some("guest")),
            (End::Trapped { reason: "r".to_owned() }, "trapped", 134, Some("guest")),
            (End::Limit { limit: Limit::Memory, allowed: "1 MiB".to_owned() }, "limit", 137, Some("guest")),
            (End::Interrupted, "interrupted", 130, None),
            (End::OutputClosed, "output-closed", 141, None),
            (
                End::HostFailed { reason: "output-unwritable".to_owned(), message: "no".to_owned() },
                "host-failed",
                125,
                Some("host"),
            ),
        ] {
            let outcome = outcome(end);
            let text = serde_json::to_string(&outcome).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (&json["end"]["code"], &json["end"]["status"], json["end"]["blame"].as_str()),
                (&code.into(), &status.into(), blame)
            );
        }
    }

    #[test]
    fn what_a_later_version_says_is_kept_or_passed_over() {
        let mut json = serde_json::to_value(outcome(End::Completed)).unwrap();
        json["result"] = serde_json::Value::Null;
        json["end"] = serde_json::json!({
            "code": "quota", "status": 122, "blame": "guest", "message": "out of it", "more": 1,
        });
        json["schema"] = 2.into();
        json["added"] = "later".into();
        json["limits"]["threads"] = 4.into();
        let read: Outcome = serde_json::from_str(&json.to_string()).unwrap();
        let end = End::Other { code: "quota".to_owned(), status: 122, message: Some("out of it".to_owned()) };
        assert_eq!((&read.end, read.schema, read.status(), read.end.code()), (&end, 2, 122, "quota"));
        let again = serde_json::to_value(&read).unwrap();
        assert_eq!((&again["end"]["code"], &again["end"]["message"]), (&"quota".into(), &"out of it".into()));
    }

    #[test]
    fn an_outcome_of_an_earlier_version_is_read() {
        let mut json = serde_json::to_value(outcome(End::Exited { code: 3 })).unwrap();
        json["result"] = serde_json::Value::Null;
        json.as_object_mut().unwrap().remove("unsent").unwrap();
        let read: Outcome = serde_json::from_str(&json.to_string()).unwrap();
        assert_eq!((read.status(), read.unsent.len(), read.sealed.len()), (3, 0, 1));
    }

    #[test]
    fn what_an_earlier_version_did_not_say_is_nothing() {
        let mut json = serde_json::to_value(outcome(End::Completed)).unwrap();
        json["result"] = serde_json::Value::Null;
        json.as_object_mut().unwrap().remove("doubtful");
        assert!(serde_json::from_str::<Outcome>(&json.to_string()).unwrap().doubtful.is_empty());
    }

    /// No tree is made of it: serde_json has no number for this one.
    #[test]
    fn a_result_comes_back_to_the_last_digit() {
        let result = Some(r#"{"n":1.50,"n":[1e400]}"#.parse().unwrap());
        let outcome = Outcome { result, ..outcome(End::Completed) };
        let text = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
    }

    #[test]
    fn where_the_host_is_to_blame_the_status_says_so() {
        let failed = Outcome { blame: Some(Blame::Host), ..outcome(End::Exited { code: 1 }) };
        assert_eq!(failed.status(), 125);
    }
}
