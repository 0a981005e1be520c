//! Copies the answer to a GET of its argument's URL into a document, piece by piece, and says how long it was.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).expect("a URL");
    let mut answer = um_action::http::get(&url).send()?.error_for_status()?;
    let mut document = um_action::documents::create("download.txt")?;
    let copied = std::io::copy(&mut answer, &mut document)?;
    document.finish()?;
    println!("{copied} bytes");
    Ok(())
}
