//! Answering with a string.

use crate::commands::elements::ReplyElements;
use crate::resp::reply::Reply;
use crate::store::value::ValueRef;

/// Answers with the value of a key, or null when there is none.
pub(super) fn bulk(reply: &mut Reply<'_>, value: Option<ValueRef<'_>>) {
    reply.string(value);
}
