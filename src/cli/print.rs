//! Lines on standard output.

use std::fmt::Display;
use std::io::{self, Write};

use super::exit::Failure;

/// Prints a line. `println!` would panic once a reader such as `head` has closed the pipe, which
/// is not an error.
///
/// # Errors
/// The line cannot be written for another reason, such as a full disk.
pub fn line(text: impl Display) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(1, format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
