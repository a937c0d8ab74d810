//! Reads the counters of an Abacus from its Redis: counts at `K:{ns}:{key}` (a string),
//! admin keys at `A:{ns}:{key}` (the text of a UUID). Admin keys keep working, since seen
//! stores their digests like those of any token.

use fred::clients::Client;
use fred::interfaces::{ClientLike, KeysInterface};
use fred::types::config::Config;
use fred::types::{Builder, ClusterHash, CustomCommand};

use super::{ImportRun, csv};
use crate::cli::exit::Failure;
use crate::model::token::Digest;
use crate::store::redis::plain;

/// The Redis of an Abacus.
pub(super) struct Abacus(Client);

impl Abacus {
    pub(super) async fn connect(url: &str) -> Result<Self, Failure> {
        // The URL may hold a password, so it is not shown.
        let config = Config::from_url(url).map_err(|_| {
            Failure::new(2, "--from-abacus needs a URL such as redis://127.0.0.1:6379")
        })?;
        let client: Client = Builder::from_config(config).build().map_err(|e| failed(&e))?;
        client.init().await.map_err(|e| failed(&e))?;
        Ok(Self(client))
    }

    pub(super) async fn read(&self, import: &mut ImportRun) -> Result<(), Failure> {
        let Self(client) = self;
        let mut cursor = String::from("0");
        let mut given = std::collections::HashSet::new();
        loop {
            let scan = CustomCommand::new_static("SCAN", ClusterHash::FirstKey, false);
            let arguments = vec![cursor.as_str(), "MATCH", "K:*", "COUNT", "500"];
            let (next, keys): (String, Vec<String>) =
                client.custom(scan, arguments).await.map_err(|e| failed(&e))?;
            for name in keys {
                // SCAN may return a key twice.
                let Some((namespace, key)) =
                    name.strip_prefix("K:").and_then(|n| n.split_once(':'))
                else {
                    continue;
                };
                if !given.insert(name.clone()) {
                    continue;
                }
                let total: Option<String> = client.get(&name).await.map_err(|e| failed(&e))?;
                let Some(total) = total else { continue };
                let admin: Option<String> =
                    client.get(format!("A:{namespace}:{key}")).await.map_err(|e| failed(&e))?;
                let token = admin.as_deref().map(Digest::of);
                let item =
                    csv::total(&total).and_then(|total| csv::counter(namespace, key, total, token));
                import.take_counter(format!("{namespace}/{key}"), item).await?;
            }
            if next == "0" {
                let _ = client.quit().await;
                return Ok(());
            }
            cursor = next;
        }
    }
}

fn failed(error: &fred::error::Error) -> Failure {
    Failure::new(1, format!("Abacus' Redis: {}", plain(error.details())))
}
