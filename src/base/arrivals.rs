//! A collection in the order in which its members came, any of which may leave at any time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Who came with it is found by it, without looking at the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

impl Ord for Ticket {
    fn cmp(&self, other: &Self) -> Ordering {
        #[cfg(test)]
        COMPARISONS.with(|count| count.set(count.get() + 1));
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Ticket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
thread_local! {
    static COMPARISONS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many tickets were compared on this thread so far: what finding has cost.
#[cfg(test)]
pub fn comparisons() -> u64 {
    COMPARISONS.with(std::cell::Cell::get)
}

/// Members in the order of their coming.
#[derive(Debug)]
pub struct Arrivals<T> {
    /// Counts all who ever came.
    last: u64,
    members: BTreeMap<Ticket, T>,
}

impl<T> Default for Arrivals<T> {
    fn default() -> Self {
        Arrivals { last: 0, members: BTreeMap::new() }
    }
}

impl<T> Arrivals<T> {
    /// Takes one in, behind all others.
    pub fn add(&mut self, member: T) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.members.insert(ticket, member);
        ticket
    }

    /// Takes one out. `None`: it has left already.
    pub fn remove(&mut self, ticket: Ticket) -> Option<T> {
        self.members.remove(&ticket)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.members.values()
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_of_their_coming_whoever_leaves() {
        let mut arrivals = Arrivals::default();
        let tickets = ["a", "b", "c"].map(|member| arrivals.add(member));
        assert_eq!(arrivals.remove(tickets[1]), Some("b"));
        assert_eq!(arrivals.remove(tickets[1]), None);
        arrivals.add("b");
        assert_eq!(arrivals.iter().collect::<Vec<_>>(), [&"a", &"c", &"b"]);
    }
}
