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

pub(crate) async fn read(url: &str, import: &mut ImportRun) -> Result<(), Failure> {
    let failed = |e: fred::error::Error| Failure::new(1, format!("Abacus' Redis: {e}"));
    let client: Client =
        Config::from_url(url).and_then(|c| Builder::from_config(c).build()).map_err(failed)?;
    client.init().await.map_err(failed)?;
    let (mut cursor, mut nth) = (String::from("0"), 0);
    let mut given = std::collections::HashSet::new();
    loop {
        let scan = CustomCommand::new_static("SCAN", ClusterHash::FirstKey, false);
        let arguments = vec![cursor.as_str(), "MATCH", "K:*", "COUNT", "500"];
        let (next, keys): (String, Vec<String>) =
            client.custom(scan, arguments).await.map_err(failed)?;
        for name in keys {
            // SCAN may return a key twice.
            let Some((namespace, key)) = name.strip_prefix("K:").and_then(|n| n.split_once(':'))
            else {
                continue;
            };
            if !given.insert(name.clone()) {
                continue;
            }
            nth += 1;
            let unreadable = |e| Failure::new(1, format!("Abacus' {name}: {e}"));
            let total: Option<i64> = client.get(&name).await.map_err(failed)?;
            let Some(total) = total else { continue };
            let admin: Option<String> =
                client.get(format!("A:{namespace}:{key}")).await.map_err(failed)?;
            let token = admin.as_deref().map(Digest::of);
            let item = csv::counter(namespace, key, total, token).map_err(unreadable)?;
            import.take(nth, item, None).await?;
        }
        if next == "0" {
            let _ = client.quit().await;
            return Ok(());
        }
        cursor = next;
    }
}
