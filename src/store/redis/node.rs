//! One server: a connection to it, what is known of it, and how it is asked.

use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::{ClientLike, LuaInterface};
use fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, UnresponsiveConfig,
};
use fred::types::scripts::Script as Text;
use fred::types::{ClusterHash, ConnectHandle, CustomCommand, Value};
use parking_lot::Mutex;

use super::error::Trouble;
use super::guard::{Guard, Terms};
use crate::store::StoreError;

/// The waits between attempts to connect, in milliseconds, the first one before the
/// first attempt: fred waits there too, and its own jitter made a start last 80 ms.
const RECONNECT_MIN: u32 = 1;
const RECONNECT_MAX: u32 = 1000;
const RECONNECT_JITTER: u32 = 4;

/// A server that says nothing for this long while it owes an answer is taken
/// for dead, and the connection is made again.
const UNRESPONSIVE: Duration = Duration::from_secs(3);

/// How many messages of other processes may wait to be passed on.
const MESSAGES: usize = 1024;

/// How long a replica may take to have a write before the write is repeated.
const REPLICATION_TIMEOUT: Duration = Duration::from_millis(500);

/// A script, known to servers by its hash.
pub(crate) struct Script(Text);

impl Script {
    pub(crate) fn new(text: &str) -> Self {
        Self(Text::from_lua(text))
    }
}

/// What a server is asked.
pub(crate) enum Request<'a> {
    /// A command.
    Command(&'static str, Vec<Value>),
    /// A script that writes, with its keys and its argument.
    Script(&'a Script, &'a [String], &'a [u8]),
}

/// A server. All requests to it share one connection.
pub(crate) struct Node {
    client: Client,
    pub(crate) guard: Guard,
    connection: Mutex<Option<ConnectHandle>>,
}

impl Node {
    /// Begins to connect, and goes on trying for as long as the node lives.
    pub(crate) fn start(config: &Config, terms: Terms) -> Self {
        let client = client(config);
        let guard = Guard::watch(client.clone(), terms);
        let connection = Mutex::new(Some(client.connect()));
        Self { client, guard, connection }
    }

    /// Asks, whatever is known of the server.
    pub(crate) async fn ask(
        &self,
        command: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Value, Trouble> {
        Ok(self.client.custom(custom(command), arguments).await?)
    }

    /// Asks, if the server may be used.
    pub(crate) async fn run(&self, request: &Request<'_>) -> Result<Value, Trouble> {
        self.guard.check()?;
        match request {
            Request::Command(command, arguments) => self.ask(command, arguments.clone()).await,
            Request::Script(script, keys, argument) => self.script(script, keys, argument).await,
        }
    }

    /// Runs a script, and waits until replicas have what it wrote where there are any.
    async fn script(
        &self,
        Script(script): &Script,
        keys: &[String],
        argument: &[u8],
    ) -> Result<Value, Trouble> {
        let mut arguments: Vec<Value> =
            vec![Value::String(script.sha1().clone()), (keys.len() as i64).into()];
        arguments.extend(keys.iter().map(|key| Value::from(key.as_str())));
        arguments.push(Value::Bytes(argument.to_vec().into()));
        match self.write(arguments.clone()).await {
            Err(Trouble::NoScript) => {
                let text = script.lua().map(ToString::to_string).unwrap_or_default();
                let _: Value = self.client.script_load(text).await?;
                self.write(arguments).await
            }
            answer => answer,
        }
    }

    async fn write(&self, arguments: Vec<Value>) -> Result<Value, Trouble> {
        let replicas = self.guard.replicas();
        if replicas == 0 {
            return self.ask("EVALSHA", arguments).await;
        }
        // On one connection and in one go: WAIT is about the writes of its connection.
        let pipeline = self.client.pipeline();
        let timeout = REPLICATION_TIMEOUT.as_millis() as i64;
        let () = pipeline.custom(custom("EVALSHA"), arguments).await?;
        let () =
            pipeline.custom(custom("WAIT"), vec![Value::from(replicas), timeout.into()]).await?;
        let mut answers = pipeline.try_all::<Value>().await.into_iter();
        let none = || StoreError::Unavailable("no answer to a pipeline".into());
        let written = answers.next().ok_or_else(none)??;
        let have_it = answers.next().ok_or_else(none)??;
        if have_it.as_i64().unwrap_or(0) < replicas {
            self.guard.not_replicated();
            return Err(StoreError::Unavailable("no replica has the write yet".into()).into());
        }
        Ok(written)
    }

    /// Lets go of the connection.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.client.quit().await {
            tracing::debug!(%error, "the connection did not end well");
        }
        if let Some(handle) = self.connection.lock().take() {
            handle.abort();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(handle) = self.connection.lock().take() {
            handle.abort();
        }
    }
}

fn custom(command: &'static str) -> CustomCommand {
    CustomCommand::new_static(command, ClusterHash::FirstKey, false)
}

/// A client that connects when it is told to.
pub(crate) fn client(config: &Config) -> Client {
    let connection = ConnectionConfig {
        connection_timeout: Duration::from_secs(2),
        internal_command_timeout: Duration::from_secs(2),
        // A write is repeated by the batcher, which knows its number, never by the client.
        max_command_attempts: 1,
        reconnect_on_auth_error: true,
        auto_client_setname: false,
        unresponsive: UnresponsiveConfig {
            max_timeout: Some(UNRESPONSIVE),
            interval: Duration::from_millis(500),
        },
        ..ConnectionConfig::default()
    };
    let performance =
        PerformanceConfig { broadcast_channel_capacity: MESSAGES, ..PerformanceConfig::default() };
    let mut policy = ReconnectPolicy::new_exponential(0, RECONNECT_MIN, RECONNECT_MAX, 2);
    policy.set_jitter(RECONNECT_JITTER);
    Client::new(config.clone(), Some(performance), Some(connection), Some(policy))
}
