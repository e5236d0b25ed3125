//! The files that configuration comes from.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::Invocation;
use crate::base::glob;
use crate::base::text::system_text;
use crate::config::Config;
use crate::config::load::{LoadError, Parts, World, load};

/// Loads what an invocation asks for. `is_command` says whether a command of that name exists,
/// for `rename-command`.
pub fn load_config(
    invocation: &Invocation,
    is_command: impl Fn(&[u8]) -> bool,
) -> Result<Config, LoadError> {
    let mut stdin = None;
    if invocation.reads_stdin {
        crate::telemetry::logging::print_early(log::Level::Warn, "Reading config from stdin");
        let mut text = Vec::new();
        let read = io::stdin().read_to_end(&mut text);
        read.map_err(|error| LoadError::Whole(system_text(&error).into()))?;
        stdin = Some(text);
    }
    let parts = Parts { file: invocation.file.clone(), stdin, options: invocation.options.clone() };
    load(&parts, &mut System { is_command })
}

/// This process and its files.
struct System<F> {
    is_command: F,
}

impl<F: Fn(&[u8]) -> bool> World for System<F> {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        fs::read(path).map_err(|error| system_text(&error))
    }

    fn expand(&mut self, pattern: &Path) -> Vec<PathBuf> {
        let mut paths = vec![PathBuf::new()];
        for component in pattern.components() {
            paths = paths.iter().flat_map(|path| matches_in(path, component)).collect();
        }
        paths
    }

    fn change_dir(&mut self, dir: &Path) -> Result<(), String> {
        std::env::set_current_dir(dir).map_err(|error| system_text(&error))
    }

    fn current_dir(&mut self) -> Result<PathBuf, String> {
        std::env::current_dir().map_err(|error| system_text(&error))
    }

    fn try_log(&mut self, path: &Path) -> Result<(), String> {
        let opened = OpenOptions::new().append(true).create(true).open(path);
        opened.map(drop).map_err(|error| system_text(&error))
    }

    fn is_command(&self, name: &[u8]) -> bool {
        (self.is_command)(name)
    }
}

/// The paths under `dir` that a component of a pattern matches, in order. Hidden files need a
/// dot in the pattern.
fn matches_in(dir: &Path, component: Component<'_>) -> Vec<PathBuf> {
    let Component::Normal(pattern) = component else {
        return vec![dir.join(component)];
    };
    let pattern = pattern.as_bytes();
    if !pattern.iter().any(|byte| b"*?[".contains(byte)) {
        let path = dir.join(component);
        return if path.exists() { vec![path] } else { Vec::new() };
    }
    let listed = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let entries = fs::read_dir(listed).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let mut paths: Vec<PathBuf> = names
        .filter(|name| pattern.starts_with(b".") || !name.as_bytes().starts_with(b"."))
        .filter(|name| glob::matches(pattern, name.as_bytes(), false))
        .map(|name| dir.join(name))
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system() -> System<fn(&[u8]) -> bool> {
        System { is_command: |_| false }
    }

    #[test]
    fn patterns_give_existing_paths_in_order_and_no_hidden_ones() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.conf", "a.conf", ".c.conf", "d.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("sub/e.conf"), "").unwrap();
        let names = |pattern: &str| -> Vec<String> {
            let paths = system().expand(&dir.path().join(pattern));
            let relative = |path: PathBuf| path.strip_prefix(dir.path()).unwrap().to_owned();
            paths.into_iter().map(|path| relative(path).display().to_string()).collect()
        };
        assert_eq!(names("*.conf"), ["a.conf", "b.conf"]);
        assert_eq!(names(".*.conf"), [".c.conf"]);
        assert_eq!(names("s*/[ef].conf"), ["sub/e.conf"]);
        assert_eq!(names("s*/f.conf"), Vec::<String>::new());
    }

    #[test]
    fn errors_have_the_words_of_the_system_only() {
        assert_eq!(
            system().read(Path::new("/nonexistent/redis.conf")),
            Err("No such file or directory".to_owned())
        );
    }

    #[test]
    fn a_file_is_loaded_with_the_options_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("redis.conf");
        fs::write(&file, "port 1\ntimeout 5\n").unwrap();
        let invocation = Invocation {
            file: Some(file.clone()),
            options: b"port \"2\" ".to_vec(),
            ..Invocation::default()
        };
        let config = load_config(&invocation, |_| true).unwrap();
        assert_eq!((config.network.port, config.network.timeout), (2, 5));
        assert_eq!(config.config_file, Some(file));
        assert!(config.persistence.dir.is_absolute());
    }
}
