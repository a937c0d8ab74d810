//! One server: the connection, the verdict on it, and requests to it.

use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::{ClientLike, LuaInterface};
use fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, UnresponsiveConfig,
};
use fred::types::scripts::Script as Text;
use fred::types::{ClusterHash, ConnectHandle, CustomCommand, Value};
use parking_lot::Mutex;
use tokio::time::timeout;

use super::error::CommandError;
use super::guard::{Guard, Requirements};
use crate::store::StoreError;

/// The waits before attempts to connect, in milliseconds. fred waits before the first attempt
/// too, and with its own jitter a start took 80 ms.
const MIN_RECONNECT_DELAY: u32 = 1;
const MAX_RECONNECT_DELAY: u32 = 1000;
const RECONNECT_JITTER: u32 = 4;

/// A server that owes an answer and stays silent for this long after the last request counts as
/// dead, and the connection is made again. guard.rs does it where requests go on.
const UNRESPONSIVE: Duration = Duration::from_secs(3);

/// How long a server may take to close a connection.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// How many messages of other processes may be queued.
const MESSAGES: usize = 1024;

/// How long replicas may take to acknowledge a write before it is repeated.
const REPLICATION_TIMEOUT: Duration = Duration::from_millis(500);

/// A script, which servers know by its hash.
pub(crate) struct Script(Text);

impl Script {
    pub(crate) fn new(text: &str) -> Self {
        Self(Text::from_lua(text))
    }
}

/// A request to a server.
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
    /// Begins to connect, and keeps trying for as long as the node lives.
    pub(crate) fn start(config: &Config, requirements: Requirements) -> Self {
        let client = client(config);
        let guard = Guard::watch(client.clone(), requirements);
        let connection = Mutex::new(Some(client.connect()));
        Self { client, guard, connection }
    }

    /// Sends a request, whatever the verdict on the server.
    pub(crate) async fn ask(
        &self,
        command: &'static str,
        arguments: Vec<Value>,
    ) -> Result<Value, CommandError> {
        Ok(self.client.custom(custom(command), arguments).await?)
    }

    /// Sends a request if the server may be used.
    pub(crate) async fn run(&self, request: &Request<'_>) -> Result<Value, CommandError> {
        self.guard.check()?;
        match request {
            Request::Command(command, arguments) => self.ask(command, arguments.clone()).await,
            Request::Script(script, keys, argument) => self.script(script, keys, argument).await,
        }
    }

    /// Runs a script, and waits until replicas, if there are any, have its writes.
    async fn script(
        &self,
        Script(script): &Script,
        keys: &[String],
        argument: &[u8],
    ) -> Result<Value, CommandError> {
        let mut arguments: Vec<Value> =
            vec![Value::String(script.sha1().clone()), (keys.len() as i64).into()];
        arguments.extend(keys.iter().map(|key| Value::from(key.as_str())));
        arguments.push(Value::Bytes(argument.to_vec().into()));
        match self.write(arguments.clone()).await {
            Err(CommandError::NoScript) => {
                let text = script.lua().map(ToString::to_string).unwrap_or_default();
                let _: Value = self.client.script_load(text).await?;
                self.write(arguments).await
            }
            answer => answer,
        }
    }

    async fn write(&self, arguments: Vec<Value>) -> Result<Value, CommandError> {
        let replicas = self.guard.replicas();
        if replicas == 0 {
            return self.ask("EVALSHA", arguments).await;
        }
        // In one pipeline on one connection: WAIT applies to the writes of its connection.
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

    /// Closes the connection.
    pub(crate) async fn close(&self) {
        // Without a connection, fred would wait for one to say goodbye on.
        if self.client.is_connected() {
            match timeout(QUIT_TIMEOUT, self.client.quit()).await {
                Ok(Ok(())) => {}
                done => tracing::debug!(?done, "the connection did not end well"),
            }
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

/// A client, not connected yet.
pub(crate) fn client(config: &Config) -> Client {
    let connection = ConnectionConfig {
        connection_timeout: Duration::from_secs(2),
        internal_command_timeout: Duration::from_secs(2),
        // Only the batcher repeats writes, since it knows their numbers.
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
    let mut policy =
        ReconnectPolicy::new_exponential(0, MIN_RECONNECT_DELAY, MAX_RECONNECT_DELAY, 2);
    policy.set_jitter(RECONNECT_JITTER);
    Client::new(config.clone(), Some(performance), Some(connection), Some(policy))
}
