//! The system's figures about this process, under the names that Prometheus client libraries
//! share.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rlimit::Resource;

/// Ticks a second of /proc/self/stat: Linux has had 100 on every architecture that Rust
/// is built for (`USER_HZ`, proc(5)).
const TICKS: f64 = 100.0;

/// Reads /proc at each scrape. Systems without it have fewer metrics.
#[derive(Debug)]
pub(super) struct Process {
    started: f64,
}

impl Process {
    /// The figures of a process that starts now.
    pub(super) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self { started: since.unwrap_or(Duration::ZERO).as_secs_f64() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let mut gauge = |name, help, unit: Option<Unit>, value: Option<f64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            let metric =
                encoder.encode_descriptor(name, help, unit.as_ref(), gauge.metric_type())?;
            gauge.encode(metric)
        };
        gauge(
            "process_start_time",
            "When the process started, since the Unix epoch",
            Some(Unit::Seconds),
            Some(self.started),
        )?;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        for (name, help, field) in [
            ("process_resident_memory", "Memory in use", "VmRSS"),
            ("process_virtual_memory", "Address space in use", "VmSize"),
        ] {
            gauge(name, help, Some(Unit::Bytes), kilobytes(&status, field))?;
        }
        let open = fs::read_dir("/proc/self/fd").ok().map(|fds| fds.count() as f64);
        gauge("process_open_fds", "Open file descriptors", None, open)?;
        let max = Resource::NOFILE.get_soft().ok().map(|max| max as f64);
        gauge("process_max_fds", "Most open file descriptors", None, max)?;
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        if let Some(seconds) = cpu_seconds(&stat) {
            let counter = ConstCounter::new(seconds);
            let metric = encoder.encode_descriptor(
                "process_cpu",
                "Processor time spent",
                Some(&Unit::Seconds),
                counter.metric_type(),
            )?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

/// A field of /proc/self/status in bytes. The file has it in kibibytes.
fn kilobytes(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// User and system time of /proc/self/stat, its fields 14 and 15. The second field, the
/// name, may hold spaces; it ends with the last parenthesis.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read_as_its_manual_has_it() {
        assert_eq!(kilobytes("VmPeak:\t  9 kB\nVmRSS:\t   12 kB\n", "VmRSS"), Some(12.0 * 1024.0));
        assert_eq!(kilobytes("VmRSS: many", "VmRSS"), None);
        let stat = "7 (a) b) S 1 1 1 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 9 0 0";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds(""), None);
    }
}
