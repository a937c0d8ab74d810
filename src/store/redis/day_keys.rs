//! Shares the day's keys among processes by publish and subscribe, which no file records. A
//! process that gets no answer makes keys; if there are several, the smallest ones win.
//!
//! Sharded publish and subscribe, because fred does not wait for the answer to a plain SUBSCRIBE,
//! and so would not notice a server that is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fred::interfaces::PubsubInterface;
use fred::types::Message;
use fred::types::config::Server;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::keys;
use super::servers::Servers;
use super::subscriber::{RENEW_INTERVAL, Subscriber};
use crate::model::hex;
use crate::model::hit::DayKeys;
use crate::model::time::Timestamp;
use crate::model::token;
use crate::store::StoreError;

/// How long other processes have to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(150);

/// How long to wait for a Cluster whose map is not read yet.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Held by the store.
pub(crate) struct DayKeyExchange {
    /// A connection that subscribes cannot publish.
    servers: Arc<Servers>,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    /// The latest day and its keys.
    keys: watch::Sender<Option<(u32, DayKeys)>>,
    /// Whether the subscription is active, so that an answer would arrive.
    subscribed: watch::Sender<bool>,
    /// Whether a task is asking now.
    asking: AtomicBool,
    /// Whether any process has sent the keys that are known here since the last check.
    confirmed: AtomicBool,
}

impl Shared {
    /// Adopts keys, unless smaller ones of the same day or keys of a later day are known.
    fn offer(&self, day: u32, keys: DayKeys) {
        let tomorrow = Timestamp::now().day() + 1;
        self.keys.send_if_modified(|known| {
            let stays = |(of, mine): (u32, DayKeys)| {
                // A clock that was ahead has made keys of days after tomorrow.
                of == day && mine.0 <= keys.0 || of > day && of <= tomorrow
            };
            let is_new = !known.is_some_and(stays);
            if is_new {
                *known = Some((day, keys));
            }
            is_new
        });
    }

    /// The keys for a day. At midnight another process may have gone on to the next day's.
    fn of(&self, day: u32) -> Option<DayKeys> {
        self.keys.borrow().filter(|(of, _)| serves(*of, day)).map(|(_, keys)| keys)
    }
}

fn serves(of: u32, day: u32) -> bool {
    of == day || of == day + 1
}

impl DayKeyExchange {
    /// Listens on a connection of its own.
    pub(crate) fn start(servers: Arc<Servers>) -> Self {
        let shared = Arc::new(Shared {
            keys: watch::channel(None).0,
            subscribed: watch::channel(false).0,
            asking: AtomicBool::new(false),
            confirmed: AtomicBool::new(false),
        });
        let listening = tokio::spawn(listen(servers.clone(), shared.clone()));
        Self { servers, shared, listening }
    }

    /// The keys of a day. A caller that stops waiting does not disturb the others.
    pub(crate) async fn of(&self, day: u32) -> Result<DayKeys, StoreError> {
        if let Some(keys) = self.shared.of(day) {
            return Ok(keys);
        }
        let mut known = self.shared.keys.subscribe();
        loop {
            if !self.shared.asking.swap(true, Ordering::Relaxed) {
                tokio::spawn(ask(self.servers.clone(), self.shared.clone(), day));
            }
            // Another task may be asking for another day; then ask again.
            let found = known.wait_for(|known| known.is_some_and(|(of, _)| serves(of, day)));
            if let Ok(Ok(found)) = timeout(ANSWER_TIMEOUT, found).await
                && let Some((_, keys)) = *found
            {
                return Ok(keys);
            }
        }
    }

    /// Destroys the keys of days before this one.
    pub(crate) fn forget_before(&self, day: u32) {
        self.shared.keys.send_if_modified(|known| {
            let is_old = known.is_some_and(|(of, _)| of < day);
            if is_old {
                *known = None;
            }
            is_old
        });
    }
}

impl Drop for DayKeyExchange {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Asks other processes for a day's keys, and makes some if none answers: there may be none, or
/// none may be reachable.
async fn ask(servers: Arc<Servers>, shared: Arc<Shared>, day: u32) {
    let (mut subscribed, mut known) = (shared.subscribed.subscribe(), shared.keys.subscribe());
    let _ = timeout(ANSWER_TIMEOUT, subscribed.wait_for(|subscribed| *subscribed)).await;
    let answered = async {
        let _ = publish(&servers, format!("? {day}")).await;
        let _ = known.wait_for(|known| known.is_some_and(|(of, _)| serves(of, day))).await;
    };
    if timeout(ANSWER_TIMEOUT, answered).await.is_err() {
        match token::random().map(DayKeys) {
            Ok(keys) => {
                shared.offer(day, keys);
                tell(&servers, day, keys).await;
            }
            Err(error) => tracing::error!(%error, "no keys of the day can be made"),
        }
    }
    shared.asking.store(false, Ordering::Relaxed);
}

async fn tell(servers: &Servers, day: u32, DayKeys(keys): DayKeys) {
    let words = format!("{day} {}", hex::encode(&keys));
    if let Err(error) = publish(servers, words).await {
        tracing::debug!(%error, "the day's keys were not handed on");
    }
}

async fn publish(servers: &Servers, words: String) -> Result<(), StoreError> {
    let arguments = vec![keys::DAY_KEYS.into(), words.into()];
    servers.run(keys::DAY_KEYS, "SPUBLISH", arguments).await.map(drop)
}

/// Listens for as long as the store lives: in a Cluster, on the server that has the channel's slot.
async fn listen(servers: Arc<Servers>, shared: Arc<Shared>) {
    loop {
        if let Some((server, config)) = servers.config_of(keys::DAY_KEYS) {
            let subscriber = Subscriber::start(&config);
            let messages = subscriber.messages();
            tokio::select! {
                () = subscribe(subscriber, &server, &servers, &shared) => {}
                () = hear(messages, &servers, &shared) => {}
            }
            shared.subscribed.send_replace(false);
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

/// Keeps the subscription, until another server has the slot.
async fn subscribe(
    mut subscriber: Subscriber,
    server: &Server,
    servers: &Servers,
    shared: &Shared,
) {
    while servers.config_of(keys::DAY_KEYS).is_some_and(|(now, _)| now == *server) {
        let client = subscriber.client.clone();
        let subscribed = subscriber.is_up()
            && match subscriber.in_time(client.ssubscribe(keys::DAY_KEYS)).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::debug!(%error, "the day's keys are not listened to");
                    false
                }
            };
        shared.subscribed.send_replace(subscribed);
        let known = *shared.keys.borrow();
        // A process with other keys has missed these, and will answer if its own are smaller.
        if !shared.confirmed.swap(false, Ordering::Relaxed)
            && let Some((day, keys)) = known
        {
            tell(servers, day, keys).await;
        }
        let _ = timeout(RENEW_INTERVAL, subscriber.changed()).await;
    }
}

async fn hear(mut messages: Receiver<Message>, servers: &Servers, shared: &Shared) {
    loop {
        let message = match messages.recv().await {
            Ok(message) => message,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(text) = message.value.as_string() else { continue };
        let Some((first, second)) = text.split_once(' ') else { continue };
        let sent = if first == "?" {
            second.parse().ok().map(|day| (day, None))
        } else {
            let keys = hex::decode(second).and_then(|keys| keys.try_into().ok()).map(DayKeys);
            first.parse().ok().zip(keys).map(|(day, keys)| (day, Some(keys)))
        };
        // Keys of a clock that is ahead would serve all days until then.
        let tomorrow = Timestamp::now().day() + 1;
        let Some((day, keys)) = sent.filter(|(day, _)| *day <= tomorrow) else { continue };
        if let Some(keys) = keys {
            shared.offer(day, keys);
        }
        let known = *shared.keys.borrow();
        if keys.is_some_and(|keys| known == Some((day, keys))) {
            shared.confirmed.store(true, Ordering::Relaxed);
            continue;
        }
        // Answers a question, and a process that has other keys.
        if let Some((of, mine)) = known.filter(|(of, _)| serves(*of, day)) {
            tell(servers, of, mine).await;
        }
    }
}
