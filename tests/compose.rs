//! The numbers of compose.yaml agree with each other.

/// The value behind the only line that begins with this text, without its quotes and comment.
fn value(name: &str) -> &'static str {
    let lines = include_str!("../compose.yaml").lines().map(str::trim);
    let mut values = lines.filter_map(|line| line.strip_prefix(name));
    let value = values.next().unwrap_or_else(|| panic!("there is no {name}"));
    assert_eq!(values.next(), None, "{name} is there twice");
    value.split('#').next().unwrap().trim()
}

fn number(text: &str, unit: &str) -> u64 {
    let number = text.strip_suffix(unit).unwrap_or_else(|| panic!("{text} is not in {unit}"));
    number.parse().unwrap()
}

/// seen stops creating counters while a tenth of Redis' memory is left, but counters with long
/// names and a history take up to 0.6 kB. So the cap must come first.
#[test]
fn all_counters_fit_into_redis() {
    let counters = number(value("SEEN_COUNTERS:"), "");
    let memory = number(value("- --maxmemory "), "mb") << 20;
    assert!(counters * 600 < memory / 10 * 9, "{counters} counters in {memory} bytes");
    // A rewrite of the append-only file may copy all of it.
    let compose = include_str!("../compose.yaml");
    let redis = &compose[compose.find("\n  redis:").unwrap()..];
    let limit = redis.lines().find_map(|line| line.trim().strip_prefix("mem_limit: ")).unwrap();
    assert!(number(limit, "m") << 20 >= 2 * memory, "{limit} of memory for {memory} bytes");
}

/// Compose kills what has not stopped by then.
#[test]
fn seen_ends_before_it_is_killed() {
    let compose = include_str!("../compose.yaml");
    let grace = number(value("SEEN_GRACE:"), "s");
    let line = compose.lines().find_map(|line| line.trim().strip_prefix("stop_grace_period: "));
    assert!(grace < number(line.unwrap(), "s"));
}
