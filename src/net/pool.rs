//! Memory that the connections of one thread share: a connection that waits for its client holds
//! neither room to read into nor an [`Exchange`].
//!
//! What was used last is lent first, so that with few requests at a time the same few bytes, which
//! the processor has at hand, serve any number of clients.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::BytesMut;

use crate::resp::exchange::Exchange;

/// The size of a room, in bytes: what is read at a time.
pub const ROOM_BYTES: usize = 64 * 1024;
/// Rooms that are kept when nobody uses them.
const ROOMS_KEPT: usize = 16;
/// The most memory of all exchanges that are kept when nobody uses them, in bytes.
const EXCHANGES_KEPT_BYTES: usize = 1 << 20;
/// An exchange that has grown beyond this is not kept.
const EXCHANGE_KEPT_BYTES: usize = 16 * 1024;

/// What is free to be lent.
#[derive(Default)]
pub struct Pool {
    rooms: RefCell<Vec<BytesMut>>,
    exchanges: RefCell<FreeExchanges>,
    /// What is free in all pools, in bytes.
    gauge: Arc<AtomicUsize>,
}

#[derive(Default)]
struct FreeExchanges {
    /// In the boxes in which they travel.
    #[allow(clippy::vec_box)]
    free: Vec<Box<Exchange>>,
    /// The memory of all in `free`; at most `EXCHANGES_KEPT_BYTES`.
    bytes: usize,
}

impl Pool {
    /// `gauge`: of all pools of the process. What the first client needs is there already, and so is
    /// among the memory that a server takes at its start.
    pub fn new(gauge: Arc<AtomicUsize>) -> Pool {
        let pool = Pool { gauge, ..Pool::default() };
        pool.give_room(pool.room());
        let mut exchange = pool.exchange();
        exchange.output.reserve(EXCHANGE_KEPT_BYTES / 2);
        pool.give_exchange(exchange);
        pool
    }

    /// An empty buffer with room for at least `ROOM_BYTES`.
    pub fn room(&self) -> BytesMut {
        let room = self.rooms.borrow_mut().pop();
        if let Some(room) = &room {
            self.gauge.fetch_sub(room.capacity(), Ordering::Relaxed);
        }
        room.unwrap_or_else(|| BytesMut::with_capacity(ROOM_BYTES))
    }

    /// Takes a room back. A buffer of another size is dropped.
    pub fn give_room(&self, mut room: BytesMut) {
        // What was taken from its front is room again.
        room.clear();
        let mut rooms = self.rooms.borrow_mut();
        if is_room(&mut room) && rooms.len() < ROOMS_KEPT {
            self.gauge.fetch_add(room.capacity(), Ordering::Relaxed);
            rooms.push(room);
        }
    }

    /// An empty exchange.
    pub fn exchange(&self) -> Box<Exchange> {
        let mut exchanges = self.exchanges.borrow_mut();
        let Some(exchange) = exchanges.free.pop() else { return Box::default() };
        let bytes = memory_bytes(&exchange);
        exchanges.bytes -= bytes;
        self.gauge.fetch_sub(bytes, Ordering::Relaxed);
        exchange
    }

    /// Takes an exchange back whose replies are written. The room that it was read into, if it is
    /// one, is free again too.
    pub fn give_exchange(&self, mut exchange: Box<Exchange>) {
        if exchange.batch.input.capacity() > EXCHANGE_KEPT_BYTES {
            self.give_room(std::mem::take(&mut exchange.batch.input));
        }
        exchange.clear();
        let bytes = memory_bytes(&exchange);
        let mut exchanges = self.exchanges.borrow_mut();
        if bytes <= EXCHANGE_KEPT_BYTES && exchanges.bytes + bytes <= EXCHANGES_KEPT_BYTES {
            exchanges.bytes += bytes;
            self.gauge.fetch_add(bytes, Ordering::Relaxed);
            exchanges.free.push(exchange);
        }
    }
}

fn memory_bytes(exchange: &Exchange) -> usize {
    size_of::<Exchange>() + exchange.memory_bytes()
}

/// Whether an empty buffer is of the size of a room.
fn is_room(buffer: &mut BytesMut) -> bool {
    buffer.try_reclaim(ROOM_BYTES) && buffer.capacity() <= 2 * ROOM_BYTES
}

#[cfg(test)]
mod tests {
    use bytes::Buf;

    use super::*;

    #[test]
    fn a_room_is_lent_again_with_what_was_taken_from_its_front() {
        let pool = Pool::default();
        let mut room = pool.room();
        room.resize(ROOM_BYTES, 1);
        let place = room.as_ptr();
        room.advance(1000);
        pool.give_room(room);
        let again = pool.room();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        assert!(again.capacity() >= ROOM_BYTES);
    }

    #[test]
    fn neither_many_nor_big_buffers_are_kept() {
        let pool = Pool::default();
        pool.give_room(BytesMut::with_capacity(20 << 20));
        pool.give_room(BytesMut::with_capacity(10));
        assert_eq!(pool.rooms.borrow().len(), 0);
        let rooms: Vec<BytesMut> = (0..2 * ROOMS_KEPT).map(|_| pool.room()).collect();
        rooms.into_iter().for_each(|room| pool.give_room(room));
        assert_eq!(pool.rooms.borrow().len(), ROOMS_KEPT);
    }

    #[test]
    fn exchanges_are_kept_up_to_a_sum_of_bytes_and_none_that_has_grown() {
        let pool = Pool::default();
        let mut grown = Box::<Exchange>::default();
        grown.output.reserve(20 << 20);
        pool.give_exchange(grown);
        assert_eq!(pool.exchanges.borrow().free.len(), 0);
        for _ in 0..10_000 {
            let mut exchange = Box::<Exchange>::default();
            exchange.batch.push(&[b"SET", b"key", b"value"]);
            exchange.output.extend_from_slice(b"+OK\r\n");
            pool.give_exchange(exchange);
        }
        let kept = pool.exchanges.borrow().free.len();
        assert!((1000..10_000).contains(&kept), "{kept}");
        for _ in 0..kept {
            let exchange = pool.exchange();
            assert!(exchange.is_done() && exchange.output.is_empty());
        }
        assert_eq!(pool.exchanges.borrow().bytes, 0);
        assert_eq!(pool.gauge.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn the_gauge_shows_what_is_free_in_all_pools() {
        let gauge = Arc::new(AtomicUsize::new(0));
        let (one, other) = (Pool::new(gauge.clone()), Pool::new(gauge.clone()));
        let free = gauge.load(Ordering::Relaxed);
        assert_eq!(free, 2 * (ROOM_BYTES + EXCHANGE_KEPT_BYTES / 2 + size_of::<Exchange>()));
        let (room, exchange) = (one.room(), other.exchange());
        assert_eq!(gauge.load(Ordering::Relaxed), free / 2);
        one.give_room(room);
        other.give_exchange(exchange);
        assert_eq!(gauge.load(Ordering::Relaxed), free);
    }

    #[test]
    fn the_room_of_a_batch_is_lent_again() {
        let pool = Pool::default();
        let mut exchange = pool.exchange();
        exchange.batch.input = pool.room();
        pool.give_exchange(exchange);
        assert_eq!(pool.rooms.borrow().len(), 1);
        assert_eq!(pool.exchange().batch.input.capacity(), 0);
    }
}
