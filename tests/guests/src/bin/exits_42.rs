//! Ends with status 42 through `exit-with-code`, after output that has no newline.

fn main() {
    print!("before");
    um_action::exit(42);
}
