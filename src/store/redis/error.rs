//! What an error of Redis means to a store.

use fred::error::{Error, ErrorKind};

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
            Some("LOADING" | "READONLY" | "CLUSTERDOWN" | "MASTERDOWN" | "BUSY" | "TRYAGAIN") => {
                Self::Unavailable(details.into())
            }
            _ => match error.kind() {
                ErrorKind::InvalidCommand
                | ErrorKind::InvalidArgument
                | ErrorKind::Parse
                | ErrorKind::Protocol
                | ErrorKind::Unknown => Self::Failed(details.into()),
                _ => Self::Unavailable(details.into()),
            },
        }
    }
}
