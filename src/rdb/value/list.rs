//! Lists.
//!
//! ```text
//! LIST              count, strings
//! LIST_ZIPLIST      a string: a ziplist
//! LIST_QUICKLIST    count, strings: a ziplist each
//! LIST_QUICKLIST_2  count; of each: container (1 one element as it is, 2 a listpack), a string
//! ```

use std::io::{self, Read};

use super::super::dialect::Dialect;
use super::super::error::{RdbError, RdbErrorKind};
use super::super::input::Input;
use super::super::length;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};
use super::string;
use crate::store::packed::{Listpack, Ziplist};
use crate::store::value::list::{Block, List, ListLimit, Part};
use crate::store::value::{NewValue, Object};

const CONTAINER_PLAIN: u64 = 1;
const CONTAINER_PACKED: u64 = 2;

impl Coded for List {
    const CODES: &'static [u8] =
        &[opcode::LIST_QUICKLIST_2, opcode::LIST, opcode::LIST_QUICKLIST, opcode::LIST_ZIPLIST];

    fn type_code(&self, dialect: Dialect) -> u8 {
        match dialect {
            Dialect::Plain => opcode::LIST,
            Dialect::Packed => opcode::LIST_QUICKLIST_2,
        }
    }

    fn encode<S: ChunkSink>(&self, out: &mut Output<S>) -> io::Result<()> {
        if out.dialect() == Dialect::Plain {
            length::put(self.len() as u64, out.chunk());
            return self.iter().try_for_each(|element| string::encode_element(element, out));
        }
        length::put(self.part_count() as u64, out.chunk());
        self.parts().try_for_each(|part| {
            let (container, bytes) = match part {
                Part::Pack(pack) => (CONTAINER_PACKED, pack.as_bytes()),
                Part::Plain(text) => (CONTAINER_PLAIN, text),
            };
            length::put(container, out.chunk());
            string::encode_text(bytes, out)
        })
    }

    fn decode<'a, R: Read>(
        code: u8,
        input: &'a mut Input<R>,
        scratch: &'a mut Scratch,
    ) -> Result<NewValue<'a>, RdbError> {
        let mut blocks = BlockBuilder { blocks: Vec::new(), limit: scratch.limits.list };
        match code {
            opcode::LIST => {
                for _ in 0..length::read_plain(input)? {
                    string::with_text(input, scratch, |text| blocks.push(text))?;
                }
            }
            opcode::LIST_ZIPLIST => read_ziplist(input, scratch, &mut blocks)?,
            opcode::LIST_QUICKLIST => {
                for _ in 0..length::read_plain(input)? {
                    read_ziplist(input, scratch, &mut blocks)?;
                }
            }
            _ => {
                for _ in 0..length::read_plain(input)? {
                    read_node(input, scratch, &mut blocks)?;
                }
            }
        }
        let list = List::of_blocks(blocks.blocks, scratch.limits.list);
        match list.len() {
            0 => Err(input.error(RdbErrorKind::EmptyKey)),
            _ => Ok(NewValue::Object(Object::from(list))),
        }
    }
}

/// Elements that come one by one.
struct BlockBuilder {
    blocks: Vec<Block>,
    limit: ListLimit,
}

impl BlockBuilder {
    fn push(&mut self, text: &[u8]) {
        let limit = self.limit;
        let last = self.blocks.last_mut().filter(|block| block.has_room(text, limit));
        let pack = last.and_then(Block::pack_mut);
        if pack.is_none_or(|pack| pack.push_back(text).is_err()) {
            self.blocks.push(Block::of(text, limit));
        }
    }

    /// Takes a pack as a block if it may be one, else its elements.
    fn push_pack(&mut self, pack: Listpack) {
        if self.limit.fits(pack.total_bytes(), pack.len()) {
            self.blocks.push(Block::from(pack));
            return;
        }
        let mut digits = itoa::Buffer::new();
        pack.iter().for_each(|element| self.push(element.text(&mut digits)));
    }
}

fn read_ziplist<R: Read>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
    blocks: &mut BlockBuilder,
) -> Result<(), RdbError> {
    string::read_packed("Ziplist", input, scratch, |bytes| {
        let mut digits = itoa::Buffer::new();
        let elements = Ziplist::from_bytes(bytes)?;
        elements.iter().for_each(|element| blocks.push(element.text(&mut digits)));
        Ok(())
    })
}

fn read_node<R: Read>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
    blocks: &mut BlockBuilder,
) -> Result<(), RdbError> {
    match length::read_plain(input)? {
        CONTAINER_PLAIN => {
            let is_empty = string::with_text(input, scratch, |text| {
                blocks.push(text);
                text.is_empty()
            })?;
            // Redis takes no node of 0 bytes: it writes one only for what is large.
            if is_empty { Err(input.error(RdbErrorKind::EmptyNode)) } else { Ok(()) }
        }
        CONTAINER_PACKED => {
            let pack = string::read_packed("Listpack", input, scratch, Listpack::from_bytes)?;
            blocks.push_pack(pack);
            Ok(())
        }
        container => Err(input.error(RdbErrorKind::UnknownContainer(container))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;
    use crate::rdb::dump::{RestoreError, dump, restore};
    use crate::rdb::value::testing::{damage, sealed};
    use crate::store::value::list::Side;
    use crate::store::value::{Limits, ObjectRef, ValueRef};

    fn list(count: usize, limit: ListLimit) -> List {
        let mut list = List::default();
        for i in 0..count {
            let text = match i % 3 {
                0 => i.to_string(),
                1 if i % 100 == 1 => "long".repeat(3000),
                _ => "x".repeat(i % 300),
            };
            list.make_room((1, text.len()), limit);
            list.push(Side::Right, text.as_bytes());
        }
        list
    }

    fn texts(list: &List) -> Vec<Vec<u8>> {
        list.iter().map(|element| element.to_vec()).collect()
    }

    #[test]
    fn what_is_dumped_is_restored_in_any_size() {
        for count in [1, 10, 1000] {
            for setting in [-2, 5] {
                let limit = ListLimit::new(setting);
                let original = list(count, limit);
                let payload = dump(&ValueRef::Object(ObjectRef::List(&original)), true);
                let limits = Limits { list: limit, ..Limits::default() };
                let copy = restore(&payload, limits, |value| match value {
                    NewValue::Object(Object::List(list)) => list,
                    _ => panic!("no list"),
                });
                let copy = copy.expect("a value");
                assert_eq!(texts(&copy), texts(&original));
                assert_eq!(copy.part_count(), original.part_count());
            }
        }
    }

    #[test]
    fn damaged_payloads_are_refused_or_are_values() {
        let mut random = Random::from_seed(3);
        let lists = [list(5, ListLimit::new(-2)), list(40, ListLimit::new(5))];
        let good: usize = lists.iter().map(|list| damage(ObjectRef::List(list), &mut random)).sum();
        assert!(good > 100, "{good}");
    }

    #[test]
    fn a_node_of_no_bytes_is_refused() {
        let payload = sealed(b"\x12\x01\x01\x00");
        assert_eq!(restore(&payload, Limits::default(), |_| ()), Err(RestoreError::BadData));
        let payload = sealed(b"\x12\x01\x01\x01x");
        assert_eq!(restore(&payload, Limits::default(), |_| ()), Ok(()));
    }

    #[test]
    fn a_list_of_nothing_is_no_value() {
        let empty = List::default();
        let payload = dump(&ValueRef::Object(ObjectRef::List(&empty)), false);
        let result = restore(&payload, Limits::default(), |_| ());
        assert_eq!(result, Err(RestoreError::BadData));
    }
}
