//! Reading a request: one extractor or parser a file.

pub(super) mod auth;
pub(super) mod body;
pub(super) mod caller;
pub(super) mod client_ip;
pub(super) mod idempotency;
pub(super) mod metric;
pub(super) mod path;
pub(super) mod query;
pub(super) mod settings;
pub(super) mod slow_body;
pub(super) mod user_agent;
