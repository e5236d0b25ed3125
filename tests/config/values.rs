//! CONFIG GET and CONFIG SET.

use std::collections::BTreeSet;

use understudy::config::set::{Circumstances, prepare};
use understudy::config::value::choice::Protected;
use understudy::config::{Config, DIRECTIVES, Flags};

use crate::support::Client;
use crate::world::{config_get, our_config_get, redis};

/// Directives whose value a test's server has of its own.
const GIVEN: [&str; 6] =
    ["port", "dir", "bind", "save", "enable-debug-command", "repl-diskless-sync-delay"];

#[test]
fn names_aliases_and_defaults_are_those_of_redis() {
    let server = redis(&[]);
    let mut theirs = config_get(&mut server.client(), &["*"]);
    let mut ours = our_config_get(&Config::default(), &["*"]);
    for name in GIVEN {
        assert!(theirs.remove(name).is_some() && ours.remove(name).is_some(), "{name}");
    }
    assert_eq!(ours, theirs);
}

#[test]
fn hidden_names_and_their_defaults_are_those_of_redis() {
    let server = redis(&[]);
    let mut client = server.client();
    let mut known = 0;
    for directive in DIRECTIVES.iter().filter(|row| row.flags.contains(Flags::HIDDEN)) {
        let patterns = [directive.name];
        let theirs = config_get(&mut client, &patterns);
        // The others are of later versions.
        if !theirs.is_empty() {
            assert_eq!(our_config_get(&Config::default(), &patterns), theirs);
            known += 1;
        }
    }
    assert_eq!(known, 6);
}

#[test]
fn patterns_find_the_same_names_as_in_redis() {
    let server = redis(&[]);
    let mut client = server.client();
    for patterns in [
        &["MAXmemory", "maxmemory*", "*of"][..],
        &["Slave-Priority"],
        &["*-M?x-*", "hash-*"],
        &["[a-c]*"],
        &["save\\*", "nosuch", ""],
        &["key-load-delay", "key-load-dela?"],
    ] {
        let names = |rows: std::collections::BTreeMap<String, String>| -> BTreeSet<String> {
            rows.into_keys().collect()
        };
        let ours = names(our_config_get(&Config::default(), patterns));
        assert_eq!(ours, names(config_get(&mut client, patterns)), "{patterns:?}");
    }
}

/// Directives whose setting has an effect that the test cannot bear, or that depends on the
/// system and the data.
const NOT_TRIED: [&str; 11] = [
    "appendonly",
    "bind",
    "dir",
    "jemalloc-bg-thread",
    "maxclients",
    "oom-score-adj",
    "oom-score-adj-values",
    "port",
    "timeout",
    "tls-port",
    "watchdog-period",
];

/// Values that are right for some directives and wrong for the others.
const VALUES: [&str; 56] = [
    "",
    " ",
    "yes",
    "NO",
    "no ",
    "0",
    "-0",
    "00",
    "01",
    "1",
    "+1",
    "-1",
    " 1",
    "1 ",
    "2",
    "5",
    "10",
    "99",
    "100",
    "101",
    "600",
    "1000",
    "1001",
    "1024",
    "65535",
    "65536",
    "1048576",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "1kb",
    "1K",
    "2mB",
    "3g",
    "1.5",
    "1e3",
    "0x10",
    "k",
    "5%",
    "101%",
    "-5%",
    "%",
    "everysec",
    "Notice",
    "allkeys-LRU",
    "now force",
    "force now now",
    "save nosave",
    "KEA",
    "KEq",
    "900 1",
    "900 1 60",
];

/// Values for the directives that have their own form.
const SPECIAL_VALUES: [(&str, &str); 26] = [
    ("save", "900 1 300 10"),
    ("save", "900  1"),
    ("save", "0 1"),
    ("save", "1 -1"),
    ("save", "+1 1"),
    ("client-output-buffer-limit", "normal 1mb 1kb 5"),
    ("client-output-buffer-limit", "SLAVE 1mb 1kb 5 pubsub 1 2 3"),
    ("client-output-buffer-limit", "replica 1 1 1 replica 2 2 2"),
    ("client-output-buffer-limit", "master 1 1 1"),
    ("client-output-buffer-limit", "normal x 1 1"),
    ("client-output-buffer-limit", "normal 1 1 x"),
    ("client-output-buffer-limit", "normal 1 1 -1"),
    ("client-output-buffer-limit", "normal 1 1"),
    ("latency-tracking-info-percentiles", "50 99.999 100"),
    ("latency-tracking-info-percentiles", "100.1"),
    ("latency-tracking-info-percentiles", "50  60"),
    ("latency-tracking-info-percentiles", "nan"),
    ("latency-tracking-info-percentiles", "99.99999999"),
    ("proc-title-template", "{title} {{x} {port}"),
    ("proc-title-template", "{nosuch}"),
    ("proc-title-template", "{title"),
    ("dbfilename", "a/b"),
    ("dbfilename", "a\\b"),
    ("cluster-announce-hostname", "a.b-c"),
    ("cluster-announce-hostname", "a_b"),
    ("notify-keyspace-events", "g$lshzxeKEtmdn"),
];

/// Redis takes these bytes for a negative number, and complains of a percentage.
const KNOWN_DIFFERENCES: [(&str, &str); 1] = [("maxmemory-clients", "9223372036854775808")];

#[test]
fn values_are_taken_refused_and_printed_as_in_redis() {
    let server = redis(&["--enable-protected-configs", "yes"]);
    let mut client = server.client();
    let mut differences = Vec::new();
    for directive in DIRECTIVES.iter().filter(|row| !NOT_TRIED.contains(&row.name)) {
        if config_get(&mut client, &[directive.name]).is_empty() {
            continue; // Of a later version.
        }
        let own = SPECIAL_VALUES.iter().filter(|row| row.0 == directive.name).map(|row| row.1);
        for value in VALUES.into_iter().chain(own) {
            let theirs = their_answer(&mut client, directive.name, value);
            let ours = our_answer(directive.name, value);
            let is_refused = ours.contains("this server does not support it yet");
            let is_known = KNOWN_DIFFERENCES.contains(&(directive.name, value));
            if ours != theirs && !is_refused && !is_known {
                differences.push(format!("{} {value:?}: {ours} / {theirs}", directive.name));
            }
        }
    }
    assert!(differences.is_empty(), "ours / theirs:\n{}", differences.join("\n"));
}

/// Sets one value in redis-server, and sets the old one again. Gives the error or the new value.
fn their_answer(client: &mut Client, name: &str, value: &str) -> String {
    let before = config_get(client, &[name])[name].clone();
    let reply = client.cmd(&["config", "set", name, value]);
    if reply.is_error() {
        return reply.error().to_owned();
    }
    let after = config_get(client, &[name])[name].clone();
    let restored = client.cmd(&["config", "set", name, &before]);
    assert_eq!(restored, "OK", "{name} {before:?}");
    after
}

fn our_answer(name: &str, value: &str) -> String {
    let config = Config::with(|config| {
        config.security.enable_protected_configs = Protected::Yes;
        config.persistence.save = Vec::new();
    });
    let circumstances = Circumstances { is_local_client: true, is_loading: false };
    match prepare(&config, &[(name.as_bytes(), value.as_bytes())], circumstances) {
        Ok(prepared) => our_config_get(&prepared.config, &[name])[name].clone(),
        Err(error) => String::from_utf8_lossy(&error.reply()).into_owned(),
    }
}

#[test]
fn several_settings_fail_together_with_the_message_of_redis() {
    let server = redis(&[]);
    let mut client = server.client();
    for pairs in [
        &["hz", "20", "maxmemory-clients", "200%", "client-query-buffer-limit", "invalid"][..],
        &["Slave-Priority", "1x"],
        &["hz", "1", "HZ", "2"],
        &["nosuch", "1", "daemonize", "yes"],
        &["daemonize", "yes", "nosuch", "1"],
        &["dir", "/tmp", "nosuch", "1"],
        &["replicaof", "a 1"],
        &["slaveof", "a 1"],
    ] {
        let theirs = client.cmd(&[&["config", "set"], pairs].concat());
        let pairs: Vec<_> =
            pairs.chunks(2).map(|pair| (pair[0].as_bytes(), pair[1].as_bytes())).collect();
        let circumstances = Circumstances { is_local_client: true, is_loading: false };
        let ours = prepare(&Config::default(), &pairs, circumstances).unwrap_err().reply();
        assert_eq!(String::from_utf8_lossy(&ours), theirs.error());
    }
}
