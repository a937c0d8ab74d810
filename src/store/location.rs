//! The setting of where counts live.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::redis;

/// Where counts live, as `--store` sets it.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A Redis or Valkey server, Sentinel or Cluster, by URL.
    Redis(String),
    /// A file of the embedded store.
    File(PathBuf),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            _ if text.is_empty() => Err("it is empty; give a file path or a redis:// URL".into()),
            // Else a server without its scheme would name a file, as would SQLite's `file:`.
            None if text.split('/').next().is_some_and(|start| start.contains(':')) => {
                // Without the text, which may hold a password.
                Err("it is neither a URL nor plainly a file; write redis:// in front of a server, \
                     or ./ in front of a file"
                    .into())
            }
            None => Ok(Self::File(text.into())),
            Some((scheme, _)) if redis::SCHEMES.contains(&scheme) => {
                redis::check_url(text)?;
                Ok(Self::Redis(text.into()))
            }
            Some((scheme, _)) => Err(format!(
                "{scheme}:// is not a store; give a file path or one of {}",
                redis::SCHEMES.map(|s| format!("{s}://")).join(", ")
            )),
        }
    }
}

impl fmt::Display for Location {
    /// Never shows the password of a URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Redis(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    // The query may hold Sentinel's password, and nothing worth showing.
    let rest = rest.split('?').next().unwrap_or(rest);
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_path_or_a_redis_url() {
        assert_eq!("seen.redb".parse(), Ok(Location::File("seen.redb".into())));
        assert!(matches!("redis://h:1/2".parse(), Ok(Location::Redis(_))));
        assert!("http://h".parse::<Location>().unwrap_err().contains("redis://"));
        assert!("".parse::<Location>().is_err());
        assert!("redis://h:port".parse::<Location>().is_err());
        assert!("redis:6379".parse::<Location>().unwrap_err().contains("redis:// in front"));
        assert!(matches!("./a:b".parse(), Ok(Location::File(_))));
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = "redis-sentinel://me:secret@h:1/0?sentinelPassword=secret";
        let location: Location = Location::Redis(url.into());
        assert_eq!(location.to_string(), "redis-sentinel://h:1/0");
        assert_eq!(format!("{location:?}"), "redis-sentinel://h:1/0");
    }
}
