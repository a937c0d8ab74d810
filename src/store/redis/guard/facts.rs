//! A server's own report of itself: which facts lead to a refusal, and which to a warning.

/// The relevant facts of a server's `INFO`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) replica: bool,
    policy: String,
    append_only: bool,
    pub(super) cluster: bool,
    /// The bytes in use, and the limit; 0 means no limit.
    pub(super) used_memory: u64,
    pub(super) max_memory: u64,
    /// How many replicas follow it.
    pub(super) replicas: i64,
    /// `None` if the server does not tell.
    snapshots: Option<bool>,
}

impl Facts {
    /// Reads the answers to `INFO` and `CONFIG GET save`.
    pub(super) fn read(info: &str, save: Option<&[String]>) -> Self {
        let mut facts = Self {
            snapshots: save.and_then(|s| s.get(1)).map(|points| !points.is_empty()),
            ..Self::default()
        };
        for (name, value) in info.lines().filter_map(|line| line.trim_end().split_once(':')) {
            match name {
                "role" => facts.replica = value == "slave",
                "maxmemory_policy" => facts.policy = value.into(),
                "used_memory" => facts.used_memory = value.parse().unwrap_or(0),
                "maxmemory" => facts.max_memory = value.parse().unwrap_or(0),
                "cluster_enabled" => facts.cluster = value == "1",
                "aof_enabled" => facts.append_only = value == "1",
                // slave0:ip=…,port=…,state=online,…
                _ if name.starts_with("slave") && value.contains("state=online") => {
                    facts.replicas += 1;
                }
                _ => {}
            }
        }
        facts
    }

    /// Whether less than a tenth of its memory is free, which is reserved for existing
    /// counters.
    pub(super) fn is_short(&self) -> bool {
        self.max_memory > 0
            && self.max_memory.saturating_sub(self.used_memory) < self.max_memory / 10
    }

    pub(super) fn refusal(&self, allow_eviction: bool) -> Option<String> {
        if self.replica {
            return Some(
                "it is a replica, and a replica cannot be written to; \
                 give the address of its master"
                    .into(),
            );
        }
        (self.policy.starts_with("allkeys-") && !allow_eviction).then(|| {
            format!(
                "its maxmemory-policy is {}, which deletes counters when memory runs out; \
                 set `maxmemory-policy noeviction`, or accept the loss with --allow-eviction",
                self.policy
            )
        })
    }

    pub(super) fn warnings(&self, may_lose: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.policy.starts_with("allkeys-") {
            warnings.push(format!(
                "Redis has maxmemory-policy {}: it will delete counters when memory runs out",
                self.policy
            ));
        }
        if self.policy.starts_with("volatile-") {
            warnings.push(format!(
                "Redis has maxmemory-policy {}: when memory runs out it will forget which \
                 writes were done, and a write that is repeated then may count twice",
                self.policy
            ));
        }
        if may_lose {
            warnings.push(
                "Redis writes are not waited for by any replica: a failover loses the last hits \
                 that were answered; give the master a replica, or set --replicas"
                    .into(),
            );
        }
        match (self.append_only, self.snapshots) {
            (true, _) => {}
            (false, Some(false)) => warnings.push(
                "Redis HAS NO PERSISTENCE: every count is lost when it stops; \
                 set `appendonly yes`"
                    .into(),
            ),
            (false, _) => warnings.push(
                "Redis keeps no append-only file: a crash loses the counts since its last \
                 snapshot; set `appendonly yes`"
                    .into(),
            ),
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(policy: &str, role: &str, aof: u8, save: &str) -> Facts {
        let info = format!(
            "# Memory\r\nmaxmemory_policy:{policy}\r\naof_enabled:{aof}\r\nrole:{role}\r\n\
             slave0:ip=::1,port=1,state=online,offset=1\r\nslave1:ip=::1,state=wait_bgsave\r\n"
        );
        Facts::read(&info, Some(&["save".into(), save.into()]))
    }

    #[test]
    fn only_what_loses_counters_is_refused() {
        assert_eq!(facts("noeviction", "master", 1, "").refusal(false), None);
        assert_eq!(facts("noeviction", "master", 1, "").replicas, 1);
        assert_eq!(facts("volatile-lru", "master", 1, "").refusal(false), None);
        assert!(facts("allkeys-lru", "master", 1, "").refusal(false).is_some());
        assert_eq!(facts("allkeys-lru", "master", 1, "").refusal(true), None);
        assert!(facts("noeviction", "slave", 1, "").refusal(true).is_some());
    }

    #[test]
    fn a_tenth_of_the_memory_is_kept_free() {
        let short = |used: u64, max: u64| {
            let info = format!("used_memory:{used}\r\nmaxmemory:{max}\r\n");
            Facts::read(&info, None).is_short()
        };
        assert!(!short(900, 1000));
        assert!(short(901, 1000));
        assert!(short(2000, 1000));
        assert!(!short(u64::MAX, 0));
    }

    #[test]
    fn missing_persistence_is_a_warning() {
        assert!(facts("noeviction", "master", 1, "").warnings(false).is_empty());
        assert!(facts("noeviction", "master", 1, "").warnings(true)[0].contains("--replicas"));
        let none = facts("noeviction", "master", 0, "").warnings(false);
        assert!(none[0].contains("NO PERSISTENCE"), "{none:?}");
        let snapshots = facts("noeviction", "master", 0, "3600 1").warnings(false);
        assert!(snapshots[0].contains("snapshot"), "{snapshots:?}");
    }
}
