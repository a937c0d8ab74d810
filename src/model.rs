//! The plain types that all rooms share, and their rules. No sockets, no store, no HTTP.

pub mod buckets;
pub mod count;
pub mod edit;
pub mod export;
pub mod hex;
pub mod history;
pub mod hit;
pub mod json_error;
pub mod key;
pub mod log_interval;
pub mod name;
pub mod network;
pub mod permits;
pub mod rate;
pub mod recent;
pub mod site;
pub mod summary;
pub mod tally;
pub mod time;
pub mod token;
