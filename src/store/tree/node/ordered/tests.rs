//! The ordered node against a `BTreeMap`.

use std::collections::BTreeMap;

use super::part::{JOIN_MAX, PART_MAX, earliest, earliest_deadline};
use super::*;
use crate::store::memory::{counted_bytes, size_class};
use crate::store::tree::node::NEVER;
use crate::store::tree::tests::{random, seeds};
use crate::store::value::NewValue;

type Model = BTreeMap<(u64, Vec<u8>), Option<UnixMillis>>;

impl Ordered {
    /// Asserts what holds between two operations.
    pub(in super::super::super) fn check(&self) {
        self.root.check(true);
        let ranks: Vec<_> =
            self.iter_from(0).map(|(order, entry)| (order, entry.key().to_vec())).collect();
        assert!(ranks.is_sorted_by(|one, other| one < other));
        assert_eq!(ranks.len() as u64, self.len());
        assert_eq!(self.part_bytes(), self.root.total_bytes());
    }
}

impl Part {
    fn total_bytes(&self) -> usize {
        let (room, below) = match &self.content {
            Content::Items(items) => (items.capacity() * size_of::<Item>(), 0),
            Content::Parts(parts) => {
                let below = parts.iter().map(|part| part.total_bytes()).sum();
                (parts.capacity() * size_of::<Arc<Part>>(), below)
            }
        };
        counted_bytes::<Part>() + size_class(room) + below
    }

    /// Checks the part; gives how far it is from the items.
    fn check(&self, is_root: bool) -> usize {
        assert!((is_root || self.width() > 0) && self.width() <= PART_MAX);
        match &self.content {
            Content::Items(items) => {
                assert_eq!(self.len, items.len() as u64);
                assert!(self.soonest.get() <= earliest_deadline(items));
                0
            }
            Content::Parts(parts) => {
                assert_eq!(self.len, parts.iter().map(|part| part.len).sum());
                assert!(self.soonest.get() <= earliest(parts));
                let pairs = parts.windows(2).map(|pair| pair[0].width() + pair[1].width());
                assert!(pairs.into_iter().all(|width| width > JOIN_MAX));
                let mut heights = parts.iter().map(|part| part.check(false));
                let height = heights.next().unwrap();
                assert!(heights.all(|other| other == height));
                height + 1
            }
        }
    }
}

fn key(number: u64) -> Vec<u8> {
    format!("k{number}").into_bytes()
}

fn contents(ordered: &Ordered) -> Model {
    let plain = |(order, entry): (u64, &Entry)| ((order, entry.key().to_vec()), entry.expires_at());
    ordered.iter_from(0).map(plain).collect()
}

#[test]
fn random_operations_agree_with_a_map_and_shared_parts_stay_as_they_were() {
    for seed in seeds() {
        let mut rng = random(seed);
        for orders in [1, 7, u64::MAX] {
            let (mut ordered, mut model) = (Ordered::new(), Model::new());
            let mut kept: Vec<(Ordered, Model)> = Vec::new();
            for round in 0..6_000u64 {
                let number = rng.below(2_000);
                let order = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % orders;
                let removing = (round / 1_500) % 2 == 1;
                change(&mut rng, &mut ordered, &mut model, (order, key(number)), removing);
                if rng.below(500) == 0 {
                    ordered.check();
                    kept.push((ordered.clone(), model.clone()));
                }
            }
            kept.push((ordered, model));
            kept.iter().for_each(|(ordered, model)| assert_eq!(contents(ordered), *model));
        }
    }
}

fn change(
    rng: &mut crate::base::random::Random,
    ordered: &mut Ordered,
    model: &mut Model,
    rank: (u64, Vec<u8>),
    removing: bool,
) {
    let (order, key) = (rank.0, &rank.1[..]);
    let at = (rng.below(2) == 0).then(|| rng.below(1_000) as i64);
    assert_eq!(ordered.get(order, key).map(Entry::expires_at), model.get(&rank).copied());
    match rng.below(8) {
        0 => {
            let now = rng.below(1_000) as i64;
            let mut looks = u32::MAX;
            let due = ordered.find_due(now, &mut looks).map(|entry| entry.key().to_vec());
            let is_due = |at: &Option<i64>| at.is_some_and(|at| at < now);
            assert_eq!(due.is_some(), model.values().any(is_due));
            let found = due.map(|due| model.iter().find(|((_, key), _)| *key == due).unwrap().1);
            assert!(found.is_none_or(is_due));
        }
        1 => {
            let index = rng.below(model.len() as u64 + 1);
            let expected = model.keys().nth(index as usize).map(|(_, key)| &key[..]);
            assert_eq!(ordered.nth(index).map(Entry::key), expected);
            let from = model.range((order, vec![])..).map(|((_, key), _)| &key[..]);
            assert!(
                ordered.iter_from(order).map(|(_, entry)| entry.key()).take(90).eq(from.take(90))
            );
        }
        2..=5 if removing => {
            let removed = ordered.remove(order, key).map(|entry| entry.expires_at());
            assert_eq!(removed, model.remove(&rank));
        }
        _ if model.contains_key(&rank) => {
            let place = ordered.get_mut(order, key, at.unwrap_or(NEVER)).unwrap();
            *place = Entry::new(key, NewValue::Int(2), at);
            model.insert(rank, at);
        }
        _ => {
            ordered.insert(order, Entry::new(key, NewValue::Int(1), at));
            model.insert(rank, at);
        }
    }
}
