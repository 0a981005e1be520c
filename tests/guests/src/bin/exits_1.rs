//! Ends as most failing programs do: with status 1 and a message on stderr.

fn main() {
    eprintln!("nothing to do");
    std::process::exit(1);
}
