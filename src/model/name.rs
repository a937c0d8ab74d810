//! Names of counters: `namespace/key`, each 1–64 of `A-Z a-z 0-9 _ - .`.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The namespace of counters named by a single segment.
pub const DEFAULT_NAMESPACE: &str = "default";

/// The rule for names, for error messages.
pub const ALLOWED: &str = "1 to 64 characters, each a letter, a digit, '_', '-' or '.', and not \
                           '.' or '..' alone";

/// Namespaces that many people share, because the badge addresses of other services lead
/// there. A stranger who owned one could delete all counters in it.
const SHARED: [&str; 16] = [
    DEFAULT_NAMESPACE,
    "countapi",
    "ghpvc",
    "github",
    "github.com",
    "hits",
    "hits.sh",
    "hitwebcounter",
    "komarev",
    "moe-counter",
    "profile-counter",
    "seeyoufarm",
    "visitcount",
    "visitor-badge",
    "visitorbadge",
    "visitorbadge.io",
];

/// The longest name, in characters (which are bytes here).
pub const MAX_LENGTH: usize = 64;

/// A namespace or a key. A clone costs one reference count.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Arc<str>);

/// Why a text is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// It is empty.
    #[error("the name is empty")]
    Empty,
    /// It is `.` or `..`, which proxies resolve before a request arrives here.
    #[error("a name cannot be {0:?}")]
    Step(&'static str),
    /// It has more than [`MAX_LENGTH`] characters.
    #[error("the name is {0} characters long")]
    TooLong(usize),
    /// It contains a character that is not allowed.
    #[error("the name contains {0:?}")]
    Character(char),
}

impl Name {
    /// Checks `text` against the rule for names.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName::Empty);
        }
        for step in [".", ".."] {
            if text == step {
                return Err(InvalidName::Step(step));
            }
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if let Some(c) = text.chars().find(|&c| !allowed(c)) {
            return Err(InvalidName::Character(c));
        }
        if text.len() > MAX_LENGTH {
            return Err(InvalidName::TooLong(text.len()));
        }
        Ok(Self(text.into()))
    }

    /// The namespace of single-segment names.
    pub fn default_namespace() -> Self {
        Self(DEFAULT_NAMESPACE.into())
    }

    /// Whether this namespace is shared by many people and so cannot have an owner.
    pub fn is_shared(&self) -> bool {
        SHARED.contains(&self.as_str())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.as_ref().into()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,64}$" })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The full name of a counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter {
    /// The site or person that the counter belongs to.
    pub namespace: Name,
    /// The page.
    pub key: Name,
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_of_the_alphabet_is_a_name(text in "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}") {
            let name = Name::new(&text);
            prop_assert_eq!(name.as_ref().map(Name::as_str), Ok(text.as_str()));
        }

        #[test]
        fn a_text_is_a_name_only_if_the_rule_says_so(text in "\\PC{0,80}") {
            let rule = (1..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
                && text != "."
                && text != "..";
            prop_assert_eq!(Name::new(&text).is_ok(), rule);
        }

        #[test]
        fn one_bad_character_anywhere_is_found(
            head in "[a-z]{0,20}", bad in "[^A-Za-z0-9_.-]", tail in "[a-z]{0,20}"
        ) {
            let c = bad.chars().next().unwrap();
            prop_assert_eq!(Name::new(&format!("{head}{bad}{tail}")), Err(InvalidName::Character(c)));
        }
    }

    #[test]
    fn lengths_at_the_edge() {
        assert_eq!(Name::new(""), Err(InvalidName::Empty));
        assert_eq!(Name::new(".."), Err(InvalidName::Step("..")));
        assert!(Name::new("...").is_ok() && Name::new("default").unwrap().is_shared());
        assert!(Name::new(&"a".repeat(64)).is_ok());
        assert_eq!(Name::new(&"a".repeat(65)), Err(InvalidName::TooLong(65)));
    }
}
