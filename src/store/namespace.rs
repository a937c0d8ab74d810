//! A namespace's settings, packed in the same way for both stores.

use super::StoreError;
use super::pack::{Packer, Unpacker};
use crate::model::edit::Namespace;
use crate::model::token::Digest;

/// The version of the packed form, which is its first value. count.lua reads the owner and
/// whether hits create counters, the second and the fourth.
const VERSION: u8 = 1;

/// Version, owner, public and open.
const VALUES: usize = 4;

/// Begins an array of the settings, to which the store adds this many values of its own.
pub(crate) fn pack(namespace: &Namespace, more: usize) -> Packer {
    let Namespace { owner, public, open, .. } = namespace;
    let owner = owner.as_ref().map(Digest::as_bytes);
    let packer = Packer::default().array(VALUES + more).uint(VERSION.into());
    packer.maybe(owner).flag(*public).flag(*open)
}

/// Reads the settings of such an array. The number of counters is not among them.
pub(crate) fn unpack(values: &mut Unpacker, more: usize) -> Result<Namespace, StoreError> {
    if values.array()? != VALUES + more || values.uint::<u8>()? != VERSION {
        return Err(StoreError::Damaged("a namespace of another layout".into()));
    }
    let owner = values.maybe()?.map(Digest::from_bytes).transpose()?;
    Ok(Namespace { owner, public: values.flag()?, open: values.flag()?, ..Namespace::default() })
}
