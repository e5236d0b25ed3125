//! RESP, the protocol of clients and of the replication stream: requests in, replies out.
//!
//! ```text
//! socket bytes ─► Parser ─► Batch ─► Args        (a whole pipeline at once, nothing copied)
//! handler ─► Reply ─► BytesMut ─► socket         (RESP2 or RESP3, chosen by the client)
//! master's answers ─► decode ─► Value            (the handshake, and tests)
//! ```

#![deny(clippy::indexing_slicing)]

pub mod decode;
pub mod exchange;
pub mod held;
pub mod inline;
pub mod limits;
pub mod parser;
pub mod reply;
pub mod request;
pub mod skim;
