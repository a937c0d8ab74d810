//! Limits of a client, of a counter and of the process: request heads, hits, reads, streams.

pub(super) mod creation;
pub(super) mod head;
pub(super) mod marks;
pub(super) mod quota;
pub(super) mod reads;
pub(super) mod refusals;
pub(super) mod tokens;
