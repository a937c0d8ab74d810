//! One deadline for each request, counted from its arrival: a request that asks the store
//! several times waits no longer than one that asks once.

use std::time::{Duration, Instant};

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Answers a request: the store must answer all of it by `deadline`.
pub fn scope<F: Future>(deadline: Instant, answer: F) -> impl Future<Output = F::Output> {
    DEADLINE.scope(deadline, answer)
}

/// The deadline of the current request; outside of a request, `wait` from now.
pub fn due(wait: Duration) -> Instant {
    DEADLINE.try_with(|deadline| *deadline).unwrap_or_else(|_| Instant::now() + wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_question_has_what_is_left_of_the_time() {
        let wait = Duration::from_secs(1);
        let (first, second) = scope(Instant::now() + wait, async {
            let first = due(wait);
            tokio::time::sleep(Duration::from_millis(5)).await;
            (first, due(wait))
        })
        .await;
        assert_eq!(first, second);
        assert!(due(wait) > first);
    }
}
