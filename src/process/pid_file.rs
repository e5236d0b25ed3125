//! `pidfile`: tells others who we are.

use std::fs;
use std::path::{Path, PathBuf};

/// What a server in the background writes when nothing is said.
const DEFAULT: &str = "/var/run/redis.pid";

/// A written file, which goes with the process.
#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes it, where one is wanted. Not being able to is no reason not to serve.
    pub fn write(path: Option<&Path>, in_background: bool) -> Option<PidFile> {
        let path = match path {
            Some(path) => path,
            None if in_background => Path::new(DEFAULT),
            None => return None,
        };
        if let Err(error) = fs::write(path, format!("{}\n", std::process::id())) {
            log::debug!("Cannot write the pid file {}: {error}", path.display());
        }
        // `dir` may change while the server runs.
        Some(PidFile(std::path::absolute(path).unwrap_or_else(|_| path.to_owned())))
    }

    pub fn remove(&self) {
        log::info!("Removing the pid file.");
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_the_number_and_goes_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("redis.pid");
        let file = PidFile::write(Some(&path), false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        file.remove();
        assert!(!path.exists());
        assert!(PidFile::write(None, false).is_none());
    }
}
