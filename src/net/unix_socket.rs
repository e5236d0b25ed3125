//! The unix socket and its file.
//!
//! ```text
//! what is at the path            what happens
//! nothing                        bound
//! a socket nobody listens at     left over by a killed process: replaced
//! a socket that somebody has     refused: two servers cannot share it
//! anything else                  refused: it is not ours to delete
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::base::text::system_text;

/// Room for the path of a unix socket, with the zero behind it.
const UNIX_PATH_BYTES: usize = 108;

/// The file of a bound socket, which is to go with its process.
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode: by then another file may have taken its place.
    identity: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<SocketFile> {
        let path = std::path::absolute(path)?;
        let identity = identity(&fs::symlink_metadata(&path)?);
        Ok(SocketFile { path, identity })
    }

    /// Removes the file, unless it has become another one.
    pub fn remove(&self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| identity(&found) == self.identity) {
            log::info!("Removing the unix socket file.");
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Binds a unix socket. `mode`: of its file; 0: as it comes.
///
/// # Errors
/// Why not, as redis-server words it.
pub fn bind(path: &Path, mode: u32) -> Result<(UnixListener, SocketFile), String> {
    let failed = |why: String| format!("Failed opening Unix socket: {why}");
    let path_bytes = path.as_os_str().len();
    if path_bytes >= UNIX_PATH_BYTES {
        return Err(failed(format!(
            "unix socket path too long ({path_bytes}), must be under {UNIX_PATH_BYTES}"
        )));
    }
    make_way(path).map_err(failed)?;
    bind_at(path, mode).map_err(|error| failed(format!("bind: {}", system_text(&error))))
}

fn bind_at(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    let listener = UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    if mode != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok((listener, SocketFile::of(path)?))
}

/// Removes a socket that was left over. `Err`: something else is there, in words.
fn make_way(path: &Path) -> Result<(), String> {
    // What the system says against the path shows at the binding.
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if found.is_dir() {
        return Ok(());
    }
    if !found.file_type().is_socket() {
        return Err(format!("bind: {} is there and is not a socket", path.display()));
    }
    match try_connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| format!("bind: {}", system_text(&error)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Taken at once, or with more waiting than its owner has places for.
        Ok(()) => Err(in_use(path)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(in_use(path)),
        Err(error) => {
            let why = system_text(&error);
            Err(format!("bind: cannot tell whether {} is in use: {why}", path.display()))
        }
    }
}

fn in_use(path: &Path) -> String {
    format!("bind: another server listens at {}", path.display())
}

/// Connects without waiting for anybody.
fn try_connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_took_the_place_of_the_socket_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let (_listener, file) = bind(&path, 0o700).expect("bound");
        fs::rename(&path, folder.path().join("elsewhere")).expect("renamed");
        fs::write(&path, "of another").expect("written");
        file.remove();
        assert!(path.exists());
        fs::rename(folder.path().join("elsewhere"), &path).expect("renamed");
        file.remove();
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_whose_owner_takes_nobody_in_is_still_his() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        socket.bind(&SockAddr::unix(&path).expect("a path")).expect("bound");
        socket.listen(0).expect("listens");
        let _waiting: Vec<io::Result<()>> = (0..3).map(|_| try_connect(&path)).collect();
        let refused = bind(&path, 0).err().expect("refused");
        assert!(refused.contains("another server listens"), "{refused}");
        drop(socket);
        bind(&path, 0).expect("a socket that nobody has is replaced");
    }
}
