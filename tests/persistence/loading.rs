//! What a server answers while it loads its file.

use std::fs;

use crate::support::*;

/// A server that takes most of a minute to load.
fn loading_server() -> Server {
    let source = ours(&[]);
    fill(&source, 300);
    // The loader looks up every 256 KiB.
    source.ok("config set rdbcompression no");
    for i in 0..200 {
        source.ok(&format!("setrange long:{i} 8191 x"));
    }
    assert_eq!(source.run("save"), "OK");
    let args = ["--key-load-delay", "100000", "--loading-process-events-interval-bytes", "1024"];
    let mut server = Server::prepare(Kind::Understudy, &args);
    fs::copy(source.dir().join("dump.rdb"), server.dir().join("dump.rdb")).expect("copy");
    server.launch();
    wait_until(PATIENCE, "the server to listen", || server.try_run("ping").is_ok());
    server
}

#[test]
fn commands_are_answered_with_loading_and_info_tells_how_far_it_is() {
    let server = loading_server();
    let refused = server.run("get key:1");
    assert_eq!(refused.error(), "LOADING Redis is loading the dataset in memory");
    assert!(server.run("ping").error().starts_with("LOADING "));
    let info = info(&server, "persistence");
    assert_eq!(info.get("loading"), Some("1"));
    let total = fs::metadata(server.dir().join("dump.rdb")).expect("a file").len();
    assert_eq!(info.get("loading_total_bytes"), Some(total.to_string().as_str()));
    wait_until(PATIENCE, "the file to say its writer's memory", || {
        let used = info_field(&server, "persistence", "loading_rdb_used_mem");
        used.parse::<u64>().expect("a number") > 100_000
    });
    assert_eq!(server.count_log("Ready to accept connections"), 0);
}

#[test]
fn the_log_tells_of_the_file_first_and_then_each_second_how_far_the_load_is() {
    let server = loading_server();
    for line in [
        "Loading RDB produced by version 7.",
        "RDB age ",
        "RDB memory usage when created ",
        "Loading RDB: ",
    ] {
        server.wait_for_log(line);
    }
    assert_eq!(server.count_log("Done loading RDB"), 0);
}

#[test]
fn a_shutdown_while_loading_ends_at_once_and_never_saves() {
    let mut server = loading_server();
    let before = fs::read(server.dir().join("dump.rdb")).expect("read");
    assert!(server.try_run("shutdown save").is_err());
    assert_eq!(server.wait_exit().code(), Some(0));
    assert_eq!(fs::read(server.dir().join("dump.rdb")).expect("read"), before);

    let mut server = loading_server();
    assert_eq!(server.terminate().code(), Some(0));
    server.wait_for_log("Received shutdown signal during loading, scheduling shutdown.");
}
