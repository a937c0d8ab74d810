//! The query of a request, read strictly: every value must be valid.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::model::tally::MAX_TOTAL;
use crate::web::error::ApiError;
use crate::web::openapi::Operation;

/// The pairs of a query, percent-decoded, in order. A clone shares them.
#[derive(Clone)]
pub(crate) struct Query {
    pairs: Arc<Vec<(String, String)>>,
    /// The documented route, in builds with debug assertions.
    operation: Option<&'static Operation>,
}

/// The longest query, in bytes. The longest badge logo fits.
pub(crate) const MAX_BYTES: usize = 24 << 10;

/// The most pairs in a query. No route has half as many parameters.
const MAX_PAIRS: usize = 64;

/// The range of totals and amounts.
pub(crate) const NUMBER: &str = "a whole number between -9007199254740991 and 9007199254740991";

impl Query {
    /// The pairs of a query's text.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        check_size(text)?;
        let pairs = serde_urlencoded::from_str(text).map_err(ApiError::invalid_query)?;
        Ok(Self { pairs: Arc::new(pairs), operation: None })
    }

    /// The value of the first pair with this name.
    ///
    /// # Panics
    /// In builds with debug assertions, if the OpenAPI description lacks the name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        if let Some(operation) = self.operation {
            operation.reads(name);
        }
        self.found(name)
    }

    fn found(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    /// The value of a name, unless it is empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The value of a required name.
    pub(crate) fn required(&self, name: &str, allowed: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::missing_parameter(name, allowed))
    }

    /// Adds each of these pairs whose name is missing. They go in front, because the last of
    /// several synonyms counts.
    pub(crate) fn or(mut self, pairs: &[(&str, &str)]) -> Self {
        for (name, value) in pairs {
            if self.found(name).is_none() {
                Arc::make_mut(&mut self.pairs).insert(0, ((*name).to_owned(), (*value).to_owned()));
            }
        }
        self
    }

    /// Renames parameters from the names of another service to ours.
    pub(crate) fn renamed(mut self, names: &[(&str, &str)]) -> Self {
        for (theirs, ours) in names {
            if self.found(theirs).is_some() {
                for pair in Arc::make_mut(&mut self.pairs).iter_mut().filter(|p| p.0 == *theirs) {
                    pair.0 = (*ours).to_owned();
                }
            }
        }
        self
    }

    /// Whether it has no parameter.
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// All pairs, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The parsed value of a name, if present; `allowed` is for the error.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        name: &str,
        allowed: &str,
    ) -> Result<Option<T>, ApiError> {
        let invalid = |value: &str| ApiError::invalid_parameter(name, value, allowed);
        self.get(name).map(|value| value.parse().map_err(|_| invalid(value))).transpose()
    }

    /// A total or an amount, from the first of these names that is present.
    pub(crate) fn number(&self, names: &[&str]) -> Result<Option<i64>, ApiError> {
        let mut first = None;
        for name in names {
            let number = self.parsed::<i64>(name, NUMBER)?;
            if let Some(n) = number.filter(|n| n.unsigned_abs() > MAX_TOTAL.unsigned_abs()) {
                return Err(ApiError::invalid_parameter(name, &n.to_string(), NUMBER));
            }
            first = first.or(number);
        }
        Ok(first)
    }

    /// Whether a switch is on: without a value, or `1`, `true`, `yes`, `on`.
    pub(crate) fn switch(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some("" | "1" | "true" | "yes" | "on") => Ok(Some(true)),
            Some("0" | "false" | "no" | "off") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid_parameter(
                name,
                other,
                "1, 0, true, false, yes, no, on or off",
            )),
        }
    }
}

/// Refuses a query that is too long or has too many pairs.
pub(crate) fn check_size(text: &str) -> Result<(), ApiError> {
    if text.len() > MAX_BYTES {
        return Err(ApiError::url_too_long("query", MAX_BYTES));
    }
    let pairs = text.bytes().filter(|b| *b == b'&').count() + 1;
    if pairs > MAX_PAIRS {
        return Err(ApiError::too_many("parameters", pairs, MAX_PAIRS));
    }
    Ok(())
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Several extractors need it; the first one parses it.
        if let Some(query) = parts.extensions.get::<Self>() {
            return Ok(query.clone());
        }
        let mut query = Self::parse(parts.uri.query().unwrap_or_default())?;
        query.operation = parts.extensions.get::<&'static Operation>().copied();
        parts.extensions.insert(query.clone());
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::openapi::{Doc, QueryParam, Verb, text};

    /// A query of 16,000 names took 5 ms, and was read four times.
    #[test]
    fn a_query_has_so_many_pairs() {
        assert!(Query::parse(&"a&".repeat(MAX_PAIRS - 1)).is_ok());
        assert!(Query::parse(&"a&".repeat(MAX_PAIRS)).is_err());
    }

    #[test]
    fn values_are_decoded_and_checked() {
        let query = Query::parse("a=1&b=x%20y&c&a=2&off=0").unwrap();
        assert_eq!(query.get("a"), Some("1"));
        assert_eq!(query.get("b"), Some("x y"));
        assert_eq!(query.parsed::<u8>("a", "a number").unwrap(), Some(1));
        assert!(query.parsed::<u8>("b", "a number").is_err());
        assert_eq!(query.switch("c").unwrap(), Some(true));
        assert_eq!(query.switch("off").unwrap(), Some(false));
        assert_eq!(query.switch("missing").unwrap(), None);
        assert!(query.switch("b").is_err());
    }
    #[test]
    #[should_panic(expected = "the document of /a lacks b")]
    #[cfg(debug_assertions)]
    fn no_route_reads_what_its_document_lacks() {
        static DOC: Doc = Doc::other("", "").query(&[QueryParam::new("a", "", text)]);
        static OPERATION: Operation = Operation { verb: Verb::Get, path: "/a", doc: &DOC };
        let query = Query { operation: Some(&OPERATION), ..Query::parse("a=1&b=2").unwrap() };
        assert_eq!(query.get("a"), Some("1"));
        query.get("b");
    }
}
