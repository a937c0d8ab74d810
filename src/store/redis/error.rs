//! Interprets errors of Redis and of the connection to it.

use fred::error::{Error, ErrorKind};

use crate::store::StoreError;

/// Why a command failed.
#[derive(Clone, Debug)]
pub(crate) enum CommandError {
    /// The store cannot do it.
    Store(StoreError),
    /// Another server of the Cluster has the keys, or will in a moment. Nothing was done.
    Elsewhere(String),
    /// The server does not have the script yet. Nothing was done.
    NoScript,
}

impl From<Error> for CommandError {
    /// Classified by the code with which every error of Redis begins. An error inside a script
    /// keeps its code.
    fn from(error: Error) -> Self {
        let details = error.details();
        // An error that a script raises is prefixed with its position: `ERR user_script:12: `.
        let handed_on = details.strip_prefix("ERR user_script:").and_then(|d| d.split_once(": "));
        let code = handed_on.map_or(details, |(_, own)| own).split(' ').next().unwrap_or_default();
        let store = |kind: fn(String) -> StoreError| Self::Store(kind(plain(details)));
        match code {
            "NOSCRIPT" => Self::NoScript,
            "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" => Self::Elsewhere(details.into()),
            "OOM" => store(StoreError::Full),
            "MISCONF" | "NOAUTH" | "NOPERM" | "NOREPLICAS" | "READONLY" | "WRONGPASS" => {
                store(StoreError::Refused)
            }
            // The server is up but not ready.
            "BUSY" | "LOADING" | "MASTERDOWN" => store(StoreError::Away),
            "CROSSSLOT" | "ERR" | "EXECABORT" | "STALE" | "WRONGTYPE" => store(StoreError::Failed),
            _ if *error.kind() == ErrorKind::Auth => store(StoreError::Refused),
            // Lua's own: it found what is none of seen's.
            _ if handed_on.is_some() => store(StoreError::Damaged),
            // Any other error is the connection's, and the command may have been sent.
            _ => store(StoreError::Unavailable),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CommandError> for StoreError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Store(error) => error,
            CommandError::Elsewhere(why) => Self::Away(why),
            CommandError::NoScript => Self::Failed("Redis forgets its scripts at once".into()),
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        CommandError::from(error).into()
    }
}

/// An error's text for people. fred passes on the system's errors in the form in which Rust prints
/// them for debugging.
pub(crate) fn plain(text: &str) -> String {
    for (begin, message) in [("Os { code: ", "message: \""), ("Custom { kind: ", "error: \"")] {
        if let Some((before, rest)) = text.split_once(begin)
            && let Some((_, rest)) = rest.split_once(message)
            && let Some((message, after)) = rest.split_once("\" }")
        {
            return format!("{before}{message}{after}");
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn an_error_of_the_system_is_its_sentence() {
        let refused = io::Error::from_raw_os_error(111);
        let unknown = io::Error::other("failed to lookup address information");
        for (error, text) in
            [(refused, "Connection refused"), (unknown, "failed to lookup address information")]
        {
            let error = Error::from(error);
            assert_eq!(plain(&error.to_string()), format!("IO Error: {text}"));
        }
        assert_eq!(plain("MOVED 42 10.0.0.1:6379"), "MOVED 42 10.0.0.1:6379");
    }

    fn of(details: &'static str) -> StoreError {
        Error::new(ErrorKind::Unknown, details).into()
    }

    /// A lost connection was once answered 500, for fred called it unknown; a full Redis and
    /// a read-only one were, too.
    #[test]
    fn an_error_is_known_by_its_code() {
        assert!(matches!(of("Failed to route command."), StoreError::Unavailable(_)));
        assert!(matches!(
            of("LOADING Redis is loading the dataset in memory"),
            StoreError::Away(_)
        ));
        assert!(matches!(of("MOVED 42 10.0.0.1:6379"), StoreError::Away(_)));
        assert!(matches!(of("ERR Error running script"), StoreError::Failed(_)));
        let full = "OOM command not allowed when used memory > 'maxmemory'. script: 1, on 2";
        assert!(matches!(of(full), StoreError::Full(_)));
        let handed_on = "ERR user_script:12: READONLY You can't write. script: 1, on 2";
        assert!(matches!(of(handed_on), StoreError::Refused(_)));
        for code in ["READONLY", "MISCONF", "NOREPLICAS", "NOPERM"] {
            let error: StoreError = Error::new(ErrorKind::Unknown, format!("{code} words")).into();
            assert!(matches!(error, StoreError::Refused(_)), "{code}");
        }
    }
}
