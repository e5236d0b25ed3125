//! What Redis's own tools say of our files: nothing.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use understudy::aof::annotation::Timestamp;
use understudy::aof::commands::CommandsInfo;
use understudy::aof::writer::Writer;
use understudy::persistence::save::{Form, SaveControl, SaveJob, write_file};
use understudy::rdb::output::WriteSink;
use understudy::rdb::save::SaveInfo;
use understudy::store::dataset::Dataset;

use crate::base_files::{dataset_of, sample};

/// A tool's words about a file; `true` if it is content. It is answered with yes.
fn run(tool: &str, args: &[&str], dir: &Path) -> (bool, String) {
    let mut command = Command::new(tool);
    command.args(args).current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let child = command.stderr(Stdio::inherit()).spawn();
    let mut child = child.expect("it is there: apt-get install redis-tools");
    // A tool that asks nothing may be gone already.
    let _ = child.stdin.take().expect("a pipe").write_all(b"y\n");
    let output = child.wait_with_output().expect("an end");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[track_caller]
fn assert_content(tool: &str, args: &[&str], dir: &Path, words: &[String]) {
    let (is_content, text) = run(tool, args, dir);
    assert!(is_content && words.iter().all(|word| text.contains(word.as_str())), "{text}");
}

fn info(unix_seconds: i64) -> CommandsInfo {
    CommandsInfo { timestamp: Some(Timestamp { unix_seconds }), functions: Vec::new() }
}

/// Writes the base of a log as a save does.
fn save_base(dataset: &Dataset, form: Form, dir: &Path, name: &str) {
    let job = SaveJob {
        snapshot: dataset.snapshot(),
        form,
        control: SaveControl::new(dir.to_owned(), "temp-1.aof".to_owned()),
        file_name: name.to_owned(),
        sync_as_it_goes: true,
        key_delay_micros: 0,
        base: None,
    };
    write_file(job).expect("a disk with room");
}

/// Writes a file that goes on from a base: a command at each of these times.
fn write_incr(path: &Path, times: &[i64]) {
    let mut writer = Writer::new(WriteSink(File::create(path).expect("a file")));
    writer.command(&[b"SELECT", b"0"]).expect("room");
    for &unix_seconds in times {
        writer.timestamp(Timestamp { unix_seconds }).expect("room");
        writer.command(&[b"SET", b"time", unix_seconds.to_string().as_bytes()]).expect("room");
    }
    writer.finish().expect("room");
}

#[test]
fn redis_check_aof_and_redis_check_rdb_have_nothing_to_say_of_a_base_in_either_form() {
    let dataset = dataset_of(&sample());
    let rdb = SaveInfo { aof_base: true, ..SaveInfo::new("7.0.15", 1_700_000_000) };
    let home = tempfile::tempdir().expect("a folder");
    let dir = home.path();
    let forms = [("rdb", "RDB", Form::Rdb(rdb)), ("aof", "RESP", Form::Commands(info(100)))];
    for (suffix, name_of_form, form) in forms {
        let base = format!("log.1.base.{suffix}");
        save_base(&dataset, form, dir, &base);
        write_incr(&dir.join("log.1.incr.aof"), &[150, 250]);
        let manifest = format!("file {base} seq 1 type b\nfile log.1.incr.aof seq 1 type i\n");
        fs::write(dir.join("log.manifest"), manifest).expect("a manifest");
        let words = [
            format!("Start to check BASE AOF ({name_of_form} format)."),
            format!("BASE AOF {base} is valid"),
            "INCR AOF log.1.incr.aof is valid".to_owned(),
            "All AOF files and manifest are valid".to_owned(),
        ];
        assert_content("redis-check-aof", &["log.manifest"], dir, &words);
    }
    let keys = format!("{} keys read", dataset.key_count());
    assert_content(
        "redis-check-rdb",
        &["log.1.base.rdb"],
        dir,
        &["RDB looks OK!".to_owned(), keys],
    );
    let size = fs::metadata(dir.join("log.1.base.aof")).expect("the file").len();
    let words = [format!("size={size}, ok_up_to={size},"), "diff=0".to_owned()];
    assert_content("redis-check-aof", &["log.1.base.aof"], dir, &words);
}

#[test]
fn redis_check_aof_cuts_at_the_times_that_we_wrote() {
    let home = tempfile::tempdir().expect("a folder");
    let dir = home.path();
    save_base(&Dataset::new(1, 1), Form::Commands(info(100)), dir, "log.1.base.aof");
    write_incr(&dir.join("log.1.incr.aof"), &[150, 250, 251]);
    write_incr(&dir.join("cut"), &[150, 250]);
    let manifest = "file log.1.base.aof seq 1 type b\nfile log.1.incr.aof seq 1 type i\n";
    fs::write(dir.join("log.manifest"), manifest).expect("a manifest");
    let args = ["--truncate-to-timestamp", "250", "log.manifest"];
    let words = ["Successfully truncated AOF log.1.incr.aof to timestamp 250".to_owned()];
    assert_content("redis-check-aof", &args, dir, &words);
    let [left, expected] =
        ["log.1.incr.aof", "cut"].map(|name| fs::read(dir.join(name)).expect("the file"));
    assert_eq!(left.escape_ascii().to_string(), expected.escape_ascii().to_string());
}
