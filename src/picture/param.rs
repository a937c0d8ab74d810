//! A parameter of a picture, declared once for its parser, `/openapi.json` and
//! docs/reference.md.

use super::{ParamError, escape};

/// The most characters of a note in a picture's title.
pub const MAX_NOTE: usize = 1000;

/// The documentation of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its name, then other services' names for it.
    pub names: &'static [&'static str],
    /// Its purpose, in a sentence without a full stop.
    pub summary: &'static str,
    /// The accepted values.
    pub values: &'static str,
    /// The default.
    pub default: &'static str,
}

/// A parameter that sets a part of `T`.
pub struct Param<T> {
    /// Its documentation.
    pub spec: Spec,
    /// Reads a value given under one of its names.
    pub set: fn(&mut T, name: &str, value: &str) -> Result<(), ParamError>,
}

/// Whether a value is given: `?style=` counts as no style.
pub(super) fn given(value: &str) -> bool {
    !value.trim().is_empty()
}

/// Parses a value into `into`, unless it is empty.
///
/// # Errors
/// The value is invalid; `into` is unchanged.
pub(super) fn set<V>(
    into: &mut Option<V>,
    name: &str,
    value: &str,
    parse: fn(&str, &str) -> Result<V, ParamError>,
) -> Result<(), ParamError> {
    if given(value) {
        *into = Some(parse(name, value)?);
    }
    Ok(())
}

/// Sets a text, which may be empty.
///
/// # Errors
/// It has more than `most` characters; `into` is what is left after a cut.
pub(super) fn set_text(
    into: &mut Option<String>,
    name: &str,
    value: &str,
    most: usize,
) -> Result<(), ParamError> {
    let (text, is_cut) = escape::cleaned(value, most);
    *into = Some(text);
    if is_cut {
        Err(ParamError::new(name, value, format!("up to {most} characters")))
    } else {
        Ok(())
    }
}

impl<T> Param<T> {
    /// Reads one `name=value`; `Ok(false)` if none of `params` has this name.
    ///
    /// # Errors
    /// The value is invalid; `into` is unchanged, or has as much of a text as fits.
    pub fn set_one(
        params: &[Self],
        into: &mut T,
        name: &str,
        value: &str,
    ) -> Result<bool, ParamError> {
        match params.iter().find(|param| param.spec.names.contains(&name)) {
            Some(param) => (param.set)(into, name, value).map(|()| true),
            None => Ok(false),
        }
    }

    /// Reads all pairs. An invalid value is skipped, since a hit must not be refused because of a
    /// colour.
    pub fn set_all<'a>(
        params: &[Self],
        into: &mut T,
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Ignored {
        let errors =
            pairs.filter_map(|(name, value)| Self::set_one(params, into, name, value).err());
        Ignored(errors.collect())
    }
}

/// The parameters that were ignored because their values are invalid, and texts that were cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignored(Vec<ParamError>);

impl Ignored {
    /// Adds one.
    pub fn push(&mut self, error: ParamError) {
        self.0.push(error);
    }

    /// Adds the ignored ones of another set of parameters.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Whether every parameter was used.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names as the caller wrote them, each once: `style, color`.
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for error in &self.0 {
            if !names.contains(&error.param.as_str()) {
                names.push(&error.param);
            }
        }
        names.join(", ")
    }

    /// A note for the picture's owner; empty if nothing was ignored.
    pub fn note(&self) -> String {
        let sentences: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        if sentences.is_empty() {
            String::new()
        } else {
            format!("Ignored: {}", sentences.join("; "))
        }
    }
}
