//! The scripts and what they are given.

use std::collections::HashMap;

use bytes::Bytes;
use fred::clients::Client;
use fred::types::Value;
use fred::types::scripts::Script;

use super::{answer, integer, totals_key};
use crate::model::edit::{Change, ChangeId, Credential, Edit, NamespaceChange, NamespaceEdit};
use crate::model::export::{ExportedCounter, OnConflict};
use crate::model::hex;
use crate::model::name::Name;
use crate::model::tally::{Entry, ID_MEMORY, MAX_TOTAL, Run, Tally, WRITE_MEMORY};
use crate::model::time::Timestamp;
use crate::store::record::Record;
use crate::store::{Limits, Mode, StoreError};

/// How long a sketch is kept after it last changed, in seconds.
const SKETCH_MEMORY: u64 = 2 * 86_400;

/// How many counters a deleted namespace loses in one call.
const DELETED_PER_CALL: u64 = 200;

/// A script of one namespace. Servers know it by its hash, and are given it
/// when they do not.
pub struct NamespaceScript(Script);

/// All scripts.
pub struct Scripts {
    pub apply: Script,
    pub edit: NamespaceScript,
    pub namespace: NamespaceScript,
    pub read: NamespaceScript,
    pub ranking: NamespaceScript,
    pub import: NamespaceScript,
}

impl Default for Scripts {
    fn default() -> Self {
        let script = |text: &str| NamespaceScript(Script::from_lua(text));
        Self {
            apply: Script::from_lua(concat!(include_str!("run.lua"), include_str!("apply.lua"))),
            edit: script(include_str!("edit.lua")),
            namespace: script(include_str!("namespace.lua")),
            read: script(include_str!("read.lua")),
            ranking: script(include_str!("ranking.lua")),
            import: script(include_str!("import.lua")),
        }
    }
}

impl NamespaceScript {
    pub async fn call(
        &self,
        client: &Client,
        namespace: &Name,
        arguments: Vec<Value>,
    ) -> Result<Value, StoreError> {
        let keys = vec![totals_key(namespace)];
        Ok(self.0.evalsha_with_reload(client, keys, arguments).await?)
    }
}

/// What a script of a tally is given; its keys have a slot of a Cluster in common.
pub struct TallyCall<'a> {
    pub keys: Vec<String>,
    pub arguments: Vec<Value>,
    /// The tally's namespaces.
    pub namespaces: Vec<&'a Name>,
    /// For each entry the place of its namespace among those.
    pub places: Vec<usize>,
}

fn mode(mode: Mode) -> Value {
    Value::from_static_str(match mode {
        Mode::Open => "open",
        Mode::Create => "create",
        Mode::Private => "private",
    })
}

fn largest() -> Value {
    MAX_TOTAL.into()
}

/// KEYS and ARGV of apply.lua; what the write did is kept at `record`.
pub fn tally<'a>(
    record: String,
    process: &str,
    tally: &'a Tally,
    limits: &Limits,
    full: bool,
) -> TallyCall<'a> {
    let mut namespaces: Vec<&Name> = Vec::new();
    let mut known: HashMap<&Name, usize> = HashMap::new();
    let place = |entry: &'a Entry| {
        *known.entry(&entry.counter.namespace).or_insert_with(|| {
            namespaces.push(&entry.counter.namespace);
            namespaces.len() - 1
        })
    };
    let places: Vec<usize> = tally.entries.iter().map(place).collect();
    let keys = std::iter::once(record).chain(namespaces.iter().map(|n| totals_key(n))).collect();
    let runs: usize = tally.entries.iter().map(|e| e.runs.len()).sum();
    let mut arguments: Vec<Value> = Vec::with_capacity(14 + 4 * tally.entries.len() + runs);
    arguments.extend([
        process.into(),
        integer(tally.number),
        integer(WRITE_MEMORY),
        integer(tally.at.0),
        tally.at.hour().into(),
        tally.at.day().into(),
        limits.oldest_hour(tally.at).into(),
        limits.oldest_day(tally.at).into(),
        mode(limits.mode),
        i64::from(full).into(),
        integer(limits.counters_per_namespace),
        largest(),
        integer(ID_MEMORY),
        integer(SKETCH_MEMORY),
    ]);
    for (entry, place) in tally.entries.iter().zip(&places) {
        // Lua counts from 1, and the record is first.
        arguments.push(integer(*place as u64 + 2));
        arguments.push(entry.counter.key.as_str().into());
        arguments.push(integer(entry.runs.iter().map(|run| run.hits).sum()));
        arguments.push(integer(entry.runs.len() as u64));
        arguments.extend(entry.runs.iter().map(|run| Value::Bytes(text(run))));
    }
    TallyCall { keys, arguments, namespaces, places }
}

/// A run as run.lua reads it.
fn text(run: &Run) -> Bytes {
    let has = u8::from(run.visitor.is_some()) + 2 * u8::from(run.id.is_some());
    let mut text = Vec::with_capacity(2 + 2 * 16 + 4);
    // Both are 9 at most.
    text.extend_from_slice(&[b'1' + run.source.index() as u8, b'0' + has]);
    if let Some(visitor) = &run.visitor {
        text.extend_from_slice(&visitor.0);
    }
    if let Some(id) = &run.id {
        text.extend_from_slice(&id.0);
    }
    text.extend_from_slice(run.hits.to_string().as_bytes());
    text.into()
}

/// ARGV of edit.lua.
pub fn change(change: &Change, limits: &Limits, full: bool) -> Vec<Value> {
    let (proved, digest) = credential(change.credential);
    let (verb, amount) = match change.edit {
        Edit::Create { value, .. } => ("create", value),
        Edit::Set(value) => ("set", value),
        Edit::Add(delta) => ("add", delta),
        Edit::Reset => ("reset", 0),
        Edit::Delete => ("delete", 0),
        Edit::Configure(_) => ("configure", 0),
        Edit::Rotate(_) => ("rotate", 0),
    };
    let mut arguments: Vec<Value> = vec![
        hex::encode(&change.id.0).into(),
        integer(ChangeId::MEMORY),
        integer(change.at.0),
        change.at.day().into(),
        mode(limits.mode),
        i64::from(full).into(),
        integer(limits.counters_per_namespace),
        largest(),
        change.counter.key.as_str().into(),
        proved,
        digest,
        Value::from_static_str(verb),
        amount.into(),
    ];
    match change.edit {
        Edit::Create { settings, token, .. } => {
            arguments.extend(answer::settings(&settings));
            arguments.extend(token.into_iter().flat_map(|t| ["token".into(), t.to_hex().into()]));
        }
        Edit::Configure(settings) => arguments.extend(answer::settings(&settings)),
        Edit::Rotate(token) => arguments.extend(["token".into(), token.to_hex().into()]),
        Edit::Set(_) | Edit::Add(_) | Edit::Reset | Edit::Delete => {}
    }
    arguments
}

/// ARGV of namespace.lua.
pub fn namespace_change(change: &NamespaceChange, limits: &Limits) -> Vec<Value> {
    let (proved, digest) = credential(change.credential);
    let (verb, value) = match change.edit {
        NamespaceEdit::Claim(digest) => ("claim", digest.to_hex()),
        NamespaceEdit::Configure { public } => ("configure", i64::from(public).to_string()),
        NamespaceEdit::Rotate(digest) => ("rotate", digest.to_hex()),
        NamespaceEdit::Release => ("release", String::new()),
        NamespaceEdit::Delete => ("delete", String::new()),
    };
    vec![
        mode(limits.mode),
        proved,
        digest,
        verb.into(),
        value.into(),
        change.at.day().into(),
        integer(DELETED_PER_CALL),
    ]
}

fn credential(credential: Credential) -> (Value, Value) {
    let (proved, digest) = match credential {
        Credential::None => ("nobody", String::new()),
        Credential::Presented(digest) => ("counter", digest.to_hex()),
        Credential::NamespaceOwner(digest) => ("namespace", digest.to_hex()),
        Credential::Instance => ("instance", String::new()),
    };
    (Value::from_static_str(proved), digest.into())
}

/// ARGV of import.lua.
pub fn import(
    id: ChangeId,
    exported: &ExportedCounter,
    on_conflict: OnConflict,
    limits: &Limits,
    full: bool,
    now: Timestamp,
) -> Vec<Value> {
    let record = Record::import(exported, now);
    let mut arguments: Vec<Value> = vec![
        Value::from_static_str(match on_conflict {
            OnConflict::Skip => "skip",
            OnConflict::Replace => "replace",
            OnConflict::Add => "add",
        }),
        i64::from(full).into(),
        integer(limits.counters_per_namespace),
        largest(),
        integer(SKETCH_MEMORY),
        now.day().into(),
        exported.key.as_str().into(),
        record.total.into(),
        integer(record.created),
        if on_conflict == OnConflict::Add { hex::encode(&id.0).into() } else { "".into() },
        integer(ChangeId::MEMORY),
    ];
    let mut set = answer::settings(&record.settings);
    set.extend(record.token.into_iter().flat_map(|t| ["token".into(), t.to_hex().into()]));
    let sketches = exported
        .sketches
        .iter()
        // Yesterday's may still get a late hit; older ones are done with.
        .filter(|s| s.day + 1 >= now.day())
        .flat_map(|s| [s.day.into(), Value::Bytes(s.sketch.to_redis().into())])
        .collect();
    let lists = [
        set,
        answer::sources(&record.sources),
        answer::pairs(&record.days, limits.oldest_day(now)),
        answer::pairs(&record.hours, limits.oldest_hour(now)),
        answer::pairs(&record.uniques, limits.oldest_day(now)),
        sketches,
    ];
    for list in lists {
        arguments.push(integer(list.len() as u64));
        arguments.extend(list);
    }
    arguments
}
