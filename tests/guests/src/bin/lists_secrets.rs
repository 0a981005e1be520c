//! Prints the workspace, and name, description and kind of every secret that the run may ask for.

use um_action::secrets;

fn main() {
    println!("workspace {}", secrets::workspace());
    for entry in secrets::entries() {
        println!("{} | {} | sealed: {}", entry.name, entry.description, entry.sealed);
    }
}
