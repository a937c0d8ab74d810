//! Entity tags, by which a client does not get an answer again that it has already (RFC 9110,
//! sections 8.8.3 and 13.1.2).

use axum::http::HeaderValue;

use crate::picture::fnv;

/// The tag of bytes with this [`hash`].
pub(crate) fn tag(hash: u64) -> String {
    format!("\"{hash:016x}\"")
}

/// The tag of these bytes, as a header's value.
pub(crate) fn of(bytes: &[u8]) -> HeaderValue {
    HeaderValue::try_from(tag(hash(bytes))).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether a client with this `If-None-Match` has the answer with this tag.
pub(crate) fn is_known(tag: &str, asked: Option<&HeaderValue>) -> bool {
    // A proxy that compresses an answer makes its tag weak.
    let same = |known: &str| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == tag
    };
    let asked = asked.and_then(|asked| asked.to_str().ok());
    asked.is_some_and(|asked| asked.split(',').any(same))
}

/// The hash of an answer's bytes. It runs at compile time too.
pub(crate) const fn hash(bytes: &[u8]) -> u64 {
    fnv::add(fnv::OFFSET, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_it_says_so() {
        let known = |text: &str| is_known("\"1\"", Some(&text.parse().unwrap()));
        assert!(known("\"1\"") && known("\"0\", W/\"1\"") && known("*"));
        assert!(!known("\"2\"") && !known("1"));
        assert!(!is_known("\"1\"", None));
    }
}
