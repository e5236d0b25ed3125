use super::facts::RECENT_MILLIS;
use super::figures::bytes_rounded_up;
use super::*;
use crate::base::time::UnixMillis;
use crate::replication::model::journal::{Cause, Event, Happening, Journal, Side};
use crate::replication::model::lag::Lag;
use crate::replication::model::psync::Held;

const NOW: UnixMillis = 1_000_000_000;

fn facts(journal: &Journal) -> Facts<'_> {
    Facts {
        now: NOW,
        journal,
        master: None,
        replicas: vec![replica(Some(Lag {
            bytes: 0,
            applied_millis: 0,
            received_millis: Some(0),
        }))],
        backlog_bytes: 1_000_000,
        stream_bytes_per_second: 0.0,
        repl_timeout_seconds: 60,
        is_diskless: true,
        output_limit_bytes: 256_000_000,
        is_output_limit_default: false,
        memory: MemoryFacts { limit_bytes: 256_000_000, throttles: true, slowed: None },
        quorum: QuorumFacts { timeout_millis: 1000, online: 1, ..QuorumFacts::default() },
        forwarding: None,
        lost_data: None,
        replicas_to_write: 0,
        good_replicas: 1,
        max_lag_seconds: 10,
    }
}

fn replica(lag: Option<Lag>) -> ReplicaFacts {
    ReplicaFacts { name: "r:1".into(), lag }
}

fn following() -> MasterFacts {
    MasterFacts {
        name: "m:6379".into(),
        is_up: true,
        down_millis: None,
        is_syncing: false,
        is_read_only: true,
        refused_syncs: 0,
        lag_bytes: 0,
        lag_millis: 0,
    }
}

fn journal(events: &[(i64, Side, Happening)]) -> Journal {
    let mut journal = Journal::default();
    for (ago, side, what) in events {
        let peer = if *side == Side::Master { "r:1" } else { "m:6379" };
        journal.add(Event::new(NOW - ago, *side, peer, *what), 100);
    }
    journal
}

fn says(facts: &Facts<'_>, part: &str) {
    let found = findings(facts);
    assert!(found.len() == 1 && found.iter().any(|f| f.contains(part)), "{part}: {found:#?}");
}

/// An outage of 4 s after which the replica asks for what is `missed` bytes ago.
fn outage(missed: i64, what: Happening) -> Journal {
    let mut journal =
        journal(&[(10_000, Side::Master, Happening::Disconnected(Cause::ClosedByPeer))]);
    let held = Held { start: 9_000_000, end: 10_000_000 };
    let event = Event::new(NOW - 6000, Side::Master, "r:1", what);
    journal.add(event.asked(Some(held.end - missed + 1), Some(held)), 100);
    journal
}

#[test]
fn all_is_well_where_nothing_is_wrong_and_the_report_says_what_the_backlog_covers() {
    let journal = journal(&[
        (9000, Side::Master, Happening::FullSync(Cause::NothingToContinue)),
        (8000, Side::Master, Happening::FullSyncDone),
    ]);
    let well = facts(&journal);
    assert_eq!(report(&well), "Replication is well. One replica follows.\n");
    let busy = Facts { stream_bytes_per_second: 500_000.0, ..well };
    assert_eq!(
        report(&busy),
        "Replication is well. One replica follows. A backlog of 1.0 MB covers 2.0 s of your writes \
         (500.0 KB a second).\n"
    );
    let alone = Facts { replicas: Vec::new(), ..facts(&journal) };
    assert_eq!(report(&alone), "Replication is well. No replica follows.\n");
}

#[test]
fn a_backlog_that_was_too_small_is_named_with_what_it_covers_and_what_it_should_be() {
    let lost = outage(5_000_000, Happening::FullSync(Cause::OffsetNotHeld));
    says(
        &facts(&lost),
        "r:1 which missed 5.0 MB: a backlog of 1.0 MB covers 800 ms of such writes; the outage \
         took 4.0 s. Set repl-backlog-size to at least 10mb.",
    );
    // How fast one missed it that was dropped for lagging is not known.
    let over = Happening::Disconnected(Cause::OverOutputLimit);
    let mut dropped = journal(&[(10_000, Side::Master, over)]);
    let full = lost.iter().last().cloned().expect("the full sync");
    dropped.add(full, 100);
    let found = findings(&facts(&dropped));
    assert!(found.iter().any(|f| f.contains("a backlog of 1.0 MB was not enough.")), "{found:?}");
    // Until it is set.
    assert_eq!(findings(&Facts { backlog_bytes: 10 << 20, ..facts(&lost) }), [""; 0]);
    let narrow = outage(900_000, Happening::PartialSync);
    says(&facts(&narrow), "having missed 900.0 KB of a backlog of 1.0 MB");
    assert_eq!(findings(&facts(&outage(1000, Happening::PartialSync))), [""; 0]);
    // Whoever asks for what is not there yet missed nothing of ours.
    let ahead = outage(-5, Happening::FullSync(Cause::OffsetNotHeld));
    assert_eq!(findings(&facts(&ahead)), [""; 0]);
    // Nor does one that asks for what there can never have been.
    for asked in [i64::MIN, -9_000_000_000_000_000_000, i64::MAX] {
        let full = Happening::FullSync(Cause::OffsetNotHeld);
        let event = Event::new(NOW - 6000, Side::Master, "r:1", full);
        let mut hostile = Journal::default();
        hostile.add(event.asked(Some(asked), Some(Held { start: 5, end: 10_000_000 })), 100);
        assert_eq!(findings(&facts(&hostile)), [""; 0], "{asked}");
    }
}

#[test]
fn what_was_long_ago_says_nothing() {
    let mut old = outage(5_000_000, Happening::FullSync(Cause::OffsetNotHeld));
    old.add(Event::new(NOW, Side::Master, "r:2", Happening::Connected), 100);
    let later = Facts { now: NOW + RECENT_MILLIS, ..facts(&old) };
    assert_eq!(findings(&later), [""; 0]);
}

#[test]
fn full_syncs_again_and_again_are_named_with_their_cause() {
    let why = |cause, part: &str| {
        let full = Happening::FullSync(cause);
        let side = Side::Master;
        let twice = journal(&[(3000, side, full), (2000, side, full)]);
        assert_eq!(findings(&facts(&twice)), [""; 0]);
        let thrice = journal(&[(3000, side, full), (2000, side, full), (1000, side, full)]);
        says(&facts(&thrice), "r:1 took 3 full syncs in a day");
        says(&facts(&thrice), part);
    };
    why(Cause::NothingToContinue, "starts without its data");
    why(Cause::UnknownHistory, "restarted master lose its own");
    why(Cause::NoBacklog, "repl-backlog-ttl");
}

#[test]
fn dropped_and_silent_links_are_named_with_their_directives() {
    let over = Happening::Disconnected(Cause::OverOutputLimit);
    let dropped = journal(&[(2000, Side::Master, over), (1000, Side::Master, over)]);
    says(&facts(&dropped), "dropped twice for leaving too much unread");
    says(&facts(&dropped), "client-output-buffer-limit replica (now 256.0 MB)");
    let late = Happening::Disconnected(Cause::TimedOut);
    says(&facts(&journal(&[(1000, Side::Master, late)])), "once after repl-timeout (60 s)");
}

#[test]
fn a_slow_network_and_a_slow_replica_are_told_apart() {
    let journal = Journal::default();
    let lag = |received_millis| Lag { bytes: 5_000_000, applied_millis: 3200, received_millis };
    let slow = |lag| Facts { replicas: vec![replica(Some(lag))], ..facts(&journal) };
    says(&slow(lag(Some(100))), "r:1 is 3.2 s and 5.0 MB behind, but only 100 ms in what");
    says(&slow(lag(Some(3100))), "the network between is slower");
    says(&slow(lag(None)), "as far as its acknowledgements");
    let master = MasterFacts { lag_bytes: 2000, lag_millis: 1500, ..following() };
    let behind = Facts { master: Some(master), replicas: Vec::new(), ..facts(&journal) };
    says(&behind, "2.0 KB of the master's stream came up to 1.5 s ago");
}

#[test]
fn writes_that_are_refused_are_explained() {
    let journal = Journal::default();
    let base = || Facts { replicas_to_write: 2, ..facts(&journal) };
    says(&base(), "asks for 2 replicas and 1 count, since only 1 follow.");
    let silent = Facts { replicas: vec![replica(None), replica(None)], ..base() };
    says(&silent, "not heard of for 10 seconds");
    assert_eq!(findings(&Facts { good_replicas: 2, ..base() }), [""; 0]);
    // A replica refuses writes anyhow.
    assert_eq!(findings(&Facts { master: Some(following()), ..base() }), [""; 0]);
}

#[test]
fn a_replica_is_told_of_its_master_its_guard_and_its_writers() {
    let tried = journal(&[(1000, Side::Replica, Happening::NotConnected(Cause::Unreachable))]);
    let with = |master| Facts { master: Some(master), ..facts(&tried) };
    assert_eq!(findings(&with(following())), [""; 0]);
    let down = MasterFacts { is_up: false, down_millis: Some(90_000), ..following() };
    says(
        &with(down),
        "The link to the master m:6379 is down for 90.0 s. It cannot be connected to",
    );
    let never = MasterFacts { is_up: false, ..following() };
    says(&with(never), "is down and never was up.");
    let syncing = MasterFacts { is_up: false, is_syncing: true, ..following() };
    assert_eq!(findings(&with(syncing)), [""; 0]);
    says(
        &with(MasterFacts { refused_syncs: 4, ..following() }),
        "4 full syncs of m:6379 were refused",
    );
    says(&with(MasterFacts { is_read_only: false, ..following() }), "replica-read-only to yes");
}

#[test]
fn a_file_that_takes_long_is_named_where_it_could_be_left_out() {
    let mut slow = Journal::default();
    let done = Event::new(NOW - 1000, Side::Master, "r:1", Happening::FullSyncDone);
    slow.add(done.took(7000, 1000), 100);
    assert_eq!(findings(&facts(&slow)), [""; 0]);
    says(&Facts { is_diskless: false, ..facts(&slow) }, "A full sync took 7.0 s by way of a file");
}

#[test]
fn writers_that_are_slowed_are_told_for_whom_and_what_changes_it() {
    let journal = Journal::default();
    let slowed = Slowed {
        since_millis: 12_000,
        replica: "r:1".into(),
        lag_bytes: 140_000_000,
        bytes_per_second: 3_100_000,
    };
    let memory = MemoryFacts { slowed: Some(slowed), ..facts(&journal).memory };
    says(
        &Facts { memory, ..facts(&journal) },
        "slowed to 3.1 MB a second, for 12.0 s now: r:1 has 140.0 MB of the stream still to take, of \
         at most 256.0 MB (repl-memory-limit)",
    );
}

#[test]
fn a_memory_limit_that_a_full_sync_outgrows_is_named_with_what_it_should_be() {
    let mut synced = Journal::default();
    let done = Event::new(NOW - 1000, Side::Master, "r:1", Happening::FullSyncDone);
    synced.add(done.took(40_000, 1000), 100);
    let busy = |rate, throttles| Facts {
        stream_bytes_per_second: rate,
        memory: MemoryFacts { throttles, ..facts(&synced).memory },
        ..facts(&synced)
    };
    assert_eq!(findings(&busy(3_000_000.0, true)), [""; 0]);
    says(
        &busy(5_000_000.0, true),
        "A full sync took 40.0 s, in which your writes make 200.0 MB (5.0 MB a second now), and \
         repl-memory-limit is 256.0 MB: from half of it writers are slowed. Set it to at least 382mb.",
    );
    assert_eq!(findings(&busy(5_000_000.0, false)), [""; 0]);
    says(&busy(9_000_000.0, false), "from it the replica is dropped, and begins anew.");
    // What nobody has set is not what a lagging replica was dropped by.
    let over = Happening::Disconnected(Cause::OverOutputLimit);
    let dropped = journal(&[(1000, Side::Master, over)]);
    let by_default = Facts { is_output_limit_default: true, ..facts(&dropped) };
    says(&by_default, "raise repl-memory-limit (now 256.0 MB), or client-output-buffer-limit");
}

#[test]
fn a_quorum_that_is_not_there_or_comes_too_late_is_explained() {
    let journal = Journal::default();
    let with = |quorum| Facts { quorum, ..facts(&journal) };
    let base = || facts(&journal).quorum;
    assert_eq!(findings(&with(QuorumFacts { by_setting: 1, ..base() })), [""; 0]);
    says(
        &with(QuorumFacts { by_setting: 2, unconfirmed: 3, ..base() }),
        "Writes are answered with -NOQUORUM after 1.0 s: repl-ack-quorum asks for 2 replicas and 1 \
         are online. Such writes are applied here all the same (3 times so far).",
    );
    says(
        &with(QuorumFacts { by_setting: 1, by_clients: 3, ..base() }),
        "Writes of some clients are answered with -NOQUORUM after 1.0 s: they ask by CLIENT QUORUM \
         for 3 replicas and 1 are online",
    );
    let quorum = QuorumFacts { by_setting: 1, timeout_millis: 500, ..base() };
    let lag = Lag { bytes: 10, applied_millis: 700, received_millis: Some(0) };
    let late = Facts { replicas: vec![replica(Some(lag))], ..with(quorum.clone()) };
    says(&late, "asks for 1 replicas within 500 ms (repl-ack-timeout), but r:1 is 700 ms behind");
    let in_time = Lag { applied_millis: 499, ..lag };
    let in_time = Facts { replicas: vec![replica(Some(in_time))], ..with(quorum.clone()) };
    assert_eq!(findings(&in_time), [""; 0]);
    // On a replica it asks for nothing.
    let follower =
        Facts { master: Some(following()), ..with(QuorumFacts { by_setting: 9, ..quorum }) };
    assert_eq!(findings(&follower), [""; 0]);
}

#[test]
fn forwarding_that_fails_or_stands_open_is_told() {
    let journal = Journal::default();
    let forwarding = |ago, reason: &str| ForwardingFacts {
        sent: 120,
        failed: 3,
        last_failure: Some((ago, reason.to_owned())),
        is_open: false,
    };
    let with = |forwarding| Facts {
        master: Some(following()),
        forwarding: Some(forwarding),
        ..facts(&journal)
    };
    assert_eq!(findings(&with(ForwardingFacts { sent: 9, ..Default::default() })), [""; 0]);
    says(
        &with(forwarding(4000, "Connection refused")),
        "Of 120 commands that were sent on to the master (replica-forward-writes) 3 failed, the last \
         one 4.0 s ago: Connection refused.",
    );
    says(
        &with(forwarding(1, "NOAUTH Authentication required.")),
        "Look at masteruser and masterauth.",
    );
    says(&with(forwarding(1, "READONLY It is a replica.")), "follow its own master");
    assert_eq!(findings(&with(forwarding(RECENT_MILLIS + 1, "old"))), [""; 0]);
    let open = ForwardingFacts { is_open: true, ..Default::default() };
    says(&with(open), "Whoever reaches this server writes on its master");
}

#[test]
fn a_master_that_may_have_lost_its_data_says_so() {
    let journal = Journal::default();
    let lost = LostDataFacts { replica: "r:1".into(), known_bytes: 5_000_000, keys: 2 };
    says(
        &Facts { lost_data: Some(lost), ..facts(&journal) },
        "found no data to load when it started, and r:1 came from a history that is not known here, \
         of which it had 5.0 MB",
    );
}

#[test]
fn what_stands_out_is_counted_and_numbered() {
    let journal = Journal::default();
    let master = MasterFacts { is_read_only: false, refused_syncs: 1, ..following() };
    let text = report(&Facts { master: Some(master), replicas: Vec::new(), ..facts(&journal) });
    assert!(text.starts_with("2 things stand out. No replica follows.\n\n1. "), "{text}");
    assert!(text.contains("\n\n2. This replica takes writes"), "{text}");
}

#[test]
fn figures_are_rounded_for_people() {
    let shown = [0.0, 999.0, 1500.0, 2.5e6, 3e9].map(bytes);
    assert_eq!(shown, ["0 bytes", "999 bytes", "1.5 KB", "2.5 MB", "3.0 GB"]);
    let shown = [3.0, 999.0, 1500.0, 150_000.0, 8e6].map(time);
    assert_eq!(shown, ["3 ms", "999 ms", "1.5 s", "2 minutes", "2 hours"]);
    assert_eq!([0.0, 1e6, 2e6].map(bytes_rounded_up), ["1mb", "1mb", "2mb"]);
}
