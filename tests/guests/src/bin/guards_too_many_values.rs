//! Guards one value after another, each as often as it is used, until that is refused. Then guards the first once more
//! and prints the last that was taken.

use um_action::secrets;

fn main() {
    for number in 0.. {
        let value = format!("value-number-{number:06}");
        if let Err(error) = secrets::guard(&value) {
            println!("guarded {number}, then: {error}");
            println!("the first again: {:?}", secrets::guard("value-number-000000"));
            return println!("last [value-number-{:06}]", number - 1);
        }
        secrets::guard(&value).unwrap();
    }
}
