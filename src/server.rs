//! The sockets and the process: connections, descriptors, memory. It knows no
//! routes; what answers a request is handed to it.

pub mod connections;
mod exchange;
pub mod fd_limit;
pub mod listener;
pub mod memory;
mod socket;
pub mod systemd;
