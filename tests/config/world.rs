//! redis-server beside our library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use understudy::base::text::system_text;
use understudy::cli::{self, Request};
use understudy::config::Config;
use understudy::config::load::{LoadError, Parts, World, load};

use crate::support::{Client, Kind, Server};

/// Reads files, changes nothing, and knows the commands GET and SET.
pub struct ReadOnly;

impl World for ReadOnly {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| system_text(&error))
    }

    fn expand(&mut self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    fn change_dir(&mut self, dir: &Path) -> Result<(), String> {
        std::fs::metadata(dir).map(drop).map_err(|error| system_text(&error))
    }

    fn current_dir(&mut self) -> Result<PathBuf, String> {
        Ok(PathBuf::from("/"))
    }

    fn try_log(&mut self, _: &Path) -> Result<(), String> {
        Ok(())
    }

    fn is_command(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(b"get") || name.eq_ignore_ascii_case(b"set")
    }
}

/// What our library makes of a command line.
pub fn load_arguments(arguments: &[&str]) -> Result<Config, LoadError> {
    let all = ["redis-server"].iter().chain(arguments).map(Into::into);
    let Request::Run(invocation) = cli::parse(all) else {
        panic!("{arguments:?} do not start a server");
    };
    let parts = Parts { file: invocation.file, stdin: None, options: invocation.options };
    load(&parts, &mut ReadOnly)
}

/// redis-server with no settings but those that tests need.
pub fn redis(arguments: &[&str]) -> Server {
    Server::start(Kind::RealRedis, arguments)
}

/// CONFIG GET, sorted.
pub fn config_get(client: &mut Client, patterns: &[&str]) -> BTreeMap<String, String> {
    let reply = client.cmd(&[&["config", "get"], patterns].concat());
    let texts = reply.texts();
    texts.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

/// The same of our library.
pub fn our_config_get(config: &Config, patterns: &[&str]) -> BTreeMap<String, String> {
    let patterns: Vec<_> = patterns.iter().map(|pattern| pattern.as_bytes()).collect();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let rows = understudy::config::get::get(config, &patterns);
    rows.into_iter().map(|(name, value)| (text(name), text(value))).collect()
}
