//! How many streams are open, in all and by client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::web::error::ApiError;
use crate::web::request::client_ip::Client;

/// The streams that may be open at once. A clone shares them.
#[derive(Clone)]
pub(crate) struct StreamPermits(Arc<Inner>);

struct Inner {
    max: usize,
    client_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    /// A client is here exactly while it holds a stream.
    clients: HashMap<Client, usize>,
}

/// One open stream; dropping it makes room for another.
pub(crate) struct StreamPermit {
    stream_permits: StreamPermits,
    client: Client,
}

impl StreamPermits {
    /// Room for `max` streams, `client_max` of them for one client.
    pub(crate) fn new(max: usize, client_max: usize) -> Self {
        Self(Arc::new(Inner { max, client_max, taken: Mutex::default() }))
    }

    /// A permit for this client, if there is one.
    pub(crate) fn take(&self, client: Client) -> Result<StreamPermit, ApiError> {
        let mut taken = self.taken();
        if taken.clients.get(&client).is_some_and(|n| *n >= self.0.client_max) {
            return Err(ApiError::too_many_streams(self.0.client_max));
        }
        if taken.all >= self.0.max {
            return Err(ApiError::no_stream_left());
        }
        taken.all += 1;
        *taken.clients.entry(client).or_default() += 1;
        Ok(StreamPermit { stream_permits: self.clone(), client })
    }

    /// How many streams are open now.
    pub(crate) fn open(&self) -> usize {
        self.taken().all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut taken = self.stream_permits.taken();
        taken.all -= 1;
        if let Some(held) = taken.clients.get_mut(&self.client) {
            *held -= 1;
            if *held == 0 {
                taken.clients.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_and_given_back() {
        let stream_permits = StreamPermits::new(3, 2);
        let (one, other) = (Client([1; 8]), Client([2; 8]));
        let held = [stream_permits.take(one).unwrap(), stream_permits.take(one).unwrap()];
        assert!(stream_permits.take(one).is_err(), "two are a client's most");
        let third = stream_permits.take(other).unwrap();
        assert!(stream_permits.take(Client([3; 8])).is_err(), "three are the most");
        drop(held);
        assert_eq!(stream_permits.open(), 1);
        assert!(stream_permits.take(one).is_ok());
        drop(third);
        assert!(stream_permits.taken().clients.is_empty(), "nobody is remembered");
    }
}
