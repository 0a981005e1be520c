use super::*;
use um_base::rule::{Placement, Rule};
use um_secret::{Part, Verdict, Word};

fn index(bindings: usize, allowed: &[&str]) -> Index {
    let rule = |number| Rule::parse(&format!("GET host-{number}.example/v1")).unwrap();
    let binding = |number| Binding::new(rule(number), Placement::Query("key".to_owned())).unwrap();
    let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
    let listed = Listed {
        description: "CRM".to_owned(),
        id: [7; 16],
        created: at,
        updated: at,
        exposure: Exposure::Sealed,
        bindings: (0..bindings).map(binding).collect(),
        expires: None,
        masking: Masking::EveryForm,
        current: Held { version: 1, length: 16, key: Key::random() },
        previous: None,
        parts: Arc::default(),
        fields: Fields::of([(7, b"of a secret")]),
    };
    let allowed = allowed.iter().map(|entry| (*entry).to_owned()).collect();
    let fields = Fields::of([(1, b"of the workspace"), (2, b"")]);
    Index { secrets: [(SecretName::parse("TOKEN").unwrap(), listed)].into(), allowed, fields }
}

/// The same as earlier versions wrote it: without optional fields, the first without the hosts at the end, too.
fn as_an_earlier_format(index: &mut Index, format: u8) -> Vec<u8> {
    index.fields = Fields::default();
    index.secrets.values_mut().for_each(|listed| listed.fields = Fields::default());
    let mut bytes = index.encode().to_vec();
    bytes[0] = format;
    bytes.truncate(bytes.len() - 4);
    // The secret's own, in front of the hosts.
    let hosts: usize = 4 + index.allowed.iter().map(|entry| 4 + entry.len()).sum::<usize>();
    let end = bytes.len() - hosts;
    bytes.drain(end - 4..end);
    if format == FIRST_FORMAT {
        bytes.truncate(bytes.len() - 4);
    }
    bytes
}

#[test]
fn bindings_and_allowed_hosts_come_back_as_they_were_written() {
    for (bindings, allowed) in [(0, &[][..]), (1, &["a.example"]), (16, &["a.example", "GET b.example"])] {
        let written = index(bindings, allowed);
        let read = Index::decode(&written.encode()).unwrap();
        assert_eq!(read.allowed, allowed);
        let listed = |index: &Index| index.secrets.values().next().unwrap().bindings.clone();
        assert_eq!(listed(&read), listed(&written));
        assert_eq!(listed(&read).len(), bindings);
    }
}

#[test]
fn an_index_of_the_first_format_has_no_binding_or_one() {
    for bindings in [0, 1] {
        let read = Index::decode(&as_an_earlier_format(&mut index(bindings, &[]), FIRST_FORMAT)).unwrap();
        assert_eq!(read.secrets.values().next().unwrap().bindings.len(), bindings);
        assert!(read.allowed.is_empty());
    }
}

/// The check of bindings that were set was looser than the grammar of rules. Whoever has such a one is told that it is
/// damaged: a secret that is bound to nothing any more would go anywhere.
#[test]
fn an_index_with_a_binding_that_is_no_rule_is_malformed() {
    let bytes = index(2, &[]).encode().to_vec();
    let changed = |host: &str| {
        let (from, to) = (b"host-1.example", host.as_bytes());
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    };
    assert!(Index::decode(&changed("host-2.example")).is_ok());
    // Of the same length, which stands before it.
    for host in ["::::::::::::::", "host..-example", "-ost-1.example", "*.st-1.example", "127.0.0.000001"] {
        assert!(Index::decode(&changed(host)).is_err(), "{host}");
    }
}

#[test]
fn an_index_of_the_second_format_has_hosts_and_no_optional_fields() {
    let read = Index::decode(&as_an_earlier_format(&mut index(1, &["a.example"]), SECOND_FORMAT)).unwrap();
    assert_eq!((read.allowed.as_slice(), &read.fields), (&["a.example".to_owned()][..], &Fields::default()));
    assert_eq!(read.secrets.values().next().unwrap().fields, Fields::default());
}

#[test]
fn optional_fields_that_are_not_known_are_written_again_as_they_were() {
    let bytes = index(2, &["a.example"]).encode();
    let again = Index::decode(&bytes).unwrap();
    assert_eq!(again.fields, Fields::of([(1, b"of the workspace"), (2, b"")]));
    assert_eq!(again.secrets.values().next().unwrap().fields, Fields::of([(7, b"of a secret")]));
    assert_eq!(*again.encode(), *bytes);
}

#[test]
fn a_critical_field_of_the_workspace_or_of_a_secret_is_refused() {
    let mut of_workspace = index(0, &[]);
    of_workspace.fields = Fields::of([(0x8005, b"")]);
    assert_eq!(Index::decode(&of_workspace.encode()).err(), Some(Unread::Critical(5)));
    let mut of_secret = index(0, &[]);
    of_secret.secrets.values_mut().next().unwrap().fields = Fields::of([(0x8006, b"")]);
    assert_eq!(Index::decode(&of_secret.encode()).err(), Some(Unread::Critical(6)));
}

fn with_parts(words: [Option<Word>; 2]) -> Index {
    let part =
        |(path, word): (&str, _)| Part { path: path.to_owned(), verdict: Verdict::Doubtful, word, is_short: false };
    let parts = Parts { rules: 1, list: ["a", "b"].into_iter().zip(words).map(part).collect() };
    let mut index = index(1, &["a.example"]);
    index.secrets.values_mut().next().unwrap().parts = Arc::new(parts);
    index
}

#[test]
fn parts_come_back_beside_fields_that_are_not_known() {
    let parts = |index: &Index| Arc::clone(&index.secrets.values().next().unwrap().parts);
    for words in [[None, None], [None, Some(Word::Leave)], [Some(Word::Guard), Some(Word::Leave)]] {
        let written = with_parts(words);
        let read = Index::decode(&written.encode()).unwrap();
        assert_eq!((parts(&read), read.bytes()), (parts(&written), written.bytes()));
        let (name, listed) = read.secrets.iter().next().unwrap();
        assert_eq!(listed.fields, Fields::of([(7, b"of a secret")]));
        assert_eq!((&listed.summary(name).parts, &listed.entry(name).parts), (&listed.parts, &listed.parts));
    }
    let without = index(1, &["a.example"]);
    assert_eq!(with_parts([None; 2]).bytes(), without.bytes() + 6 + 16 + 2 * 6, "they count");
    assert_eq!(parts(&Index::decode(&without.encode()).unwrap()), Arc::default(), "as in stores of before");
}

/// An um-host that does not know what parts are must not open a workspace where the owner guards one.
#[test]
fn parts_are_critical_where_the_owner_guards_one() {
    let field = |words| {
        let index = with_parts(words);
        let fields = index.secrets.values().next().unwrap().all_fields();
        let mut writer = Writer::default();
        fields.write(&mut writer);
        Fields::read(&mut Reader::new(&writer.finish()), MAX_SECRET_FIELDS, &[]).err()
    };
    assert_eq!(field([None, Some(Word::Leave)]), None);
    assert_eq!(field([Some(Word::Guard), None]), Some(Unread::Critical(PARTS)));
}

#[test]
fn an_index_with_damaged_parts_is_malformed() {
    let bytes = with_parts([Some(Word::Guard), None]).encode().to_vec();
    let at = bytes.windows(6).position(|window| window == b"\x11\x01\0\0\0a").unwrap();
    assert!(Index::decode(&bytes).is_ok());
    for damaged in [0x13, 0x31, 0x01] {
        let mut bytes = bytes.clone();
        bytes[at] = damaged;
        assert_eq!(Index::decode(&bytes).err(), Some(Unread::Malformed), "{damaged:#x}");
    }
}

#[test]
fn optional_fields_are_bounded_and_count_towards_what_a_workspace_holds() {
    let with = |secret: usize, workspace: usize| {
        let (secret, workspace) = (vec![0; secret - 6], vec![0; workspace - 6]);
        let mut index = index(0, &[]);
        index.fields = Fields::of([(1, &workspace)]);
        index.secrets.values_mut().next().unwrap().fields = Fields::of([(2, &secret)]);
        index
    };
    let fullest = with(MAX_SECRET_FIELDS, MAX_WORKSPACE_FIELDS);
    assert!(Index::decode(&fullest.encode()).is_ok());
    assert_eq!(fullest.bytes(), (5 + 3 + 16 + MAX_SECRET_FIELDS + MAX_WORKSPACE_FIELDS) as u64);
    for over in [with(MAX_SECRET_FIELDS + 1, 100), with(100, MAX_WORKSPACE_FIELDS + 1)] {
        assert_eq!(Index::decode(&over.encode()).err(), Some(Unread::Malformed));
    }
}

#[test]
fn an_index_of_a_later_format_is_told_from_one_with_something_left_over() {
    let mut bytes = index(1, &["a.example"]).encode().to_vec();
    bytes[0] = INDEX_FORMAT + 1;
    assert_eq!(Index::decode(&bytes).err(), Some(Unread::Later(INDEX_FORMAT + 1)));
    bytes[0] = INDEX_FORMAT;
    assert!(Index::decode(&bytes).is_ok());
    bytes.push(0);
    for format in [0, FIRST_FORMAT, SECOND_FORMAT, INDEX_FORMAT] {
        bytes[0] = format;
        assert_eq!(Index::decode(&bytes).err(), Some(Unread::Malformed), "{format}");
    }
}
