//! The process: its log, its end, its place in the system.

use std::path::PathBuf;

use super::rules::{ANY, COUNT, INT, number};
use crate::config::define::directives;
use crate::config::value::choice::{
    LogFormat, LogLevel, LogTimestampFormat, OomScoreAdj, Supervised, SyslogFacility,
};
use crate::config::value::shutdown::ShutdownFlags;
use crate::config::value::text::{TextRule, proc_title_template};

directives! {
    /// The process: its log, its end, its place in the system.
    Process;

    /// Run in the background.
    "daemonize" [IMMUTABLE] => daemonize: bool = false;
    /// Who is told that the server is up.
    "supervised" [IMMUTABLE] => supervised: Supervised = Supervised::No;
    /// The file that holds the process ID.
    "pidfile" [IMMUTABLE] => pidfile: Option<PathBuf> = None, ANY;
    "loglevel" {Log} => loglevel: LogLevel = LogLevel::Notice;
    /// The file that the log goes to; empty for standard output.
    "logfile" [IMMUTABLE] => logfile: PathBuf = PathBuf::new(), ANY;
    /// Log to the system's log as well.
    "syslog-enabled" [IMMUTABLE] => syslog_enabled: bool = false;
    "syslog-ident" [IMMUTABLE] => syslog_ident: String = "redis".to_owned(), ANY;
    "syslog-facility" [IMMUTABLE] => syslog_facility: SyslogFacility = SyslogFacility::Local0;
    "crash-log-enabled" [NO_EFFECT] => crash_log_enabled: bool = true;
    "crash-memcheck-enabled" [NO_EFFECT] => crash_memcheck_enabled: bool = true;
    "use-exit-on-panic" [HIDDEN NO_EFFECT] => use_exit_on_panic: bool = false;
    "always-show-logo" [IMMUTABLE] => always_show_logo: bool = false;
    "set-proc-title" [IMMUTABLE] => set_proc_title: bool = true;
    "proc-title-template" {Title} => proc_title_template: String =
        "{title} {listen-addr} {server-mode}".to_owned(), TextRule::checked(proc_title_template);
    /// How often a second periodic work is done.
    "hz" => hz: u32 = 10, number(0, INT).clamped(1, 500);
    "dynamic-hz" [NO_EFFECT] => dynamic_hz: bool = true;
    "watchdog-period" [HIDDEN NO_EFFECT] => watchdog_period: u64 = 0, number(0, INT);
    /// How long a shutdown waits for replicas to catch up.
    "shutdown-timeout" => shutdown_timeout: u64 = 10, number(0, INT);
    "shutdown-on-sigint" => shutdown_on_sigint: ShutdownFlags = ShutdownFlags::default();
    "shutdown-on-sigterm" => shutdown_on_sigterm: ShutdownFlags = ShutdownFlags::default();
    "oom-score-adj" {OomScore} => oom_score_adj: OomScoreAdj = OomScoreAdj::No;
    /// For a master, a replica, a saving process.
    "oom-score-adj-values" {OomScore} => oom_score_adj_values: [i32; 3] = [0, 200, 800];
    "disable-thp" [IMMUTABLE] => disable_thp: bool = true;
    "jemalloc-bg-thread" [NO_EFFECT] => jemalloc_bg_thread: bool = true;
    "server_cpulist" || "server-cpulist" [IMMUTABLE DEFAULT_ONLY] =>
        server_cpulist: Option<String> = None, ANY;
    "bio_cpulist" || "bio-cpulist" [IMMUTABLE DEFAULT_ONLY] =>
        bio_cpulist: Option<String> = None, ANY;
    "aof_rewrite_cpulist" || "aof-rewrite-cpulist" [IMMUTABLE DEFAULT_ONLY] =>
        aof_rewrite_cpulist: Option<String> = None, ANY;
    "bgsave_cpulist" || "bgsave-cpulist" [IMMUTABLE DEFAULT_ONLY] =>
        bgsave_cpulist: Option<String> = None, ANY;
    "ignore-warnings" [NO_EFFECT] => ignore_warnings: String = String::new(), ANY;
    /// A script that runs for so many milliseconds lets other clients hear that the server is busy.
    "busy-reply-threshold" | "lua-time-limit" [NO_EFFECT] =>
        busy_reply_threshold: u64 = 5000, COUNT;

    // Of later versions.

    /// For SORT and scripts.
    "locale-collate" [HIDDEN NO_EFFECT] => locale_collate: String = String::new(), ANY;
    "lua-enable-deprecated-api" [IMMUTABLE HIDDEN NO_EFFECT] =>
        lua_enable_deprecated_api: bool = false;
    "lua-enable-insecure-api" [IMMUTABLE HIDDEN NO_EFFECT] => lua_enable_insecure_api: bool = false;
    "availability-zone" [HIDDEN NO_EFFECT] => availability_zone: String = String::new(), ANY;
    "extended-redis-compatibility" [HIDDEN NO_EFFECT] =>
        extended_redis_compatibility: bool = false;
    /// The log never shows users' data.
    "hide-user-data-from-log" [HIDDEN NO_EFFECT] => hide_user_data_from_log: bool = true;
    "log-format" [HIDDEN DEFAULT_ONLY] => log_format: LogFormat = LogFormat::Legacy;
    "log-timestamp-format" [HIDDEN DEFAULT_ONLY] => log_timestamp_format: LogTimestampFormat =
        LogTimestampFormat::Legacy;
    "debug-context" [HIDDEN NO_EFFECT] => debug_context: String = String::new(), ANY;
}
