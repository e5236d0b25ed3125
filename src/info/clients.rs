//! Who is connected.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::clients::{ClientKind, Gauges, Session};

pub(super) const SECTION: Section = Section {
    name: "clients",
    title: "Clients",
    rows: &[
        Row::Field("connected_clients", |facts| {
            count(facts, |session| session.kind != ClientKind::Replica)
        }),
        Row::Field("cluster_connections", |_| 0.into()),
        Row::Field("maxclients", |facts| facts.server.config.network.maxclients.into()),
        Row::Field("client_recent_max_input_buffer", |facts| {
            largest(facts, |gauges| gauges.query_bytes() + gauges.query_free_bytes())
        }),
        Row::Field("client_recent_max_output_buffer", |facts| {
            largest(facts, |gauges| Gauges::get(&gauges.output))
        }),
        Row::Field("blocked_clients", |facts| count(facts, |session| session.is_blocked)),
        Row::Field("tracking_clients", |_| 0.into()),
        Row::Field("clients_in_timeout_table", |_| 0.into()),
    ],
    ..Section::DEFAULT
};

fn count(facts: &Facts<'_>, is_meant: fn(&Session) -> bool) -> Value {
    facts.server.clients.iter().filter(|session| is_meant(session)).count().into()
}

/// Redis keeps the largest of the last seconds; ours are read now.
fn largest(facts: &Facts<'_>, bytes: fn(&Gauges) -> usize) -> Value {
    let all = facts.server.clients.iter().map(|session| bytes(&session.gauges));
    all.max().unwrap_or(0).into()
}
