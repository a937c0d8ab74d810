//! Any line of an import is taken in or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|line: &[u8]| seen::transfer::line::fuzz(line));
