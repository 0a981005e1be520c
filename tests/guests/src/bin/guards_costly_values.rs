//! Guards values that are made of as many lines and escapes as fit, until that is refused.

use um_action::secrets;

fn main() {
    for number in 0.. {
        let lines: Vec<String> = (0..300).map(|line| format!("\u{1b}/<{number:03}{line:03}é")).collect();
        if let Err(error) = secrets::guard(&lines.join("\n")) {
            return println!("guarded {number}, then: {error}");
        }
    }
}
