//! The loader thread of a full sync: decodes the RDB into a data set of its own while the old
//! one serves.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use actix::Recipient;
use bytes::{Buf, Bytes};

use super::messages::{LoadFinished, LoadedSync, LoaderAdvanced, LoaderNews};
use crate::background;
use crate::rdb::key_delay::KeyDelay;
use crate::rdb::load::{LoadObserver, LoadOptions, Progress, load_into};
use crate::rdb::report::{Fact, LoadReport};
use crate::store::dataset::Dataset;

/// What the thread needs to begin.
pub struct LoadJob {
    pub epoch: u64,
    pub attempt: u64,
    pub databases: usize,
    pub seed: u64,
    pub options: LoadOptions,
    /// `key-load-delay`.
    pub key_delay_micros: i32,
    pub finished: Recipient<LoadFinished>,
    pub advanced: Recipient<LoaderAdvanced>,
}

/// The way in: pieces of the RDB, then the end. Dropped without the end, the load fails.
pub struct LoaderInput {
    pieces: Sender<Option<Bytes>>,
}

impl LoaderInput {
    /// The next piece. The thread may be gone already; it has said why.
    pub fn piece(&self, bytes: Bytes) {
        let _ = self.pieces.send(Some(bytes));
    }

    /// The RDB is complete.
    pub fn end(&self) {
        let _ = self.pieces.send(None);
    }
}

/// Starts the thread.
///
/// # Errors
/// The system has no thread to give.
pub fn start(job: LoadJob) -> io::Result<LoaderInput> {
    let (pieces, receiver) = channel();
    background::start("loader", move || run(job, receiver))?;
    Ok(LoaderInput { pieces })
}

fn run(job: LoadJob, pieces: Receiver<Option<Bytes>>) {
    let LoadJob { epoch, attempt, databases, seed, options, key_delay_micros, finished, advanced } =
        job;
    let tell = Tell { attempt, advanced };
    let mut observer = Observer { delay: KeyDelay::new(key_delay_micros), tell: tell.clone() };
    let mut dataset = Dataset::new(databases, seed);
    let mut source = Pieces { pieces, piece: Bytes::new(), ended: false, tell };
    let loaded = load_into(&mut dataset, &mut source, options, &mut observer);
    // What follows the RDB's end inside the transfer means nothing, but the transfer must end.
    let drained = match &loaded {
        Ok(_) => source.drain(),
        Err(_) => ControlFlow::Continue(()),
    };
    let result = match (loaded, drained) {
        (Ok(report), ControlFlow::Continue(())) => {
            for (level, line) in report.log_lines(options.verify_checksum) {
                log::log!(level, "{line}");
            }
            with_stream_db(dataset, report)
        }
        (Ok(_), ControlFlow::Break(())) => Err("the transfer broke off".to_owned()),
        (Err(error), _) => Err(error.to_string()),
    };
    finished.do_send(LoadFinished { epoch, attempt, result });
}

/// # Errors
/// The stream goes on in a database that is not here: what came first of it would go into another.
fn with_stream_db(dataset: Dataset, report: LoadReport) -> Result<LoadedSync, String> {
    let databases = dataset.database_count();
    match report.stream_db(databases) {
        Some(stream_db) => Ok(LoadedSync { dataset, report, stream_db }),
        None => Err(format!(
            "the stream goes on in database {} (repl-stream-db), and 'databases' is {databases} here",
            report.repl_stream_db.unwrap_or_default()
        )),
    }
}

/// Tells the link how the load goes.
#[derive(Clone)]
struct Tell {
    attempt: u64,
    advanced: Recipient<LoaderAdvanced>,
}

impl Tell {
    fn of(&self, what: LoaderNews) {
        self.advanced.do_send(LoaderAdvanced { attempt: self.attempt, what });
    }
}

struct Observer {
    /// Takes its time where a test asks for it.
    delay: KeyDelay,
    tell: Tell,
}

impl LoadObserver for Observer {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        thread::sleep(self.delay.due(progress.keys));
        ControlFlow::Continue(())
    }

    fn fact(&mut self, fact: &Fact) {
        if let Fact::UsedMemory { bytes } = fact {
            let bytes = u64::try_from(*bytes).unwrap_or(0);
            self.tell.of(LoaderNews::MasterMemory { bytes });
        }
        log::info!("{}", fact.log_line());
    }

    fn dropped_empty(&mut self, key: &[u8]) {
        log::warn!("rdbLoadObject skipping empty key: {}", key.escape_ascii());
    }
}

/// The pieces as one stream of bytes.
struct Pieces {
    pieces: Receiver<Option<Bytes>>,
    piece: Bytes,
    ended: bool,
    tell: Tell,
}

impl Pieces {
    /// The next piece. `Break`: the transfer broke off.
    fn next_piece(&mut self) -> ControlFlow<()> {
        match self.pieces.recv() {
            Ok(Some(piece)) => {
                self.tell.of(LoaderNews::UsedUp { bytes: piece.len() });
                self.piece = piece;
                ControlFlow::Continue(())
            }
            Ok(None) => {
                self.ended = true;
                ControlFlow::Continue(())
            }
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn drain(&mut self) -> ControlFlow<()> {
        while !self.ended {
            self.next_piece()?;
        }
        ControlFlow::Continue(())
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            if self.next_piece().is_break() {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the link to the master was lost",
                ));
            }
        }
        (&mut self.piece).reader().read(buffer)
    }
}
