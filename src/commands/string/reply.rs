//! Answering with a string.

use crate::resp::reply::Reply;
use crate::store::big_string::StrRef;
use crate::store::value::ValueRef;

/// Answers with the value of a key, or null when there is none.
pub(super) fn bulk(reply: &mut Reply<'_>, value: Option<ValueRef<'_>>) {
    let mut digits = itoa::Buffer::new();
    match value.and_then(|value| value.as_str(&mut digits)) {
        None => reply.null(),
        Some(StrRef::Whole(bytes)) => reply.bulk(bytes),
        Some(string) => reply.bulk_pieces(string.len(), string.pieces()),
    }
}
