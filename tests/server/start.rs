//! The ways to start: files, directives on the command line, standard input, and errors in them.

use std::fs;

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_config_file_and_directives_after_it() {
    let mut server = Server::prepare_exact(Understudy, |port, dir| {
        let text = "# a comment\n\nport 1\nsave \"\"\nmaxclients 77\nbind 127.0.0.1\ntimeout 100\n";
        fs::write(dir.join("my.conf"), text).expect("write");
        (words(&format!("my.conf --port {port} --timeout 200 --appendonly no")), String::new())
    });
    server.restart();
    assert_eq!(server.run("config get maxclients").texts()[1], "77");
    assert_eq!(server.run("config get timeout").texts()[1], "200");
    let path = server.dir().join("my.conf").canonicalize().expect("a path");
    assert_eq!(info_field(&server, "server", "config_file"), path.display().to_string());
}

#[test]
fn standard_input_is_a_config_file_and_directives_follow_it() {
    let mut server = Server::prepare_exact(Understudy, |port, _| {
        (words("- --maxclients 88"), format!("port {port}\nsave \"\"\nmaxclients 77\n"))
    });
    server.restart();
    assert_eq!(server.run("config get maxclients").texts()[1], "88");
    assert_eq!(info_field(&server, "server", "config_file"), "");
}

#[test]
fn a_file_and_standard_input_together() {
    let mut server = Server::prepare_exact(Understudy, |port, dir| {
        fs::write(dir.join("my.conf"), "maxclients 66\ntimeout 5\nsave \"\"\n").expect("write");
        (words("my.conf -"), format!("port {port}\nmaxclients 67\n"))
    });
    server.restart();
    assert_eq!(server.run("config get maxclients").texts()[1], "67");
    assert_eq!(server.run("config get timeout").texts()[1], "5");
}

#[test]
fn slaveof_of_the_article_and_other_old_names_work() {
    let master = ours(&[]);
    let mut server = Server::prepare_exact(Understudy, |port, _| {
        (words(&format!("--port {port} --slaveof 127.0.0.1 {}", master.port)), String::new())
    });
    server.restart();
    server.wait_link_up();
    master.write_through("set k1 v1", 1);
    assert_eq!(server.run("get k1"), "v1");
    assert!(server.run("set k1 v2").error().starts_with("READONLY"));
}

#[test]
fn forms_of_values_on_the_command_line() {
    let mut server = Server::prepare_exact(Understudy, |port, _| {
        let mut args = words(&format!("--port {port} --save 900 1 --maxmemory 0"));
        args.extend(words("--client-output-buffer-limit normal 1mb 2mb 3 --save"));
        args.extend(["3600 1 300 100".to_owned()]);
        args.extend(words("--repl-backlog-size 2gb --appendfsync always"));
        (args, String::new())
    });
    server.restart();
    let value = |name: &str| server.run(&format!("config get {name}")).texts()[1].clone();
    assert_eq!(value("repl-backlog-size"), (2_u64 << 30).to_string());
    assert_eq!(value("appendfsync"), "always");
    assert!(value("client-output-buffer-limit").starts_with("normal 1048576 2097152 3 "));
    assert_eq!(value("save"), "900 1 3600 1 300 100");
}

#[test]
fn included_files_are_read_in_their_place() {
    let mut server = Server::prepare_exact(Understudy, |port, dir| {
        let main = format!(
            "maxclients 10\ninclude {}/inc-*.conf\nport {port}\nsave \"\"\n",
            dir.display()
        );
        fs::write(dir.join("main.conf"), main).expect("write");
        fs::write(dir.join("inc-a.conf"), "maxclients 20\ntimeout 1\n").expect("write");
        fs::write(dir.join("inc-b.conf"), "maxclients 30\n").expect("write");
        (words("main.conf"), String::new())
    });
    server.restart();
    assert_eq!(server.run("config get maxclients").texts()[1], "30");
    assert_eq!(server.run("config get timeout").texts()[1], "1");
}

/// What both programs print and how they exit, for the same arguments.
#[track_caller]
#[test]
fn include_may_be_given_several_times_on_the_command_line() {
    let mut server = Server::prepare_exact(Understudy, |port, dir| {
        fs::write(dir.join("a.conf"), "maxclients 66\ntimeout 5\nsave \"\"\n").expect("write");
        fs::write(dir.join("b.conf"), "timeout 7\n").expect("write");
        (words(&format!("--port {port} --include a.conf --include b.conf")), String::new())
    });
    server.restart();
    assert_eq!(server.run("config get maxclients").texts()[1], "66");
    assert_eq!(server.run("config get timeout").texts()[1], "7");
}

#[test]
fn a_user_line_without_channels_leaves_none_to_publish_in() {
    let no = "NOPERM this user has no permissions to access one of the channels used as arguments";
    for (line, expected) in [
        ("user default on nopass ~* +@all\n", no),
        ("user default on nopass ~* +@all\nacl-pubsub-default allchannels\n", "0"),
        ("user default on nopass ~* &* +@all\n", "0"),
    ] {
        let mut server = Server::prepare_exact(Understudy, |port, dir| {
            fs::write(dir.join("my.conf"), format!("save \"\"\n{line}")).expect("write");
            (words(&format!("my.conf --port {port}")), String::new())
        });
        server.restart();
        let reply = server.run("publish channel message");
        let text =
            if reply.is_error() { reply.error().to_owned() } else { reply.int().to_string() };
        assert_eq!(text, expected, "{line}");
    }
}

fn assert_exits_as_redis(args: &[&str], stdin: &str) -> String {
    compare_exits(args, stdin).unwrap_or_else(|difference| panic!("{difference}"))
}

/// What ours prints, or how it differs.
fn compare_exits(args: &[&str], stdin: &str) -> Result<String, String> {
    let [real, ours] = [RealRedis, Understudy].map(|kind| {
        let home = Server::prepare(kind, &[]);
        fs::write(home.dir().join("good.conf"), "save \"\"\n").expect("write");
        fs::write(home.dir().join("bad.conf"), "save \"\"\n\nport 1\nnosuch yes\nport 2\n")
            .expect("write");
        fs::write(home.dir().join("quotes.conf"), "requirepass \"open\n").expect("write");
        let (code, output) = run_to_exit(kind, home.dir(), args, stdin);
        (code, complaints(&output.replace(&home.dir().display().to_string(), "<home>")))
    });
    if ours != real {
        return Err(format!("{args:?}\n  ours:  {ours:?}\n  redis: {real:?}\n"));
    }
    Ok(ours.1)
}

/// The output without dates, and without the lines of a start that went on for a while.
fn complaints(output: &str) -> String {
    let undated =
        output.lines().map(|line| line.split_once(":C ").map_or(line, |(_, rest)| &rest[27..]));
    let starts = ["oO0OoO0OoO0Oo", "Redis version=", "Configuration loaded"];
    undated
        .filter(|line| !starts.iter().any(|s| line.contains(s)))
        .fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn a_bad_line_is_named_with_its_number_and_ends_the_start() {
    let output = assert_exits_as_redis(&["bad.conf"], "");
    assert!(output.contains("FATAL CONFIG FILE ERROR"), "{output}");
    assert!(output.contains("at line 4\n>>> 'nosuch yes'\n"), "{output}");
    assert!(output.contains("Bad directive or wrong number of arguments"), "{output}");
}

#[test]
fn bad_directives_are_refused_as_redis_does() {
    let mut differences = String::new();
    for args in [
        vec!["--nosuch", "yes"],
        vec!["good.conf", "--nosuch", "yes"],
        vec!["--port", "x"],
        vec!["--port", "70000"],
        vec!["--port"],
        vec!["--maxmemory", "1zb"],
        vec!["--appendfsync", "sometimes"],
        vec!["--save", "1"],
        vec!["--save", "x y"],
        vec!["--dir", "/no/such/folder"],
        vec!["--replicaof", "host"],
        vec!["--replicaof", "host", "port"],
        vec!["--timeout", "-1"],
        vec!["--databases", "0"],
        vec!["--client-output-buffer-limit", "normal 1 2"],
        vec!["--requirepass", "a", "b"],
        vec!["quotes.conf"],
        vec!["nosuch.conf"],
        vec!["--include", "/no/such/file"],
    ] {
        differences.extend(compare_exits(&args, "").err());
    }
    differences.extend(compare_exits(&["-"], "port 1\nnosuch yes\n").err());
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn a_file_that_cannot_be_opened_is_told_by_a_line_of_the_log() {
    let home = Server::prepare(Understudy, &[]);
    let (code, output) = run_to_exit(Understudy, home.dir(), &["nosuch.conf"], "");
    assert_eq!(code, 1);
    let (start, rest) = output.split_once(" # ").expect("a line of the log");
    assert!(start.contains(":C "), "{output}");
    assert!(rest.starts_with("Fatal error, can't open config file '/"), "{output}");
    assert!(rest.ends_with("/nosuch.conf': No such file or directory\n"), "{output}");
}

#[test]
fn a_replica_says_so_in_its_log_from_the_start() {
    for (args, letter) in [(&["--replicaof", "127.0.0.1", "1"][..], "S"), (&[], "M")] {
        let server = ours(args);
        let line = server.wait_for_log("Running mode=standalone");
        assert!(line.contains(&format!(":{letter} ")), "{line}");
    }
}

#[test]
fn version_and_help_are_printed_and_end_well() {
    for args in [["--version"], ["-v"], ["--help"], ["-h"]] {
        let home = Server::prepare(Understudy, &[]);
        let (code, output) = run_to_exit(Understudy, home.dir(), &args, "");
        let real = run_to_exit(RealRedis, home.dir(), &args, "");
        assert_eq!(code, real.0, "{args:?}");
        let word = if args[0].contains('v') { "7.0.15" } else { "Usage:" };
        assert!(output.contains(word), "{output}");
    }
}

#[test]
fn a_rewritten_config_file_starts_the_same_server() {
    let master = ours(&[]);
    let mut server = Server::prepare_exact(Understudy, |port, dir| {
        let text = format!("# mine\nport {port}\n\nsave \"\"\nmaxclients 77 \n# end\n");
        fs::write(dir.join("my.conf"), text).expect("write");
        (words("my.conf"), String::new())
    });
    server.restart();
    server.ok("config set maxclients 78 timeout 9");
    server.replicaof(master.port);
    server.ok("config rewrite");
    let text = fs::read_to_string(server.dir().join("my.conf")).expect("read");
    assert!(text.starts_with("# mine\n"), "{text}");
    assert!(text.contains("\nmaxclients 78\n") && text.contains("# end\n"), "{text}");
    assert!(text.contains(&format!("\nreplicaof 127.0.0.1 {}\n", master.port)), "{text}");
    server.restart();
    assert_eq!(server.run("config get maxclients").texts()[1], "78");
    assert_eq!(server.run("config get timeout").texts()[1], "9");
    server.wait_link_up();
}
