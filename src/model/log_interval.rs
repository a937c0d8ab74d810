//! Limits how often a log line repeats, so that neither a stranger nor an outage fills the
//! log.

use std::time::{Duration, Instant};

/// The least time between two log lines about the same problem.
const LEAST: Duration = Duration::from_secs(60);

/// Limits one log line. Remembers when it was last written.
#[derive(Debug, Default)]
pub struct LogInterval(Option<Instant>);

impl LogInterval {
    /// For a line that was never written.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether to write the line now. If so, it is next due a minute later.
    pub fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= LEAST);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_minute() {
        let mut interval = LogInterval::default();
        assert!(interval.is_due());
        assert!(!interval.is_due());
        interval.0 = Instant::now().checked_sub(LEAST);
        assert!(interval.is_due());
    }
}
