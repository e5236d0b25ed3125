//! How far the end of the process is.

use crate::base::time::UnixMillis;

/// How far the end of the process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    pub stage: ShutdownStage,
    /// The signal that came last, until the shutdown it asks for is given up.
    pub signal: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShutdownStage {
    /// None was begun.
    #[default]
    Running,
    /// Writes are held back, so that the replicas catch up.
    WaitingForReplicas { until: UnixMillis },
    /// Everything is held back while the last file is written, and afterwards.
    Ending,
}

impl Shutdown {
    /// Whether there is something to give up.
    pub fn is_wanted(&self) -> bool {
        self.is_begun() || self.signal.is_some()
    }

    /// Writes wait from here on.
    pub fn is_begun(&self) -> bool {
        self.stage != ShutdownStage::Running
    }

    /// `shutdown_in_milliseconds`: how long replicas are waited for.
    pub fn millis_left(&self, now: UnixMillis) -> Option<i64> {
        match self.stage {
            ShutdownStage::WaitingForReplicas { until } => Some((until - now).max(0)),
            ShutdownStage::Running | ShutdownStage::Ending => None,
        }
    }
}
