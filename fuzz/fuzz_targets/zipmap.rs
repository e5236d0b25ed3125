//! A zipmap of bytes from outside: refused, or walked to its end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::store::packed::Zipmap;

fuzz_target!(|data: &[u8]| {
    let Ok(zipmap) = Zipmap::from_bytes(data) else { return };
    let bytes: usize = zipmap.iter().map(|(field, value)| field.len() + value.len()).sum();
    assert!(bytes < data.len());
    assert_eq!(zipmap.iter().count(), zipmap.len());
});
