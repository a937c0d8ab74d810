//! Whatever is in the store is read or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| seen::store::fuzz::stored(bytes));
