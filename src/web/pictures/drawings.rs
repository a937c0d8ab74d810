//! The charts and cards drawn last, by what they show: the same picture is drawn once.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task::JoinError;

use crate::model::recent::Recent;
use crate::picture::card;
use crate::picture::chart::{self, Chart};

/// How many pictures are kept at least. With twice as many of the largest charts (1,096 days,
/// 60 kB with what it shows) they take 4 MB.
const KEPT: usize = 32;

/// Everything that a picture shows.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Shown {
    Chart(Chart),
    Card { number: String, days: Vec<u64> },
}

/// The pictures drawn last.
pub(crate) struct Drawings {
    kept: Mutex<Recent<Shown, Bytes>>,
    /// Held while a card is drawn.
    turn: tokio::sync::Mutex<()>,
}

impl Default for Drawings {
    fn default() -> Self {
        Self { kept: Mutex::new(Recent::new(KEPT)), turn: tokio::sync::Mutex::default() }
    }
}

impl Drawings {
    /// A chart as SVG.
    pub(crate) fn chart(&self, chart: Chart) -> Bytes {
        let shown = Shown::Chart(chart);
        self.known(&shown).unwrap_or_else(|| self.draw(&shown))
    }

    /// A formatted number and the hits by day, as a PNG. It takes some milliseconds, so it is
    /// drawn outside the threads that answer, and one at a time.
    ///
    /// # Errors
    /// Drawing panicked.
    pub(crate) async fn card(
        self: &Arc<Self>,
        number: String,
        days: Vec<u64>,
    ) -> Result<Bytes, JoinError> {
        let shown = Shown::Card { number, days };
        if let Some(card) = self.known(&shown) {
            return Ok(card);
        }
        let _turn = self.turn.lock().await;
        // It may have been drawn meanwhile.
        if let Some(card) = self.known(&shown) {
            return Ok(card);
        }
        let drawings = self.clone();
        tokio::task::spawn_blocking(move || drawings.draw(&shown)).await
    }

    fn known(&self, shown: &Shown) -> Option<Bytes> {
        self.kept.lock().get(shown)
    }

    fn draw(&self, shown: &Shown) -> Bytes {
        let drawn = Bytes::from(match shown {
            Shown::Chart(chart) => chart::render(chart).into_bytes(),
            Shown::Card { number, days } => card::render(number, days),
        });
        self.kept.lock().put(shown, drawn.clone());
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Day;
    use crate::picture::chart::ChartParams;

    #[tokio::test]
    async fn what_shows_the_same_is_drawn_once() {
        let drawings = Arc::new(Drawings::default());
        let (one, another) = tokio::join!(
            drawings.card("1,234".into(), vec![1, 2]),
            drawings.card("1,234".into(), vec![1, 2]),
        );
        let (one, another) = (one.unwrap(), another.unwrap());
        assert_eq!(one.as_ptr(), another.as_ptr());
        let other = drawings.card("1,234".into(), vec![1, 3]).await.unwrap();
        assert_ne!(other, one);

        let chart = |hits| {
            let none = std::iter::empty::<(&str, &str)>();
            drawings.chart(ChartParams::read(none).chart("site/page", vec![(Day(20_000), hits)]))
        };
        assert_eq!(chart(1).as_ptr(), chart(1).as_ptr());
        assert_ne!(chart(1), chart(2));
    }
}
