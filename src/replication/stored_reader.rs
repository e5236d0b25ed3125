//! The thread that reads the stream from the disk for replicas whose offset has left the memory. One
//! for all of them: each has one read on its way, and none waits for a slow disk where clients are
//! served.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use actix::Recipient;
use bytes::Bytes;

use super::messages::StretchRead;
use super::model::backlog::storey::StoredPlace;
use crate::background;
use crate::base::text::system_text;

/// What a link wants to have.
pub struct ReadJob {
    pub place: StoredPlace,
    pub to: Recipient<StretchRead>,
}

/// The end of the thread that jobs are given to. It ends with the last of these.
#[derive(Clone)]
pub struct StoredReader {
    jobs: Sender<ReadJob>,
}

impl StoredReader {
    /// # Errors
    /// The system has no thread to give.
    pub fn start() -> io::Result<StoredReader> {
        let (jobs, queue) = channel();
        background::start("log reader", move || work(&queue))?;
        Ok(StoredReader { jobs })
    }

    pub fn give(&self, job: ReadJob) {
        // It ends with the process.
        let _ = self.jobs.send(job);
    }
}

fn work(queue: &Receiver<ReadJob>) {
    while let Ok(ReadJob { place, to }) = queue.recv() {
        let mut bytes = vec![0; place.bytes];
        let read = place.file.read_at(place.at, &mut bytes);
        let result = read.map(|()| Bytes::from(bytes)).map_err(|error| system_text(&error));
        to.do_send(StretchRead { result });
    }
}
