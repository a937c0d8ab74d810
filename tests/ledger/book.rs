//! The clients' notes about every hit, and their comparison with the stored counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::common;

/// The namespace of the ledger's counters.
pub const NAMESPACE: &str = "ledger";

/// Counter 0 is the hot one; each of the others gets an occasional hit.
pub const COUNTERS: usize = 40;

/// A counter with dedupe, which counts each visitor once.
pub const ONCE: &str = "once/visitors";

/// The key of a counter, by its index.
pub fn key(counter: usize) -> String {
    if counter == 0 { "hot".into() } else { format!("cold{counter}") }
}

/// A client's knowledge of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200 and its number: stored, once.
    Answered(i64),
    /// An answer says that it was not counted.
    Refused,
    /// No answer, or a 503 that says `unknown`: it may be stored, once.
    Unknown,
}

impl Outcome {
    /// Combines the outcomes of a hit that was sent again. A refusal of the repetition does not
    /// undo the first attempt, and an answer stays an answer.
    pub fn after(self, before: Option<Self>) -> Self {
        match (before, self) {
            (Some(before @ Self::Answered(_)), Self::Refused | Self::Unknown) => before,
            (Some(Self::Unknown), Self::Refused) => Self::Unknown,
            (_, outcome) => outcome,
        }
    }
}

/// One hit in a client's notes. With an id it is one hit, however often it was sent.
#[derive(Clone, Debug)]
pub struct Hit {
    pub counter: usize,
    pub id: Option<String>,
    pub outcome: Outcome,
    /// When the last answer came, or the client gave up.
    pub at: Instant,
    /// The longest wait for an answer.
    pub slowest: Duration,
}

/// The outcome that the documents promise for an answer; `None` if they do not mention it.
pub fn outcome(answer: &common::Answer) -> Option<Outcome> {
    match answer.status {
        200 => answer.value().map(Outcome::Answered),
        400..=499 | 507 => Some(Outcome::Refused),
        500 | 503 => match answer.json()["counted"].as_str()? {
            "unknown" => Some(Outcome::Unknown),
            "no" => Some(Outcome::Refused),
            _ => None,
        },
        _ => None,
    }
}

/// The notes of one client, or of all.
#[derive(Default)]
pub struct Book {
    /// Each client's hits, in the order of sending.
    pub clients: Vec<Vec<Hit>>,
    /// The visitors of the counter with dedupe, and the outcome of each.
    pub visitors: Vec<Outcome>,
    /// Answers that no hit should get.
    pub strange: Vec<String>,
}

/// A counter's stored numbers, read in three ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub total: i64,
    /// The sum of its days.
    pub days: i64,
    pub exported: i64,
}

/// All stored numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub counters: Vec<Stored>,
    /// The counter with dedupe.
    pub once: Stored,
    /// Totals that an import got wrong, as sentences.
    pub wrong: Vec<String>,
}

/// The differences between the notes and the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub sent: i64,
    pub answered: i64,
    pub refused: i64,
    pub unknown: i64,
    pub stored: i64,
    /// Answered hits that are not stored.
    pub lost: i64,
    /// Numbers that were given twice, and stored hits that nobody sent.
    pub twice: i64,
    /// Other errors, as sentences.
    pub wrong: Vec<String>,
}

impl Book {
    pub fn hits(&self) -> impl Iterator<Item = &Hit> {
        self.clients.iter().flatten()
    }

    /// Looks for hits that are lost or stored twice, counter by counter.
    pub fn audit(&self, held: &Held) -> Audit {
        let mut audit = Audit { wrong: self.strange.clone(), ..Audit::default() };
        audit.wrong.extend(held.wrong.iter().cloned());
        self.audit_visitors(held.once, &mut audit);
        for (counter, stored) in held.counters.iter().enumerate() {
            let of_it = || self.hits().filter(|hit| hit.counter == counter);
            let refused = of_it().filter(|hit| hit.outcome == Outcome::Refused).count() as i64;
            let unknown = of_it().filter(|hit| hit.outcome == Outcome::Unknown).count() as i64;
            let mut numbers: Vec<i64> = of_it().filter_map(Hit::number).collect();
            let answered = numbers.len() as i64;
            numbers.sort_unstable();
            let repeated = numbers.windows(2).filter(|pair| pair[0] == pair[1]).count() as i64;
            let beyond = numbers.iter().filter(|number| **number > stored.total).count() as i64;
            audit.sent += answered + refused + unknown;
            audit.answered += answered;
            audit.refused += refused;
            audit.unknown += unknown;
            audit.stored += stored.total;
            // A total may be large enough for all answered hits and still be lower than a number.
            audit.lost += (answered - stored.total).max(beyond).max(0);
            audit.twice += repeated + (stored.total - answered - unknown).max(0);
            if let Some(number) = numbers.first().filter(|number| **number < 1) {
                audit.wrong.push(format!("{}: a hit has the number {number}", key(counter)));
            }
            audit.wrong.extend(stored.differs(&key(counter)));
        }
        for hits in &self.clients {
            audit.wrong.extend(falling(hits));
        }
        audit
    }

    /// Each visitor with an answer is counted, once, however often they came.
    fn audit_visitors(&self, once: Stored, audit: &mut Audit) {
        let count = |wanted: fn(&Outcome) -> bool| {
            self.visitors.iter().filter(|outcome| wanted(outcome)).count() as i64
        };
        let answered = count(|outcome| matches!(outcome, Outcome::Answered(_)));
        let unknown = count(|outcome| *outcome == Outcome::Unknown);
        if !(answered..=answered + unknown).contains(&once.total) {
            let total = once.total;
            audit.wrong.push(format!(
                "{total} visitors are stored; {answered} were answered, {unknown} may be stored"
            ));
        }
        audit.wrong.extend(once.differs(ONCE));
    }
}

impl Stored {
    /// An error if the three numbers differ.
    fn differs(&self, name: &str) -> Option<String> {
        let agree = self.days == self.total && self.exported == self.total;
        (!agree).then(|| format!("{name}: {self:?}"))
    }
}

impl Hit {
    pub fn number(&self) -> Option<i64> {
        match self.outcome {
            Outcome::Answered(number) => Some(number),
            Outcome::Refused | Outcome::Unknown => None,
        }
    }
}

/// A client sends one hit after the other, so its numbers of a counter must rise.
fn falling(hits: &[Hit]) -> Option<String> {
    let mut last = BTreeMap::new();
    for hit in hits {
        let Some(number) = hit.number() else { continue };
        if let Some(before) = last.insert(hit.counter, number).filter(|before| *before >= number) {
            return Some(format!("{}: a client got {number} after {before}", key(hit.counter)));
        }
    }
    None
}

mod tests {
    use super::*;

    fn hit(counter: usize, outcome: Outcome) -> Hit {
        Hit { counter, id: None, outcome, at: Instant::now(), slowest: Duration::ZERO }
    }

    fn hot(outcomes: &[Outcome]) -> Vec<Hit> {
        outcomes.iter().map(|outcome| hit(0, *outcome)).collect()
    }

    /// Audits the notes of two clients on one counter that stores this many hits.
    fn audit(one: &[Outcome], other: &[Outcome], total: i64) -> Audit {
        let book = Book { clients: vec![hot(one), hot(other)], ..Book::default() };
        book.audit(&held(total))
    }

    fn held(total: i64) -> Held {
        let stored = Stored { total, days: total, exported: total };
        Held { counters: vec![stored], ..Held::default() }
    }

    use Outcome::{Answered, Refused, Unknown};

    #[test]
    fn a_book_in_order_is_found_in_order() {
        let found = audit(&[Answered(1), Refused, Answered(3)], &[Answered(2), Unknown], 3);
        let numbers = [found.sent, found.answered, found.refused, found.unknown, found.stored];
        assert_eq!(numbers, [5, 3, 1, 1, 3]);
        assert_eq!((found.lost, found.twice, found.wrong), (0, 0, vec![]));
    }

    #[test]
    fn a_lost_hit_is_found() {
        assert_eq!(audit(&[Answered(1), Answered(3)], &[Answered(2)], 2).lost, 1);
        // A stored hit without an answer must not hide the loss.
        assert_eq!(audit(&[Answered(1), Answered(3)], &[Unknown], 2).lost, 1);
    }

    #[test]
    fn a_hit_that_is_stored_twice_is_found() {
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Refused], 3).twice, 1);
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Unknown], 3).twice, 0);
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Unknown], 4).twice, 1);
    }

    #[test]
    fn a_number_that_is_given_twice_is_found() {
        assert_eq!(audit(&[Answered(1), Answered(2)], &[Answered(2)], 3).twice, 1);
    }

    #[test]
    fn numbers_that_fall_are_found() {
        let found = audit(&[Answered(2), Answered(1)], &[], 2).wrong;
        assert_eq!(found, ["hot: a client got 1 after 2"]);
        let book = Book {
            clients: vec![vec![hit(0, Answered(2)), hit(1, Answered(1))]],
            ..Book::default()
        };
        assert_eq!(book.audit(&held(2)).wrong, [""; 0]);
    }

    #[test]
    fn days_and_an_export_that_differ_are_found() {
        let book = Book { clients: vec![hot(&[Answered(1)])], ..Book::default() };
        for (days, exported) in [(0, 1), (1, 0), (2, 1)] {
            let stored = Stored { total: 1, days, exported };
            let held = Held { counters: vec![stored], ..Held::default() };
            assert_eq!(book.audit(&held).wrong.len(), 1, "{stored:?}");
        }
    }

    #[test]
    fn a_visitor_who_is_counted_twice_or_never_is_found() {
        let visitors = vec![Answered(1), Answered(1), Unknown, Refused];
        let book = Book { visitors, ..Book::default() };
        for (total, wrong) in [(1, 1), (2, 0), (3, 0), (4, 1)] {
            let once = Stored { total, days: total, exported: total };
            let held = Held { once, ..Held::default() };
            assert_eq!(book.audit(&held).wrong.len(), wrong, "{total}");
        }
    }

    #[test]
    fn a_repetition_does_not_undo_the_first_attempt() {
        assert_eq!(Refused.after(Some(Unknown)), Unknown);
        assert_eq!(Refused.after(Some(Answered(7))), Answered(7));
        assert_eq!(Answered(7).after(Some(Unknown)), Answered(7));
        assert_eq!(Unknown.after(Some(Refused)), Unknown);
    }

    #[test]
    fn an_unpromised_answer_is_found() {
        let answer = |status, body: &str| common::Answer {
            status,
            headers: vec![],
            body: body.into(),
            bytes: vec![],
        };
        assert_eq!(outcome(&answer(200, r#"{"value":7}"#)), Some(Answered(7)));
        assert_eq!(outcome(&answer(503, r#"{"counted":"unknown"}"#)), Some(Unknown));
        assert_eq!(outcome(&answer(503, r#"{"counted":"no"}"#)), Some(Refused));
        assert_eq!(outcome(&answer(500, r#"{"counted":"no"}"#)), Some(Refused));
        assert_eq!(outcome(&answer(507, "{}")), Some(Refused));
        assert_eq!(outcome(&answer(503, "{}")), None);
        assert_eq!(outcome(&answer(500, "{}")), None);
        assert_eq!(outcome(&answer(200, "{}")), None);
    }
}
