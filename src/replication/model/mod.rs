//! What replication decides, without sockets, clocks, threads or actors: bytes and facts go in,
//! bytes, decisions and log lines come out.
//!
//! ```text
//!           master                                          replica
//!   feed ──► backlog ──► (ReplicaLink) ═══ stream ═══► (MasterLink) ──► handshake
//!            history ──► psync::decide ◄══ PSYNC ════                   rdb_stream
//!            progress ◄═══════════════════ REPLCONF ACK ═               history
//! ```
//!
//! | module | answers |
//! |---|---|
//! | [`feed`] | which bytes does this write add to the stream |
//! | [`backlog`] | which bytes are still held, and who reads where |
//! | [`history`] | whose stream is it, and up to where do we share it with another |
//! | [`stream_writer`] | what does the manager hear of the stream, and in which order |
//! | [`backlog_gauge`] | what does INFO show of the backlog |
//! | [`psync`] | may this replica continue, or does it need everything |
//! | [`hub`] | who follows us, what was each promised, which snapshots are on their way |
//! | [`framing`] | how is an RDB delimited |
//! | [`progress`] | how far is this replica, and what may it be sent |
//! | [`output_limit`] | has this replica fallen too far behind |
//! | [`flow`] | how fast may clients write while a replica lags |
//! | [`failover`] | when does a master hand over to a replica, and when does it give that up |
//! | [`forward`] | what goes to the master of a client's writes, and what comes back |
//! | [`forward_reach`] | does the master take them, and who tries |
//! | [`handshake`] | what does a replica say to its master next |
//! | [`journal`] | what happened to the links |
//! | [`doctor`] | what is wrong, and which directive changes it |
//! | [`lag`] | how long ago was written what a replica lacks |
//! | [`received_gauge`] | what has a replica received and not applied |
//! | [`ack_pace`] | when does a replica say how far it is |
//! | [`rdb_stream`] | where does the RDB begin and end in what the master sends |
//! | [`reconnect`] | when does a replica try again, when does it give a master up |
//! | [`stream_sums`] | did the stream arrive as it was sent |
//! | [`standstill`] | is it us who were silent |
//! | [`status`] | what INFO and ROLE show of all that |
//! | [`room`] | does a new data set have room beside the old one |
//! | [`wipe_guard`] | does it take a data set that has next to nothing |
//! | [`lines`] | what the log says about it |

pub mod ack_pace;
pub mod backlog;
pub mod backlog_gauge;
pub mod doctor;
pub mod failover;
pub mod feed;
pub mod flow;
pub mod forward;
pub mod forward_reach;
pub mod framing;
pub mod handshake;
pub mod history;
pub mod hub;
pub mod journal;
pub mod lag;
pub mod lines;
pub mod migration;
pub mod output_limit;
pub mod progress;
pub mod psync;
pub mod rdb_stream;
pub mod received_gauge;
pub mod reconnect;
pub mod room;
pub mod standstill;
pub mod status;
pub mod stream_sums;
pub mod stream_writer;
pub mod wipe_guard;
