//! The settings of `seen export` and `seen import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::secret::{Secret, in_file, secret};
use super::value::location;
use crate::model::export::OnConflict;
use crate::store::Location;

/// The store or the running seen to export from or import into.
#[derive(Debug, Args)]
pub struct StoreOrUrl {
    /// The store: a file that no running seen uses, or a redis:// URL
    #[arg(long, env = "SEEN_STORE", value_name = "PLACE", hide_env_values = true)]
    pub store: Option<Location>,

    /// A file that contains the value of --store
    #[arg(long, env = "SEEN_STORE_FILE", value_name = "FILE", conflicts_with = "store", value_parser = in_file(location))]
    pub store_file: Option<Location>,

    /// Use a running seen instead, such as http://127.0.0.1:8000 or unix:/run/seen/seen.sock
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// The token of that running seen
    #[arg(long, env = "SEEN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    pub token: Option<Secret>,

    /// A file that contains that token
    #[arg(long, env = "SEEN_TOKEN_FILE", value_name = "FILE", conflicts_with = "token", value_parser = in_file(secret))]
    pub token_file: Option<Secret>,
}

/// The settings of an export.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; standard output by default
    pub file: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: StoreOrUrl,
}

/// The settings of an import.
#[derive(Debug, Args)]
pub struct Import {
    /// The file to read; standard input by default, or for `-`
    pub file: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: StoreOrUrl,

    /// The format of the file
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub format: ImportFormat,

    /// What to do with a counter that exists already
    #[arg(long, value_name = "WHAT", default_value = "skip")]
    pub on_conflict: OnConflict,

    /// Read the counters of an Abacus from its Redis instead of a file
    #[arg(long, value_name = "URL", conflicts_with = "file", conflicts_with = "format")]
    pub from_abacus: Option<String>,

    /// Read GoatCounter's JSON export, unpacked into this folder, with its history
    #[arg(long, value_name = "FOLDER", requires = "host", conflicts_with_all = ["file", "format", "from_abacus"])]
    pub from_goatcounter: Option<PathBuf>,

    /// The host of the site that GoatCounter counted; it becomes the namespace of its pages
    #[arg(long, value_name = "HOST", requires = "from_goatcounter")]
    pub host: Option<String>,
}

/// The format of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// The JSON lines of `seen export`
    Jsonl,
    /// namespace,key,value
    Csv,
}

impl StoreOrUrl {
    /// The store, if one is named.
    pub fn store(&self) -> Option<&Location> {
        self.store.as_ref().or(self.store_file.as_ref())
    }

    /// The token of the running seen.
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref().or(self.token_file.as_ref())
    }
}
