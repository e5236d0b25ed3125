//! A master that follows a script, for all that a real one never does.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::server::free_port;

/// Runs its script for every connection, each on a thread of its own.
pub struct FakeMaster {
    pub port: u16,
    connections: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl FakeMaster {
    /// `script` gets the number of the connection (0 is the first) and the link, which closes
    /// when the script returns.
    #[track_caller]
    pub fn start(
        script: impl Fn(u64, &mut FakeLink) -> io::Result<()> + Send + Sync + 'static,
    ) -> FakeMaster {
        let (listener, port) = (0..20)
            .find_map(|_| {
                let port = free_port();
                TcpListener::bind(("127.0.0.1", port)).ok().map(|listener| (listener, port))
            })
            .expect("a port for the fake master");
        let connections = Arc::new(AtomicU64::new(0));
        let over = Arc::new(AtomicBool::new(false));
        let (count, end) = (connections.clone(), over.clone());
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(socket) = socket else { continue };
                let number = count.fetch_add(1, Ordering::Relaxed);
                let script = script.clone();
                std::thread::spawn(move || {
                    // A replica that goes away in the middle ends the script with an error.
                    let _ = script(number, &mut FakeLink::new(socket));
                });
            }
        });
        FakeMaster { port, connections, over }
    }

    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for FakeMaster {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// The master's end of one connection.
pub struct FakeLink {
    socket: TcpStream,
}

impl FakeLink {
    fn new(socket: TcpStream) -> FakeLink {
        // Threads of scripts must end even when a replica keeps a link and says nothing.
        let _ = socket.set_read_timeout(Some(Duration::from_secs(60)));
        let _ = socket.set_nodelay(true);
        FakeLink { socket }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.socket.write_all(bytes.as_ref())
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            self.socket.read_exact(&mut byte)?;
            match byte[0] {
                b'\n' => break,
                b'\r' => {}
                other => line.push(other),
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// The next command, in either form; its name in lower case.
    pub fn command(&mut self) -> io::Result<Vec<String>> {
        let header = self.line()?;
        let Some(count) = header.strip_prefix('*') else {
            return Ok(header.split(' ').map(str::to_lowercase).collect());
        };
        let count: usize = count.parse().map_err(io::Error::other)?;
        let mut args = Vec::new();
        for _ in 0..count {
            self.line()?;
            args.push(self.line()?);
        }
        if let Some(name) = args.first_mut() {
            *name = name.to_lowercase();
        }
        Ok(args)
    }

    /// Answers the handshake as a stock master does, up to PSYNC or SYNC, which it returns.
    pub fn handshake(&mut self) -> io::Result<Vec<String>> {
        loop {
            let command = self.command()?;
            match command[0].as_str() {
                "psync" | "sync" => return Ok(command),
                "ping" => self.send("+PONG\r\n")?,
                _ => self.send("+OK\r\n")?,
            }
        }
    }

    /// Says that nothing more comes, and waits until the replica closes.
    pub fn finish(&mut self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Write)?;
        self.drain()
    }

    /// Reads and drops everything until the replica closes.
    pub fn drain(&mut self) -> io::Result<()> {
        let mut chunk = [0; 4096];
        while self.socket.read(&mut chunk)? > 0 {}
        Ok(())
    }
}
