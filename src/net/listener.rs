//! Listening sockets: TCP on every `bind` address, and a unix socket.
//!
//! One actor owns the accept loops. Started by `server.rs`, which gives it the function that
//! starts a Connection; receives `Rebind` when CONFIG SET changes the addresses.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actix::prelude::*;
use nix::errno::Errno;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, UnixListener};

use super::bind::bind_tcp;
use super::stream::Stream;
use super::unix_socket::{self, SocketFile};
use crate::base::text::system_text;
use crate::config::Config;
use crate::keyspace::messages::PeerInfo;

/// Pause after an accept that failed for want of file descriptors or memory.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Starts a Connection for an accepted socket.
pub type StartConnection = Rc<dyn Fn(Stream, PeerInfo)>;

pub struct Listener {
    start: StartConnection,
    tcp: TcpSockets,
    sockets: Sockets,
    tcp_loops: Vec<SpawnHandle>,
}

/// The TCP sockets that are open, in the hands of whoever may have to close them at once: a port
/// is only free for another bind when its old socket is gone.
#[derive(Clone)]
pub struct TcpSockets(Arc<OpenSockets>);

struct OpenSockets {
    tcp: Mutex<Vec<Arc<TcpListener>>>,
    /// Seconds; see [`set_keepalive`].
    keepalive: AtomicU64,
}

impl TcpSockets {
    pub fn new(keepalive_seconds: u64) -> TcpSockets {
        TcpSockets(Arc::new(OpenSockets {
            tcp: Mutex::default(),
            keepalive: AtomicU64::new(keepalive_seconds),
        }))
    }

    pub fn close_tcp(&self) {
        self.0.tcp.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// For the connections that come from now on.
    pub fn set_keepalive(&self, seconds: u64) {
        self.0.keepalive.store(seconds, Ordering::Relaxed);
    }

    fn add_tcp(&self, listener: Arc<TcpListener>) {
        self.0.tcp.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }
}

/// Bound sockets that nobody accepts from yet.
#[derive(Default)]
pub struct Sockets {
    tcp: Vec<std::net::TcpListener>,
    unix: Option<(std::os::unix::net::UnixListener, String)>,
}

impl Sockets {
    /// Binds what the settings say. Returns the file of the unix socket, if there is one.
    ///
    /// # Errors
    /// What could not be bound, as redis-server words it.
    pub fn bind(config: &Config) -> Result<(Sockets, Option<SocketFile>), String> {
        let mut sockets = Sockets { tcp: bind_tcp(config)?, unix: None };
        let mut file = None;
        if let Some(path) = &config.network.unixsocket {
            let (listener, bound) = unix_socket::bind(path, config.network.unixsocketperm)?;
            sockets.unix = Some((listener, path.display().to_string()));
            file = Some(bound);
        }
        if sockets.tcp.is_empty() && sockets.unix.is_none() {
            return Err("Configured to not listen anywhere, exiting.".to_owned());
        }
        Ok((sockets, file))
    }
}

/// The addresses changed, and the old sockets are closed: accept from these.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rebind {
    pub tcp: Vec<std::net::TcpListener>,
}

impl Listener {
    pub fn new(sockets: Sockets, tcp: TcpSockets, start: StartConnection) -> Listener {
        Listener { start, tcp, sockets, tcp_loops: Vec::new() }
    }

    /// Starts an accept loop for each socket.
    fn accept_all(&mut self, ctx: &mut Context<Self>) {
        let tcp = std::mem::take(&mut self.sockets.tcp);
        self.accept_tcp(tcp, ctx);
        if let Some((listener, path)) = self.sockets.unix.take() {
            let accepting = accept_unix(listener, path, self.start.clone());
            ctx.spawn(actix::fut::wrap_future(accepting));
        }
    }

    fn accept_tcp(&mut self, listeners: Vec<std::net::TcpListener>, ctx: &mut Context<Self>) {
        for handle in self.tcp_loops.drain(..) {
            ctx.cancel_future(handle);
        }
        for listener in listeners {
            let listener = match TcpListener::from_std(listener) {
                Ok(listener) => Arc::new(listener),
                Err(error) => {
                    log::warn!("Accepting client connection: {}", system_text(&error));
                    continue;
                }
            };
            let accepting =
                accept_tcp(Arc::downgrade(&listener), self.tcp.clone(), self.start.clone());
            self.tcp_loops.push(ctx.spawn(actix::fut::wrap_future(accepting)));
            self.tcp.add_tcp(listener);
        }
    }
}

/// Accepts until the socket is closed.
async fn accept_tcp(listener: Weak<TcpListener>, sockets: TcpSockets, start: StartConnection) {
    let accept = |task: &mut Task<'_>| match listener.upgrade() {
        Some(listener) => listener.poll_accept(task).map(Some),
        None => Poll::Ready(None),
    };
    while let Some(accepted) = poll_fn(accept).await {
        match accepted {
            Ok((stream, peer)) => {
                log::debug!("Accepted {}:{}", peer.ip(), peer.port());
                let _ = stream.set_nodelay(true);
                set_keepalive(&stream, sockets.0.keepalive.load(Ordering::Relaxed));
                let local = stream.local_addr().map(|a| a.to_string()).unwrap_or_default();
                let stream = Stream::Tcp(stream);
                let info = PeerInfo {
                    peer: peer.to_string(),
                    local,
                    fd: stream.fd(),
                    is_unix_socket: false,
                    is_loopback: peer.ip().to_canonical().is_loopback(),
                };
                start(stream, info);
            }
            Err(error) => accept_failed(error).await,
        }
    }
}

async fn accept_unix(
    listener: std::os::unix::net::UnixListener,
    path: String,
    start: StartConnection,
) {
    let listener = match UnixListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return log::warn!("Accepting client connection: {}", system_text(&error)),
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                log::debug!("Accepted connection to {path}");
                let stream = Stream::Unix(stream);
                let info = PeerInfo {
                    peer: format!("{path}:0"),
                    local: format!("{path}:0"),
                    fd: stream.fd(),
                    is_unix_socket: true,
                    is_loopback: true,
                };
                start(stream, info);
            }
            Err(error) => accept_failed(error).await,
        }
    }
}

/// Says so; what the process or the system is short of gets time to be there again, while what
/// became of one connection keeps no other waiting.
async fn accept_failed(error: io::Error) {
    log::warn!("Accepting client connection: {}", system_text(&error));
    if !concerns_one_connection(&error) {
        tokio::time::sleep(ACCEPT_RETRY).await;
    }
}

/// The connection that was next has failed or is forbidden, and the one behind it may be accepted:
/// on Linux, accept(2) returns what went wrong in the network before. An error that is not known
/// here is not one of them, since a loop that never pauses is worse than a late client.
fn concerns_one_connection(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(
        errno,
        Some(
            Errno::ECONNABORTED
                | Errno::ECONNRESET
                | Errno::EPROTO
                | Errno::EINTR
                | Errno::EPERM
                | Errno::ETIMEDOUT
                | Errno::ENETDOWN
                | Errno::ENETUNREACH
                | Errno::EHOSTDOWN
                | Errno::EHOSTUNREACH
                | Errno::ENOPROTOOPT
                | Errno::EOPNOTSUPP
        )
    )
}

/// Probes after `seconds` of silence, again each third of it, and gives up after three.
fn set_keepalive(stream: &tokio::net::TcpStream, seconds: u64) {
    if seconds == 0 {
        return;
    }
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(seconds))
        .with_interval(Duration::from_secs((seconds / 3).max(1)))
        .with_retries(3);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        log::debug!("Setting TCP keepalive: {error}");
    }
}

impl Actor for Listener {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.accept_all(ctx);
    }
}

impl Handler<Rebind> for Listener {
    type Result = ();
    fn handle(&mut self, message: Rebind, ctx: &mut Self::Context) {
        self.accept_tcp(message.tcp, ctx);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    #[test]
    fn only_what_the_process_is_short_of_keeps_the_next_client_waiting() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        let _guard = runtime.enter();
        let pauses = |errno: Errno| {
            let accepting = pin!(accept_failed(io::Error::from_raw_os_error(errno as i32)));
            accepting.poll(&mut Task::from_waker(Waker::noop())).is_pending()
        };
        for errno in [Errno::EMFILE, Errno::ENFILE, Errno::ENOBUFS, Errno::ENOMEM, Errno::EINVAL] {
            assert!(pauses(errno), "{errno}");
        }
        for errno in [Errno::ECONNABORTED, Errno::ECONNRESET, Errno::EPROTO, Errno::EINTR] {
            assert!(!pauses(errno), "{errno}");
        }
    }
}
