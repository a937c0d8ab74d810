//! Any query is read or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| seen::web::fuzz::query(text));
