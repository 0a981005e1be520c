//! Panics with a message that holds a secret.

fn main() {
    let token = um_action::secrets::get("HUBSPOT_API_KEY").unwrap();
    panic!("the service did not take {token}");
}
