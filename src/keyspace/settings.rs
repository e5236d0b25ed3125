//! CONFIG SET and CONFIG REWRITE: what follows in the actors.

use super::actor::Keyspace;
use crate::clients::ClientSlot;

impl Keyspace {
    pub(super) fn apply_config(&mut self, _names: &[&'static str]) {}

    pub(super) fn write_config(&mut self, _client: ClientSlot, _text: String) {}
}
