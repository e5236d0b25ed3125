use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::config::DIRECTIVES;
use crate::config::value::choice::LogLevel;

/// A world of a few files in one directory, where SET, GET and FLUSHDB are commands.
#[derive(Default)]
struct Files {
    files: BTreeMap<PathBuf, String>,
    dir: PathBuf,
}

impl World for Files {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        let missing = || "No such file or directory".to_owned();
        self.files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(missing)
    }

    fn expand(&mut self, pattern: &Path) -> Vec<PathBuf> {
        let prefix = pattern.to_str().unwrap().trim_end_matches('*').to_owned();
        let fits = |path: &&PathBuf| path.to_str().unwrap().starts_with(&prefix);
        self.files.keys().filter(fits).cloned().collect()
    }

    fn change_dir(&mut self, dir: &Path) -> Result<(), String> {
        if dir == Path::new("/nonexistent") {
            return Err("No such file or directory".to_owned());
        }
        self.dir = self.dir.join(dir);
        Ok(())
    }

    fn current_dir(&mut self) -> Result<PathBuf, String> {
        Ok(self.dir.clone())
    }

    fn try_log(&mut self, path: &Path) -> Result<(), String> {
        let forbidden = path == Path::new("/forbidden");
        if forbidden { Err("Permission denied".to_owned()) } else { Ok(()) }
    }

    fn is_command(&self, name: &[u8]) -> bool {
        [&b"set"[..], b"get", b"flushdb"].iter().any(|other| other.eq_ignore_ascii_case(name))
    }
}

fn with_files(files: &[(&str, &str)], options: &str) -> Result<Config, LoadError> {
    let file = |(name, text): &(&str, &str)| (PathBuf::from(name), (*text).to_owned());
    let mut world = Files { files: files.iter().map(file).collect(), dir: "/start".into() };
    let parts = Parts {
        file: files.first().map(|(name, _)| PathBuf::from(name)),
        stdin: None,
        options: options.into(),
    };
    load(&parts, &mut world)
}

fn file(text: &str) -> Result<Config, LoadError> {
    with_files(&[("redis.conf", text)], "")
}

/// The message for a file of one bad line.
fn complaint(line: &str) -> String {
    match file(line).unwrap_err() {
        LoadError::Line { number: 1, text, reason } if text == line => reason.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_at_all_gives_the_defaults_and_the_working_directory() {
    let config = load(&Parts::default(), &mut Files { dir: "/start".into(), ..Files::default() });
    assert_eq!(config, Ok(Config::with(|config| config.persistence.dir = "/start".into())));
}

#[test]
fn later_parts_win() {
    let mut world = Files::default();
    world.files.insert("redis.conf".into(), "port 1\ntimeout 1\nhz 1".to_owned());
    let parts = Parts {
        file: Some("redis.conf".into()),
        stdin: Some(b"timeout 2\nhz 2".to_vec()),
        options: b"hz \"3\"".to_vec(),
    };
    let config = load(&parts, &mut world).unwrap();
    assert_eq!((config.network.port, config.network.timeout, config.process.hz), (1, 2, 3));
    assert_eq!(config.config_file, Some("redis.conf".into()));
}

#[test]
fn a_bad_line_is_named_with_its_number_as_redis_does() {
    let error = file("# first\n\n  port abc \nport 1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n\
         Reading the configuration file, at line 3\n\
         >>> 'port abc'\n\
         argument couldn't be parsed into an integer"
    );
}

#[test]
fn each_kind_of_bad_line_has_its_message() {
    for (line, message) in [
        ("port", "wrong number of arguments"),
        ("port 1 2", "wrong number of arguments"),
        ("port \"1", "Unbalanced quotes in configuration line"),
        ("port=1", "Bad directive or wrong number of arguments"),
        ("nosuch 1", "Bad directive or wrong number of arguments"),
        ("include a b", "Bad directive or wrong number of arguments"),
        (
            "loglevel --bla",
            "argument(s) must be one of the following: debug, verbose, notice, warning",
        ),
        ("daemonize maybe", "argument must be 'yes' or 'no'"),
        ("replicaof 127.0.0.1 abc", "Invalid master port"),
        ("replicaof 127.0.0.1", "wrong number of arguments"),
        ("save 900", "Invalid save parameters"),
        ("dir /nonexistent", "No such file or directory"),
        ("rename-command nosuch a", "No such command in rename-command"),
        ("rename-command get SET", "Target command name already exists"),
        ("sentinel monitor a b", "sentinel directive while not in sentinel mode"),
        ("module.setting", "Module config specified without value"),
    ] {
        assert_eq!(complaint(line), message, "{line}");
    }
}

#[test]
fn settings_that_would_be_ignored_are_refused() {
    for line in [
        "cluster-enabled yes",
        "tls-port 6380",
        "tls-replication yes",
        "aclfile users.acl",
        "loadmodule x.so",
        "user alice on",
        "sentinel",
    ] {
        assert!(file(line).is_err(), "{line}");
    }
    assert_eq!(complaint("cluster-enabled yes"), "this server does not support it yet, only 'no'");
    assert!(file("appendonly no\ncluster-enabled no\ntls-port 0").is_ok());
}

#[test]
fn settings_of_older_versions_do_nothing() {
    let config = file("list-max-ziplist-entries 512\nlua-replicate-commands yes").unwrap();
    assert_eq!(config.types.list_max_listpack_size, Config::default().types.list_max_listpack_size);
}

/// What the files of Redis 7.2 to 8.6 and of Valkey 8 and 9 say beyond those of 7.0, and what
/// their command lines are given.
const LATER_LINES: &str = "\
locale-collate \"\"
set-max-listpack-entries 128
set-max-listpack-value 64
hide-user-data-from-log yes
rdb-version-check strict
dual-channel-replication-enabled no
commandlog-execution-slower-than 10000
commandlog-slow-execution-max-len 128
commandlog-request-larger-than 1048576
commandlog-large-request-max-len 128
commandlog-reply-larger-than 1048576
commandlog-large-reply-max-len 128
repl-rdb-channel no
replica-full-sync-buffer-limit 0
max-new-connections-per-cycle 10
max-new-tls-connections-per-cycle 1
availability-zone \"\"
log-format legacy
log-timestamp-format legacy
lookahead 16
prefetch-batch-max-size 16
import-mode no
io-threads-do-reads no
enable-debug-assert no
cluster-slot-stats-enabled no
cluster-compatibility-sample-ratio 0
cluster-announce-human-nodename \"\"
server-cpulist \"\"
unixsocketgroup \"\"
mptcp no
rdma-port 0
";

#[test]
fn the_lines_of_later_redis_and_valkey_files_ask_for_nothing() {
    let config = file(LATER_LINES).unwrap();
    assert_eq!(crate::config::ineffective::ineffective(&config).next(), None);
    assert_eq!(config, file("").unwrap());
    assert_eq!(file(&LATER_LINES.to_ascii_uppercase()), Ok(config));
}

#[test]
fn names_of_all_kinds_and_words_for_values_are_taken_in_any_case() {
    let files = [
        (
            "redis.conf",
            "Appendonly NO\nINCLUDE more\nRename-Command get \"\"\nUser default on nopass ~* +@all",
        ),
        ("more", "LogLevel Verbose\nSAVE 9 9\nSyslog-Facility LOCAL3"),
    ];
    let config = with_files(&files, "").unwrap();
    assert_eq!(config.process.loglevel, LogLevel::Verbose);
    assert_eq!((config.persistence.save.len(), config.rename_command.len()), (1, 1));
}

#[test]
fn a_later_name_sets_what_the_first_name_sets() {
    let text = "primaryauth secret\nPrimaryUser me\ncommandlog-execution-slower-than 7\n\
                commandlog-slow-execution-max-len 9";
    let config = file(text).unwrap();
    assert_eq!(config.replication.masterauth.unwrap().reveal(), b"secret");
    assert_eq!(config.replication.masteruser.unwrap().reveal(), b"me");
    assert_eq!(
        (config.observation.slowlog_log_slower_than, config.observation.slowlog_max_len),
        (7, 9)
    );
}

#[test]
fn what_a_later_version_does_and_this_server_cannot_is_refused() {
    for (line, only) in [
        ("import-mode yes", "no"),
        ("log-format logfmt", "legacy"),
        ("log-timestamp-format iso8601", "legacy"),
        ("tls-auth-clients-user CN", "off"),
        ("mptcp yes", "no"),
        ("rdma-port 6379", "0"),
        ("unixsocketgroup redis", ""),
        ("bio-cpulist 1,3", ""),
    ] {
        let message = format!("this server does not support it yet, only '{only}'");
        assert_eq!(complaint(line), message, "{line}");
    }
}

#[test]
fn files_can_be_included_by_several_options() {
    let files = [("a", "port 1\nhz 7"), ("b", "port 2")];
    let file = |(name, text): &(&str, &str)| (PathBuf::from(name), (*text).to_owned());
    let mut world = Files { files: files.iter().map(file).collect(), dir: "/start".into() };
    let options = b"include \"a\" \ninclude \"b\" ".to_vec();
    let config = load(&Parts { options, ..Parts::default() }, &mut world).unwrap();
    assert_eq!((config.network.port, config.process.hz), (2, 7));
}

#[test]
fn save_lines_replace_the_default_and_add_up_over_files_and_options() {
    let text = |config: Config| String::from_utf8(directive("save").text(&config)).unwrap();
    assert_eq!(text(file("").unwrap()), "3600 1 300 100 60 10000");
    assert_eq!(text(file("save 900 1\nsave 60 5").unwrap()), "900 1 60 5");
    let conf = [("redis.conf", "save 900 1")];
    assert_eq!(text(with_files(&conf, "save \"100\" \"100\" ").unwrap()), "900 1 100 100");
    assert_eq!(text(with_files(&conf, "save \"\" ").unwrap()), "");
    assert_eq!(text(with_files(&conf, "save \"1 2 3 4\"").unwrap()), "900 1 1 2 3 4");
}

fn directive(name: &str) -> &'static Directive {
    table::find(name.as_bytes()).unwrap()
}

#[test]
fn one_argument_with_spaces_counts_as_several_where_several_are_taken() {
    let config = file("shutdown-on-sigterm \"nosave force\"\nbind \"127.0.0.1 ::1\"").unwrap();
    assert!(config.process.shutdown_on_sigterm.nosave && config.process.shutdown_on_sigterm.force);
    assert_eq!(config.network.bind, ["127.0.0.1", "::1"]);
    assert_eq!(file("bind \"\"").unwrap().network.bind, Vec::<String>::new());
}

#[test]
fn names_are_taken_in_any_case_and_under_their_aliases() {
    let config = file("SlaveOf Host 6379\nslave-PRIORITY 7\nlua-time-limit 9").unwrap();
    assert_eq!(config.replication.replicaof, Some(("Host".to_owned(), 6379)));
    assert_eq!((config.replication.replica_priority, config.process.busy_reply_threshold), (7, 9));
}

#[test]
fn included_files_count_in_their_place_and_name_their_own_lines() {
    let files = [("redis.conf", "port 1\ninclude b\nhz 9"), ("b", "port 2\nhz 8")];
    let config = with_files(&files, "").unwrap();
    assert_eq!((config.network.port, config.process.hz), (2, 9));

    let error = with_files(&[("redis.conf", "\n\ninclude b"), ("b", "x")], "").unwrap_err();
    assert!(matches!(error, LoadError::Line { number: 1, text, .. } if text == "x"));
}

#[test]
fn a_missing_include_is_fatal_and_a_pattern_without_files_is_not() {
    let error = file("include nosuch").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fatal error, can't open config file 'nosuch': No such file or directory"
    );
    assert!(file("include nosuch*").is_ok());
    let files = [("redis.conf", "include conf.d*"), ("conf.d1", "hz 7"), ("conf.d2", "hz 8")];
    assert_eq!(with_files(&files, "").unwrap().process.hz, 8);
}

#[test]
fn files_that_include_themselves_are_refused() {
    let error = file("include redis.conf").unwrap_err();
    assert!(error.to_string().contains("Too many files include one another"));
}

#[test]
fn the_directory_is_the_absolute_one_after_the_last_change() {
    assert_eq!(
        file("dir sub\ndir deeper").unwrap().persistence.dir,
        Path::new("/start/sub/deeper")
    );
}

#[test]
fn a_log_that_cannot_be_written_is_fatal() {
    let error = file("logfile /forbidden").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nCan't open the log file: Permission denied"
    );
}

#[test]
fn renames_follow_one_another() {
    let text = "rename-command GET \"\"\nrename-command set get\nrename-command get put";
    let renames = file(text).unwrap().rename_command;
    assert_eq!(renames.len(), 3);
    assert_eq!(renames[0], Rename { from: b"GET".to_vec(), to: Vec::new() });
    assert_eq!(
        file("rename-command set a\nrename-command set b").unwrap_err().to_string().lines().last(),
        Some("No such command in rename-command")
    );
}

#[test]
fn a_file_that_redis_wrote_with_a_password_loads() {
    let hash = "#2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    assert!(file(&format!("user default on {hash} ~* &* +@all\nrequirepass \"foo\"")).is_ok());
    assert!(file(&format!("user default on {hash} ~* &* +@all")).is_err());
    assert!(file("user default on nopass ~* &* +@all").is_ok());
}

#[test]
fn a_user_line_without_channels_follows_acl_pubsub_default_wherever_it_stands() {
    use crate::config::channels::Channels;
    let channels = |text: &str| file(text).unwrap().default_user_channels;
    let none = Channels::Matching(Vec::new());
    assert_eq!(channels(""), Channels::All);
    assert_eq!(channels("user default on nopass ~* +@all"), none);
    let text = "user default on nopass ~* +@all\nacl-pubsub-default allchannels";
    assert_eq!(channels(text), Channels::All);
}

#[test]
fn a_second_line_for_the_default_user_is_refused() {
    let line = "user default on nopass ~* &* +@all";
    let error = file(&format!("{line}\n{line}")).unwrap_err().to_string();
    assert!(error.contains("at line 2") && error.ends_with(
        "Error in user declaration 'default': Duplicate user found. A user can only be defined \
         once in config files"
    ));
}

proptest! {
    #[test]
    fn any_bytes_load_or_fail_in_order(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let parts = Parts { stdin: Some(text), ..Parts::default() };
        let _ = load(&parts, &mut Files::default());
    }

    #[test]
    fn any_arguments_of_a_directive_load_or_fail_in_order(
        index in 0..DIRECTIVES.len(),
        arguments in "[-+0-9a-z%\\{\\} \"']{0,30}",
    ) {
        let text = format!("{} {arguments}", DIRECTIVES[index].name);
        let parts = Parts { stdin: Some(text.into()), ..Parts::default() };
        let _ = load(&parts, &mut Files::default());
    }
}
