//! Tags by which a client that has an answer already is spared it (RFC 9110, sections
//! 8.8.3 and 13.1.2).

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;

/// The tag of bytes with this [`hash`].
pub(crate) fn tag(hash: u64) -> String {
    format!("\"{hash:016x}\"")
}

/// Whether the client says that it has what this tag names.
pub(crate) fn is_known(tag: &str, headers: &HeaderMap) -> bool {
    // A proxy that compresses on the way makes the tag a weak one.
    let same = |known: &str| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == tag
    };
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    known.is_some_and(|known| known.split(',').any(same))
}

/// FNV-1a, in 64 bits (RFC 9923); the compiler can work it out.
pub(crate) const fn hash(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of its authors.
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }

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
