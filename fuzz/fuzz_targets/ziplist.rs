//! A ziplist of bytes from outside: refused, or walked to its end and packed as a listpack.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::store::packed::{Listpack, Ziplist};

/// Header and end around entries of which the last begins at an offset.
fn around(entries: &[u8], last: u8) -> Vec<u8> {
    let total = entries.len() as u32 + 11;
    let numbers = [total.to_le_bytes(), u32::from(last).to_le_bytes()].concat();
    [&numbers, &[0xff, 0xff][..], entries, &[0xff]].concat()
}

fn read(bytes: &[u8]) {
    let Ok(ziplist) = Ziplist::from_bytes(bytes) else { return };
    let pack = Listpack::from_elements(&ziplist).unwrap();
    assert!(ziplist.iter().eq(pack.iter()));
    assert_eq!((ziplist.iter().count(), pack.len()), (ziplist.len(), ziplist.len()));
}

fuzz_target!(|data: &[u8]| {
    read(data);
    if let Some((&last, entries)) = data.split_first() {
        read(&around(entries, last));
    }
});
