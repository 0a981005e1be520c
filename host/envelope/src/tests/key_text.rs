//! Keys as they are written down.

use crate::key::Key;
use crate::key_text::KeyTextError;

fn refusal(text: &[u8]) -> KeyTextError {
    Key::parse(text).err().expect("it was taken")
}

#[test]
fn a_key_that_was_written_down_reads_back() {
    for _ in 0..100 {
        let key = Key::random();
        let text = key.to_text();
        assert_eq!(text.len(), 59);
        assert!(text.starts_with("um-host-key-"));
        assert_eq!(Key::parse(text.as_bytes()).ok().unwrap().expose(), key.expose());
        for ending in ["\n", "\r\n"] {
            assert!(Key::parse(format!("{}{ending}", *text).as_bytes()).is_ok(), "an editor's line break");
        }
    }
}

#[test]
fn a_text_that_is_no_key_is_refused_by_reason() {
    let text = Key::random().to_text();
    assert_eq!(refusal(b""), KeyTextError::Empty);
    assert_eq!(refusal(b"\n"), KeyTextError::Empty);
    assert_eq!(refusal(&text.as_bytes()[1..]), KeyTextError::Prefix);
    assert_eq!(refusal(format!(" {}", *text).as_bytes()), KeyTextError::Prefix);
    assert_eq!(refusal(&text.as_bytes()[..58]), KeyTextError::Length { length: 58 });
    assert_eq!(refusal(format!("{}A", *text).as_bytes()), KeyTextError::Length { length: 60 });
    assert_eq!(refusal(format!("{}\n\n", *text).as_bytes()), KeyTextError::Length { length: 60 });
    let mut foreign = text.as_bytes().to_vec();
    foreign[20] = b'+';
    assert_eq!(refusal(&foreign), KeyTextError::Characters);
    assert_eq!(refusal(&[b"um-host-key-".as_slice(), &[0xff; 47]].concat()), KeyTextError::Characters);
}

#[test]
fn every_single_mistyped_character_is_noticed() {
    let text = Key::random().to_text();
    for at in 12..text.len() {
        for character in *b"AbZ09-_" {
            let mut mistyped = text.as_bytes().to_vec();
            if mistyped[at] == character {
                continue;
            }
            mistyped[at] = character;
            assert!(matches!(refusal(&mistyped), KeyTextError::Checksum | KeyTextError::Characters), "at {at}");
        }
    }
}
