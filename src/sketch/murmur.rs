//! MurmurHash64A by Austin Appleby (in the public domain), with Redis' seed.

const SEED: u64 = 0xadc8_3b19;
const M: u64 = 0xc6a4_a793_5bd1_e995;
const R: u32 = 47;

/// The hash that Redis' `PFADD` computes of an element.
pub(crate) fn hash(element: &[u8]) -> u64 {
    let mut hash = SEED ^ (element.len() as u64).wrapping_mul(M);
    let (words, tail) = element.as_chunks::<8>();
    for word in words {
        let mut k = u64::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = (hash ^ k.wrapping_mul(M)).wrapping_mul(M);
    }
    if !tail.is_empty() {
        let mut last = [0; 8];
        last[..tail.len()].copy_from_slice(tail);
        hash = (hash ^ u64::from_le_bytes(last)).wrapping_mul(M);
    }
    hash ^= hash >> R;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> R
}

/// An element of eight bytes with this hash. Every step of [`hash`] is invertible: `M` is
/// odd, so it has an inverse, and an xor-shift by at least half of the bits undoes itself.
pub(super) fn element(hash: u64) -> [u8; 8] {
    let mut hash = hash ^ hash >> R;
    hash = hash.wrapping_mul(INVERSE);
    hash ^= hash >> R;
    hash = hash.wrapping_mul(INVERSE);
    let mut k = hash ^ SEED ^ 8_u64.wrapping_mul(M);
    k = k.wrapping_mul(INVERSE);
    k ^= k >> R;
    k.wrapping_mul(INVERSE).to_le_bytes()
}

/// The inverse of `M`, by Newton's method: each round doubles the number of correct bits.
const INVERSE: u64 = {
    let (mut inverse, mut round) = (M, 0);
    while round < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(M.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
};
