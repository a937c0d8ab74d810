//! How a command ends when it could not do its work.

use std::fmt;
use std::process::ExitCode;

/// Why the program ends without having done its work, and with which code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    /// Code 1: the world was not as needed. Code 2: a setting was wrong.
    pub fn new(code: u8, sentence: impl fmt::Display) -> Self {
        Self { code, sentence: sentence.to_string() }
    }

    /// What the process exits with.
    pub fn code(&self) -> ExitCode {
        self.code.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}
