//! SORT as its clients and replicas see it.

use super::*;
use crate::keyspace::testing::TestServer;
use crate::store::value::zset::SortedSetLimit;

#[test]
fn numbers_are_sorted_as_numbers_and_words_by_their_bytes() {
    let mut server = TestServer::new();
    server.check(&[
        ("RPUSH l 10 9 -1 2.5 1e1", "5"),
        ("SORT l", "[\"-1\" \"2.5\" \"9\" \"10\" \"1e1\"]"),
        ("SORT l DESC", "[\"1e1\" \"10\" \"9\" \"2.5\" \"-1\"]"),
        ("SORT l ALPHA", "[\"-1\" \"10\" \"1e1\" \"2.5\" \"9\"]"),
        ("SORT l LIMIT 1 2", "[\"2.5\" \"9\"]"),
        ("SORT l LIMIT -5 2 DESC", "[\"1e1\" \"10\"]"),
        ("SORT l LIMIT 4 -1", "[\"1e1\"]"),
        ("SORT l LIMIT 5 10", "[]"),
        ("SORT l LIMIT 9223372036854775807 9223372036854775807", "[]"),
        ("SORT_RO l ASC LIMIT 0 1", "[\"-1\"]"),
        ("ZADD z 3 a 1 c 2 b", "3"),
        ("SORT z ALPHA", "[\"a\" \"b\" \"c\"]"),
        ("SORT z BY nosort DESC LIMIT 1 5", "[\"b\" \"c\"]"),
        ("SORT z BY nosort STORE d", "3"),
        ("LRANGE d 0 -1", "[\"c\" \"b\" \"a\"]"),
        ("SADD s 3 1 2", "3"),
        ("SORT s", "[\"1\" \"2\" \"3\"]"),
        ("SORT none", "[]"),
        ("RPUSH l x", "6"),
        ("SORT l", "-ERR One or more scores can't be converted into double"),
    ]);
}

#[test]
fn elements_are_sorted_by_what_is_looked_up_for_them() {
    let mut server = TestServer::new();
    server.check(&[
        ("RPUSH l 1 2 3 4", "4"),
        ("MSET w_1 30 w_2 -1 w_3 20", "OK"),
        ("SORT l BY w_*", "[\"2\" \"4\" \"3\" \"1\"]"),
        ("SORT l BY w_* GET # GET w_*", "[\"2\" \"-1\" \"4\" nil \"3\" \"20\" \"1\" \"30\"]"),
        ("SORT l BY w_* ALPHA DESC", "[\"1\" \"3\" \"2\" \"4\"]"),
        ("HSET h1 f 5 g a", "2"),
        ("HSET h3 f 1 g b", "2"),
        ("SORT l BY h*->f LIMIT 2 2 GET h*->g", "[\"b\" \"a\"]"),
        ("SORT l BY h*->f GET h*->", "[nil nil nil nil]"),
        ("SET h2-> v", "OK"),
        ("SORT l GET h*-> GET w_1", "[nil nil \"v\" nil nil nil nil nil]"),
        ("SORT l BY w_*->f GET h*", "[nil nil nil nil]"),
        ("SET w_2 x", "OK"),
        ("SORT l BY w_*", "-ERR One or more scores can't be converted into double"),
    ]);
}

#[test]
fn what_is_not_sorted_stays_in_its_order() {
    let mut server = TestServer::new();
    server.check(&[
        ("RPUSH l c a d b", "4"),
        ("SORT l BY nosort", "[\"c\" \"a\" \"d\" \"b\"]"),
        ("SORT l BY nosort DESC LIMIT 1 2", "[\"d\" \"a\"]"),
        ("SORT l BY nosort LIMIT 1 2 GET #", "[\"a\" \"d\"]"),
        ("SADD s x z y", "3"),
        ("SORT s BY nosort STORE d", "3"),
        ("LRANGE d 0 -1", "[\"x\" \"y\" \"z\"]"),
    ]);
}

/// However it is kept.
#[test]
fn a_sorted_set_stays_in_the_order_of_its_scores() {
    for max_members in [0, 128] {
        let limit = SortedSetLimit { max_members, max_bytes: 64 };
        let mut set = SortedSet::default();
        [(5.0, "a"), (1.0, "b"), (3.0, "c")].into_iter().for_each(|(score, member)| {
            set.set(member.as_bytes(), score, limit);
        });
        let source = Source::SortedSet(set);
        let texts = |elements: Vec<Element<'_>>| {
            elements.into_iter().map(|element| element.to_vec()).collect::<Vec<_>>().concat()
        };
        assert_eq!(texts(source.all()), b"bca");
        assert_eq!(texts(source.range(0..2, true)), b"ac");
        assert_eq!(texts(source.range(2..3, true)), b"b");
        assert_eq!(texts(source.range(1..2, false)), b"c");
    }
}

#[test]
fn a_result_is_stored_as_a_list_and_goes_to_replicas_as_it_came() {
    let mut server = TestServer::new();
    server.check(&[
        ("RPUSH l 3 1 2", "3"),
        ("SET d v PX 100000", "OK"),
        ("MSET w_1 a w_2 b", "OK"),
        ("SORT l GET w_* STORE d", "3"),
        ("LRANGE d 0 -1", "[\"a\" \"b\" \"\"]"),
        ("TTL d", "-1"),
        ("SORT l STORE l", "3"),
        ("LRANGE l 0 -1", "[\"1\" \"2\" \"3\"]"),
        ("SORT none STORE d", "0"),
        ("EXISTS d", "0"),
        ("SORT none STORE d", "0"),
        ("SORT l STORE a STORE b", "3"),
        ("EXISTS a", "0"),
        ("SORT l", "[\"1\" \"2\" \"3\"]"),
    ]);
    let stream = server.stream();
    assert_eq!(
        stream[4..],
        ["SORT l GET w_* STORE d", "SORT l STORE l", "SORT none STORE d", "SORT l STORE a STORE b"]
    );
    let events = server.events(&["SORT l STORE e", "SORT none STORE e", "SORT none STORE e"]);
    assert_eq!(events, ["new e", "sortstore e", "del e"].map(str::to_owned)[1..]);
}

#[test]
fn elements_whose_looked_up_texts_are_equal_stay_as_a_list_has_them() {
    let mut server = TestServer::new();
    server.check(&[
        ("RPUSH l 4 1 2 3", "4"),
        ("SADD s 4 1 2 3", "4"),
        ("SET w_2 a", "OK"),
        ("SORT l BY w_* ALPHA", "[\"4\" \"1\" \"3\" \"2\"]"),
        ("SORT l BY w_* ALPHA DESC", "[\"2\" \"4\" \"1\" \"3\"]"),
        ("SORT s BY w_* ALPHA", "[\"1\" \"3\" \"4\" \"2\"]"),
    ]);
}

#[test]
fn what_cannot_be_sorted_or_understood_changes_nothing() {
    let mut server = TestServer::new();
    server.check(&[
        ("SET str v", "OK"),
        ("RPUSH l a b", "2"),
        ("SORT str", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("SORT l STORE str", "-ERR One or more scores can't be converted into double"),
        ("GET str", "\"v\""),
        ("SORT l foo", "-ERR syntax error"),
        ("SORT l LIMIT 1", "-ERR syntax error"),
        ("SORT l LIMIT x 1", "-ERR value is not an integer or out of range"),
        ("SORT l BY", "-ERR syntax error"),
        ("SORT l GET", "-ERR syntax error"),
        ("SORT l STORE", "-ERR syntax error"),
        ("SORT_RO l ALPHA STORE d", "-ERR syntax error"),
        ("SORT str foo", "-ERR syntax error"),
    ]);
    assert_eq!(server.stream().len(), 3);
}

#[test]
fn the_keys_that_are_sorted_and_stored_are_found_among_the_arguments() {
    let mut server = TestServer::new();
    server.check(&[
        ("COMMAND GETKEYS SORT abc STORE def", "[\"abc\" \"def\"]"),
        ("COMMAND GETKEYS SORT abc STORE invalid STORE def ALPHA", "[\"abc\" \"def\"]"),
        ("COMMAND GETKEYS SORT abc BY STORE GET STORE LIMIT STORE STORE", "[\"abc\"]"),
        ("COMMAND GETKEYS SORT_RO abc BY w_*", "[\"abc\"]"),
        (
            "COMMAND GETKEYSANDFLAGS SORT abc STORE def",
            "[[\"abc\" [RO access]] [\"def\" [OW update]]]",
        ),
    ]);
}
