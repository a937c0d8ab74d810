//! The sockets and the process: connections, descriptors, memory. It knows no routes: its
//! caller passes the function that answers requests.

pub mod clock;
pub mod connections;
mod exchange;
pub mod fd_limit;
pub mod listener;
pub mod memory;
mod socket;
pub mod systemd;
