//! Settings: every directive of redis-server 7.0.15, with its defaults, limits and messages.
//!
//! - [`table`]: one row a directive; [`Config`] is made of it, and everything below reads it.
//! - [`load`]: files, standard input and the command line become a `Config`.
//! - [`get`], [`set`], [`rewrite`]: `CONFIG GET`, `SET` and `REWRITE` as functions from one
//!   `Config` to an answer, a new `Config` or the new text of the file.
//! - [`value`]: the types of values.
//! - [`ineffective`]: directives that change nothing.
//!
//! Nothing here touches files or the server: what a change asks for elsewhere is done by whoever
//! called, see [`set::Prepared::changed`].

pub mod directive;
pub mod get;
pub mod host;
pub mod ineffective;
pub mod load;
pub mod rewrite;
pub mod set;
pub mod table;
pub mod users;
pub mod value;
pub mod words;

pub use directive::{Directive, Flags};
pub use table::{Config, DIRECTIVES, Rename};
