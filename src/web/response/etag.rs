//! Entity tags, which spare clients an answer that they have already (RFC 9110, sections 8.8.3 and
//! 13.1.2).

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;

use crate::picture::fnv;

/// The tag of bytes with this [`hash`].
pub(crate) fn tag(hash: u64) -> String {
    format!("\"{hash:016x}\"")
}

/// Whether the client says that it has what this tag names.
pub(crate) fn is_known(tag: &str, headers: &HeaderMap) -> bool {
    // A proxy that compresses answers makes their tags weak.
    let same = |known: &str| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == tag
    };
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    known.is_some_and(|known| known.split(',').any(same))
}

/// The hash of an answer's bytes. It can also run at compile time.
pub(crate) const fn hash(bytes: &[u8]) -> u64 {
    fnv::add(fnv::OFFSET, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_it_says_so() {
        let known = |text: &str| {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, text.parse().unwrap())]);
            is_known("\"1\"", &headers)
        };
        assert!(known("\"1\"") && known("\"0\", W/\"1\"") && known("*"));
        assert!(!known("\"2\"") && !known("1"));
        assert!(!is_known("\"1\"", &HeaderMap::new()));
    }
}
