use super::*;

fn group(last_id: StreamId, entries_read: i64) -> Group {
    Group::new(Name::from(&b"g"[..]), last_id, entries_read)
}

#[test]
fn a_lag_is_told_where_nothing_was_deleted_ahead() {
    let mut stream = stream_of((1..=5).map(|ms| id(ms, 0)));
    let lag = |stream: &Stream, ms, read| stream.log().lag(&group(id(ms, 0), read));
    assert_eq!(lag(&stream, 0, UNKNOWN_READS), Some(5));
    assert_eq!(lag(&stream, 1, UNKNOWN_READS), Some(4));
    assert_eq!(lag(&stream, 2, UNKNOWN_READS), None, "anywhere in the middle");
    assert_eq!(lag(&stream, 5, UNKNOWN_READS), Some(0));
    assert_eq!(lag(&stream, 9, UNKNOWN_READS), None, "an ID to come");
    assert_eq!(lag(&stream, 2, 2), Some(3));
    stream.delete(&[id(3, 0)]);
    assert_eq!(lag(&stream, 2, 2), None);
    assert_eq!(lag(&stream, 4, 4), Some(1), "what was deleted is behind");
    stream.trim(Trim { until: Until::Length(2), is_approximate: false, limit: None });
    assert_eq!(lag(&stream, 2, 2), Some(3), "as if it had still to read what is gone");
    assert_eq!(lag(&stream, 0, UNKNOWN_READS), Some(2));
    stream.trim(Trim { until: Until::Length(0), is_approximate: false, limit: None });
    assert_eq!(lag(&stream, 2, UNKNOWN_READS), Some(0));
    assert_eq!(Stream::default().log().lag(&group(id(7, 0), UNKNOWN_READS)), Some(0));
}

#[test]
fn who_reads_on_counts_or_finds_out_where_it_is() {
    let mut stream = stream_of((1..=5).map(|ms| id(ms, 0)));
    let read = |stream: &Stream, from, read: i64, to| {
        let mut group = group(id(from, 0), read);
        group.advance(stream.log(), id(to, 0));
        assert_eq!(group.last_id(), id(to, 0));
        group.entries_read()
    };
    assert_eq!(read(&stream, 0, 0, 1), 1);
    assert_eq!(read(&stream, 0, UNKNOWN_READS, 1), 1);
    assert_eq!(read(&stream, 1, UNKNOWN_READS, 2), UNKNOWN_READS);
    assert_eq!(read(&stream, 1, UNKNOWN_READS, 5), 5);
    stream.delete(&[id(3, 0)]);
    assert_eq!(read(&stream, 1, 1, 2), UNKNOWN_READS);
    assert_eq!(read(&stream, 2, 2, 4), 3, "as Redis counts: without what was deleted");
    assert_eq!(read(&stream, 4, UNKNOWN_READS, 5), 5);
}
