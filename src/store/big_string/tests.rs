//! Strings of every length against plain bytes, and what their clones share.

use proptest::prelude::*;

use super::*;

fn bytes_of(string: &BigString) -> Vec<u8> {
    string.as_str().to_whole().into_owned()
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

fn addresses(string: &BigString) -> Vec<usize> {
    match &*string.0 {
        Body::Whole(bytes) => vec![bytes.as_ptr() as usize],
        Body::Chunked(chunks) => chunks.addresses(),
    }
}

fn is_chunked(string: &BigString) -> bool {
    string.as_str().whole().is_none()
}

#[test]
fn a_shared_big_string_is_copied_when_it_changes() {
    let mut string = BigString::from(vec![b'a'; 2000]);
    let kept = string.clone();
    assert_eq!(addresses(&kept), addresses(&string));
    string.write_at(2000, b"b");
    assert_eq!((kept.len(), string.len()), (2000, 2001));
}

#[test]
fn a_shared_big_string_that_grows_is_copied_once() {
    let mut string = BigString::from(vec![b'a'; 100_000]);
    let kept = string.clone();
    string.write_at(100_000, b"b");
    let address = addresses(&string);
    string.write_at(199_999, b"c");
    assert_eq!(addresses(&string), address);
    assert_eq!((kept.len(), string.len()), (100_000, 200_000));
    let part: Vec<&[u8]> = string.as_str().range(99_999..100_002).collect();
    assert_eq!(part.concat(), b"ab\0");
}

#[test]
fn only_strings_beyond_the_threshold_are_cut() {
    for (len, expected) in [(0, false), (WHOLE_MAX_BYTES, false), (WHOLE_MAX_BYTES + 1, true)] {
        let bytes = pattern(len);
        let mut written = BigString::default();
        written.write_at(0, &bytes);
        let mut rest = &bytes[..];
        let read = BigString::from_pieces(len, |len| {
            let (piece, later) = rest.split_at_checked(len).ok_or(())?;
            rest = later;
            Ok::<_, ()>(piece.to_vec())
        });
        for string in
            [BigString::from(&bytes[..]), BigString::from(bytes.clone()), written, read.unwrap()]
        {
            assert_eq!(is_chunked(&string), expected, "{len} bytes");
            assert!(bytes_of(&string) == bytes);
        }
    }
}

#[test]
fn pieces_that_do_not_come_take_no_memory() {
    assert_eq!(BigString::from_pieces(usize::MAX, |_| Err("short")).unwrap_err(), "short");
}

#[test]
fn a_chunk_that_changes_is_the_only_one_that_is_not_shared() {
    let bytes = pattern(40 * CHUNK_BYTES + 100);
    let mut string = BigString::from(&bytes[..]);
    let kept = string.clone();
    string.write_at(20 * CHUNK_BYTES + 7, b"xyz");
    string.write_at(31 * CHUNK_BYTES - 1, b"on the edge");
    let pairs = addresses(&string).into_iter().zip(addresses(&kept)).enumerate();
    let changed: Vec<usize> = pairs.filter(|(_, (one, other))| one != other).map(|p| p.0).collect();
    assert_eq!(changed, [20, 30, 31]);
    assert!(bytes_of(&kept) == bytes);

    let before = addresses(&string);
    string.write_at(string.len(), b"appended");
    string.write_at(45 * CHUNK_BYTES, b"far");
    let after = addresses(&string);
    assert_eq!((after[..40].to_vec(), after.len()), (before[..40].to_vec(), 46));
    assert!(bytes_of(&kept) == bytes);
}

#[test]
fn an_unshared_string_changes_in_place() {
    let mut string = BigString::from(vec![b'a'; 20 * CHUNK_BYTES]);
    let before = addresses(&string);
    string.write_at(CHUNK_BYTES - 1, b"xy");
    assert_eq!(addresses(&string), before);
}

#[test]
fn zeros_between_the_end_and_a_far_write_are_held_once() {
    let mut string = BigString::from(&b"start"[..]);
    string.write_at(1000 * CHUNK_BYTES, b"end");
    assert_eq!(string.len(), 1000 * CHUNK_BYTES + 3);
    let few = string.memory_bytes();
    assert!(few < 4 * CHUNK_BYTES, "{few} bytes");
    string.write_at(500 * CHUNK_BYTES, b"middle");
    // One chunk more, and the zeros are two runs now.
    assert!(string.memory_bytes() - few < 3 * CHUNK_BYTES);
    let part: Vec<&[u8]> = string.as_str().range(499 * CHUNK_BYTES..502 * CHUNK_BYTES).collect();
    let part = part.concat();
    assert_eq!(part[CHUNK_BYTES..][..6], *b"middle");
    assert_eq!(part.iter().filter(|byte| **byte != 0).count(), 6);
}

#[test]
fn memory_is_what_is_allocated() {
    for len in [2000, WHOLE_MAX_BYTES, WHOLE_MAX_BYTES + 1, 5 * WHOLE_MAX_BYTES + 17] {
        let memory_bytes = BigString::from(pattern(len)).memory_bytes();
        assert!((len..len + len / 4 + 200).contains(&memory_bytes), "{memory_bytes} for {len}");
        if len >= 5 * WHOLE_MAX_BYTES {
            assert!(memory_bytes < len + len / 500, "{memory_bytes} for {len}");
        }
    }
    // Appended little by little, the last chunk has room, and no more than a chunk.
    let mut string = BigString::from(pattern(WHOLE_MAX_BYTES));
    for _ in 0..CHUNK_BYTES / 50 {
        string.write_at(string.len(), &[b'a'; 100]);
        assert!(string.memory_bytes() < string.len() + CHUNK_BYTES + 4096);
    }
}

#[test]
fn whether_a_string_is_slow_to_drop_follows_its_memory() {
    assert!(!BigString::from(vec![0; 2000]).is_slow_to_drop());
    assert!(BigString::from(vec![0; QUICK_DROP_MAX_BYTES + 1]).is_slow_to_drop());
    assert!(BigString::from(vec![0; WHOLE_MAX_BYTES + 1]).is_slow_to_drop());
}

/// What can be done with strings; numbers are taken modulo what fits.
#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    WriteAt(usize, usize),
    Read(usize, usize),
    Clone,
    DropOldest,
}

fn step() -> impl Strategy<Value = Step> {
    let part_len = prop_oneof![0..200usize, 0..3 * CHUNK_BYTES, Just(CHUNK_BYTES)];
    let place = prop_oneof![
        any::<usize>(),
        (0..40usize, 0..5usize).prop_map(|(chunk, more)| (chunk * CHUNK_BYTES + more).max(2) - 2),
    ];
    prop_oneof![
        part_len.clone().prop_map(Step::Append),
        (place.clone(), part_len).prop_map(|(at, len)| Step::WriteAt(at, len)),
        (place.clone(), place).prop_map(|(from, to)| Step::Read(from, to)),
        Just(Step::Clone),
        Just(Step::DropOldest),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn strings_are_as_plain_bytes(
        start in prop_oneof![0..3000usize, WHOLE_MAX_BYTES - 300..WHOLE_MAX_BYTES + 300],
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let mut plain = pattern(start);
        let mut string = BigString::from(plain.clone());
        let mut kept = Vec::new();
        for (fill, step) in (1..).zip(steps) {
            match step {
                Step::Append(len) => {
                    string.write_at(plain.len(), &vec![fill; len]);
                    plain.resize(plain.len() + len, fill);
                }
                Step::WriteAt(at, len) => {
                    let at = at % (plain.len() + 9 * CHUNK_BYTES);
                    string.write_at(at, &vec![fill; len]);
                    plain.resize(plain.len().max(at + len), 0);
                    plain[at..at + len].fill(fill);
                }
                Step::Read(from, to) => {
                    let from = from % (plain.len() + 1);
                    let to = from + to % (plain.len() - from + 1);
                    let part: Vec<&[u8]> = string.as_str().range(from..to).collect();
                    prop_assert!(part.concat() == plain[from..to]);
                }
                Step::Clone => kept.push((string.clone(), plain.clone())),
                Step::DropOldest => drop((!kept.is_empty()).then(|| kept.remove(0))),
            }
            prop_assert_eq!(string.len(), plain.len());
            prop_assert_eq!(is_chunked(&string), plain.len() > WHOLE_MAX_BYTES);
            if let Body::Chunked(chunks) = &*string.0 {
                prop_assert!(chunks.counts_repeats());
            }
        }
        kept.push((string, plain));
        for (string, plain) in kept {
            prop_assert!(bytes_of(&string) == plain);
        }
    }
}
