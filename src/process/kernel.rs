//! What the kernel is asked for: no huge pages, and a place in the order in which it kills.

use std::fs;

use nix::sys::prctl;

use crate::base::text::system_text;
use crate::config::Config;
use crate::config::value::choice::OomScoreAdj;

const SCORE_FILE: &str = "/proc/self/oom_score_adj";
const SCORE_MAX: i32 = 1000;

/// `disable-thp`: huge pages make a write cost more while a snapshot holds the old one.
pub fn disable_huge_pages() {
    if let Err(error) = prctl::set_thp_disable(true) {
        log::warn!("Can't disable THP: {}", error.desc());
    }
}

/// `oom-score-adj`, with the score from before it was changed.
#[derive(Debug, Default)]
pub(super) struct OomScore {
    base: Option<i32>,
}

impl OomScore {
    /// Sets the score of a master or a replica, or puts the old one back.
    ///
    /// # Errors
    /// For the log.
    pub fn apply(&mut self, config: &Config, is_replica: bool) -> Result<(), String> {
        let read_or_write = |what: &str, error: std::io::Error| {
            format!("Unable to {what} oom_score_adj: {}", system_text(&error))
        };
        let score = match (config.process.oom_score_adj, self.base) {
            (OomScoreAdj::No, None) => return Ok(()),
            (OomScoreAdj::No, Some(base)) => {
                self.base = None;
                base
            }
            (mode, base) => {
                let base = match base {
                    Some(base) => base,
                    None => read_score().map_err(|error| read_or_write("read", error))?,
                };
                self.base = Some(base);
                let value = config.process.oom_score_adj_values[usize::from(is_replica)];
                let score = if mode == OomScoreAdj::Relative { value + base } else { value };
                score.clamp(-SCORE_MAX, SCORE_MAX)
            }
        };
        fs::write(SCORE_FILE, format!("{score}\n")).map_err(|error| read_or_write("write", error))
    }
}

fn read_score() -> std::io::Result<i32> {
    Ok(fs::read_to_string(SCORE_FILE)?.trim().parse().unwrap_or(0))
}
