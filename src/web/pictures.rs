//! Badges and charts over HTTP, by our own paths and by those of other services.

pub(super) mod aliases;
pub(super) mod badge;
pub(super) mod card;
pub(super) mod chart;
pub(super) mod drawings;
pub(super) mod shields;
pub(super) mod sum;
