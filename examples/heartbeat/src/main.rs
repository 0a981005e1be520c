//! An action that goes on: prints a line with a secret ten times a second, so often as it is told, or until it is stopped.
//!
//! ```sh
//! cargo build --target wasm32-wasip2 --package heartbeat
//! um-host run target/wasm32-wasip2/debug/heartbeat.wasm -- API_KEY 3
//! ```

use std::error::Error;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(100);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("the name of a secret is missing")?;
    let beats = arguments.next().map(|text| text.parse()).transpose()?.unwrap_or(u64::MAX);
    let key = um_action::secrets::get(&name)?;
    for beat in 1..=beats {
        println!("beat {beat} with the key {key}");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
