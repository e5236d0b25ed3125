//! Whose stream this is, where it stands, and who follows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::BytesMut;

use super::forwarding::Forwarding;
use crate::base::ids::{ClientId, DbIndex, ReplId};
use crate::base::offset::Offset;
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::clients::ClientKey;
use crate::replication::model::backlog_gauge::BacklogGauge;
use crate::replication::model::failover::Failover;
use crate::replication::model::journal::Journal;
use crate::replication::model::lag::StreamTimes;
use crate::replication::model::lines::{self, LogLine};
use crate::replication::model::received_gauge::ReceivedGauge;
use crate::replication::model::status::{Acks, MasterLinkStatus, ReplicaStatus};
use crate::replication::model::stream_writer::StreamWriter;

/// Whoever follows a replica that was the master has heard by then who is the master now.
const SETTLED_MILLIS: i64 = 60_000;

/// How many masters that made us take over are remembered.
const TAKEN_OVER_MAX: usize = 16;

/// The history that we write or follow, and who follows us.
pub struct Replication {
    /// What we write, or pass on, and its history.
    pub stream: StreamWriter,
    /// What the replication manager shows of the backlog, which is its own.
    pub backlog: Arc<BacklogGauge>,
    /// When the stream grew.
    pub times: StreamTimes,
    /// What happened to the links.
    pub journal: Journal,
    /// What the link to our master shows of its stream.
    pub received: Arc<ReceivedGauge>,
    /// Mirror of the manager's replicas, in the order they connected.
    pub replicas: BTreeMap<ClientId, ReplicaStatus>,
    /// `Some`: we are a replica.
    pub master: Option<Master>,
    /// Since when we are one; of what we are from the start on, since ever.
    pub replica_since: UnixMillis,
    /// The master that the transaction which runs has named: it is followed once its unit is
    /// complete, and is told of as if it were already.
    pub named_master: Option<Master>,
    /// The masters of which histories have made us take over from them, until we are told to follow
    /// another than whom we hand over to. They may ask again: our answer may never have come.
    pub taken_over: Vec<ReplId>,
    /// How far we are in handing over to one of our replicas.
    pub failover: Failover,
    /// Replicas that are online and lag less than `min-replicas-max-lag`.
    pub good_replicas: usize,
    /// Counts masters: what an earlier one has sent is told apart.
    pub epoch: u64,
    /// The links have yet to hear whom we follow, or that it is nobody any more.
    pub role_is_news: bool,
    /// Whether our history has a name that another server may know: it is offered to a master.
    pub may_continue: bool,
    /// What we have came from a master, or was loaded to follow one: it is not given up for nothing.
    pub has_followed: bool,
    /// Our place in the master's history is that of a file, and no master has continued it since: what
    /// it has acknowledged beyond that, we had too before we started.
    pub is_of_file: bool,
    /// What was here went to make room for a full sync that has not come: it is not saved, since the
    /// file may be the last that has it.
    pub is_emptied: bool,
    /// REPLICAOF with FORCE: the next full sync is taken, whatever it has.
    pub takes_anything: bool,
    /// The data of a full sync is loaded after the old went, and commands are answered with LOADING.
    pub loads_in_place: bool,
    /// Full syncs in a row that would have left next to nothing, and were not taken.
    pub refused_syncs: u32,
    /// How the writes fare that are sent on to our master.
    pub forwarding: Forwarding,
    /// There was nothing to load at the start, and no master has given us anything since.
    pub started_empty: bool,
    /// If so: who came and knew more.
    pub lost_data: Option<LostData>,
    /// The pseudo client that runs the master's stream.
    pub master_client: Option<ClientKey>,
    /// Our address and the master's on the link.
    pub link_addresses: (String, String),
    /// Bytes of a transaction of the master's that is not complete.
    pub held_back: BytesMut,
    /// Database that the master's stream has selected.
    pub master_stream_db: DbIndex,
    /// The master's stream has selected one that we do not have: what follows belongs nowhere here,
    /// and is not run.
    pub has_lost_stream: bool,
    /// When the last PING went into the stream.
    pub last_ping_at: UnixMillis,
    /// Since when a master with a backlog has no replica.
    pub no_replicas_since: Option<UnixMillis>,
}

/// A replica that came from a history that is not known here, though we may have begun it.
#[derive(Clone, Debug)]
pub struct LostData {
    pub replica: String,
    /// What it has of that history.
    pub known_bytes: Offset,
}

/// The master that we follow.
#[derive(Clone, Debug)]
pub struct Master {
    pub host: String,
    pub port: u16,
    pub link: MasterLinkStatus,
}

impl Master {
    pub fn is_at(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port == port
    }
}

impl Replication {
    /// Whether what happens here goes to a stream that somebody reads: a replica's is its master's.
    pub fn feeds_own(&self) -> bool {
        self.stream.is_feeding() && self.master.is_none()
    }

    /// A master at the beginning of its history, with no replicas.
    pub(super) fn new(random: &mut Random) -> Replication {
        let mut id = [0; 20];
        random.fill(&mut id);
        Replication {
            stream: StreamWriter::new(ReplId::from_random(id)),
            backlog: Arc::default(),
            times: StreamTimes::default(),
            journal: Journal::default(),
            received: Arc::default(),
            replicas: BTreeMap::new(),
            master: None,
            replica_since: UnixMillis::MIN,
            named_master: None,
            taken_over: Vec::new(),
            failover: Failover::default(),
            good_replicas: 0,
            epoch: 0,
            role_is_news: false,
            may_continue: false,
            has_followed: false,
            is_of_file: false,
            is_emptied: false,
            takes_anything: false,
            loads_in_place: false,
            refused_syncs: 0,
            forwarding: Forwarding::default(),
            started_empty: false,
            lost_data: None,
            master_client: None,
            link_addresses: Default::default(),
            held_back: Default::default(),
            master_stream_db: 0,
            has_lost_stream: false,
            last_ping_at: 0,
            no_replicas_since: None,
        }
    }

    pub fn is_replica(&self) -> bool {
        self.master.is_some()
    }

    /// We are to follow this master from now on. Until it answers, what we have of a history that
    /// others know is our offset: Sentinel promotes the replica that shows the highest.
    pub fn set_master(&mut self, host: String, port: u16, now: UnixMillis) {
        if self.master.is_none() {
            self.replica_since = now;
        }
        self.master = Some(self.new_master(host, port, now));
        self.named_master = None;
        if !self.failover.is_in_progress() {
            self.taken_over.clear();
        }
        self.role_is_news = true;
    }

    /// The transaction that runs says that we are to follow this master after it.
    pub fn name_master(&mut self, host: String, port: u16, now: UnixMillis) {
        self.named_master = Some(self.new_master(host, port, now));
    }

    /// Whether we have been a replica for so long that it is no news to whoever follows us.
    pub fn is_settled_replica(&self, now: UnixMillis) -> bool {
        self.is_replica() && now.saturating_sub(self.replica_since) >= SETTLED_MILLIS
    }

    /// Whom we follow, or do so after the transaction that runs: what INFO and ROLE tell.
    pub fn told_master(&self) -> Option<&Master> {
        self.named_master.as_ref().or(self.master.as_ref())
    }

    fn new_master(&self, host: String, port: u16, now: UnixMillis) -> Master {
        let mut link = MasterLinkStatus::new(host.clone(), port);
        if self.may_continue {
            link.read_offset = self.stream.offset();
            link.applied_offset = self.stream.offset();
        }
        if let Some(Master { link: before, .. }) = &self.master {
            link.down_since = if before.is_up() { Some(now) } else { before.down_since };
        }
        Master { host, port, link }
    }

    /// A master, or a replica of another, begins to follow this one. Returns what to log if it was
    /// a master, whose place in its history is offered to the new one.
    pub fn begin_following(&mut self, host: String, port: u16, now: UnixMillis) -> Option<LogLine> {
        let was_master = self.master.is_none();
        self.may_continue |= was_master;
        self.set_master(host, port, now);
        was_master.then(lines::replica::synthesizing_master)
    }

    /// We follow nobody any more: the history goes on as `id`, from what was applied.
    pub fn promote(&mut self, id: ReplId) -> LogLine {
        (self.master, self.named_master) = (None, None);
        self.may_continue = true;
        (self.has_followed, self.takes_anything, self.refused_syncs) = (false, false, 0);
        (self.is_emptied, self.is_of_file) = (false, false);
        self.role_is_news = true;
        self.stream.promote(id)
    }

    /// A master of that history has made us take over.
    pub fn note_taken_over(&mut self, id: ReplId) {
        self.taken_over.push(id);
        let surplus = self.taken_over.len().saturating_sub(TAKEN_OVER_MAX);
        self.taken_over.drain(..surplus);
    }

    /// We have what a master gave us: what there was at the start means nothing any more.
    pub fn note_given(&mut self) {
        (self.started_empty, self.lost_data) = (false, None);
    }

    /// How many online replicas have acknowledged `offset`.
    pub fn acknowledged(&self, what: Acks, offset: i64) -> usize {
        let online = self.replicas.values().filter(|replica| replica.is_online());
        online.filter(|replica| replica.acknowledged(what) >= offset).count()
    }

    /// Where the backlog begins; `None` if there is none.
    pub fn backlog_start(&self) -> Option<Offset> {
        self.stream.is_feeding().then(|| self.backlog.start(self.stream.last_reset()))
    }

    /// Where what is on disk of the stream begins, if anything is.
    pub fn stored_start(&self) -> Option<Offset> {
        self.backlog.stored_start(self.stream.last_reset()).filter(|_| self.stream.is_feeding())
    }

    /// The database that the stream has selected at its end: `repl-stream-db` of an RDB.
    pub fn stream_db(&self) -> i64 {
        match self.master {
            Some(_) => self.master_stream_db as i64,
            None => self.stream.selected().unwrap_or(0) as i64,
        }
    }
}
