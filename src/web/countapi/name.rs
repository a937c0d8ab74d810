//! CountAPI's names: 3 to 64 characters, or `:HOST:` or `:PATHNAME:`.
//!
//! `:HOST:` and `:PATHNAME:` are the host and the path of the calling page, from its
//! `Referer`. Browsers send other sites only the host unless the page sets a
//! `Referrer-Policy`. As in CountAPI, characters other than letters, digits, `_`, `-`
//! and `.` become dots, and leading dots fill the name up to three characters.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::header::{ORIGIN, REFERER};
use axum::http::request::Parts;
use ring::digest::{SHA256, digest};

use crate::model::hex;
use crate::model::name::{Counter, DEFAULT_NAMESPACE, MAX_LENGTH, Name};
use crate::web::error::ApiError;

/// The shortest name, in characters.
const MIN_LENGTH: usize = 3;

/// The counter that the path names, or its error, which the handler reports in the format
/// that the query asks for.
pub(crate) struct CountApiPath(pub Result<Counter, ApiError>);

impl<S: Send + Sync> FromRequestParts<S> for CountApiPath {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let segments = match RawPathParams::from_request_parts(parts, state).await {
            Ok(segments) => segments,
            Err(error) => return Ok(Self(Err(ApiError::invalid_path(error)))),
        };
        let segment = |which| segments.iter().find(|s| s.0 == which).map(|s| s.1);
        let namespace = segment("namespace").unwrap_or(DEFAULT_NAMESPACE);
        let key = segment("key").unwrap_or_default();
        Ok(Self(counter(namespace, key, &parts.headers)))
    }
}

fn counter(namespace: &str, key: &str, headers: &HeaderMap) -> Result<Counter, ApiError> {
    Ok(Counter { namespace: name(namespace, headers)?, key: name(key, headers)? })
}

/// A name, with placeholders filled in.
fn name(text: &str, headers: &HeaderMap) -> Result<Name, ApiError> {
    match text {
        ":HOST:" => filled(page(headers).0),
        ":PATHNAME:" => filled(page(headers).1),
        text => checked(text),
    }
}

/// Checks a name by CountAPI's rule.
pub(crate) fn checked(text: &str) -> Result<Name, ApiError> {
    match Name::new(text) {
        Ok(name) if text.len() >= MIN_LENGTH => Ok(name),
        _ => Err(ApiError::malformed_name()),
    }
}

/// Makes a name of any text.
fn filled(text: &str) -> Result<Name, ApiError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let dotted: String = text.chars().map(|c| if allowed(c) { c } else { '.' }).collect();
    let name = match dotted.len() {
        0..MIN_LENGTH => format!("{dotted:.>MIN_LENGTH$}"),
        MIN_LENGTH..=MAX_LENGTH => dotted,
        // A hash keeps long paths with the same beginning apart.
        _ => {
            let hash = digest(&SHA256, text.as_bytes());
            format!("{}.{}", &dotted[..MAX_LENGTH - 17], hex::encode(&hash.as_ref()[..8]))
        }
    };
    checked(&name)
}

/// The host and the path of the calling page; empty if unknown.
fn page(headers: &HeaderMap) -> (&str, &str) {
    let told = headers.get(REFERER).or_else(|| headers.get(ORIGIN));
    let url = told.and_then(|url| url.to_str().ok()).unwrap_or_default();
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    // The port follows the last colon, but an IPv6 address in brackets has colons too.
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    (host, path.split(['?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from(referer: &str, namespace: &str, key: &str) -> String {
        let headers = [(REFERER, referer.parse().unwrap())].into_iter().collect();
        counter(namespace, key, &headers).map_or("refused".into(), |counter| counter.to_string())
    }

    #[test]
    fn a_page_names_its_counter() {
        for (referer, expected) in [
            ("https://example.com/blog/post-1.html?x=y#z", "example.com/.blog.post-1.html"),
            ("https://example.com:8443/", "example.com/..."),
            ("https://example.com", "example.com/..."),
            ("https://me:secret@example.com/a", "example.com/..a"),
            ("http://a/%C3%BC", "..a/..C3.BC"),
            ("http://[::1]:80/x", "...1./..x"),
            ("", ".../..."),
            ("nonsense", ".../..."),
        ] {
            assert_eq!(from(referer, ":HOST:", ":PATHNAME:"), expected, "{referer}");
        }
    }

    #[test]
    fn names_are_of_three_characters_and_more() {
        assert_eq!(from("", "mysite.com", "visits"), "mysite.com/visits");
        for bad in ["", "aa", "a b c", ":HOST", ":host:", &"a".repeat(65)] {
            assert_eq!(from("", "mysite.com", bad), "refused", "{bad}");
            assert_eq!(from("", bad, "visits"), "refused", "{bad}");
        }
    }

    #[test]
    fn long_paths_stay_apart() {
        let page =
            |last| from(&format!("https://h.io/{}{last}", "a".repeat(80)), "abc", ":PATHNAME:");
        assert_ne!(page("1"), page("2"));
        assert_eq!(page("1").len(), "abc/".len() + MAX_LENGTH);
    }

    proptest! {
        #[test]
        fn every_page_has_a_name(url in "(https?://)?[ -~]{0,200}") {
            prop_assert_ne!(from(&url, ":HOST:", ":PATHNAME:"), "refused");
        }
    }
}
