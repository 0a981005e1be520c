//! Writes a document for each pair of arguments, a name and a text, and says how each went.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks_exact(2) {
        match um_action::documents::write(&pair[0], &pair[1]) {
            Ok(()) => println!("{}: written", pair[0]),
            Err(error) => println!("{error}"),
        }
    }
}
