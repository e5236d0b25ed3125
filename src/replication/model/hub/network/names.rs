//! What every replication ID stands for: the truth that replicas are held to.

use std::collections::HashMap;

use crate::base::ids::ReplId;
use crate::base::offset::Offset;

#[derive(Default)]
pub struct Names {
    bytes: HashMap<(ReplId, Offset), u8>,
    /// The stream under which a name began, and until where the two share it.
    began_in: HashMap<ReplId, (ReplId, Offset)>,
    /// The name under which one goes on that nobody may ask for any more, and from where.
    became: HashMap<ReplId, (ReplId, Offset)>,
}

impl Names {
    /// The keyspace wrote the byte behind `offset` under this name.
    pub fn wrote(&mut self, id: ReplId, offset: Offset, byte: u8) {
        let before = self.bytes.insert((id, offset), byte);
        assert_eq!(before, None, "{id} names two bytes at {offset}");
    }

    /// The stream goes on under another name.
    pub fn goes_on(&mut self, old: ReplId, offset: Offset, new: ReplId) {
        self.began_in.insert(new, (old, offset));
    }

    /// The stream goes on under a name that shares nothing; who reads it reads on.
    pub fn becomes(&mut self, old: ReplId, offset: Offset, new: ReplId) {
        self.became.insert(old, (new, offset));
    }

    /// The byte behind `offset`, if there is one of that name.
    pub fn byte(&self, id: ReplId, offset: Offset) -> Option<u8> {
        if let Some(&byte) = self.bytes.get(&(id, offset)) {
            return Some(byte);
        }
        let before = self.began_in.get(&id).filter(|(_, until)| offset < *until);
        let after = self.became.get(&id).filter(|(_, from)| offset >= *from);
        let &(other, _) = before.or(after)?;
        self.byte(other, offset)
    }
}
