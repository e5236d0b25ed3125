//! What is on its way to clients, until what it tells of is in the log: replies leave after the
//! bytes of the stream that they were written with, in the order in which they came.

use std::collections::VecDeque;

use actix::Recipient;

use crate::base::offset::Offset;
use crate::net::messages::ToConnection;

/// See the module documentation.
#[derive(Default)]
pub(super) struct Gate {
    /// With the offset of the stream that each came after; offsets do not fall, unless the stream
    /// went elsewhere, and then all of them are let go.
    held: VecDeque<(Offset, Recipient<ToConnection>, ToConnection)>,
}

impl Gate {
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub fn hold(&mut self, offset: Offset, to: Recipient<ToConnection>, message: ToConnection) {
        self.held.push_back((offset, to, message));
    }

    /// Sends what came no later than `offset`.
    pub fn release(&mut self, offset: Offset) {
        while self.held.front().is_some_and(|(after, ..)| *after <= offset) {
            let Some((_, to, message)) = self.held.pop_front() else { return };
            to.do_send(message);
        }
    }
}
