//! Tests that look inside the store. What can be seen from outside is tested in `tests/it/store`.

mod bench;
mod cipher;
mod keyring;
mod keys;
mod replay;
