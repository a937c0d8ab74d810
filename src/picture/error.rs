//! An invalid parameter, explained to the person who typed it.

use super::escape;

/// How many characters of a refused value the message repeats.
const VALUE_CHARS: usize = 40;

/// A parameter that can't be used: which, its value, and what is allowed.
///
/// The web layer answers 400 and, where a picture was requested, draws the text with
/// [`super::error_badge`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{param} is '{value}', but must be {allowed}")]
pub struct ParamError {
    /// The parameter as the caller named it.
    pub param: String,
    /// Its value, without control characters, at most 40 characters.
    pub value: String,
    /// The accepted values, as the end of a sentence that begins with "must be".
    pub allowed: String,
}

impl ParamError {
    /// The parameter `param` has a `value` that is not one of those `allowed`.
    pub fn new(param: &str, value: &str, allowed: impl Into<String>) -> Self {
        Self {
            param: escape::clean(param, VALUE_CHARS),
            value: escape::clean(value, VALUE_CHARS),
            allowed: allowed.into(),
        }
    }
}
