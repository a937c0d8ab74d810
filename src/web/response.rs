//! How an answer is made: one form a file.

pub(super) mod negotiate;
pub(super) mod page;
pub(super) mod picture;
pub(super) mod value;
