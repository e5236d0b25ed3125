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
use super::super::old::ziplist;
use super::super::opcode;
use super::super::output::{ChunkSink, Output};
use super::coded::{Coded, Scratch};
use super::string;
use crate::store::pack::{Element, Listpack};
use crate::store::value::list::{List, ListLimit};
use crate::store::value::{NewValue, Object};

const CONTAINER_PLAIN: u64 = 1;
const CONTAINER_PACKED: u64 = 2;
/// Of a pack that holds one element only and is longer, the element is written as it is.
const PACKED_MAX_BYTES: usize = 1 << 30;

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
        length::put(self.block_count() as u64, out.chunk());
        for block in self.blocks() {
            match block.get(0) {
                Some(Element::Str(text)) if block.bytes().len() > PACKED_MAX_BYTES => {
                    length::put(CONTAINER_PLAIN, out.chunk());
                    string::encode_text(text, out)?;
                }
                _ => {
                    length::put(CONTAINER_PACKED, out.chunk());
                    string::encode_text(block.bytes(), out)?;
                }
            }
        }
        Ok(())
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
    blocks: Vec<Listpack>,
    limit: ListLimit,
}

impl BlockBuilder {
    fn push(&mut self, text: &[u8]) {
        let has_room = |block: &&mut Listpack| {
            self.limit.fits(block.bytes().len() + text.len() + 2, block.len() + 1)
        };
        match self.blocks.last_mut().filter(has_room) {
            Some(block) => block.push_back(text),
            None => self.blocks.push(Listpack::of([text])),
        }
    }

    /// Takes a pack as a block if it may be one, else its elements.
    fn push_pack(&mut self, pack: Listpack) {
        let (bytes, count) = (pack.bytes().len(), pack.len());
        if count == 1 || self.limit.fits(bytes, count) {
            self.blocks.push(pack);
            return;
        }
        let mut digits = itoa::Buffer::new();
        pack.iter().for_each(|element| self.push(element.as_bytes(&mut digits)));
    }
}

fn read_ziplist<R: Read>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
    blocks: &mut BlockBuilder,
) -> Result<(), RdbError> {
    let is_read = string::with_text(input, scratch, |bytes| {
        let elements = ziplist::elements(bytes)?;
        let mut digits = itoa::Buffer::new();
        elements.iter().for_each(|element| blocks.push(element.as_bytes(&mut digits)));
        Some(())
    })?;
    is_read.ok_or_else(|| input.error(RdbErrorKind::BadValue("ziplist")))
}

fn read_node<R: Read>(
    input: &mut Input<R>,
    scratch: &mut Scratch,
    blocks: &mut BlockBuilder,
) -> Result<(), RdbError> {
    match length::read_plain(input)? {
        CONTAINER_PLAIN => {
            string::with_text(input, scratch, |text| blocks.blocks.push(Listpack::of([text])))
        }
        CONTAINER_PACKED => {
            let pack = string::with_text(input, scratch, Listpack::from_bytes)?;
            let pack = pack.map_err(|_| input.error(RdbErrorKind::BadValue("listpack")))?;
            blocks.push_pack(pack);
            Ok(())
        }
        _ => Err(input.error(RdbErrorKind::BadValue("quicklist node"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdb::dump::{RestoreError, dump, restore};
    use crate::store::value::list::Side;
    use crate::store::value::{Limits, ObjectRef, ValueRef};

    fn list(count: usize, limit: ListLimit) -> List {
        let mut list = List::default();
        for i in 0..count {
            let text = if i % 3 == 0 { i.to_string() } else { "x".repeat(i % 300) };
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
                let limits = Limits { list: limit };
                let copy = restore(&payload, limits, |value| match value {
                    NewValue::Object(Object::List(list)) => list,
                    _ => panic!("no list"),
                });
                let copy = copy.expect("a value");
                assert_eq!(texts(&copy), texts(&original));
                assert_eq!(copy.block_count(), original.block_count());
            }
        }
    }

    #[test]
    fn a_list_of_nothing_is_no_value() {
        let empty = List::default();
        let payload = dump(&ValueRef::Object(ObjectRef::List(&empty)), false);
        let result = restore(&payload, Limits::default(), |_| ());
        assert_eq!(result, Err(RestoreError::BadData));
    }
}
