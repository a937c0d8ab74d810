//! The JSON API, one route a file.

pub(super) mod configure;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod health;
pub(super) mod history;
pub(super) mod hit;
pub(super) mod hits;
pub(super) mod info;
pub(super) mod namespace;
pub(super) mod ranking;
pub(super) mod reset;
pub(super) mod rotate;
pub(super) mod set;
pub(super) mod stats;
pub(super) mod stream;
pub(super) mod sum;
pub(super) mod transfer;
pub(super) mod update;
