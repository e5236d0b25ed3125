//! Files and full syncs: any bytes load or are refused; what was loaded can be saved and loaded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use understudy::rdb::RdbError;
use understudy::store::value::Limits;
use understudy::rdb::load::{LoadOptions, LoadReport, load_into};
use understudy::rdb::output::WriteSink;
use understudy::rdb::save::{SaveInfo, save};
use understudy::rdb::usage::UsageClock;
use understudy::store::dataset::Dataset;

fn load(
    dataset: &mut Dataset,
    bytes: &[u8],
    verify_checksum: bool,
) -> Result<LoadReport, RdbError> {
    let options = LoadOptions {
        limits: Limits::default(),
        now: 1_700_000_000_000,
        drop_expired: false,
        replace_duplicates: true,
        verify_checksum,
        usage: UsageClock::Lru { seconds: 0 },
    };
    load_into(dataset, bytes, options, &mut ())
}

fn info() -> SaveInfo {
    SaveInfo::new("7.2.0", 1_700_000_000)
}

fuzz_target!(|data: &[u8]| {
    let mut dataset = Dataset::new(16, 1);
    if load(&mut dataset, data, false).is_err() {
        return;
    }
    let saved = save(dataset.snapshot(), &info(), WriteSink(Vec::new()));
    let (sink, _) = saved.expect("memory takes every chunk");
    let mut again = Dataset::new(16, 2);
    let report = load(&mut again, &sink.0, true).expect("our own file loads");
    assert_eq!(report.keys_loaded, dataset.key_count() as u64);
});
