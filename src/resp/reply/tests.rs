use super::*;

fn written(protocol: Protocol, write: impl FnOnce(&mut Reply)) -> String {
    let mut out = BytesMut::new();
    write(&mut Reply::new(&mut out, protocol));
    out.escape_ascii().to_string().replace("\\r\\n", "|")
}

fn both(write: impl Fn(&mut Reply)) -> (String, String) {
    (written(Protocol::Resp2, &write), written(Protocol::Resp3, &write))
}

fn same(text: &str) -> (String, String) {
    (text.into(), text.into())
}

#[test]
fn what_both_protocols_have_is_written_alike() {
    assert_eq!(both(|reply| reply.ok()), same("+OK|"));
    assert_eq!(both(|reply| reply.simple("PONG")), same("+PONG|"));
    assert_eq!(both(|reply| reply.error(b"ERR no")), same("-ERR no|"));
    assert_eq!(both(|reply| reply.int(i64::MIN)), same(":-9223372036854775808|"));
    assert_eq!(both(|reply| reply.bulk(b"a\r\nb")), same("$4|a|b|"));
    assert_eq!(both(|reply| reply.bulk(b"")), same("$0||"));
    let pieces = [&b"ab"[..], b"", b"c"];
    assert_eq!(both(|reply| reply.bulk_pieces(3, pieces.into_iter())), same("$3|abc|"));
    assert_eq!(both(|reply| reply.bulk_int(-12)), same("$3|-12|"));
    assert_eq!(both(|reply| reply.array(12)), same("*12|"));
    assert_eq!(both(|reply| reply.empty_array()), same("*0|"));
}

#[test]
fn what_only_resp3_has_is_shown_to_resp2_in_its_own_types() {
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(both(|reply| reply.null()), pair("$-1|", "_|"));
    assert_eq!(both(|reply| reply.null_array()), pair("*-1|", "_|"));
    assert_eq!(both(|reply| reply.map(3)), pair("*6|", "%3|"));
    assert_eq!(both(|reply| reply.set(3)), pair("*3|", "~3|"));
    assert_eq!(both(|reply| reply.push(3)), pair("*3|", ">3|"));
    assert_eq!(both(|reply| reply.double(1.5)), pair("$3|1.5|", ",1.5|"));
    assert_eq!(both(|reply| reply.double(f64::INFINITY)), pair("$3|inf|", ",inf|"));
    assert_eq!(both(|reply| reply.bool(true)), pair(":1|", "#t|"));
    assert_eq!(both(|reply| reply.bool(false)), pair(":0|", "#f|"));
    assert_eq!(both(|reply| reply.big_number("-123")), pair("$4|-123|", "(-123|"));
    assert_eq!(both(|reply| reply.verbatim("txt", b"abc")), pair("$3|abc|", "=7|txt:abc|"));
    assert_eq!(written(Protocol::Resp3, |reply| reply.attribute(1)), "|1|");
}

#[test]
fn an_error_stays_on_its_line() {
    assert_eq!(both(|reply| reply.error(b"ERR a\r\nb\n")), same("-ERR a  b |"));
}

#[test]
fn a_length_may_be_given_after_the_elements() {
    for (n, header) in [(0, "*0|"), (9, "*9|"), (10, "*10|"), (12_345, "*12345|")] {
        let text = written(Protocol::Resp2, |reply| {
            reply.ok();
            let array = reply.begin_array();
            (0..n).for_each(|_| reply.int(7));
            reply.end_array(array, n);
            reply.ok();
        });
        assert_eq!(text, format!("+OK|{header}{}+OK|", ":7|".repeat(n)));
    }
}

#[test]
fn deferred_lengths_nest_and_follow_the_protocol() {
    let nested = |reply: &mut Reply| {
        let map = reply.begin_map();
        reply.bulk(b"key");
        let set = reply.begin_set();
        (0..11).for_each(|i| reply.int(i));
        reply.end_array(set, 11);
        reply.end_map(map, 1);
    };
    let elements: String = (0..11).map(|i| format!(":{i}|")).collect();
    let (resp2, resp3) = both(nested);
    assert_eq!(resp2, format!("*2|$3|key|*11|{elements}"));
    assert_eq!(resp3, format!("%1|$3|key|~11|{elements}"));
}

#[test]
fn replies_can_be_taken_back() {
    let text = written(Protocol::Resp2, |reply| {
        reply.ok();
        let position = reply.position();
        reply.bulk(b"secret");
        reply.truncate(position);
        reply.raw(b":1\r\n");
    });
    assert_eq!(text, "+OK|:1|");
}

#[test]
fn hello_chooses_protocol_2_or_3() {
    assert_eq!(Protocol::from_version(3).map(Protocol::version), Some(3));
    assert_eq!(Protocol::from_version(2), Some(Protocol::default()));
    assert_eq!(Protocol::from_version(4), None);
}
