//! The Migrator: takes keys to other servers (MIGRATE).
//!
//! Owns the connections to targets, which it keeps for a while. Started by `server.rs`. Receives
//! `Migrate`, one at a time of each client, sends `MigratorNews`; lives as long as the process. What
//! is said and what it means is decided by `model::migration`.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use futures::future::try_join;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::messages::Migrate;
use super::model::forward::Answers;
use super::model::handshake::MasterAuth;
use super::model::migration::{Fault, Item, Outcome, Restores, Target, settling};
use super::open::open;
use crate::background;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::keyspace::messages::MigratorNews;
use crate::rdb;
use crate::store::entry::Entry;

/// Connections that are kept, at most.
const LINKS_MAX: usize = 64;
/// How long one is kept that nobody uses.
const KEPT_FOR: Duration = Duration::from_secs(10);
/// How often it is looked for those.
const SWEEP_PERIOD: Duration = Duration::from_secs(1);
/// Migrations at a time; others stand in line.
const MIGRATIONS_MAX: usize = 16;
/// Values that take more than this in memory are encoded on a thread of their own.
const ENCODED_HERE_BYTES: usize = 64 * 1024;
/// Written at a time, each within the timeout.
const WRITE_BYTES: usize = 64 * 1024;
/// Room made for one read, in bytes.
const READ_BYTES: usize = 4 * 1024;

pub struct Migrator {
    keyspace: Recipient<MigratorNews>,
    now: fn() -> UnixMillis,
    links: Links,
    room: Rc<Semaphore>,
}

/// Those that nobody uses now, the one that was used last at the end.
type Links = Rc<RefCell<Vec<Link>>>;

/// A connection to a target, for those who say the same of who they are.
struct Link {
    host: String,
    port: u16,
    auth: Option<MasterAuth>,
    stream: TcpStream,
    db: Option<i64>,
    used_at: Instant,
}

/// Why nothing more comes over a connection.
#[derive(Debug)]
struct Broken {
    fault: Fault,
    is_late: bool,
}

impl Migrator {
    pub fn new(keyspace: Recipient<MigratorNews>, now: fn() -> UnixMillis) -> Migrator {
        let room = Rc::new(Semaphore::new(MIGRATIONS_MAX));
        Migrator { keyspace, now, links: Links::default(), room }
    }

    fn tell(&self, outcome: Option<(ClientKey, Outcome)>) {
        let links = self.links.borrow().len();
        self.keyspace.do_send(MigratorNews { outcome, links });
    }

    /// Closes the connections that nobody has used for long.
    fn sweep(&mut self) {
        let before = self.links.borrow().len();
        self.links.borrow_mut().retain(|link| link.used_at.elapsed() <= KEPT_FOR);
        if self.links.borrow().len() < before {
            self.tell(None);
        }
    }
}

impl Actor for Migrator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(SWEEP_PERIOD, |migrator, _| migrator.sweep());
    }
}

impl Handler<Migrate> for Migrator {
    type Result = ();
    fn handle(&mut self, message: Migrate, ctx: &mut Self::Context) {
        let client = message.client;
        let running = run(message, self.links.clone(), self.room.clone(), self.now);
        let running = actix::fut::wrap_future::<_, Self>(running);
        ctx.spawn(running.map(move |outcome, migrator, _| migrator.tell(Some((client, outcome)))));
    }
}

/// Takes the keys to the target; a connection that broke before anything was answered is made anew
/// once, since one that was kept may have been closed meanwhile.
async fn run(job: Migrate, links: Links, room: Rc<Semaphore>, now: fn() -> UnixMillis) -> Outcome {
    let _place = room.acquire().await;
    let Migrate { target, entries, compress, source, .. } = job;
    let restores = encode(entries, target.replace, compress, now).await;
    let mut may_retry = true;
    loop {
        let mut link = match take(&links, &target).filter(Link::is_open) {
            Some(link) => link,
            None => match connect(&target, source.clone()).await {
                Some(link) => link,
                None => return failed(Fault::NotConnected),
            },
        };
        let mut answers = Answers::default();
        match link.migrate(&target, &restores, &mut answers).await {
            Ok(outcome) => {
                keep(&links, link);
                return outcome;
            }
            Err(broken) => {
                let is_refused = matches!(broken.fault, Fault::Refused(_));
                let can_retry = may_retry && answers.count() == 0 && !broken.is_late;
                if can_retry && !is_refused {
                    may_retry = false;
                    continue;
                }
                let mut outcome = restores.outcome(&answers);
                outcome.fault.get_or_insert(broken.fault);
                return outcome;
            }
        }
    }
}

fn failed(fault: Fault) -> Outcome {
    Outcome { arrived: Vec::new(), fault: Some(fault) }
}

/// Large values are encoded where nobody waits for it.
async fn encode(
    entries: Vec<Entry>,
    replace: bool,
    compress: bool,
    now: fn() -> UnixMillis,
) -> Restores {
    let bytes: usize = entries.iter().map(Entry::memory_bytes).sum();
    if bytes <= ENCODED_HERE_BYTES {
        return restores_of(&entries, replace, compress, now());
    }
    let (done, encoded) = oneshot::channel();
    let entries = std::sync::Arc::new(entries);
    let theirs = entries.clone();
    let started = background::start("migrate", move || {
        let _ = done.send(restores_of(&theirs, replace, compress, now()));
    });
    match started {
        Ok(()) => encoded.await.unwrap_or_default(),
        Err(_) => restores_of(&entries, replace, compress, now()),
    }
}

fn restores_of(entries: &[Entry], replace: bool, compress: bool, now: UnixMillis) -> Restores {
    let mut restores = Restores::default();
    for (place, entry) in entries.iter().enumerate() {
        let payload = rdb::dump::dump(&entry.value(), compress);
        let (key, expires_at) = (entry.key(), entry.expires_at());
        restores.push(place, &Item { key, expires_at, payload: &payload }, replace, now);
    }
    restores
}

fn take(links: &Links, target: &Target) -> Option<Link> {
    let mut links = links.borrow_mut();
    let fits = |link: &Link| {
        link.port == target.port && link.host == target.host && link.auth == target.auth
    };
    let found = links.iter().position(fits)?;
    Some(links.remove(found))
}

fn keep(links: &Links, mut link: Link) {
    link.used_at = Instant::now();
    let mut links = links.borrow_mut();
    if links.len() >= LINKS_MAX {
        links.remove(0);
    }
    links.push(link);
}

async fn connect(target: &Target, source: Option<String>) -> Option<Link> {
    let opening = open(target.host.clone(), target.port, source);
    let stream = timeout(Duration::from_millis(target.timeout_ms), opening).await.ok()?.ok()?;
    let _ = stream.set_nodelay(true);
    Some(Link {
        host: target.host.clone(),
        port: target.port,
        auth: target.auth.clone(),
        stream,
        db: None,
        used_at: Instant::now(),
    })
}

impl Link {
    /// Whether the target has neither hung up nor said anything unasked, as far as is known.
    fn is_open(&self) -> bool {
        let unexpected = self.stream.try_read(&mut [0]);
        unexpected.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    async fn migrate(
        &mut self,
        target: &Target,
        restores: &Restores,
        answers: &mut Answers,
    ) -> Result<Outcome, Broken> {
        let limit = Duration::from_millis(target.timeout_ms);
        let (bytes, replies) = settling(target, self.db);
        let mut settled = Answers::default();
        self.exchange(&bytes, replies, &mut settled, limit).await?;
        if let Some(error) = settled.error_before(replies) {
            return Err(Broken { fault: Fault::Refused(error), is_late: false });
        }
        self.db = Some(target.db);
        self.exchange(&restores.bytes, restores.sent.len(), answers, limit).await?;
        Ok(restores.outcome(answers))
    }

    /// Sends, and reads until so many replies are there. Both at once: a target that does not get
    /// rid of its replies may take nothing more. `limit`: for which nothing may move.
    async fn exchange(
        &mut self,
        bytes: &[u8],
        replies: usize,
        answers: &mut Answers,
        limit: Duration,
    ) -> Result<(), Broken> {
        let moved_at = Cell::new(Instant::now());
        let (mut reader, mut writer) = self.stream.split();
        let writing = |error| Broken::by(Fault::NotWritten, &error);
        let reading = |error| Broken::by(Fault::NotRead, &error);
        let sending = async {
            for part in bytes.chunks(WRITE_BYTES) {
                within(limit, writer.write_all(part)).await.map_err(writing)?;
                moved_at.set(Instant::now());
            }
            Ok(())
        };
        let receiving = async {
            while !answers.are_whole(replies).map_err(|_| reading(garbled()))? {
                if Restores::is_too_much(answers, replies) {
                    return Err(reading(garbled()));
                }
                answers.bytes.reserve(READ_BYTES);
                match within(limit, reader.read_buf(&mut answers.bytes)).await {
                    Ok(0) => return Err(reading(io::ErrorKind::UnexpectedEof.into())),
                    Ok(_) => moved_at.set(Instant::now()),
                    // It is still busy with what we write.
                    Err(error) if is_late(&error) && moved_at.get().elapsed() < limit => {}
                    Err(error) => return Err(reading(error)),
                }
            }
            Ok(())
        };
        try_join(sending, receiving).await?;
        // What nobody asked for would be taken for the answer to the next.
        match answers.has_more() {
            true => Err(reading(garbled())),
            false => Ok(()),
        }
    }
}

impl Broken {
    fn by(fault: Fault, error: &io::Error) -> Broken {
        Broken { fault, is_late: is_late(error) }
    }
}

fn is_late(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

fn garbled() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
