//! Binding TCP addresses.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};

use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::base::text::system_text;
use crate::config::Config;

/// Binds the TCP addresses; an address with a leading `-` may fail when it is not available.
///
/// # Errors
/// What could not be bound, as redis-server words it.
pub fn bind_tcp(config: &Config) -> Result<Vec<TcpListener>, String> {
    let mut bound = Vec::new();
    if config.network.port == 0 {
        return Ok(bound);
    }
    for address in &config.network.bind {
        let (is_optional, host) = match address.strip_prefix('-') {
            Some(host) => (true, host),
            None => (false, address.as_str()),
        };
        let ip = match host {
            "*" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        match bind_one(ip, config.network.port, config.network.tcp_backlog as i32) {
            Ok(listener) => bound.push(listener),
            Err(error) => {
                log::warn!(
                    "Warning: Could not create server TCP listening socket {host}:{}: {}",
                    config.network.port,
                    bind_complaint(&error)
                );
                if !may_be_absent(&error, is_optional) {
                    return Err(format!(
                        "Failed listening on port {} (TCP), aborting.",
                        config.network.port
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

fn bind_one(host: &str, port: u16, backlog: i32) -> io::Result<TcpListener> {
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
