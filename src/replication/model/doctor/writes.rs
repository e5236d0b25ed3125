//! What becomes of clients' writes.

use super::facts::{Facts, ForwardingFacts, MasterFacts, QuorumFacts, RECENT_MILLIS, Slowed};
use super::figures::{bytes, time, times};

pub fn too_few_replicas(facts: &Facts<'_>) -> Vec<String> {
    let Facts { replicas_to_write: wanted, good_replicas: good, .. } = *facts;
    if facts.master.is_some() || wanted == 0 || facts.max_lag_seconds == 0 || good >= wanted {
        return Vec::new();
    }
    let most = facts.replicas.len();
    let why = match most < wanted {
        true => format!("only {most} follow"),
        false => format!("the others were not heard of for {} seconds", facts.max_lag_seconds),
    };
    vec![format!(
        "Writes are refused: min-replicas-to-write asks for {wanted} replicas and {good} count, \
         since {why}. Bring replicas back, or lower min-replicas-to-write{}.",
        if most < wanted { "" } else { " or raise min-replicas-max-lag" }
    )]
}

/// What is not confirmed is applied all the same.
pub fn unreachable_quorum(facts: &Facts<'_>) -> Vec<String> {
    let QuorumFacts { by_setting, by_clients, timeout_millis, online, unconfirmed } = facts.quorum;
    let wanted = by_setting.max(by_clients);
    if facts.master.is_some() || wanted <= online {
        return Vec::new();
    }
    let (whose, what) = match by_setting > online {
        true => ("Writes", "repl-ack-quorum asks".to_owned()),
        false => ("Writes of some clients", "they ask by CLIENT QUORUM".to_owned()),
    };
    let wanted = if by_setting > online { by_setting } else { by_clients };
    vec![format!(
        "{whose} are answered with -NOQUORUM after {}: {what} for {wanted} replicas and {online} \
         are online. Such writes are applied here all the same ({}). Bring replicas back, or ask \
         for fewer.",
        time(timeout_millis as f64),
        match unconfirmed {
            0 => "none so far".to_owned(),
            count => format!("{} so far", times(count as usize)),
        }
    )]
}

/// There are enough, but they acknowledge too late.
pub fn late_quorum(facts: &Facts<'_>) -> Vec<String> {
    let QuorumFacts { by_setting: wanted, timeout_millis, online, .. } = facts.quorum;
    if facts.master.is_some() || wanted == 0 || wanted > online {
        return Vec::new();
    }
    let lags = facts.replicas.iter().filter_map(|replica| Some((replica.lag?, &replica.name)));
    let mut late: Vec<(i64, &String)> =
        lags.map(|(lag, name)| (lag.applied_millis, name)).collect();
    late.sort_unstable();
    let last = late.get(wanted - 1).filter(|(millis, _)| *millis as u64 >= timeout_millis);
    let say = |(millis, name): &(i64, &String)| {
        format!(
            "repl-ack-quorum asks for {wanted} replicas within {} (repl-ack-timeout), but {name} is \
             {} behind: writes are answered with -NOQUORUM though they will arrive. Look at why it \
             is slow, ask for fewer, or raise repl-ack-timeout.",
            time(timeout_millis as f64),
            time(*millis as f64)
        )
    };
    last.map(say).into_iter().collect()
}

pub fn slowed_writers(facts: &Facts<'_>) -> Vec<String> {
    let say = |slowed: &Slowed| {
        format!(
            "Clients' writes are slowed to {} a second, for {} now: {} has {} of the stream still to \
             take, of at most {} (repl-memory-limit). Look at why it is slow, or raise \
             repl-memory-limit; with repl-throttle no the replica is dropped instead, and begins anew.",
            bytes(slowed.bytes_per_second as f64),
            time(slowed.since_millis as f64),
            slowed.replica,
            bytes(slowed.lag_bytes as f64),
            bytes(facts.memory.limit_bytes as f64)
        )
    };
    facts.memory.slowed.iter().map(say).collect()
}

pub fn failed_forwards(facts: &Facts<'_>) -> Vec<String> {
    let Some(ForwardingFacts { sent, failed, last_failure: Some((ago_millis, reason)), .. }) =
        &facts.forwarding
    else {
        return Vec::new();
    };
    if *ago_millis > RECENT_MILLIS {
        return Vec::new();
    }
    let hints: [(&[&str], &str); 2] = [
        (&["NOAUTH", "WRONGPASS", "NOPERM"], " Look at masteruser and masterauth."),
        (&["READONLY"], " Set replica-forward-writes there too, or follow its own master."),
    ];
    let is_meant = |words: &[&str]| words.iter().any(|word| reason.starts_with(word));
    let hint = hints.iter().find(|(words, _)| is_meant(words)).map_or("", |(_, hint)| hint);
    vec![format!(
        "Of {sent} commands that were sent on to the master (replica-forward-writes) {failed} \
         failed, the last one {} ago: {reason}.{hint}",
        time(*ago_millis as f64)
    )]
}

pub fn open_forwarding(facts: &Facts<'_>) -> Vec<String> {
    let open = facts.forwarding.iter().filter(|forwarding| forwarding.is_open);
    let say = |_: &ForwardingFacts| {
        "Whoever reaches this server writes on its master with the rights of masterauth: set \
         requirepass, or replica-forward-writes to no."
            .to_owned()
    };
    open.map(say).collect()
}

pub fn writable_replica(facts: &Facts<'_>) -> Vec<String> {
    let writable = facts.master.as_ref().filter(|master| !master.is_read_only);
    let say = |_: &MasterFacts| {
        "This replica takes writes, which its master never hears of and which the next full sync \
         takes away: set replica-read-only to yes."
            .to_owned()
    };
    writable.map(say).into_iter().collect()
}
