//! Limits on the creation of counters, claims and ids by strangers, since these take up the
//! store's memory for long.

use super::by_source::BySource;
use crate::config::ClientLimits;
use crate::metrics::Limit;
use crate::model::edit::Credential;
use crate::model::name::Counter;
use crate::model::network::Client;
use crate::model::rate::Tiers;
use crate::store::Mode;
use crate::web::App;
use crate::web::error::ApiError;
use crate::web::request::caller::Caller;

/// How many times a client's quota an image proxy has. It is low, since a README that many
/// people open is one counter, and any client can claim to be a proxy.
const PROXY_TIMES: u32 = 10;

/// The limits on creation.
pub(crate) struct CreationLimits {
    counters: BySource,
    /// `None` if it is off.
    ids: Option<Tiers>,
}

/// A permit taken for a counter that may turn out to exist.
#[must_use]
pub(crate) struct Taken<'a>(Option<(&'a Tiers, Client)>);

impl Taken<'_> {
    /// Nothing was created.
    pub(crate) fn give_back(self) {
        if let Some((tiers, client)) = self.0 {
            tiers.give_back(client);
        }
    }
}

impl CreationLimits {
    pub(crate) fn new(settings: &ClientLimits) -> Self {
        Self {
            counters: BySource::new(settings.create_limit.0, PROXY_TIMES),
            ids: settings.id_limit.0.map(Tiers::new),
        }
    }

    /// Takes one creation from the quota. Requests with the token of the instance or of the
    /// namespace are not limited.
    ///
    /// # Errors
    /// 429 if the client or its network has used up its quota.
    pub(crate) fn take(
        &self,
        caller: &Caller,
        credential: Credential,
    ) -> Result<Taken<'_>, ApiError> {
        match credential {
            Credential::Instance | Credential::NamespaceOwner(_) => Ok(Taken(None)),
            Credential::None | Credential::Presented(_) => self.take_of_a_stranger(caller),
        }
    }

    fn take_of_a_stranger(&self, caller: &Caller) -> Result<Taken<'_>, ApiError> {
        let Some(tiers) = self.counters.of(caller) else { return Ok(Taken(None)) };
        match tiers.take(caller.client) {
            Ok(_) => Ok(Taken(Some((tiers, caller.client)))),
            Err(over) => Err(ApiError::over_quota(Limit::create, over)),
        }
    }

    /// Takes one id that the store will remember.
    ///
    /// # Errors
    /// 429 if the client or its network has used up its quota.
    pub(crate) fn id(&self, caller: &Caller) -> Result<(), ApiError> {
        let Some(tiers) = &self.ids else { return Ok(()) };
        match tiers.take(caller.client) {
            Ok(_) => Ok(()),
            Err(over) => Err(ApiError::over_quota(Limit::ids, over)),
        }
    }
}

/// Takes one creation from the quota if a hit may create this counter, which is the case
/// unless this process knows it. If the quota is used up, the hit counts only if the store has
/// the counter.
///
/// # Errors
/// 429 for a counter that does not exist, or the store could not be asked.
pub(crate) async fn for_a_hit<'a>(
    app: &'a App,
    caller: &Caller,
    counter: &Counter,
) -> Result<Taken<'a>, ApiError> {
    let is_limited = app.mode != Mode::Create && app.creation.counters.of(caller).is_some();
    if !is_limited || app.counters.last_known(counter).is_some() {
        return Ok(Taken(None));
    }
    match app.creation.take_of_a_stranger(caller) {
        Ok(taken) => Ok(taken),
        // Boxed, since it is rare: every connection reserves memory for the unboxed future.
        Err(refusal) => match Box::pin(app.counters.total(counter)).await? {
            Some(_) => Ok(Taken(None)),
            None => Err(refusal),
        },
    }
}
