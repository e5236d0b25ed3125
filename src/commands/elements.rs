//! Elements of collections, and strings, as replies.

use crate::resp::reply::Reply;
use crate::store::big_string::StrRef;
use crate::store::packed::Element;
use crate::store::value::ValueRef;

pub trait ReplyElements {
    /// An element as a bulk string.
    fn element(&mut self, element: Element<'_>);

    /// A string as a bulk string; nothing if there is none.
    fn string(&mut self, value: Option<ValueRef<'_>>);
}

impl ReplyElements for Reply<'_> {
    #[inline]
    fn element(&mut self, element: Element<'_>) {
        match element {
            Element::Int(number) => self.bulk_int(number),
            Element::Str(bytes) => self.bulk(bytes),
        }
    }

    #[inline]
    fn string(&mut self, value: Option<ValueRef<'_>>) {
        let mut digits = itoa::Buffer::new();
        match value.and_then(|value| value.as_str(&mut digits)) {
            None => self.null(),
            Some(StrRef::Whole(bytes)) => self.bulk(bytes),
            Some(string) => self.bulk_pieces(string.len(), string.pieces()),
        }
    }
}
