//! The ReplicationManager: keeps the backlog, answers sync requests, feeds the replica links.

use std::sync::{Arc, Mutex};

use actix::prelude::*;

use super::messages::{AppendFeed, BeginSync, ReceiveSnapshot};
use super::model::backlog::Backlog;
use crate::net::messages::AdoptSocket;

pub struct ReplicationManager {
    backlog: Arc<Mutex<Backlog>>,
}

impl ReplicationManager {
    pub fn new(backlog: Arc<Mutex<Backlog>>) -> ReplicationManager {
        ReplicationManager { backlog }
    }
}

impl Actor for ReplicationManager {
    type Context = Context<Self>;
}

impl Handler<AppendFeed> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, message: AppendFeed, _: &mut Self::Context) {
        self.backlog.lock().unwrap_or_else(|e| e.into_inner()).append(&message.bytes);
    }
}

impl Handler<BeginSync> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: BeginSync, _: &mut Self::Context) {}
}

impl Handler<AdoptSocket> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: AdoptSocket, _: &mut Self::Context) {}
}

impl Handler<ReceiveSnapshot> for ReplicationManager {
    type Result = ();
    fn handle(&mut self, _: ReceiveSnapshot, _: &mut Self::Context) {}
}
