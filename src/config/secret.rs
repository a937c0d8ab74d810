//! Secrets: reading them, refusing weak ones, and keeping them out of errors.

/// A value that `Debug` does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Parses a token, and refuses one that is weak or cannot be sent.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    // A header can carry nothing else after "Bearer " (RFC 6750, section 2.1).
    let is_sendable = text.bytes().all(|b| b.is_ascii_graphic());
    if is_sendable && is_hard_to_guess(text) {
        Ok(Secret(text.to_owned()))
    } else {
        Err("it could be guessed, or not be sent; make one with `openssl rand -hex 32` (24 or more \
             visible ASCII characters, no word or pattern repeated)"
            .into())
    }
}

/// Whether a token is long and has no pattern: no runs such as `12345678` or `aaaaaaaa`,
/// and no repeated piece.
fn is_hard_to_guess(text: &str) -> bool {
    let bytes = text.as_bytes();
    let kinds = bytes.iter().collect::<std::collections::BTreeSet<_>>().len();
    let in_a_row = bytes.windows(2).filter(|two| two[1].wrapping_sub(two[0]) <= 1).count();
    let repeats =
        (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period]);
    bytes.len() >= 24 && kinds >= 8 && 3 * in_a_row < bytes.len() && !repeats
}

/// Parses the content of a file, without the newline that editors add at its end.
pub(super) fn in_file<T>(
    parse: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync {
    move |path| {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("cannot read it: {error}"))?;
        // The content is secret, so the error must not repeat it.
        parse(text.trim_end_matches(['\n', '\r']))
    }
}

/// Removes from an error the value of a setting that may hold a secret: errors are
/// printed, and logs keep them.
pub fn without_secrets(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (setting, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    // A URL has its password before an `@`, or a Sentinel's password after a `?`. The path
    // of a secret's file is not secret.
    let is_token = setting.contains("--token") && !setting.contains("--token-file");
    if is_token || value.contains(['@', '?']) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("(not shown)".into()));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_could_be_guessed_is_refused() {
        for weak in [
            "password12345678",
            "short",
            "0123456789abcdef0123456789abcdef",
            "passwordpasswordpassword",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnopqrstuvwxyz",
            "two words, which no header can carry",
        ] {
            assert!(secret(weak).unwrap_err().contains("openssl rand -hex 32"), "{weak}");
        }
        for strong in [
            "8f14e45fceea167a5a36dedd4bea2543",
            "d41d8cd98f00b204e9800998ecf8427ed41e8cd98f00b204e9800998ecf8427f",
            "correct-horse-battery-staple",
        ] {
            assert!(secret(strong).is_ok(), "{strong}");
        }
    }
}
