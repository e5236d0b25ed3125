use super::*;
use proptest::prelude::*;

/// The stream's byte number `n`, so that a misplaced byte shows.
fn stream(from: Offset, len: usize) -> Vec<u8> {
    (0..len as i64).map(|i| ((from + i) % 251) as u8).collect()
}

fn read_all(backlog: &Backlog, position: Offset, max: usize) -> Option<Vec<u8>> {
    let mut blocks = Vec::new();
    let total = backlog.read(position, max, &mut blocks)?;
    let bytes = blocks.concat();
    assert_eq!(total, bytes.len());
    assert_eq!(backlog.slices(position, max)?.collect::<Vec<_>>().concat(), bytes);
    Some(bytes)
}

#[test]
fn a_new_backlog_holds_nothing_but_its_position() {
    let backlog = Backlog::new(1 << 20, 50);
    assert_eq!((backlog.start(), backlog.end(), backlog.histlen()), (50, 50, 0));
    assert_eq!(backlog.first_byte_offset(), 51);
    assert_eq!(read_all(&backlog, 50, 10), Some(vec![]));
    assert_eq!(read_all(&backlog, 49, 10), None);
    assert_eq!(read_all(&backlog, 51, 10), None);
}

/// Figures read off redis-server 7.0.15 with `repl-backlog-size 100kb` and a stream of such
/// commands: 123803, 20441, 103363 and so on.
#[test]
fn info_figures_move_in_the_steps_of_redis() {
    let mut backlog = Backlog::new(102_400, 0);
    backlog.append(backlog.end(), &stream(0, 122_805));
    assert_eq!((backlog.first_byte_offset(), backlog.histlen()), (1, 122_805));
    backlog.append(backlog.end(), &stream(122_805, 998));
    assert_eq!((backlog.first_byte_offset(), backlog.histlen()), (20_441, 103_363));
    backlog.append(backlog.end(), &stream(123_803, 39_920));
    assert_eq!((backlog.first_byte_offset(), backlog.histlen()), (61_321, 102_403));
    assert_eq!(backlog.end(), 163_723);
}

#[test]
fn size_is_at_least_sixteen_kibibytes() {
    let mut backlog = Backlog::new(1, 0);
    assert_eq!(backlog.size_bytes(), MIN_SIZE_BYTES);
    backlog.resize(0);
    assert_eq!(backlog.size_bytes(), MIN_SIZE_BYTES);
}

#[test]
fn a_lagging_cursor_keeps_blocks_beyond_the_size_and_detaching_frees_them() {
    let mut backlog = Backlog::new(MIN_SIZE_BYTES, 0);
    assert!(backlog.attach(7, 0));
    for _ in 0..100 {
        backlog.append(backlog.end(), &stream(backlog.end(), 10_000));
    }
    assert_eq!((backlog.start(), backlog.lag_bytes(7)), (0, Some(1_000_000)));
    assert_eq!(read_all(&backlog, 0, usize::MAX), Some(stream(0, 1_000_000)));

    backlog.advance(7, 500_000);
    backlog.trim(usize::MAX);
    assert_eq!(backlog.start(), 500_000 / BLOCK_BYTES as i64 * BLOCK_BYTES as i64);
    assert_eq!(read_all(&backlog, 500_000, usize::MAX), Some(stream(500_000, 500_000)));

    backlog.detach(7);
    backlog.append(backlog.end(), b"x");
    assert!(backlog.histlen() <= MIN_SIZE_BYTES + BLOCK_BYTES);
    assert_eq!(backlog.position(7), None);
}

#[test]
fn one_append_frees_a_bounded_number_of_blocks() {
    let mut backlog = Backlog::new(MIN_SIZE_BYTES, 0);
    backlog.attach(1, 0);
    backlog.append(backlog.end(), &stream(0, 200 * BLOCK_BYTES));
    backlog.detach(1);
    backlog.append(backlog.end(), b"x");
    assert_eq!(backlog.start(), (64 * BLOCK_BYTES) as i64);
    backlog.append(backlog.end(), b"x");
    assert_eq!(backlog.start(), (128 * BLOCK_BYTES) as i64);
}

#[test]
fn attaching_outside_of_what_is_held_is_refused() {
    let mut backlog = Backlog::new(MIN_SIZE_BYTES, 100);
    assert!(!backlog.attach(1, 99));
    assert!(!backlog.attach(1, 101));
    assert!(backlog.attach(1, 100));
    assert_eq!(backlog.position(1), Some(100));
}

#[test]
fn what_was_read_outlives_the_backlog() {
    let mut backlog = Backlog::new(MIN_SIZE_BYTES, 0);
    backlog.append(backlog.end(), &stream(0, 50_000));
    let mut blocks = Vec::new();
    backlog.read(30_000, 15_000, &mut blocks);
    drop(backlog);
    assert_eq!(blocks.concat(), stream(30_000, 15_000));
}

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Resize(usize),
    Attach(ClientId, usize),
    Advance(ClientId, usize),
    Detach(ClientId),
    Trim(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0usize..60_000).prop_map(Step::Append),
        8 => (0usize..300).prop_map(Step::Append),
        1 => (0usize..200_000).prop_map(Step::Resize),
        2 => (0u64..3, 0usize..200_000).prop_map(|(r, back)| Step::Attach(r, back)),
        4 => (0u64..3, 0usize..80_000).prop_map(|(r, by)| Step::Advance(r, by)),
        1 => (0u64..3).prop_map(Step::Detach),
        1 => (0usize..10).prop_map(Step::Trim),
    ];
    prop::collection::vec(step, 1..60)
}

/// Checks everything that must hold after any step, against the whole stream in one `Vec`.
fn check(backlog: &Backlog, whole: &[u8], base: Offset, cursors: &[Option<Offset>; 3]) {
    assert_eq!(backlog.end(), base + whole.len() as i64);
    let held = |position: Offset| &whole[(position - base) as usize..];
    for position in [backlog.start(), (backlog.start() + backlog.end()) / 2, backlog.end()] {
        assert_eq!(read_all(backlog, position, usize::MAX).unwrap(), held(position));
        let some = read_all(backlog, position, 25_000).unwrap();
        assert_eq!(some, held(position)[..held(position).len().min(25_000)]);
    }
    for (replica, cursor) in cursors.iter().enumerate() {
        assert_eq!(backlog.position(replica as ClientId), *cursor);
        if let Some(position) = *cursor {
            assert!(backlog.start() <= position && position <= backlog.end());
            assert_eq!(read_all(backlog, position, usize::MAX).unwrap(), held(position));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn backlog_reads_back_what_a_plain_vector_would(steps in steps(), base in 0i64..1_000_000) {
        let mut backlog = Backlog::new(50_000, base);
        let mut whole = Vec::new();
        let mut cursors = [None; 3];
        let mut start = base;
        for step in steps {
            match step {
                Step::Append(len) => {
                    let bytes = stream(backlog.end(), len);
                    backlog.append(backlog.end(), &bytes);
                    whole.extend_from_slice(&bytes);
                }
                Step::Resize(size) => backlog.resize(size),
                Step::Trim(blocks) => backlog.trim(blocks),
                Step::Attach(r, back) => {
                    let position = backlog.end() - back as i64;
                    let held = backlog.start() <= position;
                    prop_assert_eq!(backlog.attach(r, position), held);
                    if held {
                        cursors[r as usize] = Some(position);
                    }
                }
                Step::Advance(r, by) => {
                    if let Some(position) = &mut cursors[r as usize] {
                        *position = (*position + by as i64).min(backlog.end());
                        backlog.advance(r, *position);
                    }
                }
                Step::Detach(r) => {
                    backlog.detach(r);
                    cursors[r as usize] = None;
                }
            }
            check(&backlog, &whole, base, &cursors);
            let promised = cursors.iter().flatten().copied().min().unwrap_or(i64::MAX);
            let allowed = promised.min(backlog.end() - backlog.size_bytes() as i64);
            prop_assert!(backlog.start() <= allowed.max(start));
            start = backlog.start();
        }
    }
}
