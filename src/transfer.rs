//! Exports and imports as JSON lines, for `seen export` and `seen import` and for the routes
//! of the same names.

pub mod importer;
pub mod line;
pub mod walk;
