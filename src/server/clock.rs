//! Notices when the machine's clock is set. Hits are then counted in other hours and days
//! than those in which they arrived, which nothing else would reveal.

use std::time::{Duration, Instant, SystemTime};

/// How often the clock is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// The largest change in seconds that is not reported: time synchronisation makes smaller
/// ones.
const UNNOTICED: i64 = 600;

/// Logs a line whenever the clock was set, for as long as the process lives.
pub async fn watch() {
    let mut clock = Clock::new(SystemTime::now(), Instant::now());
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        if let Some(seconds) = clock.set_by(SystemTime::now(), Instant::now()) {
            tracing::error!(
                seconds,
                "the machine's CLOCK WAS SET, or the machine slept: hits are counted at its new time"
            );
        }
    }
}

/// The clock and the monotonic time, read at the same moment.
struct Clock {
    shown: SystemTime,
    passed: Instant,
}

impl Clock {
    fn new(shown: SystemTime, passed: Instant) -> Self {
        Self { shown, passed }
    }

    /// By how many seconds the clock was set since the last call, if by enough to report;
    /// negative if it was set back.
    fn set_by(&mut self, shown: SystemTime, passed: Instant) -> Option<i64> {
        let due = self.shown + passed.duration_since(self.passed);
        *self = Self::new(shown, passed);
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        let by = match shown.duration_since(due) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        };
        (by.abs() >= UNNOTICED).then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_told_once_and_drift_is_not() {
        let (shown, passed) = (SystemTime::UNIX_EPOCH, Instant::now());
        let mut clock = Clock::new(shown, passed);
        let second = Duration::from_secs(1);
        let mut look = |shown_at: u32, passed_at: u32| {
            clock.set_by(shown + second * shown_at, passed + second * passed_at)
        };
        assert_eq!(look(1_000_000, 1_000_000), None);
        assert_eq!(look(1_000_015, 1_000_010), None, "drift");
        assert_eq!(look(1_086_425, 1_000_020), Some(86_400));
        assert_eq!(look(1_086_435, 1_000_030), None);
        assert_eq!(look(1_082_845, 1_000_040), Some(-3600));
        assert_eq!(look(1_082_855, 1_000_050), None);
    }
}
