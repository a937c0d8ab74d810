//! Shares the day's keys among processes by publish and subscribe, which no file records. A
//! process that gets no answer makes keys; if two make keys at once, the smaller ones win.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::{ClientLike, EventInterface, PubsubInterface};
use fred::types::ConnectHandle;
use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::timeout;

use super::keys;
use super::servers::Servers;
use crate::model::hex;
use crate::model::hit::DayKeys;
use crate::model::token;
use crate::store::StoreError;

/// How long other processes have to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(150);

/// Held by the store.
pub(crate) struct DayKeyExchange {
    client: Client,
    /// A connection that subscribes cannot publish.
    servers: Arc<Servers>,
    shared: Arc<Shared>,
    tasks: Mutex<Vec<tokio::task::JoinHandle<()>>>,
    connection: ConnectHandle,
}

struct Shared {
    /// The latest day and its keys.
    keys: watch::Sender<Option<(u32, DayKeys)>>,
    /// Whether the subscription is active, so that an answer would arrive.
    hears: watch::Sender<bool>,
    /// Whether a task is asking now.
    asking: AtomicBool,
}

impl Shared {
    /// Adopts keys, unless smaller ones of the same day or keys of a later day are known.
    fn offer(&self, day: u32, keys: DayKeys) {
        self.keys.send_if_modified(|known| {
            let is_new = known.is_none_or(|(of, mine)| of < day || of == day && keys.0 < mine.0);
            if is_new {
                *known = Some((day, keys));
            }
            is_new
        });
    }

    fn of(&self, day: u32) -> Option<DayKeys> {
        self.keys.borrow().filter(|(of, _)| *of == day).map(|(_, keys)| keys)
    }
}

impl DayKeyExchange {
    /// Listens on a connection of its own.
    pub(crate) fn start(client: Client, servers: Arc<Servers>) -> Self {
        let shared = Arc::new(Shared {
            keys: watch::channel(None).0,
            hears: watch::channel(false).0,
            asking: AtomicBool::new(false),
        });
        let tasks = vec![
            tokio::spawn(subscribe(client.clone(), shared.clone())),
            tokio::spawn(hear(client.clone(), servers.clone(), shared.clone())),
        ];
        let connection = client.connect();
        Self { client, servers, shared, tasks: Mutex::new(tasks), connection }
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
            let found = known.wait_for(|known| known.is_some_and(|(of, _)| of >= day));
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

    /// Closes the connection.
    pub(crate) async fn close(&self) {
        self.tasks.lock().iter().for_each(tokio::task::JoinHandle::abort);
        let _ = self.client.quit().await;
        self.connection.abort();
    }
}

/// Asks other processes for a day's keys, and makes some if none answers: there may be none,
/// or none in reach.
async fn ask(servers: Arc<Servers>, shared: Arc<Shared>, day: u32) {
    let (mut hears, mut known) = (shared.hears.subscribe(), shared.keys.subscribe());
    let _ = timeout(ANSWER_TIMEOUT, hears.wait_for(|hears| *hears)).await;
    let answered = async {
        let _ = publish(&servers, format!("? {day}")).await;
        let _ = known.wait_for(|known| known.is_some_and(|(of, _)| of >= day)).await;
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
    servers.run(keys::DAY_KEYS, "PUBLISH", arguments).await.map(drop)
}

async fn subscribe(client: Client, shared: Arc<Shared>) {
    let mut connected = client.reconnect_rx();
    while connected.recv().await.is_ok() {
        match client.subscribe(keys::DAY_KEYS).await {
            Ok(()) => drop(shared.hears.send_replace(true)),
            Err(error) => tracing::debug!(%error, "the day's keys are not listened to"),
        }
    }
}

async fn hear(client: Client, servers: Arc<Servers>, shared: Arc<Shared>) {
    let mut messages = client.message_rx();
    loop {
        let message = match messages.recv().await {
            Ok(message) => message,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(text) = message.value.as_string() else { continue };
        let Some((first, second)) = text.split_once(' ') else { continue };
        if first == "?" {
            let asked = second.parse().ok().and_then(|day| Some((day, shared.of(day)?)));
            if let Some((day, keys)) = asked {
                tell(&servers, day, keys).await;
            }
        } else if let (Ok(day), Some(keys)) = (first.parse(), hex::decode(second))
            && let Ok(keys) = keys.try_into()
        {
            shared.offer(day, DayKeys(keys));
        }
    }
}
