//! The files of the data set.

use std::path::PathBuf;

use super::rules::{BYTES, INT, number};
use crate::config::define::directives;
use crate::config::value::choice::{AppendFsync, RdbVersionCheck};
use crate::config::value::restore::restore_point;
use crate::config::value::save::SavePoint;
use crate::config::value::text::{TextRule, appenddirname, appendfilename, dbfilename};

directives! {
    /// The files of the data set.
    Persistence;

    /// When to save.
    "save" => save: Vec<SavePoint> = vec![
        SavePoint { seconds: 3600, changes: 1 },
        SavePoint { seconds: 300, changes: 100 },
        SavePoint { seconds: 60, changes: 10000 },
    ];
    /// The working directory, an absolute path once the server runs.
    "dir" [PROTECTED DENY_LOADING] {WorkingDir} =>
        dir: PathBuf = PathBuf::from("."), TextRule::WRITTEN;
    "dbfilename" [PROTECTED] =>
        dbfilename: String = "dump.rdb".to_owned(), TextRule::checked(dbfilename);
    "rdbcompression" => rdbcompression: bool = true;
    "rdbchecksum" [IMMUTABLE] => rdbchecksum: bool = true;
    /// Delete RDB files of syncs when nothing else asks for them.
    "rdb-del-sync-files" [NO_EFFECT] => rdb_del_sync_files: bool = false;
    "rdb-save-incremental-fsync" => rdb_save_incremental_fsync: bool = true;
    /// Refuse writes after a save failed.
    "stop-writes-on-bgsave-error" => stop_writes_on_bgsave_error: bool = true;
    /// Microseconds to wait after each key that is saved; negative: once in so many keys.
    "rdb-key-save-delay" [HIDDEN] => rdb_key_save_delay: i32 = 0, number(i32::MIN as i128, INT);
    /// Microseconds to wait after each key that is loaded; negative: once in so many keys.
    "key-load-delay" [HIDDEN] {Replication} =>
        key_load_delay: i32 = 0, number(i32::MIN as i128, INT);
    "loading-process-events-interval-bytes" [HIDDEN NO_EFFECT] =>
        loading_process_events_interval_bytes: u64 =
        2 << 20, number(1024, INT);
    "appendonly" [DENY_LOADING] {AppendOnly} => appendonly: bool = false;
    "appendfilename" [IMMUTABLE] => appendfilename: String =
        "appendonly.aof".to_owned(), TextRule::checked(appendfilename);
    "appenddirname" [IMMUTABLE] => appenddirname: String =
        "appendonlydir".to_owned(), TextRule::checked(appenddirname);
    "appendfsync" => appendfsync: AppendFsync = AppendFsync::Everysec;
    "no-appendfsync-on-rewrite" => no_appendfsync_on_rewrite: bool = false;
    "auto-aof-rewrite-percentage" =>
        auto_aof_rewrite_percentage: u32 = 100, number(0, INT);
    "auto-aof-rewrite-min-size" =>
        auto_aof_rewrite_min_size: u64 = 64 << 20, BYTES;
    "aof-load-truncated" => aof_load_truncated: bool = true;
    "aof-use-rdb-preamble" => aof_use_rdb_preamble: bool = true;
    "aof-timestamp-enabled" => aof_timestamp_enabled: bool = false;
    "aof-rewrite-incremental-fsync" => aof_rewrite_incremental_fsync: bool = true;
    "aof-disable-auto-gc" {AppendOnly} => aof_disable_auto_gc: bool = false;

    // Of ours alone.

    /// At start the append-only log is taken up to there: an offset of the stream, or @ and a unix
    /// time (`aof-timestamp-enabled`). What follows stays on disk, and is no part of the log any more.
    "appendfile-restore-to" [IMMUTABLE HIDDEN] => appendfile_restore_to: Option<String> =
        None, TextRule::checked(restore_point);

    // Of later versions.

    "aof-load-corrupt-tail-max-size" [HIDDEN NO_EFFECT] =>
        aof_load_corrupt_tail_max_size: u64 = 0, BYTES;
    /// Files that this server understands are loaded, whatever their version; others are not.
    "rdb-version-check" [HIDDEN NO_EFFECT] => rdb_version_check: RdbVersionCheck =
        RdbVersionCheck::Strict;
}
