//! Which keys eviction has seen and would take first.

use crate::config::value::choice::MaxmemoryPolicy;
use crate::store::candidates::Candidates;

#[derive(Default)]
pub(super) struct Chooser {
    candidates: Candidates,
    /// What their scores mean.
    scored_by: Option<MaxmemoryPolicy>,
}

impl Chooser {
    /// The candidates under a policy; those of another are forgotten.
    pub fn under(&mut self, policy: MaxmemoryPolicy) -> &mut Candidates {
        if self.scored_by != Some(policy) {
            *self = Chooser { scored_by: Some(policy), ..Chooser::default() };
        }
        &mut self.candidates
    }
}
