//! Estimates how many elements set these registers: Otmar Ertl, "New cardinality
//! estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284),
//! algorithm 6. The order of operations is that of Redis' `hllCount`, so the rounding is
//! the same.

/// The bits of the hash that determine a register's value.
const Q: usize = 50;

/// The α of infinitely many registers: 1/(2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;

pub(crate) fn cardinality(registers: &[u8]) -> u64 {
    let mut histogram = [0_u32; 64];
    // Most registers of most sketches are empty, and adding one at a time would make each
    // addition wait for the last.
    let (eights, rest) = registers.as_chunks::<8>();
    let some = eights.iter().filter(|eight| **eight != [0; 8]).flatten();
    for register in some.chain(rest) {
        histogram[usize::from(*register & 63)] += 1;
    }
    histogram[0] += (registers.len() - histogram.iter().sum::<u32>() as usize) as u32;
    let m = registers.len() as f64;
    let mut z = m * tau((m - f64::from(histogram[Q + 1])) / m);
    for &times in histogram[1..=Q].iter().rev() {
        z = 0.5 * (z + f64::from(times));
    }
    z += m * sigma(f64::from(histogram[0]) / m);
    // Without elements z is infinite, and the result 0.
    (ALPHA * m * m / z).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if before == z {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if before == z {
            return z / 3.0;
        }
    }
}
