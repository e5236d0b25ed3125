//! How an entry that is pending becomes pending of somebody else.

use crate::base::time::UnixMillis;
use crate::store::value::stream::{Group, Log, Name, Pending, StreamId};

/// What is claimed, and as what it is pending then.
pub struct Terms {
    /// What was delivered more lately stays where it is.
    pub min_idle_millis: i64,
    pub delivered_at: UnixMillis,
    /// How often it was delivered; `None`: once more, unless only its ID is given out.
    pub deliveries: Option<u64>,
    /// What is not pending is claimed too.
    pub is_forced: bool,
    /// The claimer gets the ID alone.
    pub is_just_id: bool,
}

/// What became of an entry that is or was pending.
pub enum Became {
    Claimed(Pending),
    /// It was pending, but is no entry any more: it is pending no more either.
    Gone(Pending),
}

impl Became {
    pub fn pending(&self) -> &Pending {
        match self {
            Became::Claimed(pending) | Became::Gone(pending) => pending,
        }
    }
}

impl Terms {
    /// Makes an entry pending of `owner`; `None`: it is left as it is.
    pub fn apply(
        &self,
        log: &Log,
        group: &mut Group,
        owner: &Name,
        (id, now): (StreamId, UnixMillis),
    ) -> Option<Became> {
        if !log.contains(id) {
            return group.acknowledge(id).map(Became::Gone);
        }
        let before = match group.find_pending(id) {
            Some(before) if before.is_fresher_than(self.min_idle_millis, now) => return None,
            Some(before) => before.deliveries,
            // As if it had been delivered once already, as in Redis.
            None if self.is_forced => 1,
            None => return None,
        };
        let again = before.wrapping_add(u64::from(!self.is_just_id));
        let deliveries = self.deliveries.unwrap_or(again);
        let delivered_at = self.delivered_at;
        let pending = Pending { id, delivered_at, deliveries, consumer: owner.clone() };
        group.assign(pending.clone());
        Some(Became::Claimed(pending))
    }
}
