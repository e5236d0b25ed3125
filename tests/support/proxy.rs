//! A TCP proxy whose links fail on command.
//!
//! ```text
//! client ──accepted──► FaultProxy ──connected──► server
//!        ◄── ToClient ──          ── ToServer ─►
//! ```

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::server::free_port;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// What goes wrong in one direction. Offsets count the bytes of one link from its start.
#[derive(Clone, Copy, Default)]
struct Faults {
    stalled: bool,
    delay: Option<Duration>,
    bytes_per_second: Option<u64>,
    truncate_after: Option<u64>,
    corrupt_at: Option<u64>,
    /// Bytes from now on, over all links.
    corrupt_in: Option<u64>,
}

struct State {
    server: SocketAddr,
    refuse: bool,
    to_server: Faults,
    to_client: Faults,
    /// Both sockets of every link that is up.
    links: Vec<(TcpStream, TcpStream)>,
    accepted: u64,
    passed_to_client: u64,
    closing: bool,
}

impl State {
    /// So many bytes pass. The place of the one among them that is to be wrong.
    fn count_down(&mut self, direction: Direction, bytes: u64) -> Option<u64> {
        let countdown = &mut self.faults(direction).corrupt_in;
        let at = countdown.take()?;
        if at < bytes {
            return Some(at);
        }
        *countdown = Some(at - bytes);
        None
    }

    fn faults(&mut self, direction: Direction) -> &mut Faults {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Dropping it cuts everything.
pub struct FaultProxy {
    pub port: u16,
    shared: Arc<Shared>,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 and passes on to `server_port`.
    #[track_caller]
    pub fn start(server_port: u16) -> FaultProxy {
        let (listener, port) = (0..20)
            .find_map(|_| {
                let port = free_port();
                TcpListener::bind(("127.0.0.1", port)).ok().map(|listener| (listener, port))
            })
            .expect("a port for the proxy");
        let state = State {
            server: SocketAddr::from(([127, 0, 0, 1], server_port)),
            refuse: false,
            to_server: Faults::default(),
            to_client: Faults::default(),
            links: Vec::new(),
            accepted: 0,
            passed_to_client: 0,
            closing: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = shared.clone();
        std::thread::spawn(move || accept(&listener, &accepting));
        FaultProxy { port, shared }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.lock());
        self.shared.changed.notify_all();
    }

    /// Closes every link; new ones are made as before.
    pub fn cut(&self) {
        self.change(close_links);
    }

    /// Closes every link and every new one at once, until [`FaultProxy::heal`].
    pub fn cut_and_refuse(&self) {
        self.change(|state| {
            state.refuse = true;
            close_links(state);
        });
    }

    /// Passes nothing on and reads nothing more in that direction: the sender's buffers fill.
    pub fn stall(&self, direction: Direction) {
        self.change(|state| state.faults(direction).stalled = true);
    }

    /// Holds every piece back for so long.
    pub fn delay(&self, direction: Direction, delay: Duration) {
        self.change(|state| state.faults(direction).delay = Some(delay));
    }

    /// Passes no more than so much a second of each link.
    pub fn limit_rate(&self, direction: Direction, bytes_per_second: u64) {
        self.change(|state| state.faults(direction).bytes_per_second = Some(bytes_per_second));
    }

    /// Closes a link when it has passed so many bytes.
    pub fn truncate_after(&self, direction: Direction, bytes: u64) {
        self.change(|state| state.faults(direction).truncate_after = Some(bytes));
    }

    /// Flips all bits of the byte at this offset of a link.
    pub fn corrupt_at(&self, direction: Direction, offset: u64) {
        self.change(|state| state.faults(direction).corrupt_at = Some(offset));
    }

    /// Flips all bits of one byte, so many bytes of that direction from now on.
    pub fn corrupt_in(&self, direction: Direction, bytes: u64) {
        self.change(|state| state.faults(direction).corrupt_in = Some(bytes));
    }

    /// Ends all faults; links that are up go on.
    pub fn heal(&self) {
        self.change(|state| {
            state.refuse = false;
            state.to_server = Faults::default();
            state.to_client = Faults::default();
        });
    }

    /// Links accepted so far, refused ones too.
    pub fn accepted(&self) -> u64 {
        self.shared.lock().accepted
    }

    /// Bytes passed to clients so far over all links.
    pub fn passed_to_client(&self) -> u64 {
        self.shared.lock().passed_to_client
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.change(|state| {
            state.closing = true;
            close_links(state);
        });
        // Wakes the accepting thread, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn close_links(state: &mut State) {
    for (client, server) in state.links.drain(..) {
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        let Ok(client) = client else { continue };
        let (server, refuse) = {
            let mut state = shared.lock();
            state.accepted += 1;
            if state.closing {
                return;
            }
            (state.server, state.refuse)
        };
        if refuse {
            continue;
        }
        // An unreachable server shows itself to the client as a closed link.
        if let Ok(server) = TcpStream::connect(server) {
            let _ = join(client, server, shared);
        }
    }
}

/// Starts the two pumps of a link.
fn join(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let pair = (client.try_clone()?, server.try_clone()?);
    let (client_in, server_in) = (client.try_clone()?, server.try_clone()?);
    shared.lock().links.push(pair);
    for (from, to, direction) in
        [(client_in, server, Direction::ToServer), (server_in, client, Direction::ToClient)]
    {
        let shared = shared.clone();
        std::thread::spawn(move || {
            pump(&from, &to, direction, &shared);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

/// Passes bytes on until either end closes or a fault ends the link.
fn pump(mut from: &TcpStream, mut to: &TcpStream, direction: Direction, shared: &Shared) {
    let mut passed = 0_u64;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        wait_while_stalled(direction, shared);
        let Ok(read @ 1..) = from.read(&mut chunk) else { return };
        let faults = wait_while_stalled(direction, shared);
        if let Some(delay) = faults.delay {
            std::thread::sleep(delay);
        }
        if let Some(rate) = faults.bytes_per_second {
            std::thread::sleep(Duration::from_micros(read as u64 * 1_000_000 / rate.max(1)));
        }
        let mut length = read as u64;
        if let Some(limit) = faults.truncate_after {
            length = length.min(limit.saturating_sub(passed));
        }
        if let Some(offset) = faults.corrupt_at.and_then(|at| at.checked_sub(passed))
            && offset < length
        {
            chunk[offset as usize] ^= 0xff;
        }
        if let Some(at) = shared.lock().count_down(direction, length) {
            chunk[at as usize] ^= 0xff;
        }
        if to.write_all(&chunk[..length as usize]).is_err() || length < read as u64 {
            return;
        }
        passed += length;
        if direction == Direction::ToClient {
            shared.lock().passed_to_client += length;
        }
    }
}

fn wait_while_stalled(direction: Direction, shared: &Shared) -> Faults {
    let mut state = shared.lock();
    while state.faults(direction).stalled && !state.closing {
        state = shared.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
    }
    *state.faults(direction)
}
