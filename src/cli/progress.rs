//! The progress of an export or an import, for people at a terminal.

use std::io::{self, IsTerminal};

/// A progress line, shown only on a terminal.
#[derive(Default)]
pub struct ProgressLine {
    done: u64,
    shown: Option<std::time::Instant>,
}

impl ProgressLine {
    /// Adds these lines. `all` is the number of lines in all, if known.
    pub fn more_of(&mut self, lines: &[u8], all: Option<u64>) {
        let more = lines.iter().filter(|b| **b == b'\n').count() as u64;
        let part = all.map(|all| ((self.done + more) as f64 / all.max(1) as f64).min(1.0));
        self.more(more, part);
    }

    /// Adds to the number of lines; `part` is the fraction that is done, if known.
    pub fn more(&mut self, lines: u64, part: Option<f64>) {
        self.done += lines;
        let soon = self.shown.is_some_and(|at| at.elapsed().as_millis() < 100);
        if soon || !io::stderr().is_terminal() {
            return;
        }
        self.shown = Some(std::time::Instant::now());
        match part {
            Some(part) => eprint!("\r{} counters, {:.0} %", self.done, part * 100.0),
            None => eprint!("\r{} counters", self.done),
        }
    }

    /// The number of lines so far.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Replaces the progress with a closing sentence.
    pub fn end(&self, sentence: &str) {
        let clear = if self.shown.is_some() { "\r\x1b[K" } else { "" };
        eprintln!("{clear}seen: {sentence}");
    }
}
