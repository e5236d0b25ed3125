//! Snapshot threads, which give each chunk to every reader that has credit.

use super::*;

impl Network {
    /// One step of a thread. `false`: it waits.
    pub fn run_thread(&mut self, ticket: Ticket) -> bool {
        let Some(thread) = self.threads.get_mut(&ticket) else { return false };
        if thread.readers.is_empty() || thread.chunks_left == 0 {
            let is_complete = !thread.readers.is_empty();
            self.seen.snapshots += usize::from(is_complete);
            self.threads.remove(&ticket);
            let body = Body::Ended { ticket, is_complete };
            self.mail.send(Actor::Thread(ticket), Actor::Hub, body);
            return true;
        }
        let client = thread.readers[thread.turn];
        let Some(credit) = self.credits.get_mut(&(ticket, client)) else { return false };
        if credit.is_closed {
            thread.readers.remove(thread.turn);
        } else if credit.available > 0 {
            credit.available -= 1;
            thread.turn += 1;
            let bytes = if thread.chunks_left == 1 { "END" } else { "chunk" };
            let body = Body::Chunk { bytes: Bytes::from_static(bytes.as_bytes()) };
            self.mail.send(Actor::Thread(ticket), Actor::Link(client), body);
        } else {
            return false;
        }
        if thread.turn == thread.readers.len() {
            thread.turn = 0;
            thread.chunks_left -= 1;
        }
        true
    }
}
