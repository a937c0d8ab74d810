//! PNG for pictures of few colours (RFC 2083; RFC 1951 for its compression).
//!
//! Each row is written as its difference from the row above, which is mostly zeros. So encoding
//! runs of one byte compresses well, and needs no crate.

use super::Color;

/// The most colours of a picture: a pixel takes half a byte.
pub(super) const COLORS: usize = 16;

/// The PNG of pixels, which are given row by row as indexes into the palette.
pub(super) fn encode(width: usize, pixels: &[u8], colors: [Color; COLORS]) -> Vec<u8> {
    let rows = pixels.len() / width.max(1);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    // Four bits per pixel, with a palette.
    chunk(&mut png, b"IHDR", &[&side(width)[..], &side(rows), &[4, 3, 0, 0, 0]].concat());
    chunk(&mut png, b"PLTE", colors.map(|color| [color.r, color.g, color.b]).as_flattened());
    if colors.iter().any(|color| color.a < 255) {
        chunk(&mut png, b"tRNS", &colors.map(|color| color.a));
    }
    chunk(&mut png, b"IDAT", &zlib(&filtered(width, pixels)));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let from = png.len();
    png.extend(kind);
    png.extend(data);
    let sum = crc(&png[from..]);
    png.extend(sum.to_be_bytes());
}

/// The rows, with two pixels in a byte, as differences from the row above.
fn filtered(width: usize, pixels: &[u8]) -> Vec<u8> {
    /// The filter type "up".
    const UP: u8 = 2;
    let bytes = width.div_ceil(2);
    let mut above = vec![0; bytes];
    let mut out = Vec::with_capacity(pixels.len() / 2 + pixels.len() / width.max(1));
    for row in pixels.chunks(width.max(1)) {
        out.push(UP);
        for (pair, above) in row.chunks(2).zip(&mut above) {
            let byte = pair[0] << 4 | pair.get(1).copied().unwrap_or(0) & 15;
            out.push(byte.wrapping_sub(*above));
            *above = byte;
        }
    }
    out
}

/// One DEFLATE block with fixed codes, in which runs are matches of distance 1.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits { out: vec![0x78, 0x01], rest: 0, used: 0 };
    bits.push(0b011, 3);
    for run in bytes.chunk_by(|a, b| a == b) {
        bits.literal(run[0]);
        let mut left = run.len() - 1;
        while left >= 3 {
            let length = left.min(258);
            bits.repeat(length);
            left -= length;
        }
        (0..left).for_each(|_| bits.literal(run[0]));
    }
    bits.code(0, 7);
    let mut out = bits.finish();
    out.extend(adler(bytes).to_be_bytes());
    out
}

/// Writes bits into bytes, the lowest bit first.
struct Bits {
    out: Vec<u8>,
    /// The bits that do not fill a byte yet.
    rest: u32,
    used: u8,
}

impl Bits {
    fn push(&mut self, bits: u16, count: u8) {
        self.rest |= u32::from(bits) << self.used;
        self.used += count;
        while self.used >= 8 {
            self.out.push(self.rest as u8);
            self.rest >>= 8;
            self.used -= 8;
        }
    }

    /// A Huffman code, whose highest bit comes first.
    fn code(&mut self, code: u16, count: u8) {
        self.push(code.reverse_bits() >> (16 - count), count);
    }

    fn literal(&mut self, byte: u8) {
        match byte {
            0..=143 => self.code(0x30 + u16::from(byte), 8),
            _ => self.code(0x190 + u16::from(byte - 144), 9),
        }
    }

    /// Repeats the last byte 3 to 258 times.
    fn repeat(&mut self, length: usize) {
        let length = length as u16;
        // Length codes come in groups of four; each group has one more extra bit.
        let (code, base, extra) = match length {
            258 => (285, 258, 0),
            3..=10 => (254 + length, length, 0),
            _ => {
                let extra = (length - 3).ilog2() as u16 - 2;
                let place = ((length - 3) >> extra) - 4;
                (261 + 4 * extra + place, ((4 + place) << extra) + 3, extra)
            }
        };
        match code {
            ..280 => self.code(code - 256, 7),
            _ => self.code(0xc0 + code - 280, 8),
        }
        self.push(length - base, extra as u8);
        // Distance 1.
        self.code(0, 5);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.used > 0 {
            self.out.push(self.rest as u8);
        }
        self.out
    }
}

fn adler(bytes: &[u8]) -> u32 {
    /// After this many bytes of 255 the larger sum still fits into 32 bits.
    const MAX_RUN: usize = 5552;
    let (mut a, mut b) = (1_u32, 0_u32);
    for run in bytes.chunks(MAX_RUN) {
        for byte in run {
            a += u32::from(*byte);
            b += a;
        }
        a %= 65_521;
        b %= 65_521;
    }
    b << 16 | a
}

/// The checksum of the four bits that leave it in a step.
const CRC_STEPS: [u32; 16] = {
    let mut steps = [0; 16];
    let mut at = 0;
    while at < 16 {
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        steps[at] = crc;
        at += 1;
    }
    steps
};

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| crc >> 4 ^ CRC_STEPS[(crc & 15) as usize];
    !bytes.iter().fold(!0_u32, |crc, byte| step(step(crc ^ u32::from(*byte))))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;
    use proptest::prelude::*;

    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        ZlibDecoder::new(packed).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn checksums_are_those_of_the_standards() {
        assert_eq!((crc(b"123456789"), crc(b"")), (0xcbf4_3926, 0));
        assert_eq!((adler(b"Wikipedia"), adler(b"")), (0x11e6_0398, 1));
        let (mut a, mut b) = (1_u64, 0_u64);
        for _ in 0..100_000 {
            a = (a + 255) % 65_521;
            b = (b + a) % 65_521;
        }
        assert_eq!(u64::from(adler(&[255; 100_000])), b << 16 | a);
    }

    #[test]
    fn runs_of_every_length_come_back() {
        for length in 1..1200 {
            let mut bytes = vec![7; length];
            bytes.extend([200, 0]);
            assert_eq!(unpacked(&zlib(&bytes)), bytes, "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>) {
            prop_assert_eq!(unpacked(&zlib(&bytes)), bytes);
        }
    }

    #[test]
    fn a_picture_has_its_chunks_and_its_pixels() {
        let (width, pixels) = (3, [1, 2, 3, 4, 5, 15]);
        let png = encode(width, &pixels, [Color::GREY; COLORS]);
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"), "{png:?}");
        let data = png.windows(4).position(|kind| kind == b"IDAT").unwrap();
        let rows = unpacked(&png[data + 4..]);
        let expected = [2, 0x12, 0x30, 2, 0x45_u8.wrapping_sub(0x12), 0xf0 - 0x30];
        assert_eq!(rows, expected);
        assert!(!png.windows(4).any(|kind| kind == b"tRNS"), "{png:?}");
        let glass = Color { a: 7, ..Color::GREY };
        let png = encode(width, &pixels, [glass; COLORS]);
        let alphas = png.windows(4).position(|kind| kind == b"tRNS").unwrap() + 4;
        assert_eq!(png[alphas..alphas + COLORS], [7; COLORS]);
    }
}
