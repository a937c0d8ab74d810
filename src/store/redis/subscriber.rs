//! A connection that listens to published messages. An idle one never learns that its server is
//! gone, so listeners subscribe again from time to time.

use std::time::Duration;

use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike, EventInterface};
use fred::types::config::{Config, Server};
use fred::types::{ConnectHandle, Message};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

use super::node;

/// How often a subscription is made again.
pub(crate) const RENEW_INTERVAL: Duration = Duration::from_secs(5);

/// How long a server may take to answer before its connection is made again. fred does not watch
/// over the answers to subscriptions.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection for subscriptions alone. It ends when this is dropped.
pub(crate) struct Subscriber {
    pub(crate) client: Client,
    connection: ConnectHandle,
    connected: Receiver<Server>,
    failed: Receiver<(Error, Option<Server>)>,
    is_up: bool,
}

impl Subscriber {
    /// Begins to connect, and keeps trying.
    pub(crate) fn start(config: &Config) -> Self {
        let client = node::client(config);
        let (connected, failed) = (client.reconnect_rx(), client.error_rx());
        let connection = client.connect();
        Self { client, connection, connected, failed, is_up: false }
    }

    /// All messages from now on.
    pub(crate) fn messages(&self) -> Receiver<Message> {
        self.client.message_rx()
    }

    /// Whether there is a connection, as of the last check.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether the connection was made or lost since the last check. If so, its subscriptions are
    /// gone.
    pub(crate) fn has_changed(&mut self) -> bool {
        let mut has_changed = false;
        // A connection fails before it is made again.
        while self.failed.try_recv().is_ok() {
            (self.is_up, has_changed) = (false, true);
        }
        while self.connected.try_recv().is_ok() {
            (self.is_up, has_changed) = (true, true);
        }
        has_changed
    }

    /// Waits until the connection is made or lost.
    pub(crate) async fn changed(&mut self) {
        self.is_up = tokio::select! {
            biased;
            _ = self.failed.recv() => false,
            connected = self.connected.recv() => connected.is_ok(),
        };
    }

    /// The server's answer. Without one in time, the connection is made again.
    pub(crate) async fn in_time<T>(
        &mut self,
        asking: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match timeout(ANSWER_TIMEOUT, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                self.is_up = false;
                self.client.force_reconnection().await?;
                Err(Error::new(ErrorKind::Timeout, "the server was silent"))
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
