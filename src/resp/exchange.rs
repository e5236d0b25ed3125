//! A pipeline on its way between a connection and whoever runs it.

use bytes::BytesMut;

use super::held::HeldReplies;
use super::request::Batch;

/// Memory that one who waits keeps although it would do with less, in bytes.
const HELD_ROOM_BYTES: usize = 1024;

/// One read's whole pipeline and the buffer its replies go into. It travels from the connection to
/// the keyspace and back, and its allocations are used again.
#[derive(Debug, Default)]
pub struct Exchange {
    pub batch: Batch,
    /// Index of the next command to run.
    pub next: usize,
    pub output: BytesMut,
    /// What of it must not be given yet.
    pub held: HeldReplies,
}

impl Exchange {
    pub fn is_done(&self) -> bool {
        self.next >= self.batch.len()
    }

    /// Makes ready for the next read.
    pub fn clear(&mut self) {
        self.batch.clear();
        self.next = 0;
        self.output.clear();
        self.held.clear();
    }

    /// What has still to run, in no more memory than that takes; `None`: nothing. For one that has
    /// to wait, perhaps for ever.
    pub fn into_rest(self) -> Option<Box<Exchange>> {
        if self.is_done() {
            return None;
        }
        let batch = self.batch.copy_from(self.next);
        Some(Box::new(Exchange { batch, ..Exchange::default() }))
    }

    /// The same with the replies so far, which are not given yet.
    pub fn into_held(self: Box<Self>) -> Box<Exchange> {
        let needs = self.output.len() + self.batch.input_left(self.next);
        if self.memory_bytes() <= HELD_ROOM_BYTES.max(2 * needs) {
            return self;
        }
        let batch = match self.is_done() {
            true => Batch::default(),
            false => self.batch.copy_from(self.next),
        };
        Box::new(Exchange {
            batch,
            next: 0,
            output: BytesMut::from(&*self.output),
            held: self.held,
        })
    }

    /// The memory that it holds beside itself, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.batch.memory_bytes() + self.output.capacity() + self.held.memory_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::limits::Limits;
    use crate::resp::parser::Parser;

    #[test]
    fn the_rest_of_a_batch_is_what_it_was_and_takes_no_more_than_it_needs() {
        let mut exchange = Exchange::default();
        let mut input = BytesMut::with_capacity(16 * 1024);
        input.extend_from_slice(
            b"*1\r\n$4\r\nPING\r\n\r\nset 'a b' 1\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
        );
        let limits = Limits::default();
        Parser::default().parse(&mut input, &mut exchange.batch, &limits).expect("commands");
        for next in 0..3 {
            let batch = exchange.batch.copy_from(next);
            assert_eq!(batch.len(), 3 - next);
            assert!(batch.memory_bytes() < 512, "{}", batch.memory_bytes());
            for i in 0..batch.len() {
                let (copy, original) = (batch.command(i), exchange.batch.command(next + i));
                assert!(copy.iter().eq(original.iter()));
                assert_eq!(batch.raw(i), exchange.batch.raw(next + i));
            }
        }
        assert_eq!(exchange.batch.raw(1), None, "an inline command");
        exchange.next = 3;
        assert!(exchange.into_rest().is_none());
    }
}
