//! Blocks that several threads hold: entries and nodes of the tree, held by the keyspace and by
//! snapshots.

use loom::alloc::{Layout, alloc, dealloc};
use loom::cell::UnsafeCell;
use loom::thread;

use crate::holders::Holders;

struct Contents {
    holders: Holders,
    value: UnsafeCell<u32>,
}

/// A holder in the manner of `store::entry` and `store::tree`. Loom reports who reads while
/// another writes or frees, and what nobody frees.
struct Block(*mut Contents);

// SAFETY: as for the blocks of the store, the count of holders decides who may write and free.
unsafe impl Send for Block {}

const LAYOUT: Layout = Layout::new::<Contents>();

impl Block {
    fn new(value: u32) -> Block {
        // SAFETY: the block is new, and written before anybody holds it.
        unsafe {
            let start = alloc(LAYOUT).cast::<Contents>();
            start.write(Contents { holders: Holders::one(), value: UnsafeCell::new(value) });
            Block(start)
        }
    }

    fn contents(&self) -> &Contents {
        // SAFETY: this holder keeps it alive.
        unsafe { &*self.0 }
    }

    fn read(&self) -> u32 {
        // SAFETY: who holds it may read.
        self.contents().value.with(|value| unsafe { *value })
    }

    /// Changes it in place if nobody else holds it, else a copy.
    fn write(&mut self, new: u32) {
        if self.contents().holders.is_one() {
            // SAFETY: nobody else holds it.
            self.contents().value.with_mut(|value| unsafe { *value = new });
        } else {
            *self = Block::new(new);
        }
    }
}

impl Clone for Block {
    fn clone(&self) -> Block {
        self.contents().holders.add();
        Block(self.0)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.contents().holders.remove() {
            self.contents().value.with_mut(drop);
            // SAFETY: this was the last holder.
            unsafe {
                self.0.drop_in_place();
                dealloc(self.0.cast(), LAYOUT);
            }
        }
    }
}

#[test]
fn a_snapshot_reads_what_was_while_the_owner_writes() {
    loom::model(|| {
        let mut owner = Block::new(1);
        let snapshot = owner.clone();
        let reader = thread::spawn(move || assert_eq!(snapshot.read(), 1));
        owner.write(2);
        assert_eq!(owner.read(), 2);
        reader.join().unwrap();
        owner.write(3);
        assert_eq!(owner.read(), 3);
    });
}

#[test]
fn the_last_of_three_holders_frees_the_block_once() {
    loom::model(|| {
        let mut owner = Block::new(1);
        let readers = [owner.clone(), owner.clone()].map(|snapshot| {
            thread::spawn(move || {
                assert_eq!(snapshot.read(), 1);
            })
        });
        owner.write(2);
        drop(owner);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}
