//! An intset of bytes from outside: refused, or read and changed like a set of numbers.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use understudy::store::packed::Intset;

fn check(set: &Intset, model: &BTreeSet<i64>) {
    assert!(set.iter().eq(model.iter().copied()));
    assert!(set.iter().rev().eq(model.iter().rev().copied()));
    assert!(model.iter().enumerate().all(|(i, &number)| set.index_of(number) == Ok(i)));
}

fuzz_target!(|data: &[u8]| {
    // Numbers to put in and take out, then the set.
    let Some((&changes, rest)) = data.split_first() else { return };
    let (changes, bytes) = rest.split_at(usize::from(changes).min(rest.len()));
    let Ok(mut set) = Intset::from_bytes(bytes) else { return };
    assert_eq!(set.as_bytes(), bytes);
    let mut model: BTreeSet<i64> = set.iter().collect();
    check(&set, &model);
    for change in changes.chunks_exact(9) {
        let (&kind, number) = change.split_first().unwrap();
        let number = i64::from_le_bytes(number.try_into().unwrap()) >> (kind / 2 % 64);
        if kind % 2 == 0 {
            assert_eq!(set.insert(number), Ok(model.insert(number)));
        } else {
            assert_eq!(set.remove(number), model.remove(&number));
        }
        check(&set, &model);
    }
    set.retain(|number| number % 2 == 0);
    model.retain(|number| number % 2 == 0);
    check(&set, &model);
    if !set.is_empty() {
        assert_eq!(Intset::from_bytes(set.as_bytes()).as_ref(), Ok(&set));
    }
});
