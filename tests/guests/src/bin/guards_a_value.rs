//! Makes a value of its own, guards it, and prints it in some forms; then tries to guard what cannot be guarded.

use um_action::secrets;

fn main() {
    let value = format!("session-{}", 8_675_309_u64 * 31);
    println!("before [{value}]");
    secrets::guard(&value).unwrap();
    println!("after [{value}]");
    eprintln!("after [{value}]");
    println!("hex [{}]", value.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
    for refused in ["seven77".to_owned(), format!("{value}***"), "x".repeat(64 * 1024 + 1)] {
        println!("{} bytes: {}", refused.len(), secrets::guard(&refused).unwrap_err());
    }
}
