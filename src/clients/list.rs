//! One line of CLIENT LIST.

use super::gauges::Gauges;
use super::session::{ClientKind, Session};
use crate::base::time::UnixMillis;

/// The size of Redis's fixed reply buffer, in bytes: there is none here, replies wait in a list only.
const REPLY_BUFFER_BYTES: usize = 0;

/// What its session does not tell of a client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// A key that it watches was changed.
    pub is_spoilt: bool,
    /// Of the command that it runs.
    pub argument_bytes: usize,
    /// What its watched keys and its subscriptions take.
    pub table_bytes: usize,
}

/// The line of a client without its end, field for field as redis-server prints it.
pub fn list_line(session: &Session, now: UnixMillis, beside: Beside) -> Vec<u8> {
    let Beside { is_spoilt, argument_bytes, table_bytes } = beside;
    let gauges = &session.gauges;
    let query_buffer = gauges.query_bytes();
    let query_free = gauges.query_free_bytes();
    let argument_bytes = argument_bytes + Gauges::get(&gauges.input_known);
    let output = Gauges::get(&gauges.output);
    let buffers = Gauges::get(&gauges.output_buffers);
    let multi_bytes = session.transaction.as_ref().map_or(0, |t| t.bytes);
    let queued = session.transaction.as_ref().map_or(-1, |t| t.queue.len() as i64);
    let total = session.memory_bytes() + table_bytes;
    let seconds = |since: UnixMillis| (now - since).max(0) / 1000;
    let events = if output > 0 { "rw" } else { "r" };
    let mut line = format!(
        "id={} addr={} laddr={} fd={} name=",
        session.key.id, session.peer, session.local, session.fd
    )
    .into_bytes();
    line.extend_from_slice(&session.name);
    line.extend_from_slice(
        format!(
            " age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={queued} qbuf={query_buffer} \
             qbuf-free={query_free} argv-mem={argument_bytes} multi-mem={multi_bytes} rbs={REPLY_BUFFER_BYTES} \
             rbp={REPLY_BUFFER_BYTES} obl=0 oll={buffers} omem={output} tot-mem={total} events={events} cmd={} user={} redir=-1 resp={}",
            seconds(session.connected_at),
            seconds(session.last_active_at),
            flags(session, is_spoilt),
            session.db,
            session.subscriptions,
            session.pattern_subscriptions,
            session.shard_subscriptions,
            session.last_command,
            if session.kind == ClientKind::Master { "(superuser)" } else { "default" },
            session.protocol.version(),
        )
        .as_bytes(),
    );
    line.extend_from_slice(b" lib-name=");
    line.extend_from_slice(&session.lib_name);
    line.extend_from_slice(b" lib-ver=");
    line.extend_from_slice(&session.lib_version);
    line
}

/// The letters of `flags=`; `N` when there is none.
fn flags(session: &Session, spoilt: bool) -> String {
    let mut flags = String::new();
    let mut add = |on: bool, letter: char| {
        if on {
            flags.push(letter);
        }
    };
    add(session.kind == ClientKind::Replica, 'S');
    add(session.is_monitor(), 'O');
    add(session.kind == ClientKind::Master, 'M');
    add(session.is_subscriber(), 'P');
    add(session.transaction.is_some(), 'x');
    add(session.is_blocked, 'b');
    add(spoilt, 'd');
    add(session.is_closing, 'A');
    add(session.is_unix_socket, 'U');
    add(session.no_evict, 'e');
    add(session.no_touch, 'T');
    if flags.is_empty() {
        flags.push('N');
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_that_wait_are_counted_once() {
        let session = Session::new(String::new(), String::new(), 0);
        Gauges::set(&session.gauges.output, 5_000_000);
        Gauges::set(&session.gauges.output_buffers, 3);
        let line = String::from_utf8(list_line(&session, 0, Beside::default())).expect("text");
        assert!(line.contains(" obl=0 oll=3 omem=5000000 tot-mem=50"), "{line}");
        assert!(line.contains(" events=rw "), "{line}");
    }
}
