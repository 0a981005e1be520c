//! The first stage: the guest is called, and what it left open is ended.

use wasmtime::Store;

use super::assembly::Execution;
use super::ending::Return;
use super::settle::Called;
use crate::engine::loaded::Entry;
use crate::engine::signal_stack;
use crate::guest::preview1::start;
use crate::guest::state::State;

impl Execution {
    /// Calls the guest until it is over, whoever ended it.
    pub(super) async fn call(self) -> Called {
        let Self { entry, input, mut store, course, linger, .. } = self;
        let meter = store.data().http.meter();
        let guest = async {
            match store.data_mut().secrets.guard_given().await {
                Ok(()) => course.cpu.measure(call(&entry, &mut store, input)).await,
                Err(_) => Return::Stopped(course.tripwire.tripped().await),
            }
        };
        let returned = tokio::select! {
            biased;
            stop = course.tripwire.tripped() => Return::Stopped(stop),
            returned = guest => returned,
        };
        if let Some(until) = linger {
            until.await;
        }
        let was_interrupted = course.tripwire.is_interrupted();
        // Before the guest's resources go: what they leave behind must not look like an end of their own.
        let end = if returned.chosen() { um_leak::End::Chosen } else { um_leak::End::Cut };
        meter.close();
        let documents = &store.data().documents;
        let is_settled = documents.are_settled() && course.stdout.is_settled() && course.stderr.is_settled();
        let ready = match is_settled {
            true => None,
            // Whatever ended the run: what it has written up to then is told.
            false => Some(course.filter.ready_anyway().await),
        };
        store.data().documents.finish(end, ready);
        course.stdout.finish(end, ready);
        course.stderr.finish(end, ready);
        let State { secrets, documents, http, memory, .. } = store.into_data();
        Called { course, returned, was_interrupted, secrets, documents, http, memory: memory.used() }
    }
}

/// Calls the guest. Any error from here on is the guest's.
async fn call(entry: &Entry, store: &mut Store<State>, input: String) -> Return {
    if let Some(kind) = entry.kind() {
        let declared = store.data_mut().declaration.declare(kind);
        declared.expect("what a component takes was checked before");
    }
    let returned = match entry {
        Entry::Command(command) => Return::Command(
            async {
                let command = command.instantiate_async(&mut *store).await?;
                command.wasi_cli_run().call_run(store).await
            }
            .await,
        ),
        Entry::Module(module) => Return::Command(
            async {
                start::open(store.data_mut())?;
                let module = module.instantiate_async(&mut *store).await?;
                let main = module.get_typed_func::<(), ()>(&mut *store, "_start")?;
                main.call_async(store, ()).await.map(Ok)
            }
            .await,
        ),
        Entry::Typed(action) => Return::Typed(
            async {
                let action = action.instantiate_async(&mut *store).await?;
                action.call_run(store, &input).await
            }
            .await,
        ),
        Entry::Script(script) => Return::Script(
            async {
                let runner = script.runner.instantiate_async(&mut *store).await?;
                runner.call_run(store, &script.path(), &input).await
            }
            .await,
        ),
    };
    if !returned.chosen() {
        // A trap comes back in the same poll, so this is still the thread that took its signal.
        signal_stack::wipe();
    }
    returned
}
