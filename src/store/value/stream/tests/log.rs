use std::collections::BTreeMap;

use super::*;
use crate::base::random::Random;

type Model = BTreeMap<StreamId, Vec<Vec<u8>>>;

fn texts(entry: &StreamEntry<'_>) -> Vec<Vec<u8>> {
    let pairs = entry.fields().flat_map(|(field, value)| [field, value]);
    pairs.map(|text| text.to_vec()).collect()
}

fn contents<'a>(entries: impl Iterator<Item = StreamEntry<'a>>) -> Vec<(StreamId, Vec<Vec<u8>>)> {
    entries.map(|entry| (entry.id, texts(&entry))).collect()
}

/// Everything that can be asked of it agrees with the model.
fn check(stream: &Stream, model: &Model, random: &mut Random) {
    let log = stream.log();
    let all: Vec<_> = model.iter().map(|(&id, pairs)| (id, pairs.clone())).collect();
    assert_eq!(contents(log.range(StreamId::MIN, StreamId::MAX)), all);
    let back = contents(log.range_back(StreamId::MIN, StreamId::MAX));
    assert!(back.iter().eq(all.iter().rev()));
    assert_eq!(log.len(), model.len() as u64);
    let (first, last) = (model.keys().next().copied(), model.keys().next_back().copied());
    assert_eq!(log.counters().first_id, first.unwrap_or_default());
    assert_eq!(log.first().map(|entry| entry.id), first);
    assert_eq!(log.last().map(|entry| entry.id), last);
    let (from, to) = (draw_id(random), draw_id(random));
    let part = |entry: &(StreamId, _)| (from..=to).contains(&entry.0);
    let part: Vec<_> = all.iter().filter(|entry| part(entry)).cloned().collect();
    assert_eq!(contents(log.range(from, to)), part, "from {from} to {to}");
    assert!(contents(log.range_back(from, to)).iter().eq(part.iter().rev()));
    assert_eq!(log.get(from).map(|entry| texts(&entry)).as_ref(), model.get(&from));
    for block in log.blocks().iter() {
        let checked = Block::from_pack(block.id(), block.pack().clone()).expect("a block");
        assert_eq!((checked.live(), checked.last_id()), (block.live(), block.last_id()));
    }
}

fn draw_id(random: &mut Random) -> StreamId {
    id(random.below(400), random.below(3) * random.below(3))
}

fn draw_pairs(random: &mut Random) -> Vec<Vec<u8>> {
    let names: &[&[u8]] = match random.below(3) {
        0 => &[b"temperature", b"7"],
        1 => &[b"temperature"],
        _ => &[b"one", b"two", b"three"],
    };
    names.iter().flat_map(|name| [name.to_vec(), draw_value(random)]).collect()
}

fn draw_value(random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        0 => vec![b'v'; random.below(200) as usize],
        1 => b"".to_vec(),
        _ => (random.next_u64() as i64 >> random.below(64)).to_string().into_bytes(),
    }
}

fn append(stream: &mut Stream, model: &mut Model, random: &mut Random) {
    let last = stream.log().counters().last_id;
    let id = match random.below(3) {
        0 => id(last.ms, last.seq + 1),
        _ => id(last.ms + 1 + random.below(3), random.below(3)),
    };
    let pairs = draw_pairs(random);
    let borrowed: Vec<&[u8]> = pairs.iter().map(Vec::as_slice).collect();
    stream.append(id, &borrowed, LIMIT).expect("room");
    model.insert(id, pairs);
}

/// What is trimmed by whole blocks is the longest part that may go and is made of them.
fn trim(stream: &mut Stream, model: &mut Model, random: &mut Random) {
    let until = match random.below(2) {
        0 => Until::Length(random.below(model.len() as u64 + 5)),
        _ => Until::Id(draw_id(random)),
    };
    let is_approximate = random.below(2) == 0;
    let limit = (is_approximate && random.below(2) == 0).then(|| random.below(20));
    let goes = |model: &Model, id: &StreamId| match until {
        Until::Length(length) => model.len() as u64 > length,
        Until::Id(lowest) => *id < lowest,
    };
    let mut expected = model.clone();
    while let Some(first) = expected.keys().next().copied()
        && goes(&expected, &first)
    {
        expected.remove(&first);
    }
    let exact = model.len() - expected.len();
    let before: Vec<u64> = stream.log().blocks().iter().map(Block::live).collect();
    let (trimmed, _) = stream.trim(Trim { until, is_approximate, limit });
    let trimmed = trimmed as usize;
    assert!(trimmed <= exact && limit.is_none_or(|limit| trimmed as u64 <= limit));
    if is_approximate {
        let borders = before.iter().scan(0, |sum, live| {
            *sum += *live as usize;
            Some(*sum)
        });
        let within = |border: &usize| limit.is_none_or(|limit| *border as u64 <= limit);
        let furthest = borders.filter(within).take_while(|border| *border <= exact).last();
        assert!(trimmed <= furthest.unwrap_or(0));
        if matches!(until, Until::Length(_)) {
            assert_eq!(trimmed, furthest.unwrap_or(0), "{until:?}, {limit:?}");
        }
    } else {
        assert_eq!(trimmed, exact);
    }
    for _ in 0..trimmed {
        model.pop_first();
    }
}

#[test]
fn entries_come_and_go_as_in_a_map_and_clones_stay_as_they_were() {
    for seed in 0..60 {
        println!("seed {seed}");
        let mut random = Random::from_seed(seed);
        let (mut stream, mut model) = (Stream::default(), Model::new());
        let mut held = None;
        for _ in 0..200 {
            match random.below(20) {
                0..13 => append(&mut stream, &mut model, &mut random),
                13..17 => {
                    let ids: Vec<_> = (0..3).map(|_| draw_id(&mut random)).collect();
                    let mut gone = ids.clone();
                    gone.retain(|id| model.remove(id).is_some());
                    assert_eq!(stream.delete(&ids), gone.len() as u64);
                    let highest = stream.log().counters().max_deleted_id;
                    assert!(gone.iter().all(|id| *id <= highest));
                }
                17 => held = Some((stream.clone(), model.clone())),
                _ => trim(&mut stream, &mut model, &mut random),
            }
            check(&stream, &model, &mut random);
        }
        if let Some((stream, model)) = held {
            check(&stream, &model, &mut random);
        }
    }
}

#[test]
fn a_block_is_laid_out_as_in_redis() {
    let mut stream = Stream::default();
    let limit = StreamLimit::default();
    stream.append(id(5, 9), &[b"a", b"1", b"b", b"text"], limit).expect("room");
    stream.append(id(6, 1), &[b"a", b"2", b"b", b"x"], limit).expect("room");
    stream.append(id(6, 2), &[b"c", b"3"], limit).expect("room");
    stream.delete(&[id(6, 1)]);
    let block = stream.log().blocks().first().expect("a block");
    assert_eq!(
        format!("{:?}", block.pack()),
        "[2, 1, 2, \"a\", \"b\", 0, 2, 0, 0, 1, \"text\", 5, 3, 1, -8, 2, \"x\", 5, \
         0, 1, -7, 1, \"c\", 3, 6]"
    );
    assert_eq!(block.id(), id(5, 9));
}

#[test]
fn a_block_without_entries_stays_until_it_is_trimmed_as_a_whole() {
    let mut stream = stream_of((1..=10).map(|ms| id(ms, 0)));
    stream.delete(&[id(7, 0)]);
    let exact = |until| Trim { until, is_approximate: false, limit: None };
    assert_eq!(stream.trim(exact(Until::Id(id(7, 0)))).0, 6);
    let lives = |stream: &Stream| stream.log().blocks().iter().map(Block::live).collect::<Vec<_>>();
    assert_eq!(lives(&stream), [0, 3]);
    assert_eq!(stream.log().first_kept_id(), Some(id(1, 0)));
    assert_eq!((ids(&stream)[0], stream.log().counters().first_id), (id(8, 0), id(8, 0)));
    assert_eq!(stream.trim(exact(Until::Length(3))).0, 0, "nothing has to go");
    assert_eq!(lives(&stream), [0, 3]);
    assert_eq!(stream.trim(exact(Until::Length(2))).0, 1);
    assert_eq!(lives(&stream), [2]);
    assert_eq!(stream.trim(exact(Until::Length(0))).0, 2);
    assert!(stream.log().is_empty() && stream.log().blocks().is_empty());
    assert_eq!(stream.log().counters().first_id, StreamId::MIN);
}

#[test]
fn what_does_not_fit_into_a_pack_is_refused_and_changes_nothing() {
    let mut stream = stream_of([id(1, 0)]);
    let text = vec![b'x'; crate::store::packed::MAX_BYTES];
    assert!(stream.append(id(2, 0), &[b"f", &text], LIMIT).is_err());
    assert_eq!((ids(&stream), stream.log().counters().last_id), (vec![id(1, 0)], id(1, 0)));
    assert_eq!(stream.log().counters().entries_added, 1);
}

#[test]
fn a_change_after_a_clone_copies_a_block_and_its_path() {
    let mut stream = stream_of((1..=70_000).map(|ms| id(ms, 0)));
    let held = stream.clone();
    stream.delete(&[id(35_000, 0)]);
    let same = |(one, other): &(&Block, &Block)| std::ptr::eq(one.pack(), other.pack());
    let (blocks, other) = (stream.log().blocks(), held.log().blocks());
    let shared = blocks.iter().zip(other.iter()).filter(same).count() as u64;
    assert_eq!((shared, blocks.len()), (9_999, 10_000));
    assert!(blocks.iter().map(Item::bytes).sum::<usize>() < stream.memory_bytes());
}
