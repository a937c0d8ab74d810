//! FNV-1a, 64 bits (RFC 9923). It resists no attacker, but gives the same result on every
//! machine and in every version of Rust.

/// The hash of no bytes, to start from.
pub const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Continues `hash` with more bytes.
pub const fn add(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its authors' test vectors.
    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(add(OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(add(OFFSET, b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(add(add(OFFSET, b"foo"), b"bar"), add(OFFSET, b"foobar"));
    }
}
