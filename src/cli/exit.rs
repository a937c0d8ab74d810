//! The message and the exit code of a failed command.

use std::fmt;
use std::process::ExitCode;

/// Why a command failed, and its exit code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    /// Exit code 1: startup or the work failed. Exit code 2: a setting is invalid.
    pub fn new(code: u8, sentence: impl fmt::Display) -> Self {
        Self { code, sentence: sentence.to_string() }
    }

    /// The exit code of the process.
    pub fn code(&self) -> ExitCode {
        self.code.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}
