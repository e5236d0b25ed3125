//! Names and their order; the values are tested against a running server in `tests/`.

use super::SECTIONS;

#[test]
fn sections_come_in_the_order_of_redis() {
    let titles: Vec<_> = SECTIONS.iter().map(|section| section.title).collect();
    let expected = "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats \
                    Errorstats Latencystats Cluster Keyspace";
    assert_eq!(titles.join(" "), expected);
}

#[test]
fn sections_are_asked_for_by_their_title_in_any_case() {
    for section in SECTIONS {
        assert!(section.is_called(section.title.as_bytes()));
    }
}
