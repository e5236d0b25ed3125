//! Listening sockets: TCP on every `bind` address, and a unix socket.
//!
//! One actor owns the accept loops. Started by `server.rs`, which gives it the function that
//! starts a Connection; receives `Rebind` when CONFIG SET changes the addresses.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use actix::prelude::*;
use nix::errno::Errno;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, UnixListener};

use super::stream::Stream;
use crate::base::text::system_text;
use crate::config::Config;
use crate::keyspace::messages::PeerInfo;

/// Pause after an accept that failed for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Room for the path of a unix socket, with the zero behind it.
const UNIX_PATH_BYTES: usize = 108;

/// Starts a Connection for an accepted socket.
pub type StartConnection = Rc<dyn Fn(Stream, PeerInfo)>;

pub struct Listener {
    start: StartConnection,
    doors: Doors,
    sockets: Sockets,
    tcp_loops: Vec<SpawnHandle>,
}

/// The TCP sockets that are open, in the hands of whoever may have to close them at once: a port
/// is only free for another bind when its old socket is gone.
#[derive(Clone)]
pub struct Doors(Arc<OpenDoors>);

struct OpenDoors {
    tcp: Mutex<Vec<Arc<TcpListener>>>,
    /// Seconds; see [`set_keepalive`].
    keepalive: AtomicU64,
}

impl Doors {
    pub fn new(keepalive_seconds: u64) -> Doors {
        Doors(Arc::new(OpenDoors {
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
    /// Binds what the settings say.
    ///
    /// # Errors
    /// What could not be bound, as redis-server words it.
    pub fn bind(config: &Config) -> Result<Sockets, String> {
        let mut sockets = Sockets { tcp: bind_tcp(config)?, unix: None };
        if let Some(path) = &config.unixsocket {
            let listener = bind_unix(path, config.unixsocketperm)?;
            sockets.unix = Some((listener, path.display().to_string()));
        }
        if sockets.tcp.is_empty() && sockets.unix.is_none() {
            return Err("Configured to not listen anywhere, exiting.".to_owned());
        }
        Ok(sockets)
    }
}

/// Binds the TCP addresses; an address with a leading `-` may fail when it is not available.
///
/// # Errors
/// What could not be bound, as redis-server words it.
pub fn bind_tcp(config: &Config) -> Result<Vec<std::net::TcpListener>, String> {
    let mut bound = Vec::new();
    if config.port == 0 {
        return Ok(bound);
    }
    for address in &config.bind {
        let (is_optional, host) = match address.strip_prefix('-') {
            Some(host) => (true, host),
            None => (false, address.as_str()),
        };
        let ip = match host {
            "*" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        match bind_one(ip, config.port, config.tcp_backlog as i32) {
            Ok(listener) => bound.push(listener),
            Err(error) => {
                log::warn!(
                    "Warning: Could not create server TCP listening socket {host}:{}: {}",
                    config.port,
                    bind_complaint(&error)
                );
                if !may_be_absent(&error, is_optional) {
                    return Err(format!(
                        "Failed listening on port {} (TCP), aborting.",
                        config.port
                    ));
                }
            }
        }
    }
    Ok(bound)
}

/// Whether the server starts without this address: the system does not know its kind at all, or
/// it is not there and need not be.
fn may_be_absent(error: &io::Error, is_optional: bool) -> bool {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EADDRNOTAVAIL) => is_optional,
        Some(
            Errno::ENOPROTOOPT
            | Errno::EPROTONOSUPPORT
            | Errno::ESOCKTNOSUPPORT
            | Errno::EPFNOSUPPORT
            | Errno::EAFNOSUPPORT,
        ) => true,
        _ => false,
    }
}

/// What the system or the look-up of a name said.
fn bind_complaint(error: &io::Error) -> String {
    if error.raw_os_error().is_some() {
        return format!("bind: {}", system_text(error));
    }
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}

fn bind_one(host: &str, port: u16, backlog: i32) -> io::Result<std::net::TcpListener> {
    let address = resolve(host, port)?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket.into())
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    // A name stands for its IPv4 address, as in Redis, even where the system puts the other first.
    let mut addresses = (host, port).to_socket_addrs()?;
    addresses
        .find(SocketAddr::is_ipv4)
        .ok_or_else(|| io::Error::other("Address family for hostname not supported"))
}

fn bind_unix(path: &Path, mode: u32) -> Result<std::os::unix::net::UnixListener, String> {
    let failed =
        |error: io::Error| format!("Failed opening Unix socket: bind: {}", system_text(&error));
    let path_bytes = path.as_os_str().len();
    if path_bytes >= UNIX_PATH_BYTES {
        return Err(format!(
            "Failed opening Unix socket: unix socket path too long ({path_bytes}), must be under \
             {UNIX_PATH_BYTES}"
        ));
    }
    // A socket left over by a process that was killed. What else is in the way shows at once.
    let _ = std::fs::remove_file(path);
    let listener = std::os::unix::net::UnixListener::bind(path).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    if mode != 0 {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).map_err(failed)?;
    }
    Ok(listener)
}

/// The addresses changed, and the old sockets are closed: accept from these.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rebind {
    pub tcp: Vec<std::net::TcpListener>,
}

impl Listener {
    pub fn new(sockets: Sockets, doors: Doors, start: StartConnection) -> Listener {
        Listener { start, doors, sockets, tcp_loops: Vec::new() }
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
                accept_tcp(Arc::downgrade(&listener), self.doors.clone(), self.start.clone());
            self.tcp_loops.push(ctx.spawn(actix::fut::wrap_future(accepting)));
            self.doors.add_tcp(listener);
        }
    }
}

/// Accepts until the socket is closed.
async fn accept_tcp(listener: Weak<TcpListener>, doors: Doors, start: StartConnection) {
    let accept = |task: &mut Task<'_>| match listener.upgrade() {
        Some(listener) => listener.poll_accept(task).map(Some),
        None => Poll::Ready(None),
    };
    while let Some(accepted) = poll_fn(accept).await {
        match accepted {
            Ok((stream, peer)) => {
                log::debug!("Accepted {}:{}", peer.ip(), peer.port());
                let _ = stream.set_nodelay(true);
                set_keepalive(&stream, doors.0.keepalive.load(Ordering::Relaxed));
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

async fn accept_failed(error: io::Error) {
    log::warn!("Accepting client connection: {}", system_text(&error));
    tokio::time::sleep(ACCEPT_RETRY).await;
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
