//! Guards one value after another until that is refused, then prints the last that was taken.

use um_action::secrets;

fn main() {
    for number in 0.. {
        let value = format!("value-number-{number:06}");
        if let Err(error) = secrets::guard(&value) {
            println!("guarded {number}, then: {error}");
            return println!("last [value-number-{:06}]", number - 1);
        }
    }
}
