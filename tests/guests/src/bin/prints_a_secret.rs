//! Prints the secret that its argument names, or HUBSPOT_API_KEY, between other words, to stdout and stderr.

fn main() -> Result<(), um_action::secrets::Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "HUBSPOT_API_KEY".to_owned());
    let value = um_action::secrets::get(&name)?;
    println!("out [{value}] end");
    eprintln!("err [{value}] end");
    Ok(())
}
