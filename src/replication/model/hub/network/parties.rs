//! Who is there besides the hub and the keyspace: links, snapshot threads, replicas.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;

use super::super::{Link, Ticket, Unwritten};
use super::names::Names;
use crate::base::ids::{ClientId, ReplId};
use crate::base::offset::Offset;
use crate::replication::model::backlog::storey::testing::TestFile;

/// A piece on its way to a replica's socket.
#[derive(Debug)]
pub enum Piece {
    Said(Bytes),
    Stream(Bytes),
}

impl Piece {
    pub fn bytes(&self) -> &Bytes {
        let (Piece::Said(bytes) | Piece::Stream(bytes)) = self;
        bytes
    }
}

pub struct LinkActor {
    pub link: Link,
    pub queue: VecDeque<Piece>,
    /// The replica at the other end, while the socket is whole.
    pub peer: Option<usize>,
    pub ticket: Option<Ticket>,
    /// What it writes next was read from the disk.
    pub has_read: bool,
}

impl LinkActor {
    pub fn unwritten(&self) -> Unwritten {
        let bytes = self.queue.iter().map(|piece| piece.bytes().len()).sum();
        Unwritten { bytes, buffers: self.queue.len() }
    }
}

/// A snapshot thread: gives each chunk to every reader, one after the other.
pub struct Thread {
    pub readers: Vec<ClientId>,
    /// The reader whose turn it is.
    pub turn: usize,
    pub chunks_left: usize,
}

#[derive(Debug)]
pub struct Credit {
    pub available: usize,
    pub is_closed: bool,
}

/// A replica.
#[derive(Debug, Default)]
pub struct Peer {
    /// What it has, and goes on from.
    pub have: Option<(ReplId, Offset)>,
    /// The point of the snapshot that comes in.
    pub loading: Option<(ReplId, Offset)>,
    pub client: Option<ClientId>,
    pub is_rdb_only: bool,
}

impl Peer {
    /// What is not the stream: an answer, a newline, a piece of a snapshot.
    pub fn hears(&mut self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).unwrap().trim_end();
        let words: Vec<&str> = text.split(' ').collect();
        let id = |word: &str| ReplId::from_bytes(word.as_bytes()).unwrap();
        match words[..] {
            ["+CONTINUE", name] => self.have = self.have.map(|(_, offset)| (id(name), offset)),
            ["+FULLRESYNC", name, offset] => {
                self.have = None;
                self.loading = Some((id(name), offset.parse().unwrap()));
            }
            ["END"] => self.have = self.loading.take(),
            _ => {}
        }
    }

    pub fn applies(&mut self, bytes: &[u8], names: &Names) {
        assert!(!self.is_rdb_only, "it asked for no stream");
        let (id, offset) = self.have.as_mut().expect("a stream follows a snapshot");
        for &byte in bytes {
            assert_eq!(names.byte(*id, *offset), Some(byte), "{id} names two streams at {offset}");
            *offset += 1;
        }
    }
}

/// The file that is written, and what was told of it.
#[derive(Default)]
pub struct Disk {
    pub file: Arc<TestFile>,
    /// What comes next stands behind what was told of.
    pub goes_on: bool,
    /// The disk takes nothing.
    pub is_full: bool,
    /// Where files begin.
    pub began_at: Vec<Offset>,
}

impl Disk {
    pub fn bytes(&self) -> u64 {
        self.file.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    pub fn write(&mut self, bytes: &[u8]) -> &mut Disk {
        self.file.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        self
    }
}
