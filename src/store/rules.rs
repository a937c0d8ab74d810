//! The rules for changes: who may change what, and with which result. They are pure functions
//! from the loaded state to the state to store, and both stores use them. Only the counting of
//! hits exists twice: Redis has it in count.lua.

use super::record::Record;
use super::whole::Whole;
use super::{EditError, Limits, Mode, StoreError};
use crate::model::count::CounterSettings;
use crate::model::edit::{
    Change, Credential, Edit, Edited, Namespace, NamespaceChange, NamespaceEdit,
};
use crate::model::export::{ExportedCounter, ExportedNamespace, Imported, OnConflict};
use crate::model::tally::{MAX_TOTAL, Refusal};
use crate::model::time::Timestamp;
use crate::model::token::Digest;

/// The caps and the room where a counter is to be created or changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Its namespace.
    pub(crate) namespace: Namespace,
    /// The approximate number of counters and claimed namespaces in all.
    pub(crate) things: u64,
    /// Whether the store has room for more.
    pub(crate) has_room: bool,
}

impl Place {
    /// Why no more counters fit here. Owners get a tenth more than the caps allow strangers, who
    /// may have used up all of theirs.
    fn cap(&self, limits: &Limits, is_owners: bool) -> Option<Refusal> {
        let full = self.namespace.counters >= cap(limits.counters_per_namespace, is_owners);
        self.cap_in_all(limits, is_owners).or(full.then_some(Refusal::NamespaceFull))
    }

    /// Why there can be no more of anything.
    fn cap_in_all(&self, limits: &Limits, is_owners: bool) -> Option<Refusal> {
        if !self.has_room {
            return Some(Refusal::StoreNearlyFull);
        }
        (self.things >= cap(limits.counters, is_owners)).then_some(Refusal::InstanceFull)
    }

    /// Why a hit may not create a counter here.
    pub(crate) fn no_creation(&self, limits: &Limits) -> Option<Refusal> {
        let may = match limits.mode {
            Mode::Open => true,
            Mode::Create => false,
            Mode::Private => self.namespace.owner.is_some(),
        };
        if !may {
            return Some(Refusal::Missing);
        }
        if self.namespace.owner.is_some() && !self.namespace.open {
            return Some(Refusal::Owned);
        }
        self.cap(limits, false)
    }
}

fn cap(of_strangers: u64, is_owners: bool) -> u64 {
    let more = if is_owners { (of_strangers / 10).max(1) } else { 0 };
    of_strangers.saturating_add(more)
}

impl From<Refusal> for EditError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Missing => Self::Missing,
            Refusal::Owned => Self::Forbidden { value: None },
            Refusal::NamespaceFull => Self::NamespaceFull,
            Refusal::InstanceFull => Self::InstanceFull,
            Refusal::StoreNearlyFull => Self::StoreNearlyFull,
            Refusal::OutOfRange => Self::OutOfRange { value: None },
            Refusal::Damaged => StoreError::Damaged("a counter".into()).into(),
        }
    }
}

/// The new state of a counter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Changed {
    /// The record to store; `None` deletes the counter.
    pub(crate) record: Option<Record>,
    /// Whether to delete its past and its sketches.
    pub(crate) forget: bool,
}

/// Makes a change to a counter.
pub(crate) fn edit(
    change: &Change,
    found: Option<&Record>,
    place: &Place,
    limits: &Limits,
) -> Result<Changed, EditError> {
    let owner = place.namespace.owner;
    if let Edit::Create { value, settings, token } = change.edit {
        if let Some(found) = found {
            return Err(EditError::Exists { value: found.total });
        }
        let may = match change.credential {
            Credential::Instance => true,
            Credential::NamespaceOwner(digest) => owner == Some(digest),
            Credential::None => limits.mode != Mode::Private && owner.is_none(),
            Credential::Presented(_) => false,
        };
        if !may {
            return Err(EditError::Forbidden { value: None });
        }
        let total = in_range(value, None)?;
        let is_owners = change.credential != Credential::None;
        if let Some(refusal) = place.cap(limits, is_owners) {
            return Err(refusal.into());
        }
        let record = Record { total, settings, token, ..Record::new(change.at) };
        return Ok(Changed { record: Some(record), forget: false });
    }
    let Some(found) = found else { return Err(EditError::Missing) };
    may_edit(change, found, owner)?;
    let mut record = found.clone();
    match change.edit {
        Edit::Create { .. } => {}
        Edit::Set(total) => record.total = in_range(total, Some(found.total))?,
        Edit::Add(delta) => {
            record.total = in_range(found.total.saturating_add(delta), Some(found.total))?;
        }
        Edit::Reset => {
            record.reset(change.at);
            return Ok(Changed { record: Some(record), forget: true });
        }
        Edit::Configure(settings) => record.settings = settings,
        Edit::Rotate(digest) => record.token = Some(digest),
        Edit::Delete => return Ok(Changed { record: None, forget: true }),
    }
    Ok(Changed { record: Some(record), forget: false })
}

/// What a change did to the total.
pub(crate) fn edited(found: Option<&Record>, changed: &Changed) -> Edited {
    let total = |record: &Record| record.total;
    Edited { old: found.map(total), new: changed.record.as_ref().map(total) }
}

fn may_edit(change: &Change, found: &Record, owner: Option<Digest>) -> Result<(), EditError> {
    let value = found.total;
    let may = match (change.credential, change.edit) {
        (Credential::Instance, _) => true,
        (Credential::NamespaceOwner(digest), _) => owner == Some(digest),
        (Credential::Presented(digest), _) => found.token == Some(digest),
        (Credential::None, Edit::Set(_)) => found.settings.enable_reset,
        (Credential::None, Edit::Add(delta)) => {
            let CounterSettings { update_lowerbound: low, update_upperbound: high, .. } =
                found.settings;
            if !(low..=high).contains(&delta) {
                return Err(EditError::OutOfBounds { value });
            }
            true
        }
        (Credential::None, _) => false,
    };
    if may { Ok(()) } else { Err(EditError::Forbidden { value: Some(value) }) }
}

fn in_range(total: i64, before: Option<i64>) -> Result<i64, EditError> {
    if total.saturating_abs() <= MAX_TOTAL {
        Ok(total)
    } else {
        Err(EditError::OutOfRange { value: before })
    }
}

/// The new state of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamespaceChanged {
    /// Unchanged: it has this state already.
    Nothing,
    /// Its new state, apart from its number of counters.
    Put(Namespace),
    /// Deleted, with all its counters.
    Delete,
}

/// Makes a change to a namespace.
pub(crate) fn edit_namespace(
    change: &NamespaceChange,
    place: &Place,
    limits: &Limits,
) -> Result<NamespaceChanged, EditError> {
    let found = &place.namespace;
    let owner = found.owner;
    let owned_by = |owner| NamespaceChanged::Put(Namespace { owner, ..*found });
    let owns = match change.credential {
        Credential::Instance => true,
        Credential::NamespaceOwner(digest) => owner == Some(digest),
        Credential::None | Credential::Presented(_) => false,
    };
    let may_claim = owns || (limits.mode != Mode::Private && found.counters == 0);
    // It takes the store's memory as a counter does.
    let full = match change.edit {
        NamespaceEdit::Claim(_) if !found.has_settings() => place.cap_in_all(limits, owns),
        _ => None,
    };
    Ok(match change.edit {
        // A repeated claim was done already.
        NamespaceEdit::Claim(digest) | NamespaceEdit::Rotate(digest) if owner == Some(digest) => {
            NamespaceChanged::Nothing
        }
        NamespaceEdit::Release if owner.is_none() => NamespaceChanged::Nothing,
        NamespaceEdit::Delete if *found == Namespace::default() => NamespaceChanged::Nothing,
        NamespaceEdit::Claim(_) if owner.is_some() => return Err(EditError::Exists { value: 0 }),
        NamespaceEdit::Claim(digest) if may_claim => match full {
            Some(refusal) => return Err(refusal.into()),
            None => owned_by(Some(digest)),
        },
        _ if !owns => return Err(EditError::Forbidden { value: None }),
        NamespaceEdit::Claim(digest) | NamespaceEdit::Rotate(digest) => owned_by(Some(digest)),
        NamespaceEdit::Configure { public, open } => NamespaceChanged::Put(Namespace {
            public: public.unwrap_or(found.public),
            open: open.unwrap_or(found.open),
            ..*found
        }),
        // Without an owner, any hit creates counters.
        NamespaceEdit::Release => {
            NamespaceChanged::Put(Namespace { owner: None, open: false, ..*found })
        }
        NamespaceEdit::Delete => NamespaceChanged::Delete,
    })
}

/// Imports an exported counter. If the result has no counter, the stored one stays.
pub(crate) fn import(
    exported: &ExportedCounter,
    on_conflict: OnConflict,
    found: Option<Whole>,
    place: &Place,
    limits: &Limits,
    now: Timestamp,
) -> Result<(Imported, Option<Whole>), EditError> {
    let mut whole = Whole::import(exported, now).map_err(EditError::Invalid)?;
    let imported = match (found, on_conflict) {
        (None, _) => {
            if let Some(refusal) = place.cap(limits, false) {
                return Err(refusal.into());
            }
            Imported::Created
        }
        (Some(_), OnConflict::Skip) => return Ok((Imported::Skipped, None)),
        (Some(found), OnConflict::Replace) => {
            whole.record.ranked = found.record.ranked;
            Imported::Replaced
        }
        (Some(mut found), OnConflict::Add) => {
            found.absorb(&whole);
            in_range(found.record.total, None)?;
            whole = found;
            Imported::Added
        }
    };
    // Numbers outside the retention would not be shown.
    whole.past.days.keep(limits.oldest_day(now)..=u32::MAX);
    whole.past.uniques.keep(limits.oldest_day(now)..=u32::MAX);
    whole.past.hours.keep(limits.oldest_hour(now)..=u32::MAX);
    Ok((imported, Some(whole)))
}

/// Imports an exported namespace.
pub(crate) fn import_namespace(
    exported: &ExportedNamespace,
    on_conflict: OnConflict,
    found: &Namespace,
) -> (Imported, NamespaceChanged) {
    let known = found.has_settings();
    if known && on_conflict != OnConflict::Replace {
        return (Imported::Skipped, NamespaceChanged::Nothing);
    }
    let ExportedNamespace { owner, public, open, .. } = *exported;
    let put = NamespaceChanged::Put(Namespace { owner, public, open, ..*found });
    (if known { Imported::Replaced } else { Imported::Created }, put)
}
