//! A plan for commit.lua: commands to run if the keys that they depend on are unchanged.

use fred::types::Value;

use super::node::Script;
use super::read::odd;
use super::servers::Servers;
use crate::store::StoreError;
use crate::store::pack::Packer;

/// Checks and commands, with all keys in one slot of a Cluster.
#[derive(Default)]
pub(crate) struct Plan {
    keys: Vec<String>,
    checks: (usize, Packer),
    commands: (usize, Packer),
}

impl Plan {
    /// Checks that a key still has this value, or still does not exist.
    pub(crate) fn unchanged(&mut self, key: &str, found: Option<&[u8]>) {
        self.check(Packer::default().maybe(found), "GET", &[key]);
    }

    /// Checks that a sorted set still has this many members.
    pub(crate) fn same_size(&mut self, key: &str, size: u64) {
        self.check(Packer::default().uint(size), "ZCARD", &[key]);
    }

    /// Checks that a key still exists, or still does not.
    pub(crate) fn exists(&mut self, key: &str, found: bool) {
        self.check(Packer::default().uint(found.into()), "EXISTS", &[key]);
    }

    /// Checks that a command still has this answer.
    pub(crate) fn check_text(&mut self, expected: &str, command: &str, arguments: &[&str]) {
        self.check(Packer::default().bytes(expected.as_bytes()), command, arguments);
    }

    fn check(&mut self, expected: Packer, command: &str, arguments: &[&str]) {
        self.touch(arguments[0]);
        let (number, packer) = std::mem::take(&mut self.checks);
        let mut packer =
            packer.array(2 + arguments.len()).append(expected).bytes(command.as_bytes());
        for argument in arguments {
            packer = packer.bytes(argument.as_bytes());
        }
        self.checks = (number + 1, packer);
    }

    /// Adds a command, whose first argument is its key.
    pub(crate) fn run(&mut self, command: &str, arguments: &[&[u8]]) {
        self.touch(&String::from_utf8_lossy(arguments[0]));
        let (number, packer) = std::mem::take(&mut self.commands);
        let mut packer = packer.array(1 + arguments.len()).bytes(command.as_bytes());
        for argument in arguments {
            packer = packer.bytes(argument);
        }
        self.commands = (number + 1, packer);
    }

    fn touch(&mut self, key: &str) {
        if !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.into());
        }
    }

    /// Commits the plan. Returns false, and has done nothing, if a check failed.
    pub(crate) async fn commit(
        self,
        servers: &Servers,
        commit: &Script,
    ) -> Result<bool, StoreError> {
        let (checks, commands) = (self.checks, self.commands);
        let plan = Packer::default().array(2).array(checks.0).append(checks.1);
        let plan = plan.array(commands.0).append(commands.1).finish();
        match servers.script(commit, &self.keys, &plan).await? {
            Value::Integer(done) => Ok(done == 1),
            _ => Err(odd("something other than a number")),
        }
    }
}
