//! SCAN while others write: what is there throughout is seen, by us exactly once.

use std::collections::HashMap;

use crate::support::*;

fn scan_all(client: &mut Client, options: &str) -> HashMap<String, usize> {
    let mut seen = HashMap::new();
    let mut cursor = "0".to_owned();
    loop {
        let reply = client.ok(&format!("scan {cursor} {options}"));
        let [next, keys] = reply.items() else { panic!("{reply:?}") };
        for key in keys.texts() {
            *seen.entry(key).or_default() += 1;
        }
        cursor = next.text();
        if cursor == "0" {
            return seen;
        }
    }
}

#[test]
fn scan_under_writes_misses_nothing_that_stays() {
    let server = ours(&[]);
    let mut client = server.client();
    for i in 0..5_000 {
        client.send_cmd(&["set", &format!("stays:{i}"), "v"]);
    }
    for _ in 0..5_000 {
        client.reply();
    }
    let mut writer = server.client();
    let mut random = Random::from_environment("scan");
    for count in [1, 7, 100] {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut cursor = "0".to_owned();
        loop {
            let reply = client.ok(&format!("scan {cursor} count {count}"));
            cursor = reply.items()[0].text();
            for key in reply.items()[1].texts() {
                *seen.entry(key).or_default() += 1;
            }
            if cursor == "0" {
                break;
            }
            // The table grows and shrinks many times over in between.
            let batch: Vec<Vec<String>> = (0..20)
                .map(|_| {
                    let key = format!("comes:{}", random.below(20_000));
                    let args = if random.below(2) == 0 {
                        vec!["set", &key, "v"]
                    } else {
                        vec!["del", &key]
                    };
                    args.into_iter().map(str::to_owned).collect()
                })
                .collect();
            writer.pipeline(&batch);
        }
        for i in 0..5_000 {
            let times = seen.get(&format!("stays:{i}")).copied().unwrap_or(0);
            assert!(times >= 1, "count {count} missed stays:{i}");
            assert!(times == 1 || played_by_redis(), "count {count} saw stays:{i} {times} times");
        }
    }
}

#[test]
fn scan_filters_by_pattern_and_type_and_checks_its_arguments() {
    let server = ours(&[]);
    let mut client = server.client();
    fill(&server, 1_000);
    let seen = scan_all(&mut client, "match key:1* count 50");
    let expected = (0..1_000).filter(|i: &i32| i.to_string().starts_with('1')).count();
    assert_eq!(seen.len(), expected);
    assert_eq!(scan_all(&mut client, "type string count 100").len(), 1_000);
    assert_eq!(scan_all(&mut client, "type list").len(), 0);
    assert_eq!(client.run("scan x").error(), "ERR invalid cursor");
    assert_eq!(client.run("scan 0 count 0").error(), "ERR syntax error");
    assert_eq!(client.run("scan 0 count x").error(), "ERR value is not an integer or out of range");
    assert_eq!(client.run("scan 0 nosuch 1").error(), "ERR syntax error");
}

#[test]
fn a_cursor_from_anywhere_is_taken() {
    let server = ours(&[]);
    let mut client = server.client();
    fill(&server, 100);
    for cursor in ["1", "18446744073709551615", "123456789", "9223372036854775808"] {
        assert!(!client.run(&format!("scan {cursor}")).is_error(), "{cursor}");
    }
    assert_eq!(client.run("scan 18446744073709551616").error(), "ERR invalid cursor");
}

/// The elements of a hash and of a set, as those of a database.
#[test]
fn walks_over_collections_under_writes_miss_nothing_that_stays() {
    let server = ours(&[]);
    let mut client = server.client();
    for i in 0..3_000 {
        client.send_cmd(&["hset", "h", &format!("stays:{i}"), "v"]);
        client.send_cmd(&["sadd", "s", &format!("stays:{i}")]);
    }
    (0..6_000).for_each(|_| drop(client.reply()));
    let mut random = Random::from_environment("walks");
    for (walk, add, take, width) in
        [("hscan h", "hset h", "hdel h", 2), ("sscan s", "sadd s", "srem s", 1)]
    {
        let (mut seen, mut cursor) = (Vec::new(), "0".to_owned());
        loop {
            let reply = client.ok(&format!("{walk} {cursor} count 7"));
            cursor = reply.items()[0].text();
            seen.extend(reply.items()[1].texts().into_iter().step_by(width));
            if cursor == "0" {
                break;
            }
            for _ in 0..10 {
                let other = random.below(20_000);
                let value = if width == 2 { " v" } else { "" };
                client.ok(&format!("{add} comes:{other}{value}"));
                client.ok(&format!("{take} comes:{}", random.below(20_000)));
            }
        }
        seen.retain(|element| element.starts_with("stays:"));
        seen.sort();
        let count = seen.len();
        seen.dedup();
        assert_eq!((seen.len(), count), (3_000, 3_000), "{walk}");
    }
}
