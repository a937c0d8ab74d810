//! Whatever Redis answers is read or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| seen::store::fuzz::answer(bytes));
