//! A configuration file: what loads can be written back, and says the same then.
#![no_main]

use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use understudy::config::DIRECTIVES;
use understudy::config::load::{Parts, World, load};
use understudy::config::rewrite::rewrite;

/// A world with one file, which can include itself.
struct OneFile(Vec<u8>);

impl World for OneFile {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        if path == Path::new("/file") { Ok(self.0.clone()) } else { Err("no such file".into()) }
    }
    fn expand(&mut self, _pattern: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
    fn change_dir(&mut self, _dir: &Path) -> Result<(), String> {
        Ok(())
    }
    fn current_dir(&mut self) -> Result<PathBuf, String> {
        Ok("/".into())
    }
    fn try_log(&mut self, _path: &Path) -> Result<(), String> {
        Ok(())
    }
    fn is_command(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(b"get") || name.eq_ignore_ascii_case(b"flushall")
    }
}

fuzz_target!(|data: &[u8]| {
    let parts = Parts { file: Some("/file".into()), ..Parts::default() };
    let Ok(config) = load(&parts, &mut OneFile(data.to_vec())) else { return };
    let text = rewrite(data, &config, false);
    let again = load(&parts, &mut OneFile(text.clone()));
    let again = again.unwrap_or_else(|error| panic!("{error}: {}", text.escape_ascii()));
    for directive in DIRECTIVES {
        assert!(directive.same(&config, &again), "{}: {}", directive.name, text.escape_ascii());
    }
});
