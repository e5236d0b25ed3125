//! What changed settings mean outside of the tables: sockets, files, the process. Declared here,
//! done at the top.

use super::set::SetError;
use super::table::{Config, Directive};

/// The process as CONFIG SET and CONFIG REWRITE need it. It goes with whatever thread runs
/// commands.
pub trait Host: Send {
    /// Follows the directives in `changed` as far as they name the process among their followers,
    /// all of them or none. What comes out otherwise than it was written, such as a relative path,
    /// is put right in `new`.
    ///
    /// # Errors
    /// The first that cannot be followed, and why.
    fn apply(
        &mut self,
        old: &Config,
        new: &mut Config,
        changed: &[&'static Directive],
    ) -> Result<(), SetError>;

    /// Writes the settings into the file that the server was started with; `all`: those too that
    /// have their default.
    ///
    /// # Errors
    /// The system's words.
    fn rewrite_config(&mut self, config: &Config, all: bool) -> Result<(), String>;

    /// The server became a master or a replica.
    fn role_changed(&mut self, _config: &Config, _is_replica: bool) {}
}

/// Nobody: follows everything and does nothing, until the process takes its place.
pub struct NoHost;

impl Host for NoHost {
    fn apply(
        &mut self,
        _: &Config,
        _: &mut Config,
        _: &[&'static Directive],
    ) -> Result<(), SetError> {
        Ok(())
    }

    fn rewrite_config(&mut self, _: &Config, _: bool) -> Result<(), String> {
        Ok(())
    }
}
