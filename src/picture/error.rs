//! What is wrong with a parameter, in words for the person who typed it.

use super::escape;

/// Characters of a refused value that are repeated in the message.
const VALUE_CHARS: usize = 40;

/// A parameter that can't be used: which, its value, and what is allowed.
///
/// The web layer answers it with 400 and, where a picture was asked for, with
/// [`super::error_badge`] of its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{param} is '{value}', but must be {allowed}")]
pub struct ParamError {
    /// The parameter as the caller named it.
    pub param: String,
    /// Its value, without control characters, at most 40 characters.
    pub value: String,
    /// What would have been accepted: completes "must be …".
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
