//! The Keyspace: the actor that serialises all commands.
//!
//! A replica's clients' writes may go to its master: `forwarding` sends them and takes the answers.
//! Replies to writes that replicas must have first are held by `quorum`.
//!
//! A command that has to wait takes four files: `waiting` knows who waits for what and until when
//! (and tells nobody), `blocking` suspends a client's batch and lets it go on, and for those who
//! wait for a key, [`crate::store::waiters`] knows which key they want and `serving` runs their
//! commands again when it is there.

mod actor;
mod admission;
mod apply;
mod applying;
mod backing_up;
mod blocking;
mod call_stats;
mod chooser;
mod client_eviction;
mod client_limits;
mod clock;
mod connections;
mod cron;
mod effects;
mod eviction;
mod execute;
pub(crate) mod following;
mod forwarders;
mod forwarding;
mod gate;
mod guarding;
mod handing_over;
pub(crate) mod leading;
mod loading;
mod log;
mod log_loading;
mod log_writing;
mod making_room;
pub mod messages;
mod migrating;
mod migrations;
mod moment;
mod outbox;
mod own_work;
mod persistence;
mod propagate;
mod quorum;
mod refusal;
mod replies;
mod restoring;
mod rewrite_limit;
mod rewriting;
mod rounds;
mod saves;
mod serving;
mod settings;
mod shutdown;
mod standing;
mod stream_log;
mod stream_logging;
mod syncs;
mod tending;
#[cfg(test)]
pub mod testing;
mod throttling;
mod ticker;
mod transaction;
mod waiting;
mod weighing;

pub use actor::{Keyspace, Recipients};
pub use clock::wall_clock;
pub use execute::{Executor, Flow};
pub use leading::replication_settings;
pub use settings::{warn_of_ineffective, warn_of_memory_limit, warn_of_open_forwarding};
