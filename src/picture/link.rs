//! The target of a click on a badge, for SVGs inlined in a page. Inside an `<img>`, and
//! so on GitHub, a picture's own links do nothing.

use super::ParamError;

/// The longest link, in bytes: about as long as browsers and proxies support.
pub const MAX_BYTES: usize = 2048;

/// An `http` or `https` address. Printing escapes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link(String);

impl Link {
    /// Accepts non-empty `http://` and `https://` addresses of at most [`MAX_BYTES`]
    /// bytes without white space, control characters or quotes. Other schemes, such as
    /// `javascript:`, are refused.
    pub fn parse(param: &str, value: &str) -> Result<Self, ParamError> {
        let value = value.trim();
        let rest = strip_scheme(value, "https://").or_else(|| strip_scheme(value, "http://"));
        let allowed = |c: char| {
            c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`')
                || !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !is_noncharacter(c)
        };
        match rest {
            Some(rest)
                if value.len() <= MAX_BYTES
                    && rest.starts_with(|c: char| c.is_alphanumeric() || c == '[')
                    && rest.chars().all(allowed) =>
            {
                Ok(Self(value.to_owned()))
            }
            _ => Err(ParamError::new(
                param,
                value,
                format!("an http:// or https:// address of at most {MAX_BYTES} bytes"),
            )),
        }
    }

    /// The address, for `href`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn strip_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let head = value.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &value[scheme.len()..])
}

/// Noncharacters such as U+FFFE and U+FFFF, of which XML forbids those two.
fn is_noncharacter(c: char) -> bool {
    (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_pass() {
        for good in ["https://a.b/c?d=e&f#g", "HTTP://[::1]:80/", "https://münchen.de/"] {
            assert_eq!(Link::parse("link", good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "javascript:alert(1)",
            " java\nscript:x",
            "//a.b",
            "https://",
            "https:///x",
            "https://a b",
            "https://a\"onload=x",
            "data:text/html,x",
            "https://a\u{ffff}",
        ] {
            assert!(Link::parse("link", bad).is_err(), "{bad}");
        }
        assert!(Link::parse("link", &format!("https://{}", "a".repeat(2041))).is_err());
    }
}
