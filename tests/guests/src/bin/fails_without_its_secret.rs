//! Returns the SDK's error from `main`, as most actions do.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    um_action::secrets::get("NO_SUCH_SECRET")?;
    Ok(())
}
