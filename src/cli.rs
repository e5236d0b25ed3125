//! The command line, as redis-server takes it.
//!
//! `[file] [--directive value...]... [-]`: all but the known flags become lines of configuration
//! that count after those of the file, so that the table of directives is the only one.

pub mod files;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use structopt::StructOpt;

use crate::config::load::REDIS_VERSION;
use crate::config::words;

/// The flags that are not directives. They count as the first argument only.
#[derive(StructOpt, Debug, Default)]
struct Flags {
    #[structopt(short = "v", long)]
    version: bool,
    #[structopt(short = "h", long)]
    help: bool,
    /// Redis's test of so many megabytes of memory.
    #[structopt(long)]
    test_memory: bool,
    /// Redis's look at the system's settings.
    #[structopt(long)]
    check_system: bool,
}

const FLAGS: [&str; 6] = ["-v", "--version", "-h", "--help", "--test-memory", "--check-system"];

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Run(Invocation),
    /// Print something and exit.
    Print {
        text: String,
        to_stderr: bool,
        exit_code: i32,
    },
}

/// How the server is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The configuration file, as an absolute path.
    pub file: Option<PathBuf>,
    /// Configuration is to be read from standard input too.
    pub reads_stdin: bool,
    /// What the other arguments say, as lines of configuration.
    pub options: Vec<u8>,
    /// There were no arguments at all.
    pub is_bare: bool,
}

/// Reads the command line; the first argument is the program's name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Request {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let (program, arguments) = match arguments.split_first() {
        Some((program, rest)) => (program.as_os_str(), rest),
        None => (OsStr::new("redis-server"), &[][..]),
    };
    let program = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    if program.contains("redis-sentinel") {
        return fail("This server does not have a Sentinel mode yet.\n");
    }
    if program.contains("redis-check-rdb") || program.contains("redis-check-aof") {
        return fail(
            "This server does not check files yet. Use Redis's own program of that name.\n",
        );
    }
    match arguments.first().filter(|first| FLAGS.iter().any(|flag| first == flag)) {
        Some(flag) => print(flag),
        None => Request::Run(invocation(arguments)),
    }
}

fn print(flag: &OsStr) -> Request {
    let flags = Flags::from_iter_safe([OsStr::new("redis-server"), flag]).unwrap_or_default();
    if flags.version {
        Request::Print { text: version(), to_stderr: false, exit_code: 0 }
    } else if flags.test_memory {
        fail("This server does not test memory. Use memtester or Redis's own.\n")
    } else if flags.check_system {
        fail("This server does not check the system. Use Redis's own.\n")
    } else {
        debug_assert!(flags.help, "each of FLAGS is one of Flags");
        fail(USAGE)
    }
}

fn fail(text: &str) -> Request {
    Request::Print { text: text.to_owned(), to_stderr: true, exit_code: 1 }
}

/// The line that `--version` prints: Redis's, and at its end the project's own version.
fn version() -> String {
    format!(
        "Redis server v={REDIS_VERSION} sha=00000000:0 malloc=jemalloc-5.3.0 bits={} build={:x} \
         understudy={}\n",
        usize::BITS,
        build_id(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A number that differs between versions (FNV-1a of the version's name).
pub fn build_id() -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    env!("CARGO_PKG_VERSION").as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}

const USAGE: &str = "\
Usage: redis-server [/path/to/redis.conf] [options] [-]
       redis-server - (configuration from standard input)
       redis-server -v or --version
       redis-server -h or --help

Every directive of redis.conf is an option, with its values after it:
       redis-server (all defaults)
       redis-server /etc/redis/6379.conf
       redis-server --port 7777
       redis-server --port 7777 --replicaof 127.0.0.1 8888
       redis-server --save 900 1 --save 60 1000
       redis-server --save \"\"
       redis-server /etc/myredis.conf --loglevel verbose
       echo 'timeout 60' | redis-server /etc/myredis.conf --loglevel verbose -
";

fn invocation(arguments: &[OsString]) -> Invocation {
    let mut invocation = Invocation { is_bare: arguments.is_empty(), ..Invocation::default() };
    let mut rest: &[OsString] = arguments;
    if let [first, tail @ ..] = arguments
        && !first.as_bytes().starts_with(b"-")
    {
        invocation.file = Some(std::path::absolute(first).unwrap_or_else(|_| first.into()));
        rest = tail;
    }
    let is_first_argument = invocation.file.is_none();
    let mut options = Options { text: Vec::new(), awaits_value: false };
    for (index, argument) in rest.iter().enumerate() {
        let is_last = index + 1 == rest.len();
        if argument == "-" && (is_last || (index == 0 && is_first_argument)) {
            invocation.reads_stdin = true;
        } else {
            options.add(argument.as_bytes(), rest.get(index + 1).map(|next| next.as_bytes()));
        }
    }
    invocation.options = options.text;
    invocation
}

/// Lines of configuration in the making.
struct Options {
    text: Vec<u8>,
    /// A directive was named, and the next argument is its value even if it begins with `--`.
    awaits_value: bool,
}

impl Options {
    fn add(&mut self, argument: &[u8], next: Option<&[u8]>) {
        match argument {
            [b'-', b'-', directive @ ..] if !self.awaits_value => self.begin(directive, next),
            value => {
                self.text.extend(words::quote(value));
                self.text.push(b' ');
                self.awaits_value = false;
            }
        }
    }

    /// Begins a line. An argument may hold the directive and its values at once.
    fn begin(&mut self, directive: &[u8], next: Option<&[u8]>) {
        if !self.text.is_empty() {
            self.text.push(b'\n');
        }
        self.text.extend(directive);
        self.text.push(b' ');
        self.awaits_value = words::split(directive).is_some_and(|words| words.len() == 1);
        // Scripts that build a command line from an empty list write `--save` alone.
        let ends_here = next.is_none_or(|next| next.starts_with(b"--"));
        if self.awaits_value && ends_here && directive.eq_ignore_ascii_case(b"save") {
            self.text.extend(b"\"\"");
            self.awaits_value = false;
        }
        if self.awaits_value && ends_here && directive.eq_ignore_ascii_case(b"sentinel") {
            self.awaits_value = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Invocation {
        let all = ["redis-server"].iter().chain(arguments).map(OsString::from);
        match parse(all) {
            Request::Run(invocation) => invocation,
            other => panic!("{other:?}"),
        }
    }

    fn options(arguments: &[&str]) -> String {
        String::from_utf8(run(arguments).options).unwrap()
    }

    fn printed(arguments: &[&str]) -> (String, bool, i32) {
        let all = ["redis-server"].iter().chain(arguments).map(OsString::from);
        match parse(all) {
            Request::Print { text, to_stderr, exit_code } => (text, to_stderr, exit_code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_become_lines_with_quoted_values() {
        assert_eq!(options(&[]), "");
        assert_eq!(
            options(&["--port", "7777", "--replicaof", "127.0.0.1", "8888"]),
            "port \"7777\" \nreplicaof \"127.0.0.1\" \"8888\" "
        );
        assert_eq!(options(&["--port=7000"]), "port=7000 ");
        assert_eq!(options(&["-x", "y"]), "\"-x\" \"y\" ");
    }

    #[test]
    fn an_option_and_its_value_may_be_one_argument() {
        assert_eq!(
            options(&["--maxmemory 700mb", "--maxmemory-policy volatile-lru"]),
            "maxmemory 700mb \nmaxmemory-policy volatile-lru "
        );
        assert_eq!(
            options(&["redis.conf", "loglevel", "verbose", "--hz '5'"]),
            "\"loglevel\" \"verbose\" \nhz '5' "
        );
    }

    #[test]
    fn the_value_after_an_option_may_begin_with_dashes() {
        assert_eq!(
            options(&["--proc-title-template", "--my--title", "--loglevel", "verbose"]),
            "proc-title-template \"--my--title\" \nloglevel \"verbose\" "
        );
        assert_eq!(
            options(&["--replicaof", "--127.0.0.1", "--abc"]),
            "replicaof \"--127.0.0.1\" \nabc "
        );
    }

    #[test]
    fn save_without_a_value_means_no_save_points() {
        for arguments in
            [&["--save", "--loglevel", "verbose"][..], &["--save", "", "--loglevel", "verbose"]]
        {
            let text = options(arguments);
            let lines: Vec<_> = text.lines().map(str::trim_end).collect();
            assert_eq!(lines, ["save \"\"", "loglevel \"verbose\""]);
        }
        assert_eq!(options(&["--SAVE"]), "SAVE \"\"");
        assert_eq!(
            options(&["--proc-title-template", "--save", "--save", ""]),
            "proc-title-template \"--save\" \nsave \"\" "
        );
    }

    #[test]
    fn the_first_argument_without_a_dash_is_the_file() {
        let invocation = run(&["/etc/redis.conf", "--port", "1"]);
        assert_eq!(invocation.file, Some("/etc/redis.conf".into()));
        assert!(run(&["redis.conf"]).file.unwrap().is_absolute());
        assert_eq!(run(&["--port", "1"]).file, None);
        assert!(run(&[]).is_bare && !run(&["-"]).is_bare);
    }

    #[test]
    fn a_dash_is_standard_input_as_first_or_last_argument_only() {
        for arguments in [&["-"][..], &["redis.conf", "-"], &["-", "--port", "1"]] {
            assert!(run(arguments).reads_stdin, "{arguments:?}");
        }
        let invocation = run(&["redis.conf", "-", "--port", "1"]);
        assert!(!invocation.reads_stdin);
        assert_eq!(invocation.options, b"\"-\" \nport \"1\" ");
    }

    #[test]
    fn the_version_is_read_as_that_of_redis() {
        for flag in ["-v", "--version"] {
            let (text, to_stderr, exit_code) = printed(&[flag, "ignored"]);
            assert!(text.starts_with("Redis server v=7.0.15 sha=00000000:0 malloc="), "{text}");
            assert!(text.trim_end().ends_with(concat!("understudy=", env!("CARGO_PKG_VERSION"))));
            assert_eq!((to_stderr, exit_code), (false, 0));
        }
    }

    #[test]
    fn help_goes_to_standard_error_with_exit_code_1_as_in_redis() {
        for flag in ["-h", "--help"] {
            let (text, to_stderr, exit_code) = printed(&[flag]);
            assert!(text.starts_with("Usage: redis-server [/path/to/redis.conf] [options] [-]\n"));
            assert_eq!((to_stderr, exit_code), (true, 1));
        }
    }

    #[test]
    fn the_other_names_of_redis_server_are_refused_in_words() {
        for (name, word) in [
            ("redis-sentinel", "Sentinel"),
            ("/usr/bin/redis-check-rdb", "check files"),
            ("./redis-check-aof", "check files"),
        ] {
            match parse([name, "dump.rdb"].map(OsString::from)) {
                Request::Print { text, to_stderr: true, exit_code: 1 } => {
                    assert!(text.contains(word), "{text}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn flags_count_as_first_argument_only() {
        assert_eq!(options(&["--port", "1", "--version"]), "port \"1\" \nversion ");
    }
}
