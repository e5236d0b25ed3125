//! The log: Redis's line format over env_logger.
//!
//! ```text
//! 4711:M 27 Dec 2023 15:14:38.609 * Ready to accept connections
//! pid:role                        level
//! ```

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use log::{Level, LevelFilter};

use crate::base::time::UnixMillis;

/// The letter after the pid: `X` sentinel, `C` child, `S` replica, `M` master.
static ROLE: AtomicU8 = AtomicU8::new(b'M');

/// Sets the role letter of the lines that follow.
pub fn set_role_letter(letter: u8) {
    ROLE.store(letter, Ordering::Relaxed);
}

/// `.` debug, `-` verbose, `*` notice, `#` warning.
fn level_sign(level: Level) -> char {
    match level {
        Level::Trace => '.',
        Level::Debug => '-',
        Level::Info => '*',
        Level::Warn | Level::Error => '#',
    }
}

/// Redis's `loglevel` words in terms of the `log` crate.
pub fn level_filter(loglevel: &str) -> LevelFilter {
    match loglevel {
        "debug" => LevelFilter::Trace,
        "verbose" => LevelFilter::Debug,
        "warning" => LevelFilter::Warn,
        _ => LevelFilter::Info,
    }
}

/// Opens the log file anew for each write, as Redis does, so that it can be rotated by renaming.
struct LogFile(String);

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.write_all(bytes)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The `log` target of text that goes out as it is, without the line's beginning.
pub const RAW: &str = "understudy::raw";

/// Where lines go too, without their beginning.
pub type AlsoTo = Box<dyn Fn(Level, &str) + Send + Sync>;

/// Starts logging, once. `logfile` empty: standard output.
///
/// # Errors
/// The log file cannot be opened.
pub fn start(loglevel: &str, logfile: &str, also: Option<AlsoTo>) -> io::Result<()> {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(LevelFilter::Trace);
    builder.format(move |out, record| {
        let text = record.args().to_string();
        if let Some(also) = &also {
            also(record.level(), &text);
        }
        if record.target() == RAW {
            return writeln!(out, "{text}");
        }
        writeln!(out, "{}", line(record.level(), &text))
    });
    if logfile.is_empty() {
        builder.target(env_logger::Target::Stdout);
    } else {
        OpenOptions::new().create(true).append(true).open(logfile)?;
        builder.target(env_logger::Target::Pipe(Box::new(LogFile(logfile.to_owned()))));
    }
    // Other crates' lines are noise to a Redis user.
    builder.filter_module("understudy", LevelFilter::Trace);
    if builder.try_init().is_ok() {
        log::set_max_level(level_filter(loglevel));
        std::panic::set_hook(Box::new(report_bug));
    }
    Ok(())
}

/// A broken invariant ends the process: the log says where, in the frame that Redis's reports
/// have and tools look for.
fn report_bug(panic: &std::panic::PanicHookInfo<'_>) {
    let text = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    log::error!(target: RAW, "\n=== REDIS BUG REPORT START: Cut & paste starting from here ===");
    log::error!("Guru Meditation: {text} #{place}");
    log::error!(target: RAW, "{}", std::backtrace::Backtrace::force_capture());
    log::error!(target: RAW, "\n=== REDIS BUG REPORT END ===");
    // Also where a build would unwind and let the other tasks go on.
    std::process::abort();
}

/// Prints a line before the settings are known, and so on standard output.
pub fn print_early(level: Level, text: &str) {
    let _ = writeln!(io::stdout(), "{}", line(level, text));
}

/// Logs a warning as redis-server words what its signal handlers have to say: they cannot format
/// a date, and tools tell their lines by the place of the role.
///
/// ```text
/// 4711:signal-handler (1703690078) Received SIGTERM scheduling shutdown...
/// ```
pub fn warn_of_signal(now: UnixMillis, text: &str) {
    let pid = std::process::id();
    log::warn!(target: RAW, "{pid}:signal-handler ({}) {text}", now / 1000);
}

/// A line as the log has it.
fn line(level: Level, text: &str) -> String {
    let now = jiff::Zoned::now();
    format!(
        "{}:{} {}.{:03} {} {text}",
        std::process::id(),
        char::from(ROLE.load(Ordering::Relaxed)),
        now.strftime("%d %b %Y %H:%M:%S"),
        now.millisecond(),
        level_sign(level),
    )
}

/// CONFIG SET loglevel.
pub fn set_level(loglevel: &str) {
    log::set_max_level(level_filter(loglevel));
}
