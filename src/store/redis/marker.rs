//! `seen:store`: the layout of this store, and its id. It reveals two situations that would go
//! unnoticed otherwise: another version of seen counts here in another layout, or Redis was
//! emptied and counting would begin at 1 again.

use std::sync::{Arc, Weak};
use std::time::Duration;

use fred::types::Value;

use super::servers::Servers;
use super::{keys, read};
use crate::model::hex;
use crate::model::token;
use crate::store::StoreError;

/// The layout that this version reads and writes: keys.rs, record.rs and count.lua.
pub(crate) const LAYOUT: u32 = 4;

const CHECK_INTERVAL: Duration = Duration::from_secs(3);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Checks the marker until the store is gone, and allows or blocks requests accordingly.
pub(crate) async fn follow(servers: Weak<Servers>) {
    let mut known = None;
    // The marker can be read once a server has been judged.
    if let Some(servers) = servers.upgrade() {
        let _ = tokio::time::timeout(CHECK_INTERVAL, servers.judged()).await;
    }
    loop {
        let Some(servers) = servers.upgrade() else { return };
        let pause = match look(&servers, &mut known).await {
            Ok(()) => CHECK_INTERVAL,
            Err(error) => {
                tracing::debug!(%error, "the store's marker was not read");
                RETRY_INTERVAL
            }
        };
        drop(servers);
        tokio::time::sleep(pause).await;
    }
}

async fn look(servers: &Arc<Servers>, known: &mut Option<String>) -> Result<(), StoreError> {
    let get = || async {
        let found = servers.run_ungated(keys::STORE, "GET", vec![keys::STORE.into()]).await?;
        let found = read::bulk(found)?.map(|text| String::from_utf8_lossy(&text).into_owned());
        Ok::<_, StoreError>(found)
    };
    let mut found = get().await?;
    if found.is_none() {
        // From a version without markers.
        let older = vec![Value::from(keys::NAMESPACES)];
        let older = servers.run_ungated(keys::NAMESPACES, "EXISTS", older).await?;
        if known.is_none() && read::number(&older)? > 0 {
            servers.gate(Err(other_layout("an older version of seen's")));
            return Ok(());
        }
        if known.is_some() {
            tracing::error!("Redis WAS EMPTIED: counting begins at 1 again");
        }
        let id = hex::encode(&token::random::<8>()?);
        let new = format!("{LAYOUT} {id}");
        let set = vec![keys::STORE.into(), new.into(), "NX".into()];
        servers.run_ungated(keys::STORE, "SET", set).await?;
        found = get().await?;
    } else if known.is_some() && *known != found {
        tracing::error!("Redis HOLDS ANOTHER STORE than before");
    }
    let layout = found.as_deref().and_then(|text| text.split(' ').next()?.parse::<u32>().ok());
    servers.gate(match layout {
        Some(LAYOUT) => Ok(()),
        Some(other) => Err(other_layout(&format!("layout {other}"))),
        None => Err(other_layout("unknown")),
    });
    *known = found;
    Ok(())
}

fn other_layout(found: &str) -> StoreError {
    StoreError::Refused(format!(
        "its layout is {found}, and this version of seen counts in layout {LAYOUT}; export with \
         the version that wrote it, and import into an empty Redis"
    ))
}
