//! The network as chance has it, and cases that once went wrong.

use super::*;

/// The letters of a whole life, in any order that may be.
#[test]
fn whatever_comes_late_or_breaks_no_name_means_two_streams_and_everything_ends() {
    let mut sum = Seen::default();
    for seed in 0..200 {
        println!("seed {seed}");
        let mut network = Network::new(seed, 3);
        network.some_get_stuck = seed % 4 < 2;
        network.some_are_distrusted = seed % 8 == 3;
        for _ in 0..1500 {
            network.step();
        }
        let seen = network.finish();
        let Seen { snapshots, continued, stream_bytes, over_limit, timed_out, paced, .. } = seen;
        let Seen { distrusted, .. } = seen;
        sum.snapshots += snapshots;
        sum.continued += continued;
        sum.stream_bytes += stream_bytes;
        sum.over_limit += over_limit;
        sum.timed_out += timed_out;
        sum.paced += paced;
        sum.distrusted += distrusted;
    }
    let is_much = sum.snapshots > 500 && sum.continued > 200 && sum.stream_bytes > 20_000;
    let is_much = is_much && sum.over_limit > 10 && sum.timed_out > 30 && sum.paced > 100;
    let is_much = is_much && sum.distrusted > 15;
    assert!(is_much, "the network has done little: {sum:?}");
}

/// The same with the stream on disk, from which those read who lag, and which now and then goes.
#[test]
fn whoever_reads_from_disk_gets_the_same_stream() {
    let (mut stretches, mut bytes, mut continued) = (0, 0, 0);
    for seed in 0..12 {
        println!("seed {seed}");
        let mut network = Network::new(seed, 3);
        network.disk = Some(parties::Disk::default());
        network.backlog.spill_from(1);
        network.backlog.set_stored_limit(if seed % 2 == 0 { 50_000 } else { 1 << 20 });
        for _ in 0..700 {
            network.step();
            for _ in 0..8 {
                network.deliver_any();
            }
            let links: Vec<_> = network.links.keys().copied().collect();
            links.into_iter().for_each(|client| network.poll_link(client));
            if network.below(12) == 0 {
                network.write(8000);
            }
        }
        let seen = network.finish();
        stretches += seen.read_stretches;
        bytes += seen.stream_bytes;
        continued += seen.continued;
    }
    let is_much = stretches > 20 && bytes > 200_000 && continued > 8;
    assert!(is_much, "{stretches} stretches, {bytes} bytes, {continued} continued");
}

impl Network {
    /// Delivers letters until there is one that is wanted, and gives it.
    fn until(&mut self, wanted: impl Fn(Actor, &Body) -> bool) -> u64 {
        loop {
            if let Some(id) = self.mail.find(&wanted) {
                return id;
            }
            self.now += 1000;
            assert!(self.deliver_any(), "it never comes");
        }
    }

    /// A replica that is up, with a stream that has been written.
    fn up(seed: u64, peers: usize) -> Network {
        let mut network = Network::new(seed, peers);
        network.writer.begin();
        network.write(100);
        for peer in 0..peers {
            network.psync(peer);
        }
        for _ in 0..10 {
            network.settle();
            (0..peers).for_each(|peer| network.acknowledge(peer));
        }
        network
    }

    fn offset_of(&self, peer: usize) -> Option<Offset> {
        self.peers[peer].have.map(|(_, offset)| offset)
    }
}

#[test]
fn a_replica_gets_its_snapshot_and_then_the_stream() {
    for seed in 0..20 {
        let mut network = Network::up(seed, 2);
        network.write(50);
        network.settle();
        for peer in (0..2).filter(|&peer| !network.peers[peer].is_rdb_only) {
            assert_eq!(network.offset_of(peer), Some(150));
        }
        network.finish();
    }
}

/// The credit was made with the snapshot, and the link that was to close it never heard of it: the
/// thread waited for ever, and with it the other replica.
#[test]
fn a_link_that_stops_before_it_hears_of_its_snapshot_stalls_nobody() {
    for seed in 0..20 {
        let mut network = Network::new(seed, 2);
        network.psync(0);
        network.psync(1);
        let first = network.peers[0].client.unwrap();
        let is_its_snapshot = |to: Actor, body: &Body| {
            to == Actor::Link(first) && matches!(body, Body::ToLink(ToLink::SnapshotTaken { .. }))
        };
        network.until(is_its_snapshot);
        network.cut(0);
        network.end_link(first);
        network.settle();
        assert!(network.peers[1].loading.is_none(), "the other has all of its snapshot");
        assert!(network.threads.is_empty());
        network.finish();
    }
}

/// REPLICAOF NO ONE between PSYNC and the coming of its socket: the answer was of the old name, and
/// the bytes that followed of the new.
#[test]
fn a_promotion_reaches_a_replica_whose_socket_is_on_its_way() {
    for seed in 0..20 {
        let mut network = Network::new(seed, 1);
        network.writer.begin();
        network.write(100);
        let id = network.writer.history().id();
        network.peers[0].have = Some((id, 60));
        network.psync(0);
        network.promote();
        network.write(100);
        network.flush();
        network.settle();
        assert!(network.peers[0].have.is_none_or(|(name, offset)| name != id || offset <= 100));
        network.finish();
    }
}

/// FAILOVER: our master's PSYNC makes a master of us. It has all that we have, and goes on from there
/// under the new name.
#[test]
fn a_master_that_hands_over_continues_with_the_name_that_its_psync_has_made() {
    for seed in 0..20 {
        let mut network = Network::new(seed, 1);
        network.writer.begin();
        network.write(100);
        let id = network.writer.history().id();
        network.peers[0].have = Some((id, 100));
        network.promote();
        network.psync(0);
        network.write(50);
        network.flush();
        network.settle();
        if !network.peers[0].is_rdb_only {
            assert_eq!(network.peers[0].have, Some((network.writer.history().id(), 150)));
            assert_eq!((network.seen.continued, network.seen.snapshots), (1, 0));
        }
        network.finish();
    }
}

/// A promotion reaches a replica that streams, too: it must not read on before it hears that it is to ask anew.
#[test]
fn a_link_that_has_not_heard_of_a_promotion_reads_nothing_of_the_new_name() {
    for seed in 0..20 {
        let mut network = Network::up(seed, 1);
        if network.peers[0].is_rdb_only {
            continue;
        }
        let client = network.peers[0].client.unwrap();
        network.promote();
        network.write(100);
        network.flush();
        network.until(|to, _| to == Actor::Link(client));
        while network.mail.find(|to, _| to == Actor::Hub).is_some() {
            let letter = network.mail.find(|to, _| to == Actor::Hub).unwrap();
            network.deliver(letter);
        }
        (0..10).for_each(|_| network.poll_link(client));
        assert_eq!(network.offset_of(0), Some(100));
        network.settle();
        network.finish();
    }
}

/// A second writer of the backlog, or one that is early: the process must not go on.
#[test]
#[should_panic(expected = "the stream goes on where the backlog ends")]
fn bytes_that_do_not_follow_the_backlog_are_not_taken() {
    let mut network = Network::new(1, 1);
    network.writer.begin();
    network.settle();
    network.backlog = Backlog::new(1, 500);
    network.write(10);
    network.settle();
}
