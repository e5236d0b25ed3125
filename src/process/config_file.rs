//! `CONFIG REWRITE`: the file that the server was started with gets a new text, and stays what it
//! is otherwise: its owner, its mode, and the links that lead to it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config::rewrite::rewrite;

/// The mode of a file that was not there, before the umask.
const NEW_FILE_MODE: u32 = 0o644;
/// The mode of a file until its owner is known.
const PRIVATE_MODE: u32 = 0o600;
/// What a file's group may do with it.
const GROUP_BITS: u32 = 0o070;

/// Writes the settings into the file. The old one stays whole until the new one is on disk. `all`
/// writes the defaults too.
///
/// # Errors
/// The file or its folder cannot be read or written; all is as it was then.
pub(super) fn rewrite_config(file: &Path, config: &Config, all: bool) -> io::Result<()> {
    let (file, old) = open_old(file)?;
    let mut text = Vec::new();
    if let Some(mut old) = old.as_ref() {
        old.read_to_end(&mut text)?;
    }
    let new = beside(&file);
    let replaced = write_synced(&new, &rewrite(&text, config, all), old.as_ref())
        .and_then(|()| fs::rename(&new, &file));
    if replaced.is_err() {
        let _ = fs::remove_file(&new);
    }
    replaced?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// The file that a path leads to over all links, and whether there is one.
fn open_old(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let opened = fs::canonicalize(path).and_then(|path| File::open(&path).map(|file| (path, file)));
    match opened {
        Ok((path, file)) => Ok((path, Some(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path.to_owned(), None)),
        Err(error) => Err(error),
    }
}

/// Where the new text stands until it takes the old one's place: in the same folder, so that it
/// can.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{:06}", std::process::id()));
    name.into()
}

/// Writes a new file in the likeness of the old one.
fn write_synced(path: &Path, text: &[u8], old: Option<&File>) -> io::Result<()> {
    // What a process of the same number left when it was killed.
    let _ = fs::remove_file(path);
    let mode = if old.is_some() { PRIVATE_MODE } else { NEW_FILE_MODE };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text)?;
    if let Some(old) = old {
        keep_owner_and_mode(&file, old)?;
    }
    file.sync_all()
}

/// Only root may give a file away. Where the group cannot be kept either, another group does not
/// get its rights.
fn keep_owner_and_mode(new: &File, old: &File) -> io::Result<()> {
    let (old, new_is) = (old.metadata()?, new.metadata()?);
    let mut mode = old.mode() & 0o7777;
    if old.uid() != new_is.uid() || old.gid() != new_is.gid() {
        let kept = fchown(new, Some(old.uid()), Some(old.gid()))
            .or_else(|_| fchown(new, None, Some(old.gid())));
        if kept.is_err() {
            mode &= !GROUP_BITS;
        }
    }
    new.set_permissions(Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use super::*;
    use crate::base::text::system_text;

    #[test]
    fn a_rewritten_file_replaces_the_old_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("redis.conf");
        fs::write(&file, "# mine\nport 1\n").unwrap();
        fs::write(beside(&file), "left by a process that was killed").unwrap();
        let config = Config::with(|config| config.network.port = 2);
        rewrite_config(&file, &config, false).unwrap();
        assert!(fs::read_to_string(&file).unwrap().starts_with("# mine\nport 2\n"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);

        let missing = dir.path().join("nosuch/redis.conf");
        let error = rewrite_config(&missing, &config, false).unwrap_err();
        assert_eq!(system_text(&error), "No such file or directory");
    }

    #[test]
    fn a_rewritten_file_keeps_its_mode_and_owner() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("redis.conf");
        fs::write(&file, "port 1\n").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        // Only root may do this; without it the file is the caller's, and stays so.
        let _ = chown(&file, Some(4321), Some(1234));
        let before = fs::metadata(&file).unwrap();
        rewrite_config(&file, &Config::default(), false).unwrap();
        let after = fs::metadata(&file).unwrap();
        assert_ne!(after.ino(), before.ino(), "the file was not replaced in one step");
        let of = |file: &fs::Metadata| (file.mode(), file.uid(), file.gid());
        assert_eq!(of(&after), of(&before));
    }

    #[test]
    fn a_rewrite_goes_through_links_to_the_file_behind_them() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("links"));
        fs::create_dir(&real).unwrap();
        fs::create_dir(&link).unwrap();
        fs::write(real.join("redis.conf"), "port 1\n").unwrap();
        symlink("../real/redis.conf", link.join("b.conf")).unwrap();
        symlink("b.conf", link.join("a.conf")).unwrap();
        let config = Config::with(|config| config.network.port = 2);
        rewrite_config(&link.join("a.conf"), &config, false).unwrap();
        assert!(fs::symlink_metadata(link.join("a.conf")).unwrap().is_symlink());
        assert!(fs::symlink_metadata(link.join("b.conf")).unwrap().is_symlink());
        assert!(fs::read_to_string(real.join("redis.conf")).unwrap().starts_with("port 2\n"));
        assert_eq!(fs::read_dir(&real).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&link).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_was_taken_away_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("redis.conf");
        rewrite_config(&file, &Config::with(|config| config.network.port = 2), false).unwrap();
        assert!(fs::read_to_string(&file).unwrap().contains("port 2\n"));
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o600, 0o600);
    }
}
