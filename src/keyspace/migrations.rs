//! What MIGRATE has on its way, and what came back.

use std::collections::{HashMap, VecDeque};

use crate::base::ids::DbIndex;
use crate::clients::ClientKey;
use crate::replication::model::migration::Outcome;
use crate::store::entry::Entry;

/// Keys that are on their way.
pub struct Migration {
    pub db: DbIndex,
    pub entries: Vec<Entry>,
    /// They stay.
    pub copy: bool,
}

/// By the client that asked; and what came back and was not dealt with yet.
#[derive(Default)]
pub struct Migrations {
    pub under_way: HashMap<ClientKey, Migration>,
    pub arrived: VecDeque<(ClientKey, Outcome)>,
}

impl Migrations {
    pub fn has_arrived(&self) -> bool {
        !self.arrived.is_empty()
    }
}
