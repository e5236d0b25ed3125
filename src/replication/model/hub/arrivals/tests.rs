use super::*;
use crate::base::ids::ReplId;
use crate::clients::ReplicaIntro;
use crate::replication::model::flow::FlowSettings;
use crate::replication::model::history::History;
use crate::replication::model::hub::{SyncStart, TransferSettings};
use crate::replication::model::output_limit::OutputLimit;
use crate::replication::model::stream_writer::{StreamNews, StreamWriter};

const SETTINGS: LinkSettings = LinkSettings {
    timeout_seconds: 60,
    output_limit: OutputLimit { hard_bytes: 40_000, soft_bytes: 20_000, soft_seconds: 10 },
    flow: FlowSettings { limit_bytes: 0, throttles: false },
};

/// A hub with one client that was promised what follows, or everything.
struct Case {
    hub: Hub,
    backlog: Backlog,
    writer: StreamWriter,
}

impl Case {
    fn new(continues: bool) -> Case {
        let id = ReplId::from_bytes(&[b'z'; 40]).unwrap();
        let mut writer = StreamWriter::new(id);
        let transfers = TransferSettings {
            diskless: true,
            diskless_delay_seconds: 0,
            diskless_max_replicas: 0,
        };
        let history: History = writer.history().clone();
        let hub = Hub::new(history, transfers, SETTINGS.flow, 0);
        writer.begin();
        let mut case = Case { hub, backlog: Backlog::new(1, 0), writer };
        case.flush();
        let replid = match continues {
            true => case.writer.history().id().as_bytes().to_vec(),
            false => b"?".to_vec(),
        };
        let wanted = case.writer.offset() + 1;
        let intro = ReplicaIntro { understands_psync2: true, ..ReplicaIntro::default() };
        let sync =
            SyncStart { client: 1, replid, wanted, is_old_sync: false, ip: "r".into(), intro };
        case.hub.begin_sync(sync, &mut case.backlog, 0);
        assert_eq!(case.backlog.has_cursors(), continues);
        case.hub.take_orders();
        case
    }

    fn flush(&mut self) {
        while let Some(news) = self.writer.next_news() {
            self.hub.stream_news(news, &mut self.backlog);
        }
    }

    fn write(&mut self, bytes: usize) {
        self.writer.write(|feed| feed.pass_on(&vec![b'x'; bytes]));
        self.flush();
        self.hub.take_orders();
    }

    /// Whom the timer gives up then.
    fn tick(&mut self, now: UnixMillis) -> Option<ArrivalFault> {
        self.hub.tend_arrivals(&SETTINGS, &mut self.backlog, now);
        let orders = self.hub.take_orders().into_iter();
        let fault = orders.filter_map(|order| match order {
            Order::CloseArrival { client: 1, fault } => Some(fault),
            _ => None,
        });
        let fault = fault.last();
        assert_eq!(self.hub.sessions.is_empty(), fault.is_some());
        assert!(fault.is_none() || !self.backlog.has_cursors());
        fault
    }

    /// The timer ticks each second from `from` on, until somebody is given up: when, and why.
    fn tick_from(&mut self, from: UnixMillis) -> (UnixMillis, ArrivalFault) {
        let ticks = (0..1000).map(|i| from + i * 1000);
        ticks.into_iter().find_map(|now| Some((now, self.tick(now)?))).expect("it ends")
    }
}

#[test]
fn who_is_promised_the_stream_and_keeps_its_socket_ends_at_the_limits_of_a_replica() {
    let mut case = Case::new(true);
    case.write(39_000);
    assert_eq!(case.tick(100), None);
    case.write(1_000);
    assert_eq!(case.tick(200), Some(ArrivalFault::OverOutputLimit));

    let mut case = Case::new(true);
    case.write(20_480);
    assert_eq!(case.tick_from(1000), (12_000, ArrivalFault::OverOutputLimit));
}

#[test]
fn whoever_keeps_its_socket_ends_in_time() {
    for continues in [true, false] {
        let mut case = Case::new(continues);
        case.write(1000);
        assert_eq!(case.tick_from(1000), (61_000, ArrivalFault::TimedOut));
    }
}

#[test]
fn the_time_in_which_we_stood_still_is_not_held_against_it() {
    let mut case = Case::new(true);
    case.write(20_480);
    assert_eq!(case.tick(1000), None);
    assert_eq!(case.tick(100_000), None);
    assert_eq!(case.tick_from(101_000), (112_000, ArrivalFault::OverOutputLimit));
}

#[test]
fn what_it_was_promised_ends_with_the_stream() {
    let mut case = Case::new(true);
    let id = ReplId::from_bytes(&[b'y'; 40]).unwrap();
    case.writer.promote(id);
    while let Some(news) = case.writer.next_news() {
        assert!(matches!(news, StreamNews::Renamed { .. }));
        case.hub.stream_news(news, &mut case.backlog);
    }
    assert_eq!(case.tick(100), Some(ArrivalFault::StreamChanged));
}
