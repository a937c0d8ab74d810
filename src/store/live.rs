//! Delivers new totals to live streams.
//!
//! A [`Hub`] has one channel for each namespace with listeners. Changes soon after a message are
//! sent together: a crowd of listeners does not slow down hits. A channel holds [`CAPACITY`]
//! messages: a slow listener misses the oldest, learns that it did, and reads the current totals.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::sleep;

use crate::model::name::Name;

/// The most messages that wait for the slowest listener of a namespace.
const CAPACITY: usize = 64;

/// The pause between two messages of a namespace: listeners wake up at most ten times a
/// second.
const PAUSE: Duration = Duration::from_millis(100);

/// A counter's total has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The counter's key.
    pub key: Name,
    /// Its total now; `None` if it was deleted.
    pub total: Option<i64>,
}

/// A message to listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These totals are new.
    Updates(Arc<[Update]>),
    /// Updates may have been missed: read the totals again.
    Missed,
}

/// Held by a store; a clone shares the channels.
#[derive(Clone, Default)]
pub struct Hub(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Holds a namespace exactly while somebody listens. The lock is held for a look-up, never
    /// across an await.
    channels: Mutex<HashMap<Name, Channel>>,
    /// The number of times that a namespace was added or removed.
    changed: watch::Sender<u64>,
}

struct Channel {
    sender: broadcast::Sender<News>,
    /// Whether news from other processes reach this channel.
    connected: watch::Sender<bool>,
    /// The totals that have changed since the last news.
    fresh: BTreeMap<Name, Option<i64>>,
    /// Updates may have been missed since then.
    missed: bool,
    /// Wakes the sender task. Its address also identifies the channel.
    stirred: Arc<Notify>,
}

impl Channel {
    fn new() -> Self {
        Self {
            sender: broadcast::channel(CAPACITY).0,
            connected: watch::channel(false).0,
            fresh: BTreeMap::new(),
            missed: false,
            stirred: Arc::default(),
        }
    }

    /// Adds news to those to be sent.
    fn add(&mut self, news: News) {
        match news {
            News::Updates(updates) => {
                self.fresh.extend(updates.iter().map(|update| (update.key.clone(), update.total)));
            }
            News::Missed => self.missed = true,
        }
        self.stirred.notify_one();
    }

    /// The next message, if there is any news.
    fn take(&mut self) -> Option<News> {
        let fresh = std::mem::take(&mut self.fresh);
        if std::mem::take(&mut self.missed) {
            // Listeners will read totals newer than any update here.
            return Some(News::Missed);
        }
        let updates = fresh.into_iter().map(|(key, total)| Update { key, total });
        let updates: Arc<[Update]> = updates.collect();
        (!updates.is_empty()).then_some(News::Updates(updates))
    }
}

/// Receives a namespace's news until it is dropped.
pub struct Subscription {
    namespace: Name,
    // Taken only by `drop`.
    receiver: Option<broadcast::Receiver<News>>,
    connected: watch::Receiver<bool>,
    hub: Hub,
}

impl Hub {
    /// Subscribes to a namespace's news. Must be called within a runtime.
    pub fn subscribe(&self, namespace: &Name) -> Subscription {
        let mut channels = self.channels();
        let channel = channels.entry(namespace.clone()).or_insert_with(|| {
            self.0.changed.send_modify(|times| *times += 1);
            let channel = Channel::new();
            tokio::spawn(self.clone().send_all(namespace.clone(), channel.stirred.clone()));
            channel
        });
        Subscription {
            namespace: namespace.clone(),
            receiver: Some(channel.sender.subscribe()),
            connected: channel.connected.subscribe(),
            hub: self.clone(),
        }
    }

    /// Publishes news to a namespace's listeners. Without any, it costs a look-up.
    pub fn tell(&self, namespace: &Name, news: impl FnOnce() -> News) {
        if let Some(channel) = self.channels().get_mut(namespace) {
            channel.add(news());
        }
    }

    /// Sends a channel's news with a pause after each message. Ends with the channel.
    async fn send_all(self, namespace: Name, stirred: Arc<Notify>) {
        loop {
            stirred.notified().await;
            if !self.send(&namespace, &stirred) {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// Sends the pending news; false if the channel is gone.
    fn send(&self, namespace: &Name, stirred: &Arc<Notify>) -> bool {
        let mut channels = self.channels();
        let found = channels.get_mut(namespace).filter(|c| Arc::ptr_eq(&c.stirred, stirred));
        let Some(channel) = found else { return false };
        if let Some(news) = channel.take() {
            // A channel without listeners is not an error.
            let _ = channel.sender.send(news);
        }
        true
    }

    /// Whether there are no listeners at all.
    pub fn is_empty(&self) -> bool {
        self.channels().is_empty()
    }

    /// The namespaces with listeners.
    pub fn namespaces(&self) -> Vec<Name> {
        self.channels().keys().cloned().collect()
    }

    /// Sets whether news from other processes reach a namespace's channel. When they do so again
    /// after a gap, listeners learn that they may have missed some.
    pub fn connected(&self, namespace: &Name, connected: bool) {
        if let Some(channel) = self.channels().get_mut(namespace)
            && channel.connected.send_replace(connected) != connected
            && connected
        {
            channel.add(News::Missed);
        }
    }

    /// A number that changes whenever a namespace is added or removed.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<Name, Channel>> {
        self.0.channels.lock()
    }
}

impl Subscription {
    /// The next news, in order. Cancel-safe.
    pub async fn next(&mut self) -> News {
        let Some(receiver) = &mut self.receiver else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(news) => news,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                // The rest of the channel is older than the totals that will be read.
                *receiver = receiver.resubscribe();
                News::Missed
            }
            // The hub keeps the sender as long as there are listeners.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Waits until news from other processes reach this listener.
    pub async fn connected(&mut self) {
        // The hub holds the sender for as long as there are listeners.
        let _ = self.connected.wait_for(|connected| *connected).await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channels = self.hub.channels();
        drop(self.receiver.take());
        if channels.get(&self.namespace).is_some_and(|c| c.sender.receiver_count() == 0) {
            if let Some(gone) = channels.remove(&self.namespace) {
                gone.stirred.notify_one();
            }
            self.hub.0.changed.send_modify(|times| *times += 1);
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
        let (mut one, mut other) = (hub.subscribe(&name("a")), hub.subscribe(&name("a")));
        hub.tell(&name("b"), || unreachable!("nobody listens"));
        hub.tell(&name("a"), || total(1));
        assert_eq!(one.next().await, total(1));
        assert_eq!(other.next().await, total(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_often_is_told_at_a_steady_pace() {
        let hub = Hub::default();
        let mut listener = hub.subscribe(&name("a"));
        let started = tokio::time::Instant::now();
        for n in 1..=1000 {
            hub.tell(&name("a"), || total(n));
            sleep(Duration::from_millis(1)).await;
        }
        let mut heard = vec![listener.next().await];
        while heard.last() != Some(&total(1000)) {
            heard.push(listener.next().await);
        }
        assert!(heard.len() <= 12, "{heard:?}");
        assert!(started.elapsed() <= Duration::from_secs(1) + 2 * PAUSE);
        // The first after a rest does not wait.
        sleep(PAUSE).await;
        let told = tokio::time::Instant::now();
        hub.tell(&name("a"), || total(1001));
        assert_eq!((listener.next().await, told.elapsed()), (total(1001), Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_listener_is_told_and_goes_on_with_the_newest() {
        let hub = Hub::default();
        let mut slow = hub.subscribe(&name("a"));
        for n in 0..100 {
            hub.tell(&name("a"), || total(n));
            sleep(PAUSE).await;
        }
        assert_eq!(slow.next().await, News::Missed);
        hub.tell(&name("a"), || total(1000));
        assert_eq!(slow.next().await, total(1000));
    }

    #[tokio::test]
    async fn a_namespace_is_forgotten_with_its_last_listener() {
        let hub = Hub::default();
        let listeners: Vec<_> = (0..100).map(|_| hub.subscribe(&name("a"))).collect();
        assert_eq!(hub.namespaces(), [name("a")]);
        drop(listeners);
        assert!(hub.namespaces().is_empty());
    }
}
