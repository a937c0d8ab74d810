//! Any headers are read, and lend nobody an address.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| seen::web::fuzz::headers(text));
