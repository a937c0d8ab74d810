//! The results of changes, as both stores remember them for repeated requests.

use super::StoreError;
use super::pack::{Packer, Unpacker};
use crate::model::edit::Edited;
use crate::model::export::Imported;

/// The result of a change to a counter: each total in an array, which is empty without one.
pub(crate) fn pack_edited(Edited { old, new }: Edited) -> Vec<u8> {
    let total = |packer: Packer, total: Option<i64>| match total {
        Some(total) => packer.array(1).int(total),
        None => packer.array(0),
    };
    total(total(Packer::default(), old), new).finish()
}

/// Reads what [`pack_edited`] wrote.
pub(crate) fn unpack_edited(bytes: &[u8]) -> Result<Edited, StoreError> {
    let mut values = Unpacker::new(bytes);
    let mut total = || if values.array()? == 1 { values.int().map(Some) } else { Ok(None) };
    Ok(Edited { old: total()?, new: total()? })
}

/// The result of an import, from the byte that is remembered of it.
pub(crate) fn imported(bytes: &[u8]) -> Result<Imported, StoreError> {
    let all = [Imported::Created, Imported::Replaced, Imported::Added, Imported::Skipped];
    let odd = || StoreError::Damaged("what is remembered of an import".into());
    all.into_iter().find(|imported| bytes == [*imported as u8]).ok_or_else(odd)
}
