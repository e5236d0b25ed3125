//! Every type in every form that a file has of it, small and large, in full syncs between ours and
//! each peer: the same contents on both sides, and the peer goes on.

use crate::support::*;

/// An element that says where it stands, of at least so many bytes.
fn element(i: usize, bytes: usize) -> Vec<u8> {
    let mut element = format!("element:{i}:").into_bytes();
    element.resize(element.len().max(bytes), b'a' + (i % 26) as u8);
    element
}

/// Keys of one type, each by one command: a name, how many elements, and each of them.
fn key(command: &str, name: &str, count: usize, each: impl Fn(usize) -> Vec<Vec<u8>>) -> Words {
    let mut words = vec![command.as_bytes().to_vec(), name.as_bytes().to_vec()];
    (0..count).for_each(|i| words.extend(each(i)));
    words
}

type Words = Vec<Vec<u8>>;

/// The sizes at which forms change, and some beyond. The longest is longer than an element of a
/// block may be, and than one of a list's pack.
const COUNTS: [usize; 9] = [1, 2, 64, 65, 128, 129, 512, 513, 3000];
const LENGTHS: [usize; 6] = [0, 64, 65, 255, 256, 9000];

fn strings() -> Vec<Words> {
    let texts = ["", "0", "-1", "127", "-128", "32768", "2147483648", "-9223372036854775808"];
    let mut all: Vec<Words> = (texts.iter().enumerate())
        .map(|(i, text)| key("set", &format!("string:{i}"), 1, |_| vec![text.as_bytes().into()]))
        .collect();
    for bytes in [20, 44, 45, 63, 64, 16_383, 16_384, 1 << 20, (1 << 20) + 1, 3 << 20] {
        all.push(key("set", &format!("string:long:{bytes}"), 1, |i| vec![element(i, bytes)]));
    }
    all.push(key("set", "string:repeated", 1, |_| vec![vec![b'x'; 100_000]]));
    all.push(key("setbit", "string:bits", 1, |_| vec![b"80001".into(), b"1".into()]));
    all.push(key("pfadd", "string:sparse", 20, |i| vec![element(i, 0)]));
    all.push(key("pfadd", "string:dense", 5000, |i| vec![element(i, 0)]));
    all
}

fn collections() -> Vec<Words> {
    let mut all = Vec::new();
    for count in COUNTS {
        // Long elements in all sizes would be hundreds of megabytes.
        for bytes in LENGTHS.into_iter().filter(|bytes| count * bytes < 300_000) {
            let name = |kind: &str| format!("{kind}:{count}:{bytes}");
            all.push(key("rpush", &name("list"), count, |i| vec![element(i, bytes)]));
            all.push(key("sadd", &name("set"), count, |i| vec![element(i, bytes)]));
            let fields = |i| vec![element(i, bytes), element(i + 1, 0)];
            all.push(key("hset", &name("hash"), count, fields));
            let values = |i| vec![element(i, 0), element(i + 1, bytes)];
            all.push(key("hset", &name("hash of values"), count, values));
            let scored = |i| vec![format!("{}.25", i % 7).into_bytes(), element(i, bytes)];
            all.push(key("zadd", &name("zset"), count, scored));
        }
        for bits in [8, 15, 31, 62] {
            let number = |i: usize| ((i as i64 - 60) << bits >> (i % 3)).to_string().into_bytes();
            all.push(key("sadd", &format!("ints:{count}:{bits}"), count, |i| vec![number(i)]));
            all.push(key("rpush", &format!("int list:{count}:{bits}"), count, |i| vec![number(i)]));
            // Of larger scores the digests of releases differ.
            if bits < 60 {
                let scored = |i| vec![number(i), number(i + 1)];
                all.push(key("zadd", &format!("int zset:{count}:{bits}"), count, scored));
            }
        }
    }
    let scores = ["inf", "-inf", "0", "-0", "-1e-300", "17179869184", "0.5", "3.0"];
    for count in [scores.len(), 900] {
        let scored = |i: usize| vec![scores[i % scores.len()].as_bytes().to_vec(), element(i, 0)];
        all.push(key("zadd", &format!("scores:{count}"), count, scored));
    }
    // Long and short ones in turn: packs and plain nodes.
    all.push(key("rpush", "list:mixed", 300, |i| {
        vec![element(i, if i % 9 == 0 { 9000 } else { 3 })]
    }));
    all.push(key("hset", "hash:mixed", 2000, |i| {
        vec![
            element(i, if i % 9 == 0 { 300 } else { 3 }),
            element(i, if i % 11 == 0 { 5000 } else { 0 }),
        ]
    }));
    all
}

fn streams() -> Vec<Words> {
    let words = |line: String| line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    let mut all: Vec<Words> = Vec::new();
    for (name, count) in [("small", 3), ("block", 100), ("large", 1500)] {
        for i in 1..=count {
            let field = if i % 3 == 0 { "other" } else { "field" };
            all.push(words(format!("xadd x:{name} {i}-{} {field} value-{i} n {i}", i % 5)));
        }
        all.push(words(format!("xgroup create x:{name} idle 0")));
        all.push(words(format!("xgroup create x:{name} busy {}-0", count / 2)));
        for consumer in ["one", "two"] {
            all.push(words(format!(
                "xreadgroup group busy {consumer} count {} streams x:{name} >",
                count / 5 + 1
            )));
        }
        all.push(words(format!("xack x:{name} busy {}-{}", count / 2 + 1, (count / 2 + 1) % 5)));
        // Tombstones at the beginning, in the middle and at the end, some of them pending.
        for i in [1, count / 2 + 2, count] {
            all.push(words(format!("xdel x:{name} {i}-{}", i % 5)));
        }
    }
    all.push(words("xgroup create x:empty g $ mkstream".into()));
    all.push(words("xadd x:emptied 5-5 a b".into()));
    all.push(words("xdel x:emptied 5-5".into()));
    all.push(words("xadd x:set 1-1 a b".into()));
    all.push(words("xsetid x:set 9-9".into()));
    all
}

/// Scores of which the digests of releases differ, since these print them in other digits.
fn odd_scores() -> Vec<Words> {
    let scores = ["1e300", "0.1", "-2.7670116110564327e+20", "4611686018427387904", "3.3"];
    let scored = |i: usize| vec![scores[i % scores.len()].as_bytes().to_vec(), element(i, 0)];
    [5, 900].map(|count| key("zadd", &format!("odd scores:{count}"), count, scored)).into()
}

fn of_odd_scores(server: &Server) -> Vec<(String, f64)> {
    let mut client = server.client();
    let both = ["5", "900"].map(|count| {
        client.cmd(&["zrange", &format!("odd scores:{count}"), "0", "-1", "withscores"])
    });
    let pairs = both.iter().flat_map(|reply| reply.items().chunks(2));
    pairs.map(|pair| (pair[0].text(), pair[1].text().parse().expect("a score"))).collect()
}

/// What the digest of a stream leaves out.
fn pending(server: &Server) -> Vec<String> {
    let mut client = server.client();
    ["x:small", "x:block", "x:large"]
        .iter()
        .flat_map(|name| {
            let all = client.run(&format!("xpending {name} busy - + 10000"));
            let all = all.items().iter().map(|entry| {
                let [id, consumer, _, deliveries] = entry.items() else { panic!("{entry:?}") };
                format!("{name} {id:?} {consumer:?} {deliveries:?}")
            });
            let mut all: Vec<String> = all.collect();
            all.push(format!("{:?}", client.run(&format!("xrange {name} - +"))));
            all
        })
        .collect()
}

fn every_form_is_carried(master: Kind, replica: Kind) {
    let master = Server::start(master, &[]);
    let commands = [strings(), collections(), odd_scores(), streams()].concat();
    let mut client = master.client();
    for some in commands.chunks(100) {
        for (reply, words) in client.pipeline(some).iter().zip(some) {
            assert!(!reply.is_error(), "{:?}: {reply:?}", words[..2].concat().escape_ascii());
        }
    }
    assert_eq!(client.run("pexpireat string:1 99999999999999"), 1);
    assert_eq!(client.run("expire list:3000:0 100000"), 1);
    let replica = Server::start_replica(replica, master.port, &[]);
    replica.wait_link_up();
    assert_eq!(of_odd_scores(&master).len(), 905);
    assert_eq!(of_odd_scores(&replica), of_odd_scores(&master));
    assert_eq!(client.cmd(&["del", "odd scores:5", "odd scores:900"]), 2);
    wait_equal_digests(&[&master, &replica]);
    assert_eq!(replica.run("dbsize"), master.run("dbsize"));
    assert_eq!(pending(&replica), pending(&master));
    assert!(!pending(&master).is_empty());
    for name in ["string:1", "list:3000:0"] {
        let line = format!("pexpiretime {name}");
        let (ours, theirs) = (master.run(&line), replica.run(&line));
        assert!(ours == theirs || ours.is_error() || theirs.is_error(), "{ours:?} {theirs:?}");
    }
    // The values can be worked on there, each of their elements.
    replica.ok("replicaof no one");
    for words in collections() {
        let name = String::from_utf8(words[1].clone()).expect("text");
        let (count, remove) = match &words[0][..] {
            b"rpush" => ("llen", "ltrim"),
            b"sadd" => ("scard", "srem"),
            b"hset" => ("hlen", "hdel"),
            _ => ("zcard", "zrem"),
        };
        let mut client = replica.client();
        let elements: Vec<&[u8]> = match remove {
            "ltrim" => vec![b"1", b"0"],
            "srem" => words[2..].iter().map(Vec::as_slice).collect(),
            "hdel" => words[2..].iter().step_by(2).map(Vec::as_slice).collect(),
            _ => words[3..].iter().step_by(2).map(Vec::as_slice).collect(),
        };
        assert!(client.cmd(&[count, &name]).int() > 0, "{name}");
        let removed = client.cmd(&[&[remove.as_bytes(), name.as_bytes()], &elements[..]].concat());
        assert!(!removed.is_error(), "{name}: {removed:?}");
        assert_eq!(client.cmd(&["exists", &name]), 0, "{name}");
    }
}
for_each_pair!(every_form_is_carried);
