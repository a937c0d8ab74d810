//! Keeps a stranger or an outage from filling the log with one line.

use std::time::{Duration, Instant};

/// The least time between two log lines about the same problem.
const LEAST: Duration = Duration::from_secs(60);

/// When a line was last written.
#[derive(Debug, Default)]
pub struct LogInterval(Option<Instant>);

impl LogInterval {
    /// Whether the line may be written now. If so, it is not due again for a minute.
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
