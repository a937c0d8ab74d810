//! Making a response: one kind a file.

pub(super) mod asset;
pub(super) mod bare;
pub(super) mod etag;
pub(super) mod jsonp;
pub(super) mod negotiate;
pub(super) mod page;
pub(super) mod picture;
pub(super) mod value;

/// Marks an answer that goes on for as long as its client listens, so that its socket
/// is given little memory.
#[derive(Clone, Copy, Debug)]
pub struct Live;
