//! HyperLogLog: counts distinct visitors without storing them.
//!
//! It is compatible with Redis (`hyperloglog.c`, unchanged since Redis 5): the same hash,
//! registers, estimator and strings. So both stores show the same uniques for the same
//! visitors, and sketches move between them unconverted.
//! 2^14 registers give a standard error of 1.04/√16384 = 0.81 %.

mod estimate;
mod murmur;

/// The number of registers: 2^14.
const REGISTERS: usize = 1 << 14;

/// "HYLL", the encoding, three unused bytes and eight bytes of cached count, whose highest
/// bit marks it as out of date.
const HEADER: usize = 16;
const MAGIC: &[u8; 4] = b"HYLL";
const DENSE: u8 = 0;
const SPARSE: u8 = 1;

/// The length in bytes of a string that holds all registers, 6 bits each.
const DENSE_LENGTH: usize = HEADER + REGISTERS * 6 / 8;

/// Longer sparse strings are written dense instead (Redis' default `hll-sparse-max-bytes`).
const MAX_SPARSE: usize = 3000;

/// The largest register that the sparse form can hold.
const MAX_SPARSE_VALUE: u8 = 32;

/// The visitors of one counter on one day.
#[derive(Clone, PartialEq, Eq)]
pub struct Sketch {
    registers: Box<[u8]>,
}

/// Why a string is not a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a HyperLogLog of Redis")]
pub struct NotASketch;

/// The register of a hash and the rank to which it raises that register: the position of
/// the lowest set bit of the other 50, counted from 1.
pub fn place(hash: u64) -> (u16, u8) {
    let register = (hash & (REGISTERS as u64 - 1)) as u16;
    (register, ((hash >> 14 | 1 << 50).trailing_zeros() + 1) as u8)
}

/// An element that raises exactly this register to this rank, for Redis' `PFADD`.
pub fn element(register: u16, rank: u8) -> [u8; 8] {
    let bit = 1_u64.checked_shl(u32::from(rank).saturating_sub(1)).unwrap_or(0) & ((1 << 50) - 1);
    murmur::element(bit << 14 | u64::from(register) & (REGISTERS as u64 - 1))
}

/// Raises registers of Redis' string to these ranks. Returns the new count if any changed.
pub fn raise(
    bytes: &mut Vec<u8>,
    places: impl Iterator<Item = (u16, u8)>,
) -> Result<Option<u64>, NotASketch> {
    if bytes.len() != DENSE_LENGTH || bytes[4] != DENSE || !bytes.starts_with(MAGIC) {
        let mut sketch = Sketch::from_redis(bytes)?;
        let changed = places.fold(false, |changed, place| sketch.raise(place) | changed);
        if changed {
            *bytes = sketch.to_redis();
        }
        return Ok(changed.then(|| sketch.count()));
    }
    let mut changed = false;
    for (register, rank) in places {
        // Six bits each; within a byte the low bits come first.
        let bit = usize::from(register) % REGISTERS * 6;
        let at = HEADER + bit / 8;
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let mut word = u16::from_le_bytes([bytes[at], next]);
        let shift = bit % 8;
        if (word >> shift & 63) < u16::from(rank) {
            word = word & !(63 << shift) | u16::from(rank & 63) << shift;
            let [low, high] = word.to_le_bytes();
            bytes[at] = low;
            if let Some(next) = bytes.get_mut(at + 1) {
                *next = high;
            }
            changed = true;
        }
    }
    if !changed {
        return Ok(None);
    }
    // Marks the cached count as out of date.
    bytes[15] |= 0x80;
    Sketch::from_redis(bytes).map(|sketch| Some(sketch.count()))
}

impl Default for Sketch {
    fn default() -> Self {
        Self { registers: vec![0; REGISTERS].into() }
    }
}

impl Sketch {
    /// Adds one element. Returns whether that changed the sketch.
    pub fn add(&mut self, element: &[u8]) -> bool {
        self.raise(place(murmur::hash(element)))
    }

    /// Raises a register to a rank. Returns whether that changed the sketch.
    pub fn raise(&mut self, (register, rank): (u16, u8)) -> bool {
        let register = &mut self.registers[usize::from(register) % REGISTERS];
        let changed = rank > *register;
        if changed {
            *register = rank;
        }
        changed
    }

    /// An estimate of how many distinct elements were added.
    pub fn count(&self) -> u64 {
        estimate::cardinality(&self.registers)
    }

    /// Adds all elements of another sketch.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Reads Redis' string, in either of its forms.
    pub fn from_redis(bytes: &[u8]) -> Result<Self, NotASketch> {
        let (header, body) = bytes.split_at_checked(HEADER).ok_or(NotASketch)?;
        if !header.starts_with(MAGIC) {
            return Err(NotASketch);
        }
        match header[4] {
            DENSE if bytes.len() == DENSE_LENGTH => Ok(Self::from_dense(body)),
            SPARSE => Self::from_sparse(body),
            _ => Err(NotASketch),
        }
    }

    /// Writes Redis' string: the sparse form where it is short enough.
    pub fn to_redis(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 256);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[SPARSE, 0, 0, 0]);
        // No cached count: Redis computes it on demand.
        bytes.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0x80]);
        if !self.write_sparse(&mut bytes) {
            bytes.truncate(HEADER);
            bytes[4] = DENSE;
            self.write_dense(&mut bytes);
        }
        bytes
    }

    /// 6 bits for each register; within a byte the low bits come first.
    fn from_dense(body: &[u8]) -> Self {
        let mut sketch = Self::default();
        for (bytes, registers) in body.chunks(3).zip(sketch.registers.chunks_mut(4)) {
            let bits = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
            for (i, register) in registers.iter_mut().enumerate() {
                *register = (bits >> (6 * i) & 63) as u8;
            }
        }
        sketch
    }

    fn write_dense(&self, bytes: &mut Vec<u8>) {
        for registers in self.registers.chunks(4) {
            let bits = registers
                .iter()
                .rev()
                .fold(0_u32, |bits, register| bits << 6 | u32::from(*register));
            bytes.extend_from_slice(&bits.to_le_bytes()[..3]);
        }
    }

    /// Runs: `00xxxxxx` is x+1 zeros, `01xxxxxx yyyyyyyy` is xy+1 zeros, and
    /// `1vvvvvxx` is the value v+1, x+1 times.
    fn from_sparse(body: &[u8]) -> Result<Self, NotASketch> {
        let mut sketch = Self::default();
        let (mut at, mut bytes) = (0, body.iter().copied());
        while let Some(byte) = bytes.next() {
            let (value, length) = match byte >> 6 {
                0 => (0, usize::from(byte & 63) + 1),
                1 => {
                    let low = bytes.next().ok_or(NotASketch)?;
                    (0, (usize::from(byte & 63) << 8 | usize::from(low)) + 1)
                }
                _ => ((byte >> 2 & 31) + 1, usize::from(byte & 3) + 1),
            };
            sketch.registers.get_mut(at..at + length).ok_or(NotASketch)?.fill(value);
            at += length;
        }
        if at == REGISTERS { Ok(sketch) } else { Err(NotASketch) }
    }

    /// Returns false if the result is too long, or a value too large, for this form.
    fn write_sparse(&self, bytes: &mut Vec<u8>) -> bool {
        let mut rest = &self.registers[..];
        while let Some(&value) = rest.first() {
            if value > MAX_SPARSE_VALUE || bytes.len() > HEADER + MAX_SPARSE {
                return false;
            }
            let (run, behind) = rest.split_at(run_length(rest, value));
            rest = behind;
            match (value, run.len()) {
                (0, length @ ..=64) => bytes.push((length - 1) as u8),
                (0, length) => {
                    let [high, low] = ((length - 1) as u16).to_be_bytes();
                    bytes.extend_from_slice(&[1 << 6 | high, low]);
                }
                (value, mut length) => {
                    while length > 0 {
                        let part = length.min(4);
                        bytes.push(1 << 7 | (value - 1) << 2 | (part - 1) as u8);
                        length -= part;
                    }
                }
            }
        }
        bytes.len() <= HEADER + MAX_SPARSE
    }
}

/// How many of the first registers have this value. Compares eight at a time, since most sketches
/// are nearly empty.
fn run_length(registers: &[u8], value: u8) -> usize {
    let eights = registers.as_chunks::<8>().0.iter();
    let whole = 8 * eights.take_while(|eight| **eight == [value; 8]).count();
    whole + registers[whole..].iter().take_while(|register| **register == value).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(elements: u32) -> Sketch {
        let mut sketch = Sketch::default();
        for element in 0..elements {
            sketch.add(&element.to_le_bytes());
        }
        sketch
    }

    #[test]
    fn the_count_is_near_the_truth() {
        for truth in [0_u32, 1, 2, 10, 100, 1000, 10_000, 100_000] {
            let count = of(truth).count();
            let off = count.abs_diff(truth.into()) as f64;
            assert!(off <= f64::from(truth) * 0.02, "{count} instead of {truth}");
        }
    }

    #[test]
    fn the_same_element_changes_nothing() {
        let mut sketch = of(100);
        assert!(!sketch.add(&7_u32.to_le_bytes()));
        assert_eq!(sketch.count(), of(100).count());
    }

    /// Every register, each rank: the element that is made raises that and nothing else.
    #[test]
    fn an_element_raises_one_register_to_one_rank() {
        for register in 0..REGISTERS as u16 {
            let rank = (register % 51) as u8 + 1;
            assert_eq!(place(murmur::hash(&element(register, rank))), (register, rank));
        }
    }

    #[test]
    fn a_string_is_raised_as_the_sketch_is() {
        let (mut sketch, mut bytes) = (Sketch::default(), Sketch::default().to_redis());
        for n in 0..20_000_u64 {
            let place = place(murmur::hash(&n.to_le_bytes()));
            let changed = sketch.raise(place);
            let raised = raise(&mut bytes, std::iter::once(place)).unwrap();
            assert_eq!(raised.is_some(), changed, "{n}");
            if n % 997 == 0 {
                assert!(Sketch::from_redis(&bytes).unwrap() == sketch, "{n}");
            }
        }
        assert!(Sketch::from_redis(&bytes).unwrap() == sketch);
    }

    #[test]
    fn merged_is_as_if_added() {
        let mut merged = of(500);
        let mut other = Sketch::default();
        for element in 300..1000_u32 {
            other.add(&element.to_le_bytes());
        }
        merged.merge(&other);
        assert!(merged == of(1000));
    }

    #[test]
    fn small_ones_are_short_and_large_ones_are_dense() {
        assert!(of(0).to_redis().len() < 20);
        assert!(of(100).to_redis().len() < 500);
        assert_eq!(of(10_000).to_redis().len(), DENSE_LENGTH);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(elements in 0_u32..5000) {
            let sketch = of(elements);
            prop_assert!(Sketch::from_redis(&sketch.to_redis()) == Ok(sketch));
        }

        #[test]
        fn no_string_is_trusted(tail in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0".to_vec();
            bytes.extend(&tail);
            let _ = Sketch::from_redis(&bytes);
            let _ = Sketch::from_redis(&tail);
        }
    }
}
