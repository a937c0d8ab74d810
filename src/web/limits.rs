//! What one client, one counter and the process may use: the head of a request,
//! hits, streams.

pub(super) mod creation;
pub(super) mod head;
pub(super) mod quota;
pub(super) mod reads;
pub(super) mod tokens;
