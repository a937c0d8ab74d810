//! News from all processes by Redis' sharded publish and subscribe: one connection to each
//! server, with one subscription for each namespace that has listeners here.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;
use std::time::{Duration, Instant};

use fred::error::Error;
use fred::interfaces::{ClientInterface, PubsubInterface};
use fred::types::config::{Config, Server};
use fred::types::{Message, Value};
use futures_util::future::{join_all, try_join_all};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use super::servers::Servers;
use super::subscriber::{RENEW_INTERVAL, Subscriber};
use super::{keys, read};
use crate::model::name::Name;
use crate::store::StoreError;
use crate::store::live::{Hub, News, Update};

/// How often the subscriptions are looked at although nobody came or went: slots may have
/// moved, and what failed is tried again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long one server may take to subscribe.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Keeps the subscriptions in step with the hub's listeners until the store is gone.
pub(crate) async fn follow(servers: Weak<Servers>, hub: Hub) {
    let mut all: HashMap<Server, Subscriptions> = HashMap::new();
    let mut changed = hub.watch();
    loop {
        // A new listener waits for this.
        let _ = tokio::time::timeout(LOOK_AGAIN, changed.changed()).await;
        let Some(servers) = servers.upgrade() else { return };
        let mut wanted: HashMap<Server, HashSet<Name>> = HashMap::new();
        for namespace in hub.namespaces() {
            let Some((server, config)) = servers.config_of(&keys::live(&namespace)) else {
                continue;
            };
            all.entry(server.clone()).or_insert_with(|| Subscriptions::start(&config, &hub));
            wanted.entry(server).or_default().insert(namespace);
        }
        // A server that is gone for good is forgotten.
        all.retain(|server, it| it.subscriber.is_up() || wanted.contains_key(server));
        // All at once: listeners at one server do not wait for another that is away.
        let settling = all.iter_mut().map(async |(server, subscriptions)| {
            let place = Place { servers: &servers, server };
            let wanted = wanted.get(server).cloned().unwrap_or_default();
            let settling = subscriptions.settle(&place, &hub, wanted);
            match tokio::time::timeout(SETTLE_TIMEOUT, settling).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a subscription failed and is tried again");
                }
                Err(_) => tracing::debug!("a subscription is late and is tried again"),
            }
        });
        join_all(settling).await;
    }
}

/// A server among all.
struct Place<'a> {
    servers: &'a Servers,
    server: &'a Server,
}

/// The subscriptions at one server.
struct Subscriptions {
    subscriber: Subscriber,
    hearing: JoinHandle<()>,
    subscribed: HashSet<Name>,
    renewed: Instant,
    /// The server's number of the connection, if it told.
    id: Option<i64>,
}

impl Subscriptions {
    fn start(config: &Config, hub: &Hub) -> Self {
        let subscriber = Subscriber::start(config);
        let hearing = tokio::spawn(hear(subscriber.messages(), hub.clone()));
        Self { subscriber, hearing, subscribed: HashSet::new(), renewed: Instant::now(), id: None }
    }

    /// Subscribes to what is wanted and to nothing else.
    async fn settle(
        &mut self,
        place: &Place<'_>,
        hub: &Hub,
        wanted: HashSet<Name>,
    ) -> Result<(), Error> {
        if self.subscriber.has_changed() {
            self.forget(hub);
        }
        if !self.subscriber.is_up() && !wanted.is_empty() {
            // New listeners at other servers wait for this.
            let _ = tokio::time::timeout(LOOK_AGAIN, self.subscriber.changed()).await;
        }
        if !self.subscriber.is_up() {
            return Ok(());
        }
        if self.subscribed.is_empty() {
            // A connection with subscriptions may not ask.
            let client = self.subscriber.client.clone();
            let id = self.in_time(hub, client.client_id()).await;
            if !self.subscriber.is_up() {
                return id.map(drop);
            }
            self.id = id.ok();
        } else if self.held(place).await.is_some_and(|held| held < self.subscribed.len()) {
            tracing::debug!("subscriptions were lost with their slot and are made again");
            self.forget(hub);
        }
        for namespace in &wanted {
            if self.subscribed.contains(namespace) {
                continue;
            }
            self.subscribe(hub, namespace).await?;
            if let Err(error) = enter(place.servers, [namespace]).await {
                tracing::debug!(%error, "a listener was not entered");
                continue;
            }
            self.subscribed.insert(namespace.clone());
            hub.connected(namespace, true);
        }
        let gone: Vec<Name> = self.subscribed.difference(&wanted).cloned().collect();
        for namespace in gone {
            self.subscribed.remove(&namespace);
            self.subscriber.client.sunsubscribe(keys::live(&namespace)).await?;
        }
        if self.renewed.elapsed() >= RENEW_INTERVAL {
            self.renew(place, hub).await?;
            self.renewed = Instant::now();
        }
        // A new listener may be on a namespace that was subscribed to already.
        self.subscribed.iter().for_each(|namespace| hub.connected(namespace, true));
        Ok(())
    }

    /// Asks the server for an answer, and enters the listeners that it has forgotten.
    async fn renew(&mut self, place: &Place<'_>, hub: &Hub) -> Result<(), Error> {
        let Some(any) = self.subscribed.iter().next().cloned() else { return Ok(()) };
        self.subscribe(hub, &any).await?;
        match enter(place.servers, &self.subscribed).await {
            Ok(0) => {}
            Ok(_) => self.forget(hub),
            Err(error) => tracing::debug!(%error, "the listeners were not looked for"),
        }
        Ok(())
    }

    async fn subscribe(&mut self, hub: &Hub, namespace: &Name) -> Result<(), Error> {
        let client = self.subscriber.client.clone();
        self.in_time(hub, client.ssubscribe(keys::live(namespace))).await
    }

    async fn in_time<T>(
        &mut self,
        hub: &Hub,
        asking: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let answer = self.subscriber.in_time(asking).await;
        if !self.subscriber.is_up() {
            self.forget(hub);
        }
        answer
    }

    /// The subscriptions are gone; listeners may miss news until they are made again.
    fn forget(&mut self, hub: &Hub) {
        self.subscribed.drain().for_each(|namespace| hub.connected(&namespace, false));
    }

    /// How many subscriptions the server of a Cluster has of this connection, from Redis 7.0.3 on.
    /// It ends those of a slot that moves away, and fred does not pass that on: a slot that is
    /// back before anybody looked for it would stay silent.
    async fn held(&self, place: &Place<'_>) -> Option<usize> {
        if place.servers.stands_alone() {
            return None;
        }
        let arguments = vec!["LIST".into(), "ID".into(), self.id?.into()];
        let client = place.servers.ask(place.server, "CLIENT", arguments).await?.into_string()?;
        client.split_whitespace().find_map(|word| word.strip_prefix("ssub=")?.parse().ok())
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

/// Makes writers publish these namespaces' totals from now on (count.lua). Returns how many were
/// not published so far.
async fn enter(
    servers: &Servers,
    namespaces: impl IntoIterator<Item = &Name>,
) -> Result<i64, StoreError> {
    let mut sets: HashMap<String, Vec<Value>> = HashMap::new();
    for namespace in namespaces {
        let listening = keys::listening((!servers.stands_alone()).then_some(namespace));
        let key = || vec![listening.as_str().into()];
        sets.entry(listening.clone()).or_insert_with(key).push(namespace.as_str().into());
    }
    let adding = sets.into_iter().map(async |(listening, arguments)| {
        read::number(&servers.run(&listening, "SADD", arguments).await?)
    });
    Ok(try_join_all(adding).await?.into_iter().sum())
}

/// Passes published messages on to the hub.
async fn hear(mut messages: Receiver<Message>, hub: Hub) {
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
            Err(RecvError::Closed) => return,
        }
    }
}

/// A message of count.lua: key, total, key, total …, with `-` for a deleted counter.
fn read(message: &Message) -> Option<(Name, Vec<Update>)> {
    let namespace = keys::of_live(&message.channel)?;
    let payload = message.value.as_str()?;
    let mut words = payload.split(' ');
    let mut updates = Vec::new();
    while let (Some(key), Some(total)) = (words.next(), words.next()) {
        let total = if total == "-" { None } else { Some(total.parse().ok()?) };
        updates.push(Update { key: Name::new(key).ok()?, total });
    }
    Some((namespace, updates))
}
