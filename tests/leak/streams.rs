//! Text that comes in pieces, and values that come in between.

use um_leak::{End, Filter, Form, Leak, Stream};

use super::{AtOnce, finished, guarding, redact, written};

#[test]
fn bytes_that_are_no_text_pass_unchanged() {
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for chunk in [1, 7, 64, 65_536] {
        let cuts: Vec<usize> = (0..all.len()).step_by(chunk).collect();
        assert_eq!(redact(&guarding(&["k7x!k7x!k7x!"]), &all, &cuts, End::Cut), all);
    }
}

#[test]
fn a_filter_that_guards_nothing_holds_nothing() {
    let mut redactor = Filter::new().writer(Stream::Stderr);
    assert_eq!(written(&mut redactor, b"anything"), b"anything");
    assert_eq!(finished(&mut redactor, End::Cut), b"");
}

#[test]
fn touching_and_overlapping_values_become_one_mask_even_byte_by_byte() {
    let filter = guarding(&["hunter22", "ter22xyz"]);
    for (text, expected) in [
        ("hunter22hunter22", "***"),
        ("hunter22xyz", "***"),
        ("hunter22xyzhunter22!", "***!"),
        ("hunter22 hunter22", "*** ***"),
        ("hunter2hunter22", "hunter2***"),
    ] {
        for step in [1, 2, 3, 100] {
            let cuts: Vec<usize> = (0..text.len()).step_by(step).collect();
            assert_eq!(redact(&filter, text.as_bytes(), &cuts, End::Chosen), expected.as_bytes(), "{text} by {step}");
        }
    }
}

#[test]
fn a_whole_value_is_masked_at_once_unless_it_may_go_on() {
    let mut redactor = guarding(&["hunter22"]).writer(Stream::Stdout);
    assert_eq!(written(&mut redactor, b"a hunter2"), b"a ");
    assert_eq!(written(&mut redactor, b"2"), b"***");
    assert_eq!(written(&mut redactor, b"hunter22"), b"", "it touches the mask that is out already");
    assert_eq!(written(&mut redactor, b"h!"), b"h!");
    assert_eq!(finished(&mut redactor, End::Chosen), b"");
}

#[test]
fn a_value_guarded_in_mid_stream_guards_what_all_streams_hold() {
    let filter = guarding(&["hunter22-and-more"]);
    let mut stdout = filter.writer(Stream::Stdout);
    let mut stderr = filter.writer(Stream::Stderr);
    assert_eq!(written(&mut stdout, b"a hunter22"), b"a ");
    assert_eq!(written(&mut stderr, b"b hunter22 "), b"b hunter22 ");
    let other = filter.clone();
    std::thread::spawn(move || other.guard("LATE", "hunter22")).join().unwrap();
    assert_eq!(written(&mut stdout, b"!"), b"***!");
    assert_eq!(written(&mut stderr, b"hunter2"), b"");
    assert_eq!(finished(&mut stderr, End::Cut), b"***");
    let late = Leak { secret: "LATE".to_owned(), path: None, stream: Stream::Stdout, form: Form::Raw, count: 1 };
    assert_eq!(filter.report(), [late]);
}

#[test]
fn a_value_guarded_while_held_bytes_hold_all_of_it_is_masked_at_the_end() {
    for end in [End::Chosen, End::Cut] {
        let filter = guarding(&["hunter22-and-more"]);
        let mut redactor = filter.writer(Stream::Stdout);
        assert_eq!(written(&mut redactor, b"(hunter22-an"), b"(");
        filter.guard("LATE", "unter22-");
        let expected: &[u8] = if end == End::Chosen { b"h***an" } else { b"***" };
        assert_eq!(finished(&mut redactor, end), expected);
    }
}

#[test]
fn the_end_of_a_stream_lets_out_what_it_held_unless_it_was_cut() {
    for (held, end, expected) in [
        ("hunter2", End::Chosen, "hunter2"),
        ("hunter2", End::Cut, "***"),
        ("hunt", End::Cut, "***"),
        ("hun", End::Cut, "hun"),
        ("hunter22 hun", End::Cut, "*** hun"),
        ("hunter22hunt", End::Cut, "***"),
    ] {
        assert_eq!(redact(&guarding(&["hunter22"]), held.as_bytes(), &[], end), expected.as_bytes(), "{held} {end:?}");
    }
}

#[test]
fn a_redactor_is_as_new_after_its_end() {
    let mut redactor = guarding(&["hunter22"]).writer(Stream::Stdout);
    written(&mut redactor, b"hunter22");
    finished(&mut redactor, End::Chosen);
    assert_eq!(written(&mut redactor, b"hunter22"), b"***", "another text, another mask");
}

#[test]
fn filter_and_redactor_may_cross_threads() {
    fn crosses<T: Send + 'static>(_: &T) {}
    fn is_shared<T: Sync + 'static>(_: &T) {}
    let filter = Filter::new();
    is_shared(&filter);
    crosses(&filter);
    crosses(&filter.stream(Stream::Stdout));
}

#[test]
fn streams_that_are_written_while_another_thread_guards_come_out_masked() {
    let filter = guarding(&["hunter22"]);
    let guards = filter.clone();
    let guarding =
        std::thread::spawn(move || (0..500).for_each(|n| guards.guard("MADE", &format!("token-{n:06}-end"))));
    let mut redactor = filter.writer(Stream::Stdout);
    let mut out = Vec::new();
    (0..20_000).for_each(|_| redactor.write(b"hunter22 tok hunt", &mut out));
    guarding.join().unwrap();
    redactor.write(b"token-000499-end", &mut out);
    redactor.finish(End::Chosen, &mut out);
    let expected = format!("{}***", "*** tok hunt".repeat(20_000));
    assert!(out == expected.as_bytes(), "{} bytes came out, not {}", out.len(), expected.len());
}

#[test]
fn ten_thousand_values_and_a_thousand_more_in_mid_stream_are_guarded() {
    let filter = Filter::new();
    for number in 0..10_000 {
        filter.guard("STORED", &format!("sk_live_{number:08}"));
    }
    filter.guard("MADE", "token_from_before");
    let mut redactor = filter.writer(Stream::Stdout);
    for number in 0..1_000 {
        assert_eq!(written(&mut redactor, b"; token_"), b"; ");
        filter.guard("MADE", &format!("token_{number:08}_more"));
        let text = format!("{number:08}_more, sk_live_{number:08}, token_{:08}_more;", number + 1);
        let later = format!("***, ***, token_{:08}_more;", number + 1);
        assert_eq!(written(&mut redactor, text.as_bytes()), later.as_bytes());
    }
}

#[test]
fn the_line_break_behind_a_mask_or_a_word_is_not_held_back() {
    let mut redactor = guarding(&["16C7e42F292c6912E7710c838347Ae178B4a", "hunter22-and-more"]).writer(Stream::Stdout);
    assert_eq!(written(&mut redactor, b"key 16C7e42F292c6912E7710c838347Ae178B4a\n"), b"key ***\n");
    assert_eq!(written(&mut redactor, b"MTZDN2U0MkYyOTJjNjkxMkU3NzEwYzgzODM0N0FlMTc4QjRh\n"), b"***\n");
    assert_eq!(written(&mut redactor, b"one 16C\n1, 2, 16C\r\n"), b"one 16C\n1, 2, 16C\r\n");
}

#[test]
fn a_line_break_is_held_back_for_a_wrapped_value_only_behind_eight_bytes_of_it() {
    let mut redactor = guarding(&["sk-live_4eC39HqLyjWDarjtT1zdp7dcXq"]).writer(Stream::Stdout);
    for line in ["ready in 12 ms\n", "tokens begin with sk-\n", "they say sk-live\r\n", "live\n", "mode=sk-live\n"] {
        assert_eq!(written(&mut redactor, line.as_bytes()), line.as_bytes());
    }
    assert_eq!(written(&mut redactor, b"it is sk-live_\n"), b"it is ");
    assert_eq!(written(&mut redactor, b"ready\n"), b"sk-live_\nready\n");
    assert_eq!(written(&mut redactor, b"it is sk-live_\n  4eC39HqLyjWD"), b"it is ");
    assert_eq!(written(&mut redactor, b"arjtT1zdp7dcXq\n"), b"***\n");
}

#[test]
fn a_border_is_held_back_only_behind_eight_bytes_of_a_value() {
    let mut redactor = guarding(&["sk-live_4eC39HqLyjWDarjtT1zdp7dcXq"]).writer(Stream::Stdout);
    for line in ["│ ready │\n", "│ mode=sk-live │\n", "> they say sk-live\r\n", "> live\n", "'sk-', '12'\n"] {
        assert_eq!(written(&mut redactor, line.as_bytes()), line.as_bytes());
    }
    assert_eq!(written(&mut redactor, "│ sk-live_ │\n│ ".as_bytes()), "│ ".as_bytes());
    assert_eq!(written(&mut redactor, b"ready"), "sk-live_ │\n│ ready".as_bytes());
    assert_eq!(written(&mut redactor, "\n│ sk-live_ │\n│ 4eC39HqLyjWD".as_bytes()), "\n│ ".as_bytes());
    assert_eq!(written(&mut redactor, "  │\n│ arjtT1zdp7dcXq │\n".as_bytes()), "*** │\n".as_bytes());
}

#[test]
fn a_line_that_ends_with_a_whole_value_is_not_held_back_whatever_that_ends_with() {
    for end in ["=", "==", "\"", "'", "\\", " |", "\"%=", ">", "?="] {
        let value = format!("pat/na1+4eC39HqLyjWDarjtT1zdp7dc{end}");
        let mut redactor = guarding(&[&value]).writer(Stream::Stdout);
        assert_eq!(written(&mut redactor, format!("using {value}\n").as_bytes()), b"using ***\n", "{end}");
    }
}

/// Its last byte began a value in quoted-printable, and 16 bytes that encoders write stood before it.
#[test]
fn a_line_that_is_padded_as_base64_is_not_held_back() {
    let filter = guarding(&["_<', $0+3_f5Z1%)))?134<*:2Z6?d| d%,=%d_\"b>"]);
    for text in
        ["dTpfPCcsICQwKzNfZjVaMSUpKSk/MTM0PCo6Mlo2P2R8IGQlLD0lZF8iYj4=", "c29tZXRoaW5nIHRoYXQgaXMgbm8gc2VjcmV0IQ=="]
    {
        let out = written(&mut filter.writer(Stream::Stdout), format!("{text}\n").as_bytes());
        assert!(out.ends_with(b"=\n"), "{}", out.escape_ascii());
    }
}
