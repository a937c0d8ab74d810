//! New totals on their way to those who watch.
//!
//! A [`Hub`] has one channel for each namespace that somebody listens to,
//! however many listen. A channel holds [`CAPACITY`] pieces of news and no
//! more: a listener that is too slow misses the oldest, is told so, and reads
//! the newest totals instead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

use crate::name::Name;

/// The most pieces of news that wait for the slowest listener of a namespace.
const CAPACITY: usize = 64;

/// A counter's total has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The counter's key.
    pub key: Name,
    /// Its total now; `None` if it was deleted.
    pub total: Option<i64>,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These totals are new.
    Updates(Arc<[Update]>),
    /// Something may have been missed: read the totals again.
    Missed,
}

/// Held by a store; a clone shares the channels.
#[derive(Clone, Default)]
pub struct Hub(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// A namespace is here exactly while somebody listens. Std's lock: it is
    /// held for a look-up and never across an await.
    channels: Mutex<HashMap<Name, Channel>>,
    /// A namespace came or went.
    changed: Notify,
}

struct Channel {
    sender: broadcast::Sender<News>,
    /// Whether news from elsewhere reach this channel by now.
    connected: watch::Sender<bool>,
}

/// Hears the news of one namespace until it is dropped.
pub struct Listener {
    namespace: Name,
    // Taken by `drop` alone.
    receiver: Option<broadcast::Receiver<News>>,
    connected: watch::Receiver<bool>,
    hub: Hub,
}

impl Hub {
    /// Hears a namespace's news from now on.
    pub fn listen(&self, namespace: &Name) -> Listener {
        let mut channels = self.channels();
        let channel = channels.entry(namespace.clone()).or_insert_with(|| {
            self.0.changed.notify_one();
            Channel { sender: broadcast::channel(CAPACITY).0, connected: watch::channel(false).0 }
        });
        Listener {
            namespace: namespace.clone(),
            receiver: Some(channel.sender.subscribe()),
            connected: channel.connected.subscribe(),
            hub: self.clone(),
        }
    }

    /// Tells those who listen to a namespace; costs a look-up if nobody does.
    pub fn tell(&self, namespace: &Name, news: impl FnOnce() -> News) {
        if let Some(channel) = self.channels().get(namespace) {
            // Nobody there is no error.
            let _ = channel.sender.send(news());
        }
    }

    /// Whether nobody listens to anything.
    pub fn is_empty(&self) -> bool {
        self.channels().is_empty()
    }

    /// The namespaces that somebody listens to.
    pub fn namespaces(&self) -> Vec<Name> {
        self.channels().keys().cloned().collect()
    }

    /// Says whether news from elsewhere reach a namespace's channel. When they
    /// do again after a pause, something may have been missed.
    pub fn connected(&self, namespace: &Name, connected: bool) {
        if let Some(channel) = self.channels().get(namespace)
            && channel.connected.send_replace(connected) != connected
            && connected
        {
            let _ = channel.sender.send(News::Missed);
        }
    }

    /// Waits until a namespace came or went since the last call.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<Name, Channel>> {
        self.0.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// The next news, in order. Cancel-safe.
    pub async fn next(&mut self) -> News {
        let Some(receiver) = &mut self.receiver else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(news) => news,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                // What is left of the channel is older than what will be read.
                *receiver = receiver.resubscribe();
                News::Missed
            }
            // The hub holds the sender for as long as there are listeners.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Waits until news from elsewhere reach this listener.
    pub async fn connected(&mut self) {
        // The hub holds the sender for as long as there are listeners.
        let _ = self.connected.wait_for(|connected| *connected).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut channels = self.hub.channels();
        drop(self.receiver.take());
        if channels.get(&self.namespace).is_some_and(|c| c.sender.receiver_count() == 0) {
            channels.remove(&self.namespace);
            self.hub.0.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn total(n: i64) -> News {
        News::Updates([Update { key: name("k"), total: Some(n) }].into())
    }

    #[tokio::test]
    async fn listeners_hear_their_namespace_and_no_other() {
        let hub = Hub::default();
        let (mut one, mut other) = (hub.listen(&name("a")), hub.listen(&name("a")));
        hub.tell(&name("b"), || unreachable!("nobody listens"));
        hub.tell(&name("a"), || total(1));
        assert_eq!(one.next().await, total(1));
        assert_eq!(other.next().await, total(1));
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_and_goes_on_with_the_newest() {
        let hub = Hub::default();
        let mut slow = hub.listen(&name("a"));
        for n in 0..1000 {
            hub.tell(&name("a"), || total(n));
        }
        assert_eq!(slow.next().await, News::Missed);
        hub.tell(&name("a"), || total(1000));
        assert_eq!(slow.next().await, total(1000));
    }

    #[test]
    fn a_namespace_is_forgotten_with_its_last_listener() {
        let hub = Hub::default();
        let listeners: Vec<_> = (0..100).map(|_| hub.listen(&name("a"))).collect();
        assert_eq!(hub.namespaces(), [name("a")]);
        drop(listeners);
        assert!(hub.namespaces().is_empty());
    }
}
