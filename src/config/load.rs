//! Loading: a file, what it includes, standard input and the command line become a [`Config`].

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use super::follower::Follower;
use super::table::{self, Config, Directive, Rename};
use super::value::{Reason, Source};
use super::{users, words};

/// The version of Redis whose settings these are.
pub const REDIS_VERSION: &str = "7.0.15";

/// How deep files may include files.
const MOST_NESTED: usize = 16;

/// Directives of older versions that nothing is left to do for, with one value each.
const OBSOLETE: [&str; 3] =
    ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

/// What is loaded. Later parts win.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub file: Option<PathBuf>,
    pub stdin: Option<Vec<u8>>,
    /// Lines from the command line.
    pub options: Vec<u8>,
}

/// What loading needs from the world. Errors are the system's texts.
pub trait World {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String>;
    /// The paths that a pattern with `*`, `?` or `[` matches, in order.
    fn expand(&mut self, pattern: &Path) -> Vec<PathBuf>;
    /// Changes the working directory: paths of later lines are relative to it.
    fn change_dir(&mut self, dir: &Path) -> Result<(), String>;
    /// The working directory as an absolute path.
    fn current_dir(&mut self) -> Result<PathBuf, String>;
    /// Makes sure that the log can be written there.
    fn try_log(&mut self, path: &Path) -> Result<(), String>;
    /// Whether a command of this name exists before any is renamed.
    fn is_command(&self, name: &[u8]) -> bool;
}

/// Why there is no configuration. [`fmt::Display`] gives Redis's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// A file cannot be opened: for the log, not for standard error.
    Open { path: PathBuf, error: String },
    /// A line is wrong; lines count from 1 in each file.
    Line { number: usize, text: String, reason: Reason },
    /// The whole is wrong.
    Whole(Reason),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = format!("\n*** FATAL CONFIG FILE ERROR (Redis {REDIS_VERSION}) ***");
        match self {
            LoadError::Open { path, error } => {
                write!(f, "Fatal error, can't open config file '{}': {error}", path.display())
            }
            LoadError::Line { number, text, reason } => write!(
                f,
                "{title}\nReading the configuration file, at line {number}\n>>> '{text}'\n{reason}"
            ),
            LoadError::Whole(reason) => write!(f, "{title}\n{reason}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Loads all parts over the defaults.
pub fn load(parts: &Parts, world: &mut dyn World) -> Result<Config, LoadError> {
    let mut loader =
        Loader { config: Config::default(), world, seen: HashSet::new(), user_lines: Vec::new() };
    let mut text = Vec::new();
    if let Some(path) = &parts.file {
        text = loader.read(path)?;
    }
    if let Some(stdin) = &parts.stdin {
        begin_line(&mut text);
        text.extend(stdin);
    }
    text.push(b'\n');
    text.extend(&parts.options);
    loader.load_text(&text, 0)?;
    loader.finish(parts)
}

fn begin_line(text: &mut Vec<u8>) {
    if text.last().is_some_and(|&byte| byte != b'\n') {
        text.push(b'\n');
    }
}

struct Loader<'a> {
    config: Config,
    world: &'a mut dyn World,
    /// The directives that had a line, by first name.
    seen: HashSet<&'static str>,
    /// `user` lines, to be checked once the whole is known.
    user_lines: Vec<(LineText, Vec<Vec<u8>>)>,
}

/// A line for an error message.
struct LineText {
    number: usize,
    text: Vec<u8>,
}

impl LineText {
    fn error(self, reason: Reason) -> LoadError {
        let text = String::from_utf8_lossy(&self.text).into_owned();
        LoadError::Line { number: self.number, text, reason }
    }
}

/// Why a line fails: in itself, or because of something in a file that it includes.
enum Failure {
    Here(Reason),
    Elsewhere(LoadError),
}

impl<T: Into<Reason>> From<T> for Failure {
    fn from(reason: T) -> Self {
        Failure::Here(reason.into())
    }
}

impl Loader<'_> {
    /// The text of a file, or of all files that a pattern matches, even none.
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let is_pattern = path.to_string_lossy().contains(['*', '?', '[']);
        let paths = if is_pattern { self.world.expand(path) } else { vec![path.to_owned()] };
        let mut text = Vec::new();
        for path in paths {
            let read = self.world.read(&path);
            begin_line(&mut text);
            text.extend(read.map_err(|error| LoadError::Open { path, error })?);
        }
        Ok(text)
    }

    fn load_text(&mut self, text: &[u8], depth: usize) -> Result<(), LoadError> {
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = words::trim(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let at = || LineText { number: index + 1, text: line.to_vec() };
            match self.load_line(line, at, depth) {
                Ok(()) => {}
                Err(Failure::Here(reason)) => return Err(at().error(reason)),
                Err(Failure::Elsewhere(error)) => return Err(error),
            }
        }
        if self.config.process.logfile.as_os_str().is_empty() {
            return Ok(());
        }
        let opened = self.world.try_log(&self.config.process.logfile);
        opened.map_err(|error| LoadError::Whole(format!("Can't open the log file: {error}").into()))
    }

    fn load_line(
        &mut self,
        line: &[u8],
        at: impl Fn() -> LineText,
        depth: usize,
    ) -> Result<(), Failure> {
        let words = words::split(line).ok_or("Unbalanced quotes in configuration line")?;
        let Some((name, arguments)) = words.split_first() else {
            return Ok(());
        };
        if let Some(directive) = table::find(name) {
            return self.set(directive, arguments);
        }
        let name = name.to_ascii_lowercase();
        match (name.as_slice(), arguments) {
            (b"include", [path]) => self.include(&text_path(path), depth),
            (b"rename-command", [command, new_name]) => self.rename(command, new_name),
            (b"user", [name, ..])
                if self.user_lines.iter().any(|line| line.1.first() == Some(name)) =>
            {
                Err(users::defined_twice(name).into())
            }
            (b"user", [_, ..]) => {
                self.user_lines.push((at(), arguments.to_vec()));
                Ok(())
            }
            (b"loadmodule", [_, ..]) => Err("this server does not load modules".into()),
            (b"sentinel", []) => Err("this server does not have a Sentinel mode yet".into()),
            (b"sentinel", _) => Err("sentinel directive while not in sentinel mode".into()),
            (name, [_]) if OBSOLETE.iter().any(|other| name == other.as_bytes()) => Ok(()),
            (name, []) if name.contains(&b'.') => {
                Err("Module config specified without value".into())
            }
            (name, _) if name.contains(&b'.') => {
                Err("Module Configuration detected without loadmodule directive".into())
            }
            _ => Err("Bad directive or wrong number of arguments".into()),
        }
    }

    fn set(&mut self, directive: &'static Directive, arguments: &[Vec<u8>]) -> Result<(), Failure> {
        let parts;
        let arguments = match arguments {
            [one] if directive.takes_several() && !one.is_empty() => {
                parts = words::split(one).unwrap_or_default();
                &parts
            }
            _ if !directive.takes_several() && arguments.len() != 1 => {
                return Err("wrong number of arguments".into());
            }
            _ => arguments,
        };
        let arguments: Vec<_> = arguments.iter().map(Vec::as_slice).collect();
        let first = self.seen.insert(directive.name);
        let source = if first { Source::FirstLine } else { Source::LaterLine };
        directive.set(&mut self.config, &arguments, source)?;
        if directive.followers.contains(&Follower::WorkingDir) {
            self.world.change_dir(&self.config.persistence.dir)?;
        }
        Ok(())
    }

    fn include(&mut self, path: &Path, depth: usize) -> Result<(), Failure> {
        if depth == MOST_NESTED {
            return Err("Too many files include one another".into());
        }
        let text = self.read(path).map_err(Failure::Elsewhere)?;
        self.load_text(&text, depth + 1).map_err(Failure::Elsewhere)
    }

    fn rename(&mut self, command: &[u8], new_name: &[u8]) -> Result<(), Failure> {
        if !self.is_command(command) {
            return Err("No such command in rename-command".into());
        }
        let renames = &self.config.rename_command;
        let is_old_name = new_name.eq_ignore_ascii_case(command);
        let is_taken = is_name(renames, self.world, new_name);
        let rename = Rename { from: command.to_vec(), to: new_name.to_vec() };
        self.config.rename_command.push(rename);
        if !new_name.is_empty() && !is_old_name && is_taken {
            return Err("Target command name already exists".into());
        }
        Ok(())
    }

    /// Whether a command goes by this name, after the renames so far.
    fn is_command(&self, name: &[u8]) -> bool {
        is_name(&self.config.rename_command, self.world, name)
    }

    /// Checks what needs the whole.
    fn finish(mut self, parts: &Parts) -> Result<Config, LoadError> {
        for (at, words) in self.user_lines {
            let channels = users::read_line(&words, &self.config);
            self.config.default_user_channels = channels.map_err(|reason| at.error(reason))?;
        }
        let dir = self.world.current_dir();
        self.config.persistence.dir = dir.map_err(|error| LoadError::Whole(error.into()))?;
        self.config.config_file = parts.file.clone();
        Ok(self.config)
    }
}

fn is_name(renames: &[Rename], world: &dyn World, name: &[u8]) -> bool {
    let last = renames.iter().rev().find_map(|rename| {
        let is_new = rename.to.eq_ignore_ascii_case(name);
        let is_old = rename.from.eq_ignore_ascii_case(name);
        (is_new || is_old).then_some(is_new)
    });
    last.unwrap_or_else(|| world.is_command(name))
}

fn text_path(text: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(text)).to_owned()
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
