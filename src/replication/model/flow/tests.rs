use super::*;

const MB: u64 = 1 << 20;
const SETTINGS: FlowSettings = FlowSettings { limit_bytes: 64 * MB, throttles: true };

fn syncing(lag_bytes: u64, left_seconds: Option<u64>) -> Reader {
    let left = left_seconds.map(Duration::from_secs);
    Reader { client: 1, lag_bytes, is_stored: false, phase: Phase::Syncing { left } }
}

fn streaming(position: u64, lag_bytes: u64, catches_up: bool) -> Reader {
    let position = position as Offset;
    Reader {
        client: 1,
        lag_bytes,
        is_stored: false,
        phase: Phase::Streaming { position, catches_up },
    }
}

/// A replica that takes `link` bytes a second of a stream into which writers put what they may, at
/// most `writers` a second, in tenths of a second. The most that it lagged.
fn simulate(link: u64, writers: u64, snapshot: u64, limit: u64) -> (u64, bool) {
    let mut flow = Flow::new(FlowSettings { limit_bytes: limit, throttles: true });
    let (mut sent, mut taken, mut end, mut most) = (0, 0, 0, 0);
    for tick in 0..20_000_i64 {
        let pace = flow.pace().map_or(writers, |pace| pace.bytes_per_second.min(writers));
        end += pace / 10;
        if sent < snapshot {
            sent += link / 10;
        } else {
            taken = end.min(taken + link / 10);
        }
        let lag = end - taken;
        most = most.max(lag);
        let reader = if sent < snapshot {
            let permille = (sent * 1000 / snapshot) as u32;
            let left = time_left(Duration::from_millis(100 * tick as u64), permille);
            Reader { client: 1, lag_bytes: lag, is_stored: false, phase: Phase::Syncing { left } }
        } else {
            streaming(taken, lag, true)
        };
        flow.look(&[reader], 0, 100 * tick);
        if sent >= snapshot && lag < limit / 8 * 3 {
            return (most, true);
        }
    }
    (most, false)
}

#[test]
fn a_replica_reaches_the_stream_on_any_link_within_the_limit() {
    for (link, writers, snapshot, limit) in [
        (20 * MB, 400 * MB, 100 * MB, 256 * MB),
        (20 * MB, 400 * MB, 4096 * MB, 256 * MB),
        (20 * MB, 100 * MB, 4096 * MB, 64 * MB),
        (MB, 300 * MB, 512 * MB, 256 * MB),
        (100 * MB, 90 * MB, 20_000 * MB, 512 * MB),
    ] {
        let (most, is_there) = simulate(link, writers, snapshot, limit);
        assert!(is_there, "{link} {writers} {snapshot} {limit}");
        assert!(most <= limit, "{most} of {limit}: {link} {writers} {snapshot}");
    }
}

#[test]
fn writers_are_slowed_at_half_of_the_limit_and_let_go_below_three_eighths() {
    let mut flow = Flow::new(SETTINGS);
    assert!(!flow.is_pressed(32 * MB - 1, 0) && flow.is_pressed(32 * MB, 0));
    assert_eq!(flow.look(&[syncing(32 * MB - 1, Some(9))], 0, 0), None);
    assert!(flow.look(&[syncing(32 * MB, Some(9))], 0, 100).is_some());
    assert!(!flow.is_pressed(40 * MB, 0), "it has been said");
    assert!(flow.look(&[syncing(24 * MB, Some(9))], 0, 200).is_some());
    assert_eq!(flow.look(&[syncing(24 * MB - 1, Some(9))], 0, 300), None);
    assert_eq!(flow.look(&[syncing(24 * MB, Some(9))], 0, 400), None);
}

#[test]
fn the_room_that_is_left_lasts_for_the_time_that_is_left() {
    let mut flow = Flow::new(SETTINGS);
    let mut pace = |reader| flow.look(&[reader], 0, 0).unwrap().bytes_per_second;
    assert_eq!(pace(syncing(32 * MB, Some(8))), 32 * MB / 10);
    assert_eq!(pace(syncing(32 * MB, None)), 32 * MB / 10);
    assert_eq!(pace(syncing(32 * MB, Some(0))), 32 * MB);
    assert_eq!(pace(syncing(64 * MB, Some(8))), 0);
}

#[test]
fn writers_get_less_than_a_replica_takes() {
    let mut flow = Flow::new(SETTINGS);
    let mut taken = 0;
    let mut pace = None;
    for tick in 0..50 {
        pace = flow.look(&[streaming(taken, 40 * MB, true)], 0, tick * 100);
        taken += 2 * MB;
    }
    let pace = pace.unwrap().bytes_per_second;
    assert!((14 * MB..=20 * MB / 4 * 3).contains(&pace), "{pace}");
}

#[test]
fn one_that_stands_still_leaves_a_trickle_and_one_that_had_all_is_not_waited_for() {
    for (catches_up, is_waited_for) in [(true, true), (false, false)] {
        let mut flow = Flow::new(SETTINGS);
        let mut look = |now| flow.look(&[streaming(5, 40 * MB, catches_up)], 0, now);
        (0..STANDS_STILL_MILLIS / 100).for_each(|tick| assert!(look(tick * 100).is_some()));
        let pace = look(STANDS_STILL_MILLIS);
        assert_eq!(pace.is_some(), is_waited_for);
        assert!(pace.is_none_or(|pace| (1..=MB).contains(&pace.bytes_per_second)));
    }
}

#[test]
fn who_is_gone_or_switched_off_slows_nobody() {
    let mut flow = Flow::new(SETTINGS);
    assert!(flow.look(&[syncing(60 * MB, None)], 0, 0).is_some());
    assert_eq!(flow.look(&[], 0, 100), None);
    assert!(flow.look(&[syncing(60 * MB, None)], 0, 200).is_some());
    flow.set(FlowSettings { throttles: false, ..SETTINGS });
    assert_eq!(flow.look(&[syncing(60 * MB, None)], 0, 300), None);
    assert!(!flow.is_pressed(60 * MB, 0));
    flow.set(FlowSettings { limit_bytes: 1024 * MB, ..SETTINGS });
    assert_eq!(flow.look(&[syncing(60 * MB, None)], 0, 400), None);
}

#[test]
fn the_slowest_decides() {
    let mut flow = Flow::new(SETTINGS);
    let quick = Reader { client: 2, ..syncing(40 * MB, Some(1)) };
    let pace = flow.look(&[quick, syncing(33 * MB, Some(80)), quick], 0, 0).unwrap();
    assert_eq!((pace.client, pace.bytes_per_second), (1, 31 * MB / 100));
}

#[test]
fn the_limit_follows_the_data_set_unless_it_is_set() {
    let automatic = FlowSettings { limit_bytes: 0, throttles: true };
    assert_eq!(automatic.limit(0), 256 * MB);
    assert_eq!(automatic.limit(8192 * MB), 2048 * MB);
    assert_eq!(SETTINGS.limit(8192 * MB), 64 * MB);
}

#[test]
fn a_limit_that_somebody_has_set_holds_and_the_default_gives_way() {
    let default = OutputLimit::DEFAULT;
    let hard = |settings: FlowSettings, output| settings.for_guarded(output, 0).hard_bytes;
    assert_eq!(hard(SETTINGS, default), 80 * MB);
    assert_eq!(SETTINGS.for_guarded(default, 0).soft_bytes, 0);
    assert_eq!(hard(FlowSettings { throttles: false, ..SETTINGS }, default), 64 * MB);
    let tight = OutputLimit { hard_bytes: 8 * MB, soft_bytes: 4 * MB, soft_seconds: 1 };
    assert_eq!(SETTINGS.for_guarded(tight, 0), tight);
    let wide = OutputLimit { hard_bytes: 1024 * MB, ..default };
    assert_eq!(hard(SETTINGS, wide), 80 * MB);
    assert_eq!(SETTINGS.for_guarded(wide, 0).soft_bytes, default.soft_bytes);
    let none = OutputLimit { hard_bytes: 0, soft_bytes: 0, soft_seconds: 0 };
    assert_eq!(hard(SETTINGS, none), 80 * MB);
    assert_eq!(hard(FlowSettings { limit_bytes: 0, ..SETTINGS }, none), 0);
}

#[test]
fn what_a_large_backlog_keeps_anyway_slows_nobody() {
    let mut flow = Flow::new(SETTINGS);
    flow.set_kept(512 * MB, 0);
    let lagging = |lag| [streaming(0, lag, true)];
    assert!(!flow.is_pressed(511 * MB, 0));
    assert_eq!(flow.look(&lagging(511 * MB), 0, 0), None);
    assert!(flow.is_pressed(512 * MB, 0) && flow.look(&lagging(512 * MB), 0, 100).is_some());
}

/// One that stands still is in the room all the time, and nobody is slowed for it.
#[test]
fn for_one_that_stands_still_not_each_message_is_a_reason_to_look() {
    let mut flow = Flow::new(SETTINGS);
    assert!(!flow.is_pressed(31 * MB, 0) && flow.is_pressed(32 * MB, 0));
    flow.look(&[streaming(0, 40 * MB, false)], 0, 0);
    assert!(flow.pace().is_some() && !flow.is_pressed(40 * MB, 0));
    let later = STANDS_STILL_MILLIS;
    assert_eq!(flow.look(&[streaming(0, 40 * MB, false)], 0, later), None);
    assert!(!flow.is_pressed(44 * MB - 1, 0) && flow.is_pressed(44 * MB, 0));
    // It is gone, and another comes that lags.
    assert_eq!(flow.look(&[], 0, later), None);
    assert!(flow.is_pressed(32 * MB, 0));
}

/// What it lags costs no memory: writers wait when the disk has no more of it.
#[test]
fn one_that_reads_from_disk_may_lag_as_far_as_that_reaches() {
    let mut flow = Flow::new(FlowSettings { limit_bytes: 100 * MB, throttles: true });
    flow.set_kept(MB, 1000 * MB);
    let lagging = |lag, is_stored| [Reader { is_stored, ..syncing(lag, Some(10)) }];
    assert_eq!(flow.look(&lagging(400 * MB, true), 0, 0), None);
    assert!(flow.look(&lagging(600 * MB, true), 0, 100).is_some());
    assert_eq!(flow.look(&lagging(300 * MB, true), 0, 200), None);
    // In memory, what that may take holds.
    assert!(flow.look(&lagging(60 * MB, false), 0, 300).is_some());
}
