//! A connection to a master: its name, our side's address, the socket.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream};

/// Why there is no connection to the master.
pub enum NotOpened {
    /// Its name has no address, or ours cannot be used.
    NoAddress(io::Error),
    /// It does not take the connection.
    NotConnected(io::Error),
}

/// Opens a connection to the master, from `source` when one is given.
pub async fn open(host: String, port: u16, source: Option<String>) -> Result<TcpStream, NotOpened> {
    let found = tokio::net::lookup_host((host.as_str(), port)).await;
    let mut last = NotOpened::NoAddress(io::ErrorKind::AddrNotAvailable.into());
    for address in found.map_err(NotOpened::NoAddress)? {
        let socket = socket_for(address, source.as_deref()).map_err(NotOpened::NoAddress)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = NotOpened::NotConnected(error),
        }
    }
    Err(last)
}

fn socket_for(address: SocketAddr, source: Option<&str>) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(ip) = source.and_then(|source| source.parse().ok()) {
        socket.bind(SocketAddr::new(ip, 0))?;
    }
    Ok(socket)
}
