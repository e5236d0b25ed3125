//! Figures for people.

pub fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

pub fn bytes(count: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    match units.into_iter().find(|(unit, _)| count >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", count / unit),
        None => format!("{count:.0} bytes"),
    }
}

/// As a directive takes it: whole megabytes.
pub fn bytes_rounded_up(count: f64) -> String {
    format!("{}mb", (count / f64::from(1 << 20)).ceil().max(1.0))
}

pub fn time(millis: f64) -> String {
    match millis {
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 120_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms < 7_200_000.0 => format!("{:.0} minutes", ms / 60_000.0),
        ms => format!("{:.0} hours", ms / 3_600_000.0),
    }
}
