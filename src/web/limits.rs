//! What one client, one counter and the process may use: the head of a request,
//! hits, streams.

pub(super) mod creation;
pub(super) mod head;
pub(super) mod marks;
pub(super) mod quota;
pub(super) mod reads;
pub(super) mod refusals;
pub(super) mod tokens;
