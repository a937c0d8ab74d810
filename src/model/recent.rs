//! A bounded table, which forgets what was stored longest ago.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

/// A table of at most twice its size in entries.
///
/// A full young half replaces the old half, whose entries are forgotten. So a new entry costs
/// the same however many there are, and nothing is searched for the oldest ones. Storing an entry
/// again moves it to the young half.
pub struct Recent<K, V, S = RandomState> {
    size: usize,
    young: HashMap<K, V, S>,
    old: HashMap<K, V, S>,
}

impl<K: Clone + Eq + Hash, V: Clone, S: BuildHasher + Default> Recent<K, V, S> {
    /// An empty table with this many entries in each half.
    pub fn new(size: usize) -> Self {
        Self { size, young: HashMap::default(), old: HashMap::default() }
    }

    /// What was stored last for a key, if it is still there.
    pub fn get(&self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).cloned()
    }

    /// Forgets an entry.
    pub fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// Stores an entry.
    pub fn put(&mut self, key: &K, value: V) {
        if let Some(known) = self.young.get_mut(key) {
            *known = value;
            return;
        }
        if self.young.len() >= self.size {
            // Reuses the memory of the forgotten half.
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(key.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_again_stays_and_the_oldest_goes() {
        let mut table = Recent::<u32, u32>::new(10);
        for key in 0..1000 {
            table.put(&key, key);
            table.put(&0, key);
            assert_eq!(table.get(&key), Some(key));
            assert!(table.young.len() <= 10 && table.old.len() <= 10);
        }
        assert_eq!((table.get(&0), table.get(&980)), (Some(999), None));
    }
}
