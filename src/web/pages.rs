//! Pages for people, and the files that these pages load.

pub(super) mod assets;
pub(super) mod builder;
pub(super) mod counter;
pub(super) mod home;
pub(super) mod namespace;
mod plot;
pub(super) mod privacy;
