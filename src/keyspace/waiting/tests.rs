use super::*;

fn exchange(commands: &[&[&[u8]]], next: usize) -> Exchange {
    let mut exchange = Exchange { next, ..Exchange::default() };
    exchange.batch.input.reserve(16 * 1024);
    exchange.output.reserve(16 * 1024);
    commands.iter().for_each(|command| exchange.batch.push(command));
    exchange
}

fn key(slot: ClientSlot) -> ClientKey {
    ClientKey { slot, id: slot as u64 + 1 }
}

/// One who waits in `WAIT`, and then wants to PING.
fn wait(waiting: &mut Waiting, slot: ClientSlot, replicas: usize, offset: i64, by: i64) {
    let block = Block::Wait { what: Acks::Applied, replicas, offset, deadline: Some(by) };
    let exchange = exchange(&[&[b"WAIT", b"1", b"0"], &[b"PING"]], 1);
    waiting.suspend(key(slot), exchange.into_rest(), block, None, 0);
}

fn pause(waiting: &mut Waiting, slot: ClientSlot, scope: PauseScope) {
    let exchange = exchange(&[&[b"SET", b"k", b"v"]], 0);
    waiting.suspend(key(slot), exchange.into_rest(), Block::Paused, Some(scope), 0);
}

#[test]
fn only_those_are_looked_at_whom_an_acknowledgement_concerns() {
    let mut waiting = Waiting::default();
    for slot in 0..10_000 {
        wait(&mut waiting, slot, 1 + slot % 3, 1000 + slot as i64, 1_000_000);
    }
    assert_eq!(waiting.reached(Acks::Applied, &[999, 999, 999]), []);
    assert_eq!(waiting.reached(Acks::Applied, &[1000]), [0]);
    assert_eq!(waiting.reached(Acks::Applied, &[1004, 1001]), [3, 1, 0]);
    assert_eq!(waiting.reached(Acks::Applied, &[]), []);
    assert_eq!(waiting.looked_at, 4);
    waiting.wake(0, |_| {}).expect("it waits");
    waiting.forget(3);
    assert_eq!(waiting.reached(Acks::Applied, &[1004, 1001]), [1]);
}

#[test]
fn deadlines_come_in_their_order_and_go_with_who_set_them() {
    let mut waiting = Waiting::default();
    for (slot, by) in [(0, 30), (1, 10), (2, 20), (3, 10)] {
        wait(&mut waiting, slot, 1, 1, by);
    }
    assert_eq!((waiting.next_deadline(), waiting.overdue(9)), (Some(10), None));
    assert_eq!(waiting.overdue(10), Some(1));
    waiting.wake(1, |_| {}).expect("it waits");
    assert_eq!(waiting.overdue(10), Some(3));
    waiting.forget(3);
    assert_eq!((waiting.next_deadline(), waiting.overdue(19)), (Some(20), None));
    waiting.forget(2);
    waiting.forget(0);
    assert_eq!(waiting.next_deadline(), None);
    assert!(waiting.by_offset.is_empty());
}

#[test]
fn a_pause_lets_go_of_those_it_held_when_it_eases_and_in_the_order_they_came() {
    let mut waiting = Waiting::default();
    for slot in [7, 3, 5] {
        pause(&mut waiting, slot, PauseScope::All);
    }
    assert_eq!(waiting.released(Some(PauseScope::All)), []);
    assert_eq!(waiting.released(Some(PauseScope::Writes)), [7, 3, 5]);
    assert_eq!(waiting.released(Some(PauseScope::Writes)), [], "once is enough");
    pause(&mut waiting, 8, PauseScope::All);
    pause(&mut waiting, 9, PauseScope::Writes);
    assert_eq!(waiting.released(Some(PauseScope::Writes)), [7, 3, 5, 8, 9]);
    assert_eq!(waiting.released(None), [7, 3, 5, 8, 9]);
}

#[test]
fn a_limit_makes_no_wait_longer() {
    let mut waiting = Waiting::default();
    let held = || Some(Box::new(exchange(&[&[b"SET", b"k", b"v"]], 1)));
    let block = |deadline| Block::Quorum { replicas: 1, offset: 1, deadline };
    waiting.suspend(key(1), held(), block(100), None, 0);
    waiting.suspend(key(2), held(), block(10), None, 0);
    wait(&mut waiting, 3, 1, 1, 200);
    (1..=4).for_each(|slot| waiting.limit_held(slot, 50));
    assert_eq!((waiting.overdue(9), waiting.overdue(10)), (None, Some(2)));
    waiting.forget(2);
    assert_eq!((waiting.overdue(49), waiting.overdue(50)), (None, Some(1)));
    waiting.forget(1);
    assert_eq!(waiting.next_deadline(), Some(200), "who waits in WAIT is none of them");
}

#[test]
fn what_is_forwarded_waits_for_ever_until_it_is_limited() {
    let mut waiting = Waiting::default();
    let block = |deadline| Block::Forwarded { count: 1, may_wait: true, epoch: 1, deadline };
    waiting.suspend(key(1), None, block(None), None, 0);
    waiting.suspend(key(2), None, block(Some(3)), None, 0);
    wait(&mut waiting, 3, 1, 1, 9);
    assert_eq!(waiting.next_deadline(), Some(3));
    waiting.limit_forwarded(5);
    assert_eq!((waiting.overdue(2), waiting.overdue(3)), (None, Some(2)));
    waiting.forget(2);
    waiting.limit_forwarded(8);
    assert_eq!((waiting.overdue(4), waiting.overdue(5)), (None, Some(1)));
    waiting.limit_forwarded(4);
    assert_eq!(waiting.overdue(4), Some(1));
    waiting.forget(1);
    assert_eq!(waiting.next_deadline(), Some(9));
}

#[test]
fn who_is_woken_goes_on_with_its_answer_before_the_rest() {
    let mut waiting = Waiting::default();
    wait(&mut waiting, 4, 1, 1, 9);
    assert!(waiting.wake(5, |_| {}).is_none());
    waiting.wake(4, |exchange| exchange.output.extend_from_slice(b":1\r\n")).expect("it waits");
    assert!(waiting.find(4).is_none() && waiting.has_ready());
    let (client, exchange) = waiting.pop_ready().expect("one");
    assert_eq!((client, &exchange.output[..]), (key(4), &b":1\r\n"[..]));
    assert_eq!(
        (exchange.batch.command(exchange.next).get(0), exchange.batch.len()),
        (&b"PING"[..], 1)
    );
    assert!(!waiting.has_ready());
}

#[test]
fn who_stands_in_line_to_write_is_found_in_the_order_they_came() {
    let mut waiting = Waiting::default();
    for (slot, now) in [(7, 10), (3, 10), (5, 20)] {
        let rest = exchange(&[&[b"SET", b"k", b"v"]], 0).into_rest();
        waiting.suspend(key(slot), rest, Block::Throttled, None, now);
    }
    let bytes = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n".len();
    assert_eq!(waiting.first_throttled(), Some((key(7), bytes, 10)));
    waiting.wake(7, |_| {}).expect("it waits");
    waiting.forget(3);
    assert_eq!(waiting.first_throttled(), Some((key(5), bytes, 20)));
    waiting.forget(5);
    assert_eq!(waiting.first_throttled(), None);
}

#[test]
fn who_waits_takes_at_most_a_kilobyte() {
    let mut waiting = Waiting::default();
    wait(&mut waiting, 0, 1, 1, 9);
    pause(&mut waiting, 1, PauseScope::Writes);
    for suspended in waiting.by_slot.values() {
        let rest = suspended.rest.as_ref().expect("something is left");
        let bytes = size_of::<Suspended>() + size_of::<Exchange>() + rest.memory_bytes();
        assert!(bytes < 512, "{bytes}");
    }
    let index_entry = size_of::<(Acks, usize, i64, Turn)>() + size_of::<ClientSlot>();
    assert!(2 * index_entry < 128, "{index_entry}");
    let block = Block::Wait { what: Acks::Fsynced, replicas: 1, offset: 1, deadline: None };
    waiting.suspend(key(2), exchange(&[&[b"WAIT", b"1", b"0"]], 1).into_rest(), block, None, 0);
    assert!(waiting.by_slot[&2].rest.is_none(), "nothing is left");
}
