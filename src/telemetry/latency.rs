//! LATENCY: spikes by event, the last 160 of each.

use std::collections::{BTreeMap, VecDeque};

/// Samples kept of one event.
const SAMPLES_MAX: usize = 160;

/// The history of one event.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// (unix seconds, milliseconds), oldest first, one a second.
    pub samples: VecDeque<(i64, u64)>,
    pub max_millis: u64,
}

#[derive(Debug, Default)]
pub struct Latency {
    events: BTreeMap<&'static str, Event>,
}

impl Latency {
    /// Notes that `event` took `millis`; the caller has compared it with the threshold.
    pub fn add(&mut self, event: &'static str, unix_seconds: i64, millis: u64) {
        let event = self.events.entry(event).or_default();
        event.max_millis = event.max_millis.max(millis);
        match event.samples.back_mut() {
            Some((second, sample)) if *second == unix_seconds => *sample = (*sample).max(millis),
            _ => {
                if event.samples.len() == SAMPLES_MAX {
                    event.samples.pop_front();
                }
                event.samples.push_back((unix_seconds, millis));
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Event)> {
        self.events.iter().map(|(&name, event)| (name, event))
    }

    pub fn get(&self, event: &str) -> Option<&Event> {
        self.events.get(event)
    }

    /// Forgets one event; whether it was there.
    pub fn reset(&mut self, event: &str) -> bool {
        self.events.remove(event).is_some()
    }

    /// Forgets all; how many there were.
    pub fn reset_all(&mut self) -> usize {
        let count = self.events.len();
        self.events.clear();
        count
    }
}
