//! How the writes fare that are sent on to our master.

use crate::base::time::UnixMillis;

/// What is kept of a reason, in characters.
const REASON_CHARS: usize = 200;

/// Since the start.
#[derive(Debug, Default)]
pub struct Forwarding {
    /// Commands that went, or were to go.
    pub sent: u64,
    /// Those of them of which the client does not have the master's answer.
    pub failed: u64,
    /// When one last failed, and why.
    pub last_failure: Option<(UnixMillis, String)>,
}

impl Forwarding {
    pub fn note_sent(&mut self, commands: usize) {
        self.sent = self.sent.saturating_add(commands as u64);
    }

    pub fn note_failed(&mut self, commands: usize, reason: &str, now: UnixMillis) {
        if commands > 0 {
            self.failed = self.failed.saturating_add(commands as u64);
            self.last_failure = Some((now, reason.chars().take(REASON_CHARS).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_last_is_kept_and_no_more_of_it_than_a_line() {
        let mut forwarding = Forwarding::default();
        forwarding.note_sent(3);
        forwarding.note_failed(0, "nothing", 5);
        assert_eq!((forwarding.sent, forwarding.failed, &forwarding.last_failure), (3, 0, &None));
        forwarding.note_failed(2, &"ü".repeat(1000), 7);
        let (at, reason) = forwarding.last_failure.expect("one failed");
        assert_eq!((forwarding.failed, at, reason.chars().count()), (2, 7, REASON_CHARS));
    }
}
