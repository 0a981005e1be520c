//! Tests of what is promised about bytes, whoever keeps them.

mod cipher;
mod golden;
mod key_text;
mod keyring;
