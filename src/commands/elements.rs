//! Elements of collections as replies.

use crate::resp::reply::Reply;
use crate::store::packed::Element;

pub trait ReplyElements {
    /// An element as a bulk string.
    fn element(&mut self, element: Element<'_>);
}

impl ReplyElements for Reply<'_> {
    #[inline]
    fn element(&mut self, element: Element<'_>) {
        match element {
            Element::Int(number) => self.bulk_int(number),
            Element::Str(bytes) => self.bulk(bytes),
        }
    }
}
