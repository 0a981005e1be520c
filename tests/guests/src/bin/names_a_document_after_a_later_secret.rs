//! Creates a document that is named after a value, and guards that value only afterwards.

fn main() {
    let value = format!("session-{}", 8_675_309_u64 * 31);
    um_action::documents::write(&format!("{value}.json"), "{}").unwrap();
    um_action::secrets::guard(&value).unwrap();
}
