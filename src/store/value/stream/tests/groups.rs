use std::collections::BTreeMap;

use super::*;
use crate::base::random::Random;

const CONSUMERS: [&[u8]; 4] = [b"a", b"alice", b"b", b""];

/// By ID: consumer, time, deliveries.
type Model = BTreeMap<StreamId, (Vec<u8>, i64, u64)>;

/// Both lists tell the same, and what the model says.
fn check(group: &Group, consumers: &[Vec<u8>], model: &Model) {
    let pending = |pending: &Pending| {
        (pending.id, (pending.consumer.to_vec(), pending.delivered_at, pending.deliveries))
    };
    let all: Vec<_> = model.iter().map(|(&id, known)| (id, known.clone())).collect();
    assert_eq!(group.pending().iter().map(pending).collect::<Vec<_>>(), all);
    let names: Vec<_> = group.consumers().iter().map(|consumer| consumer.name().to_vec()).collect();
    assert_eq!(names, consumers);
    for consumer in group.consumers().iter() {
        let own: Vec<_> = all.iter().filter(|(_, known)| *known.0 == **consumer.name()).collect();
        assert!(own.iter().map(|(id, _)| id).eq(consumer.pending().iter()));
    }
}

#[test]
fn what_is_pending_in_a_group_is_pending_of_one_of_its_consumers() {
    for seed in 0..40 {
        println!("seed {seed}");
        let mut random = Random::from_seed(seed);
        let mut stream = Stream::default();
        assert!(stream.add_group(Group::new(Name::from(&b"group"[..]), StreamId::MIN, 0)));
        assert!(!stream.add_group(Group::new(Name::from(&b"group"[..]), StreamId::MAX, 0)));
        let (mut consumers, mut model) = (Vec::<Vec<u8>>::new(), Model::new());
        let mut held = None;
        for step in 0..400 {
            let id = id(random.below(100), 0);
            let name = CONSUMERS[random.below(4) as usize];
            let change = |_: &Log, group: &mut Group| match random.below(20) {
                0..11 => {
                    let (consumer, is_new) = group.add_consumer(name, step);
                    assert_eq!(is_new, !consumers.contains(&name.to_vec()));
                    if is_new {
                        consumers.push(name.to_vec());
                        consumers.sort();
                    }
                    let deliveries = random.below(5);
                    model.insert(id, (name.to_vec(), step, deliveries));
                    group.assign(Pending { id, delivered_at: step, deliveries, consumer });
                }
                11..15 => assert_eq!(group.acknowledge(id).is_some(), model.remove(&id).is_some()),
                15..18 => {
                    group.deliver_again(id, step);
                    if let Some((_, delivered_at, deliveries)) = model.get_mut(&id) {
                        *delivered_at = step;
                        *deliveries += 1;
                    }
                }
                18 => {
                    let before = model.len();
                    model.retain(|_, known| known.0 != name);
                    let is_there = consumers.iter().any(|there| there == name);
                    let gone = is_there.then_some((before - model.len()) as u64);
                    assert_eq!(group.remove_consumer(name), gone);
                    consumers.retain(|there| there != name);
                }
                _ => {}
            };
            stream.change_group(b"group", change).expect("a group");
            check(stream.group(b"group").expect("a group"), &consumers, &model);
            if random.below(50) == 0 {
                held = Some((stream.clone(), consumers.clone(), model.clone()));
            }
        }
        if let Some((stream, consumers, model)) = held {
            check(stream.group(b"group").expect("a group"), &consumers, &model);
        }
    }
}

#[test]
fn groups_are_found_by_name_in_their_order() {
    let mut stream = Stream::default();
    for name in ["b", "", "ab", "a"] {
        assert!(stream.add_group(Group::new(Name::from(name.as_bytes()), StreamId::MIN, 0)));
    }
    let names = |stream: &Stream| {
        stream.groups().iter().map(|group| group.name().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(names(&stream), [&b""[..], b"a", b"ab", b"b"]);
    let held = stream.clone();
    assert!(stream.remove_group(b"ab").is_some() && stream.remove_group(b"ab").is_none());
    assert!(stream.change_group(b"ab", |_, _| ()).is_none() && stream.group(b"c").is_none());
    assert_eq!((names(&stream).len(), names(&held).len()), (3, 4));
}

#[test]
fn the_bytes_of_a_stream_tell_of_what_is_pending() {
    let mut stream = Stream::default();
    let empty = stream.memory_bytes();
    stream.add_group(Group::new(Name::from(&b"group"[..]), StreamId::MIN, 0));
    stream.change_group(b"group", |_, group| {
        let (consumer, _) = group.add_consumer(b"consumer", 0);
        for ms in 0..10_000 {
            let consumer = consumer.clone();
            group.assign(Pending { id: id(ms, 0), delivered_at: 0, deliveries: 1, consumer });
        }
    });
    let bytes = stream.memory_bytes() - empty;
    assert!((64 * 10_000..80 * 10_000).contains(&bytes), "{bytes}");
    assert!(stream.is_slow_to_drop());
    stream.change_group(b"group", |_, group| group.remove_consumer(b"consumer"));
    assert!(stream.memory_bytes() - empty < 400 && !stream.is_slow_to_drop());
}
