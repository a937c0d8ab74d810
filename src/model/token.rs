//! Tokens prove ownership. A token is shown once, when it is created; seen keeps only
//! its digest.

use std::fmt;

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::model::hex;

/// The prefix of every token, so that scanners for leaked secrets recognise it.
pub const PREFIX: &str = "seen_";

/// A token: [`PREFIX`] and 256 random bits in hexadecimal. It is never stored, and `Debug` does
/// not show it.
pub struct Token(String);

/// The operating system returned no random numbers.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// Random bytes from the system.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

impl Token {
    /// A new random token.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(format!("{PREFIX}{}", hex::encode(&random::<32>()?))))
    }

    /// The token as text, to show to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The digest to keep.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// The error of a text or bytes that are not a digest.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a digest of another length")]
pub struct NotADigest;

/// The SHA-256 of a token. Tokens are long and random, so neither a salt nor a slow hash would
/// help. Comparisons take constant time.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a presented token.
    pub fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The bytes, to store them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads [`Digest::as_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotADigest> {
        bytes.try_into().map(Self).map_err(|_| NotADigest)
    }

    /// In hexadecimal.
    pub fn to_hex(self) -> String {
        hex::encode(&self.0)
    }

    /// Reads [`Digest::to_hex`].
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text)?.try_into().ok().map(Self)
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(hidden)")
    }
}

/// Hexadecimal in formats for people, bytes in others.
impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.to_hex().serialize(serializer)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 32]>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| D::Error::custom("not a SHA-256 in hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_new_each_time_and_known_by_its_digest() {
        let (one, other) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert_eq!(one.expose().len(), PREFIX.len() + 64);
        assert_ne!(one.expose(), other.expose());
        assert!(one.digest() == Digest::of(one.expose()));
        assert!(one.digest() != other.digest());
    }

    #[test]
    fn nothing_secret_is_shown() {
        let token = Token::generate().unwrap();
        let shown = format!("{token:?} {:?}", token.digest());
        assert_eq!(shown, "Token(hidden) Digest(hidden)");
    }

    #[test]
    fn a_digest_is_the_sha_256() {
        // FIPS 180-2, appendix B.1: "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of("abc").to_hex(), abc);
        let json = serde_json::to_string(&Digest::of("abc")).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), Digest::of("abc"));
        assert!(serde_json::from_str::<Digest>("\"ba78\"").is_err());
    }
}
