//! The same bytes and estimates as redis-server's, and what is corrupt.

use proptest::prelude::*;
use sha1::{Digest, Sha1};

use super::layout::*;
use super::*;

/// `hll-sparse-max-bytes` by default.
const SPARSE_MAX_BYTES: usize = 3000;

fn sha1_of(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn drafted(name: &str, count: usize) -> Draft {
    let mut draft = Draft::empty(SPARSE_MAX_BYTES);
    draft.forget_cardinality();
    for i in 1..=count {
        draft.raise(Observation::of(format!("{name}:{i}").as_bytes())).unwrap();
    }
    draft
}

fn cardinality(bytes: &[u8]) -> Result<u64, Corrupt> {
    View::of(bytes).expect("a HyperLogLog").cardinality()
}

fn with_runs(runs: &[u8]) -> Vec<u8> {
    let mut bytes = Draft::empty(SPARSE_MAX_BYTES).into_bytes();
    bytes.truncate(HEADER_BYTES);
    bytes.extend_from_slice(runs);
    bytes
}

/// Elements added to an empty one, the SHA-1 of the string and the estimate, by redis-server 7.0.15.
#[test]
fn the_same_elements_give_the_same_bytes_and_estimates_as_on_redis() {
    for (count, sha1, estimate) in [
        (0, "e2c2a4d6f667db2d3180523f3c7a9bda5a4db0fc", 0),
        (1, "c17ba9a7e199cd3e004517df0be9004192b9a431", 1),
        (2, "3086215247044b28eae33a46795f915818347835", 2),
        (10, "d1fcf7442cfcb931bf88fc5b895c565d6bb49dcf", 10),
        (100, "e044e818e9ae2a5e82598d07666adaad370765ba", 99),
        (500, "bf7dbc6866653af07a406733407f07440d107a8a", 502),
        (1000, "d2da4aea466e3fd00dccc0bbec47b12c4f2b64e1", 997),
        (1200, "38d274ee20b71d60dd18c99469190e5f4519c924", 1197),
        (1500, "6a55a3dad18f9847c969d4f2cf5be5728fc8fc67", 1500),
        (2000, "d6ee4f7df9029dc73bf830fdb955b4c89fddfcfe", 2004),
        (5000, "2fbf7956f1d9187f0030c5e7d4a936fbf3fc447e", 5005),
        (20_000, "88a1a212d8613b7ca84d2c0637d7761935181d34", 19_987),
        (100_000, "e93ddd40b895726dee7091c32a113a2d5fc36aa8", 100_039),
    ] {
        let bytes = drafted("element", count).into_bytes();
        assert_eq!(sha1_of(&bytes), sha1, "of {count}");
        assert_eq!(cardinality(&bytes), Ok(estimate), "of {count}");
        let mut union = [0; REGISTERS];
        View::of(&bytes).unwrap().merge_into(&mut union).unwrap();
        assert_eq!(Histogram::of(&union).cardinality(), estimate, "of {count}");
    }
}

#[test]
fn a_merged_one_has_the_bytes_that_it_has_on_redis() {
    let (one, other) = (drafted("element", 499).into_bytes(), drafted("other", 399).into_bytes());
    let mut union = [0; REGISTERS];
    for bytes in [&one, &other] {
        View::of(bytes).unwrap().merge_into(&mut union).unwrap();
    }
    for mut draft in
        [Draft::empty(SPARSE_MAX_BYTES), Draft::of(View::of(&one).unwrap(), SPARSE_MAX_BYTES)]
    {
        draft.raise_to(&union).unwrap();
        let bytes = draft.into_bytes();
        assert_eq!(sha1_of(&bytes), "275c968bc6e2974e57cea6a93b7c1e5c40ac60bd");
        assert_eq!(cardinality(&bytes), Ok(896));
    }
    let mut dense = Draft::empty(100);
    dense.raise_to(&union).unwrap();
    assert_eq!(View::of(&dense.bytes).unwrap().encoding(), Encoding::Dense);
    assert_eq!(cardinality(&dense.into_bytes()), Ok(896));
}

#[test]
fn an_estimate_is_kept_until_a_register_is_raised() {
    let mut bytes = drafted("element", 2000).into_bytes();
    assert_eq!(View::of(&bytes).unwrap().cached_cardinality(), None);
    bytes[CACHE_AT..CACHE_AT + 8].copy_from_slice(&cache(2004));
    let seen = Observation::of(b"element:1");
    assert!(!raise_dense(&mut bytes, seen));
    assert!(View::of(&bytes).unwrap().knows(seen).unwrap());
    assert_eq!(View::of(&bytes).unwrap().cached_cardinality(), Some(2004));
    assert!(raise_dense(&mut bytes, Observation { index: 16383, count: 51 }));
    assert_eq!(View::of(&bytes).unwrap().cached_cardinality(), None);
}

#[test]
fn what_has_no_sound_header_is_no_hyperloglog() {
    let empty = Draft::empty(SPARSE_MAX_BYTES).into_bytes();
    assert!(View::of(&empty).is_some() && View::of(&empty[..16]).is_some());
    let dense = drafted("element", 2000).into_bytes();
    let longer = [&dense[..], b"x"].concat();
    for bytes in [&b""[..], b"HYLL", &empty[..15], &dense[..12303], &longer] {
        assert!(View::of(bytes).is_none(), "{} bytes", bytes.len());
    }
    for (at, byte) in [(0, b'h'), (3, b'l'), (4, 2), (4, 0), (4, 255)] {
        let mut bytes = empty.clone();
        bytes[at] = byte;
        assert!(View::of(&bytes).is_none(), "{byte} at {at}");
    }
}

#[test]
fn runs_that_are_too_few_or_too_many_or_cut_off_are_corrupt() {
    let whole = [0x7f, 0xff];
    for runs in [&[][..], &[0], &[0x7f], &[0x7f, 0xfe], &[0x7f, 0xff, 0], &[0x7f, 0xff, 0x80]] {
        let bytes = with_runs(runs);
        let view = View::of(&bytes).unwrap();
        assert_eq!(view.cardinality(), Err(Corrupt), "{runs:?}");
        assert_eq!(view.merge_into(&mut [0; REGISTERS]), Err(Corrupt), "{runs:?}");
        let mut draft = Draft::of(view, SPARSE_MAX_BYTES);
        assert_eq!(draft.raise(Observation { index: 5, count: 40 }), Err(Corrupt), "{runs:?}");
        assert_eq!(draft.make_dense(), Err(Corrupt), "{runs:?}");
        assert_eq!(draft.into_bytes(), bytes);
    }
    assert_eq!(cardinality(&with_runs(&whole)), Ok(0));
    let cut = with_runs(&[0x00, 0x40]);
    let mut draft = Draft::of(View::of(&cut).unwrap(), SPARSE_MAX_BYTES);
    assert_eq!(draft.raise(Observation { index: 1, count: 3 }), Err(Corrupt));
    assert_eq!(draft.raise(Observation { index: 0, count: 3 }), Ok(true));
}

#[test]
fn the_self_test_passes() {
    assert_eq!(self_test(), Ok(()));
}

fn observation() -> impl Strategy<Value = Observation> {
    let index = prop_oneof![0..REGISTERS, 0..40usize, REGISTERS - 40..REGISTERS];
    let count = prop_oneof![8 => 1..4u8, 1 => 1..=32u8];
    (index, count).prop_map(|(index, count)| Observation { index, count })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sparse_registers_are_what_they_were_raised_to(
        seen in prop::collection::vec(observation(), 1..600),
    ) {
        let mut draft = Draft::empty(usize::MAX);
        let mut registers = [0; REGISTERS];
        for one in seen {
            let register = &mut registers[one.index];
            prop_assert_eq!(draft.raise(one), Ok(one.count > *register));
            *register = one.count.max(*register);
        }
        let view = View::of(&draft.bytes).unwrap();
        let mut read = [0; REGISTERS];
        view.merge_into(&mut read).unwrap();
        prop_assert!(read == registers);
        for (index, &count) in registers.iter().enumerate() {
            prop_assert_eq!(view.knows(Observation { index, count }), Ok(true));
            prop_assert_eq!(view.knows(Observation { index, count: count + 1 }), Ok(false));
        }
        prop_assert_eq!(view.cardinality(), Ok(Histogram::of(&registers).cardinality()));
        let mut dense = draft.clone();
        dense.make_dense().unwrap();
        let dense = View::of(&dense.bytes).unwrap();
        let mut read = [0; REGISTERS];
        dense.merge_into(&mut read).unwrap();
        prop_assert!(read == registers);
        prop_assert_eq!(dense.cardinality(), view.cardinality());
    }

    /// What a search from the last place makes, against one from the beginning each time.
    #[test]
    fn a_merge_makes_the_bytes_that_single_steps_make(
        before in prop::collection::vec(observation(), 0..200),
        more in prop::collection::vec(observation(), 1..400),
        max_bytes in prop_oneof![Just(usize::MAX), 20..1500usize],
    ) {
        let mut draft = Draft::empty(max_bytes);
        let mut union = [0; REGISTERS];
        for one in before {
            draft.raise(one).unwrap();
        }
        View::of(&draft.bytes).unwrap().merge_into(&mut union).unwrap();
        for one in more {
            union[one.index] = one.count.max(union[one.index]);
        }
        let mut stepwise = draft.clone();
        draft.raise_to(&union).unwrap();
        for (index, &count) in union.iter().enumerate().filter(|(_, count)| **count > 0) {
            stepwise.raise(Observation { index, count }).unwrap();
        }
        stepwise.forget_cardinality();
        prop_assert!(draft.into_bytes() == stepwise.into_bytes());
    }

    #[test]
    fn no_bytes_at_all_end_the_process(
        runs in prop::collection::vec(any::<u8>(), 0..300),
        seen in prop::collection::vec(observation(), 1..20),
    ) {
        let bytes = with_runs(&runs);
        let view = View::of(&bytes).unwrap();
        let _ = view.cardinality();
        view.runs().unwrap().count();
        let mut draft = Draft::of(view, SPARSE_MAX_BYTES);
        for one in seen {
            let _ = (view.knows(one), draft.raise(one));
        }
        let mut union = [0; REGISTERS];
        union[..200].fill(1);
        let _ = draft.raise_to(&union);
    }
}
