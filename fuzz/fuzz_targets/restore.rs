//! RESTORE: the value of a payload, whose version and checksum are made good here.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::store::value::Limits;
use understudy::base::crc64::Crc64;
use understudy::rdb::dump::{dump, restore};
use understudy::store::entry::Entry;

fn restored(payload: &[u8]) -> Option<Entry> {
    restore(payload, Limits::default(), |value| Entry::new(b"key", value, None)).ok()
}

fuzz_target!(|data: &[u8]| {
    let _ = restored(data);
    let mut payload = data.to_vec();
    payload.extend_from_slice(&9_u16.to_le_bytes());
    payload.extend_from_slice(&Crc64::of(&payload).to_le_bytes());
    if let Some(entry) = restored(&payload) {
        let packed = restored(&dump(&entry.value(), true)).expect("our own payload is good");
        // Elements of a table may come in another order.
        assert_eq!(packed.value_digest(), entry.value_digest());
    }
});
