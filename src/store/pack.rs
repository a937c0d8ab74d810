//! MessagePack, the format of every record: small, and built into Redis' Lua (<https://github.com/msgpack/msgpack/blob/master/spec.md>).

use rmp::{Marker, decode, encode};

use super::StoreError;

/// Writes values one after the other.
#[derive(Default)]
pub(crate) struct Packer(Vec<u8>);

// Writing to a `Vec` cannot fail.
impl Packer {
    /// The head of an array of this many values.
    pub(crate) fn array(mut self, length: usize) -> Self {
        let _ = encode::write_array_len(&mut self.0, u32::try_from(length).unwrap_or(u32::MAX));
        self
    }

    /// A whole number.
    pub(crate) fn int(mut self, number: i64) -> Self {
        let _ = encode::write_sint(&mut self.0, number);
        self
    }

    /// A whole number that is not negative, up to the largest that is read again.
    pub(crate) fn uint(mut self, number: u64) -> Self {
        let _ = encode::write_uint(&mut self.0, number.min(i64::MAX.unsigned_abs()));
        self
    }

    /// A string, which in Lua may hold any bytes.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        let _ = encode::write_str_len(&mut self.0, u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(bytes);
        self
    }

    /// Yes or no.
    pub(crate) fn flag(mut self, flag: bool) -> Self {
        let _ = encode::write_bool(&mut self.0, flag);
        self
    }

    /// A string, or `false`, which unlike nil keeps its place in a Lua array.
    pub(crate) fn maybe(self, bytes: Option<impl AsRef<[u8]>>) -> Self {
        match bytes {
            Some(bytes) => self.bytes(bytes.as_ref()),
            None => self.flag(false),
        }
    }

    /// Values that are packed already.
    pub(crate) fn append(mut self, other: Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// The packed bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads packed values, and trusts none of them.
pub(crate) struct Unpacker<'a>(&'a [u8]);

impl<'a> Unpacker<'a> {
    /// Reads these bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length of an array that begins here.
    pub(crate) fn array(&mut self) -> Result<usize, StoreError> {
        decode::read_array_len(&mut self.0).map(|n| n as usize).map_err(odd)
    }

    /// A whole number. Lua has only doubles, and writes a number as a double if it has a
    /// fraction or is too large.
    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        decode::read_int(&mut self.0).map_err(odd)
    }

    /// A whole number of any type that holds it.
    pub(crate) fn uint<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        T::try_from(self.int()?).map_err(|_| odd("a number that is too small or too large"))
    }

    /// A string.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], StoreError> {
        let length = decode::read_str_len(&mut self.0).map_err(odd)? as usize;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(|| odd("too little"))?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        decode::read_bool(&mut self.0).map_err(odd)
    }

    /// A string, or `None` for `false`.
    pub(crate) fn maybe(&mut self) -> Result<Option<&'a [u8]>, StoreError> {
        match self.next() {
            Some(Marker::False) => self.flag().map(|_| None),
            _ => self.bytes().map(Some),
        }
    }

    /// Whether a string comes next.
    pub(crate) fn is_text(&self) -> bool {
        use Marker::{FixStr, Str8, Str16, Str32};
        matches!(self.next(), Some(FixStr(_) | Str8 | Str16 | Str32))
    }

    /// Whether an array comes next.
    pub(crate) fn is_array(&self) -> bool {
        use Marker::{Array16, Array32, FixArray};
        matches!(self.next(), Some(FixArray(_) | Array16 | Array32))
    }

    fn next(&self) -> Option<Marker> {
        self.0.first().map(|byte| Marker::from_u8(*byte))
    }
}

fn odd(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("not the MessagePack that was expected: {what}"))
}
