//! Names need no escape anywhere.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| seen::web::fuzz::name(text));
