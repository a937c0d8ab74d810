//! News of this store's counters from all processes, by Redis' sharded publish
//! and subscribe: one connection, and on it one subscription for each namespace
//! that somebody here listens to.

use std::collections::HashSet;
use std::time::Duration;

use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{ClientLike, EventInterface, PubsubInterface};
use fred::types::{ConnectHandle, Message};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::live_channel;
use crate::model::name::Name;
use crate::store::live::{Hub, News, Update};

/// The wait before a subscription that failed is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Listens for a hub. Ends with the store.
pub struct Subscriber {
    client: Client,
    tasks: [tokio::task::JoinHandle<()>; 2],
    connection: ConnectHandle,
}

impl Subscriber {
    /// Begins to connect, and keeps the subscriptions as the hub wants them.
    pub fn start(client: Client, hub: &Hub) -> Self {
        let (lost, was_lost) = mpsc::channel(1);
        let tasks = [
            tokio::spawn(hear(client.clone(), hub.clone(), lost)),
            tokio::spawn(subscribe(client.clone(), hub.clone(), was_lost)),
        ];
        let connection = client.connect();
        Self { client, tasks, connection }
    }

    /// Lets go of the connection.
    pub async fn close(self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
        // Whatever is wrong with it, it is not needed any more.
        let _ = self.client.quit().await;
        self.connection.abort();
    }
}

/// Takes in what is published.
async fn hear(client: Client, hub: Hub, lost: mpsc::Sender<()>) {
    let mut messages = client.message_rx();
    loop {
        match messages.recv().await {
            Ok(message) => {
                if let Some((namespace, updates)) = read(&message) {
                    hub.tell(&namespace, || News::Updates(updates.into()));
                }
            }
            Err(RecvError::Lagged(_)) => {
                for namespace in hub.namespaces() {
                    hub.tell(&namespace, || News::Missed);
                }
            }
            Err(RecvError::Closed) => {
                let _ = lost.send(()).await;
                return;
            }
        }
    }
}

/// Keeps the subscriptions as they should be.
async fn subscribe(client: Client, hub: Hub, mut stop: mpsc::Receiver<()>) {
    let (mut connected, mut failed) = (client.reconnect_rx(), client.error_rx());
    let mut subscribed: HashSet<Name> = HashSet::new();
    let mut up = false;
    loop {
        tokio::select! {
            // A connection fails before it is made anew; seen the other way round, it
            // would be taken for lost for ever.
            biased;
            _ = failed.recv() => {
                // A Cluster's other nodes go on; subscribing again does no harm.
                subscribed.clear();
                hub.namespaces().iter().for_each(|n| hub.connected(n, false));
                if !client.is_clustered() {
                    up = false;
                }
            }
            _ = connected.recv() => {
                up = true;
                subscribed.clear();
            }
            () = hub.changed() => {}
            () = tokio::time::sleep(RETRY_INTERVAL), if up && !is_settled(&hub, &subscribed) => {}
            _ = stop.recv() => return,
        }
        if up && let Err(error) = settle(&client, &hub, &mut subscribed).await {
            tracing::debug!(%error, "a subscription failed and is tried again");
        }
    }
}

fn is_settled(hub: &Hub, subscribed: &HashSet<Name>) -> bool {
    let wanted = hub.namespaces();
    wanted.len() == subscribed.len() && wanted.iter().all(|n| subscribed.contains(n))
}

async fn settle(client: &Client, hub: &Hub, subscribed: &mut HashSet<Name>) -> Result<(), Error> {
    let wanted: HashSet<Name> = hub.namespaces().into_iter().collect();
    for namespace in &wanted {
        if subscribed.insert(namespace.clone())
            && let Err(error) = client.ssubscribe(live_channel(namespace)).await
        {
            subscribed.remove(namespace);
            return Err(error);
        }
        // A listener may have come to a namespace that was subscribed to already.
        hub.connected(namespace, true);
    }
    let gone: Vec<Name> = subscribed.difference(&wanted).cloned().collect();
    for namespace in gone {
        client.sunsubscribe(live_channel(&namespace)).await?;
        subscribed.remove(&namespace);
    }
    Ok(())
}

/// A message of apply.lua: key, total, key, total … or `-` for one that is gone.
fn read(message: &Message) -> Option<(Name, Vec<Update>)> {
    let channel: &str = &message.channel;
    let namespace = channel.strip_prefix("seen:{")?.strip_suffix("}:live")?;
    let payload = message.value.as_str()?;
    let mut words = payload.split(' ');
    let mut updates = Vec::new();
    while let (Some(key), Some(total)) = (words.next(), words.next()) {
        let total = if total == "-" { None } else { Some(total.parse().ok()?) };
        updates.push(Update { key: Name::new(key).ok()?, total });
    }
    Some((Name::new(namespace).ok()?, updates))
}
