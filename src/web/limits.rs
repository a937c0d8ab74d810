//! Limits on clients, counters and the process.

mod by_source;
pub(super) mod creation;
pub(super) mod head;
pub(super) mod marks;
mod meant_status;
pub(super) mod quota;
pub(super) mod reads;
pub(super) mod refusals;
pub(super) mod tokens;

pub(crate) use self::meant_status::MeantStatus;
