//! What an error of Redis means to a store.

use fred::error::Error;

use crate::store::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let details = error.details();
        match details.split(' ').next() {
            Some("OOM") => Self::Full(details.into()),
            // What the server says before it has touched anything.
            Some("MISCONF" | "NOAUTH" | "NOPERM" | "WRONGPASS" | "RETRACTED") => {
                Self::Refused(details.into())
            }
            // A server that understood and could not; to ask again would not help.
            Some("ERR" | "WRONGTYPE") => Self::Failed(details.into()),
            // Anything else may be a passing state of the server or of the
            // connection (fred has many words for that), and to repeat is safe.
            _ => Self::Unavailable(details.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use fred::error::ErrorKind;

    use super::*;

    /// A lost connection was once answered 500, for fred called it unknown.
    #[test]
    fn what_is_not_understood_is_tried_again() {
        let error =
            |details: &'static str| StoreError::from(Error::new(ErrorKind::Unknown, details));
        assert!(matches!(error("Failed to route command."), StoreError::Unavailable(_)));
        let loading = error("LOADING Redis is loading the dataset in memory");
        assert!(matches!(loading, StoreError::Unavailable(_)));
        assert!(matches!(error("ERR Error running script"), StoreError::Failed(_)));
        let full = error("OOM command not allowed when used memory > 'maxmemory'");
        assert!(matches!(full, StoreError::Full(_)));
    }
}
