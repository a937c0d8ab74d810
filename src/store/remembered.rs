//! What is packed in the same way by both stores besides counters: a namespace's settings, and the
//! result of a change that may be asked for again.

use super::StoreError;
use super::pack::{Packer, Unpacker};
use crate::model::edit::{Edited, Namespace};
use crate::model::token::Digest;

/// The version of a namespace's values.
const VERSION: u8 = 1;

/// The number of values that [`pack_namespace`] adds.
pub(crate) const NAMESPACE_VALUES: usize = 4;

/// Adds a namespace's version, the digest of its owner or `false`, whether anybody may list its
/// counters, and whether anybody's hit creates one. count.lua reads the second and the last.
pub(crate) fn pack_namespace(packer: Packer, namespace: &Namespace) -> Packer {
    let Namespace { owner, public, open, .. } = namespace;
    let owner = owner.as_ref().map(Digest::as_bytes);
    packer.uint(VERSION.into()).maybe(owner).flag(*public).flag(*open)
}

/// Reads these values; the number of counters is not among them.
pub(crate) fn unpack_namespace(values: &mut Unpacker) -> Result<Namespace, StoreError> {
    if values.uint::<u8>()? != VERSION {
        return Err(StoreError::Damaged("a namespace of another layout".into()));
    }
    let owner = values.maybe()?.map(Digest::from_bytes).transpose()?;
    Ok(Namespace { owner, public: values.flag()?, open: values.flag()?, ..Namespace::default() })
}

/// The result of a change to a counter: each total in an array, which is empty without one.
pub(crate) fn pack_edited(Edited { old, new }: Edited) -> Vec<u8> {
    let total = |packer: Packer, total: Option<i64>| match total {
        Some(total) => packer.array(1).int(total),
        None => packer.array(0),
    };
    total(total(Packer::default(), old), new).finish()
}

/// Reads that.
pub(crate) fn unpack_edited(bytes: &[u8]) -> Result<Edited, StoreError> {
    let mut values = Unpacker::new(bytes);
    let mut total = || if values.array()? == 1 { values.int().map(Some) } else { Ok(None) };
    Ok(Edited { old: total()?, new: total()? })
}
