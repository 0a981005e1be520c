//! A small scheduler: runs one action many times, many at once, with um-host as a library.
//!
//! The host is built once and the action loaded once; each run then costs microseconds. The store is the one that the
//! `um-host` program uses: a secret set there while this runs takes effect for the runs that start afterwards.
//!
//! ```sh
//! cargo run --package embed --bin scheduler -- contacts.wasm --runs 1000 --at-once 50 --data-dir ~/.local/share/um-host \
//!     --allow-host api.hubapi.com --input '{"base_url": "https://api.hubapi.com"}'
//! ```

#![forbid(unsafe_code)]

mod options;
mod schedule;
mod summary;

use std::alloc::System;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::io::AsyncReadExt;
use um_host::{Capacity, Host};
use um_store::Store;
use zeroizing_alloc::ZeroAlloc;

use options::Options;
use schedule::Schedule;
use summary::Summary;

/// Wipes memory as it is freed: buffers of HTTP and TLS hold secrets and do not do it themselves.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// How long runs may still take after Ctrl-C.
const GRACE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();

    let store = Store::open(&options.data_dir, options.key.clone())?;
    // The host holds to this whoever starts runs; other tasks of a program need not know of each other.
    let capacity = Capacity::default().runs(options.at_once.max(1) as u64);
    let mut host = Host::builder().secrets(Arc::new(store)).capacity(capacity);
    if let Some(cache) = &options.cache {
        host = host.cache_dir(cache);
    }
    let host = host.build()?;
    let action = host.load(&options.action).await?;

    let draining = host.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("{:?}", draining.drain(GRACE).await);
        }
    });

    let schedule = Schedule { host: host.clone(), action, options: options.clone() };
    let summary = Summary::of(&schedule.run().await, host.compilations());
    println!("{}", summary.json());

    // Nothing is due any more: what is kept of secrets to make the next run faster can go.
    host.forget();
    if options.stay {
        tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    }
    Ok(if summary.all_completed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
