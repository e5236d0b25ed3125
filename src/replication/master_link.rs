//! The MasterLink: follows a master.

use actix::prelude::*;

use super::messages::{Acknowledge, Follow, StopFollowing};

#[derive(Default)]
pub struct MasterLink;

impl Actor for MasterLink {
    type Context = Context<Self>;
}

impl Handler<Follow> for MasterLink {
    type Result = ();
    fn handle(&mut self, _: Follow, _: &mut Self::Context) {}
}

impl Handler<StopFollowing> for MasterLink {
    type Result = ();
    fn handle(&mut self, _: StopFollowing, _: &mut Self::Context) {}
}

impl Handler<Acknowledge> for MasterLink {
    type Result = ();
    fn handle(&mut self, _: Acknowledge, _: &mut Self::Context) {}
}
