//! Characters that do other things on a display than show.

/// Whether a character breaks a line, turns its direction or does other things than show: controls (those of ISO 6429's
/// C1 set too), the separators of lines and paragraphs, and the marks that change the direction of what follows.
pub fn drives_a_display(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character shows nothing, so that a text with it looks like the one without: the soft hyphen and the others
/// that Unicode calls default-ignorable, as far as they are assigned. Not the joiners and the variation selectors of
/// emoji: see [`joins`].
pub fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character shows nothing by itself and changes how the one before it shows: words of Persian and many an
/// emoji have them.
pub fn joins(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_is_told_from_what_does_not() {
        for c in "aZ0 ~é漢字🙂ی\u{3000}\u{a0}".chars() {
            assert!(!drives_a_display(c) && !is_unseen(c) && !joins(c), "{c:?}");
        }
        for c in "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{2028}\u{202e}\u{2066}\u{200f}".chars() {
            assert!(drives_a_display(c), "{c:?}");
        }
        for c in "\u{ad}\u{200b}\u{2060}\u{feff}\u{3164}\u{e0041}".chars() {
            assert!(is_unseen(c) && !drives_a_display(c), "{c:?}");
        }
    }
}
