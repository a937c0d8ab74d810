//! Changes to counters and namespaces in a transaction.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::apply::Updates;
use super::marks::Mark;
use super::tables::{Held, Tables, from_bytes, held, record, to_bytes};
use crate::model::count::Settings;
use crate::model::edit::{
    Change, ChangeId, Credential, Edit, Edited, NamespaceChange, NamespaceEdit,
};
use crate::model::name::{Counter, Name};
use crate::model::tally::{MAX_TOTAL, Refusal};
use crate::store::EditError;
use crate::store::live::Update;
use crate::store::record::Record;
use crate::store::{Limits, Mode, StoreError};

/// How many counters a deleted namespace loses in one transaction.
const DELETED_PER_WRITE: usize = 500;

/// What is remembered of a change.
#[derive(Serialize, Deserialize)]
struct ChangeMark {
    old: Option<i64>,
    new: Option<i64>,
}

impl From<Refusal> for EditError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Missing => Self::Missing,
            Refusal::NamespaceFull => Self::NamespaceFull,
            Refusal::InstanceFull => Self::InstanceFull,
            Refusal::OutOfRange => Self::OutOfRange { value: None },
            Refusal::Damaged => StoreError::Failed("a counter is damaged".into()).into(),
        }
    }
}

/// Makes a change, once.
pub fn edit(tables: &mut Tables, change: &Change, limits: &Limits) -> Result<Edited, EditError> {
    let mark = Mark::Change(change.id);
    if let Some(bytes) = tables.marks.get(mark, change.at)? {
        let ChangeMark { old, new } = from_bytes(&bytes, &change.counter)?;
        return Ok(Edited { old, new });
    }
    let edited = edit_now(tables, change, limits)?;
    let bytes = to_bytes(&ChangeMark { old: edited.old, new: edited.new })?;
    tables.marks.put(mark, change.at.0 + ChangeId::MEMORY, &bytes)?;
    Ok(edited)
}

fn edit_now(tables: &mut Tables, change: &Change, limits: &Limits) -> Result<Edited, EditError> {
    let counter = &change.counter;
    let owner = held(&tables.namespaces, &counter.namespace)?.owner;
    let found = record(&tables.counters, counter)?;
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
        if value.saturating_abs() > MAX_TOTAL {
            return Err(EditError::OutOfRange { value: None });
        }
        if let Some(refusal) = tables.cap(&counter.namespace, limits)? {
            return Err(refusal.into());
        }
        let record = Record { total: value, settings, token, ..Record::new(change.at) };
        tables.create(counter, &record)?;
        return Ok(Edited { old: None, new: Some(value) });
    }

    let Some(mut record) = found else { return Err(EditError::Missing) };
    let value = record.total;
    let may = match (change.credential, change.edit) {
        (Credential::Instance, _) => true,
        (Credential::NamespaceOwner(digest), _) => owner == Some(digest),
        (Credential::Presented(digest), _) => record.token == Some(digest),
        (Credential::None, Edit::Set(_)) => record.settings.enable_reset,
        (Credential::None, Edit::Add(delta)) => {
            let Settings { update_lowerbound: low, update_upperbound: high, .. } = record.settings;
            if !(low..=high).contains(&delta) {
                return Err(EditError::OutOfBounds { value });
            }
            true
        }
        (Credential::None, _) => false,
    };
    if !may {
        return Err(EditError::Forbidden { value: Some(value) });
    }
    match change.edit {
        Edit::Create { .. } => {}
        Edit::Set(total) => record.total = total,
        Edit::Add(delta) => record.total = value.saturating_add(delta),
        Edit::Reset => {
            record.reset();
            tables.marks.delete_sketches(counter)?;
        }
        Edit::Configure(settings) => record.settings = settings,
        Edit::Rotate(digest) => record.token = Some(digest),
        Edit::Delete => {
            tables.delete(counter)?;
            return Ok(Edited { old: Some(value), new: None });
        }
    }
    if record.total.saturating_abs() > MAX_TOTAL {
        return Err(EditError::OutOfRange { value: Some(value) });
    }
    tables.put(counter, &record)?;
    Ok(Edited { old: Some(value), new: Some(record.total) })
}

/// Whether a change to a namespace is done, or how to go on.
pub enum Progress {
    /// All is done; these counters are gone.
    Done(Updates),
    /// These counters are gone, and more are to go.
    More(Updates),
}

/// Makes a change to a namespace, or a part of it.
pub fn edit_namespace(
    tables: &mut Tables,
    change: &NamespaceChange,
    limits: &Limits,
) -> Result<Progress, EditError> {
    let namespace = &change.namespace;
    let mut found = held(&tables.namespaces, namespace)?;
    let owns = match change.credential {
        Credential::Instance => true,
        Credential::NamespaceOwner(digest) => found.owner == Some(digest),
        Credential::None | Credential::Presented(_) => false,
    };
    match change.edit {
        // Done already, if this is repeated.
        NamespaceEdit::Claim(digest) | NamespaceEdit::Rotate(digest)
            if found.owner == Some(digest) => {}
        NamespaceEdit::Release if found.owner.is_none() => {}
        NamespaceEdit::Delete if found == Held::default() => {}
        NamespaceEdit::Claim(_) if found.owner.is_some() => {
            return Err(EditError::Exists { value: 0 });
        }
        NamespaceEdit::Claim(digest)
            if owns || (limits.mode != Mode::Private && found.counters == 0) =>
        {
            found.owner = Some(digest);
        }
        _ if !owns => return Err(EditError::Forbidden { value: None }),
        NamespaceEdit::Claim(digest) | NamespaceEdit::Rotate(digest) => {
            found.owner = Some(digest);
        }
        NamespaceEdit::Configure { public } => found.public = public,
        NamespaceEdit::Release => found.owner = None,
        NamespaceEdit::Delete => return delete_some(tables, namespace).map_err(Into::into),
    }
    tables.put_namespace(namespace, &found)?;
    Ok(Progress::Done(Vec::new()))
}

fn delete_some(tables: &mut Tables, namespace: &Name) -> Result<Progress, StoreError> {
    let keys: Vec<Name> = tables
        .counters
        .range((namespace.as_str(), "")..)?
        .map_while(|row| match row {
            Ok((place, _)) if place.value().0 != namespace.as_str() => None,
            Ok((place, _)) => Some(Name::new(place.value().1).map_err(odd_name)),
            Err(error) => Some(Err(error.into())),
        })
        .take(DELETED_PER_WRITE)
        .collect::<Result<_, StoreError>>()?;
    for key in &keys {
        tables.delete(&Counter { namespace: namespace.clone(), key: key.clone() })?;
    }
    let more = keys.len() == DELETED_PER_WRITE;
    let gone = |key| (namespace.clone(), Update { key, total: None });
    let updates = keys.into_iter().map(gone).collect();
    if more {
        return Ok(Progress::More(updates));
    }
    // Last, so that a deletion that was cut short can be repeated by the owner.
    tables.put_namespace(namespace, &Held::default())?;
    Ok(Progress::Done(updates))
}

/// A name in the file that is none.
pub fn odd_name(error: crate::model::name::InvalidName) -> StoreError {
    StoreError::Failed(format!("the file holds a name that is none: {error}"))
}
