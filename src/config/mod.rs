//! Settings: every directive of redis-server 7.0.15, with its defaults, limits and messages, and
//! those of later versions that their files have.
//!
//! - [`table`]: one row a directive, a file for each theme; [`Config`] is made of it, and everything
//!   below reads it. [`directive`] is what a row is, `define` the macros that make the table,
//!   [`follower`] who has to hear when a row gets another value.
//! - [`load`]: files, standard input and the command line become a `Config`.
//! - [`get`], [`set`], [`rewrite`]: `CONFIG GET`, `SET` and `REWRITE` as functions from one
//!   `Config` to an answer, a new `Config` or the new text of the file.
//! - [`value`]: the types of values.
//! - [`ineffective`]: which directives are set that change nothing.
//!
//! Nothing here touches files or the server: what a change asks for elsewhere is done by whoever
//! called, see [`set::Prepared::changed`].

#![deny(clippy::indexing_slicing)]

pub mod channels;
mod define;
pub mod directive;
pub mod follower;
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

pub use directive::Flags;
pub use table::{Config, DIRECTIVES, Directive, Rename};
