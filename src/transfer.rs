//! Counters on their way out of a store or into one, as JSON lines: shared by
//! `seen export` and `seen import` and by the routes of the same names.

pub mod batch;
pub mod line;
pub mod walk;
