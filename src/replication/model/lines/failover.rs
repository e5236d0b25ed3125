//! What a master says that hands over to a replica; `target` shows as `host:port`.

use std::fmt::Display;

use super::{LogLine, notice};

pub fn requested(target: Option<impl Display>) -> LogLine {
    notice(format!("FAILOVER requested to {}.", named(target)))
}

pub fn synced(target: impl Display) -> LogLine {
    notice(format!("Failover target {target} is synced, failing over."))
}

pub fn forced(target: impl Display) -> LogLine {
    notice(format!("FAILOVER to {target} time out exceeded, failing over."))
}

pub fn aborted(target: Option<impl Display>, reason: &str) -> LogLine {
    notice(format!("FAILOVER to {} aborted: {reason}", named(target)))
}

fn named(target: Option<impl Display>) -> String {
    target.map_or_else(|| "any replica".to_owned(), |target| target.to_string())
}
