//! The path prefix at which a proxy serves seen.

use std::str::FromStr;

/// A path prefix such as `/stats`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// The prefix to put before a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BasePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Only the unreserved characters of RFC 3986, section 2.3, and no `.` or `..`.
        let is_sound = |segment: &str| {
            !segment.is_empty()
                && !matches!(segment, "." | "..")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        let path = text.strip_suffix('/').unwrap_or(text);
        match path.strip_prefix('/') {
            Some(path) if text.len() <= 256 && path.split('/').all(is_sound) => {
                Ok(Self(format!("/{path}")))
            }
            _ => Err("give a path such as /stats, of letters, digits and - . _ ~".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_a_path() {
        let parse = |text: &str| text.parse::<BasePath>().map(|base| base.0);
        assert_eq!(parse("/stats"), Ok("/stats".into()));
        assert_eq!(parse("/a/b.c/"), Ok("/a/b.c".into()));
        for bad in ["", "/", "stats", "//a", "/a//b", "/../a", "/a b", "/a\"b", "/a?b", "//h/x"] {
            assert!(parse(bad).unwrap_err().contains("/stats"), "{bad}");
        }
    }
}
