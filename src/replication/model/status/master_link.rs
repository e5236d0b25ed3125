//! How a replica shows its link to its master.

use crate::base::offset::Offset;
use crate::base::time::UnixMillis;
use crate::replication::model::lag;
use crate::replication::model::progress::seconds;

/// How far a replica's link to its master is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LinkState {
    /// To be connected at the next attempt.
    #[default]
    Connect,
    /// The connection is being made.
    Connecting,
    /// The two are talking.
    Handshake,
    /// The RDB is coming in, or being loaded.
    Transfer,
    /// The stream flows.
    Connected,
}

impl LinkState {
    /// The fourth element of ROLE.
    pub fn role_name(self) -> &'static str {
        match self {
            LinkState::Connect => "connect",
            LinkState::Connecting => "connecting",
            LinkState::Handshake => "handshake",
            LinkState::Transfer => "sync",
            LinkState::Connected => "connected",
        }
    }
}

/// How much of an RDB has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferStatus {
    /// -1 until the master says, 0 if it sends until a mark.
    pub total_bytes: i64,
    pub read_bytes: i64,
    pub last_io: UnixMillis,
    pub begun_at: UnixMillis,
    /// What the RDB says of the memory that the master had in use; 0 before it does.
    pub master_memory_bytes: u64,
    /// All of it has come.
    pub is_received: bool,
}

impl TransferStatus {
    /// A transfer of which nothing is known yet.
    pub fn begun(now: UnixMillis) -> Self {
        TransferStatus {
            total_bytes: -1,
            read_bytes: 0,
            last_io: now,
            begun_at: now,
            master_memory_bytes: 0,
            is_received: false,
        }
    }

    /// What it waits for: the first byte, the rest, or the loading of what has come.
    pub fn phase(&self) -> &'static str {
        match self.is_loading() {
            false => "waiting",
            true if self.is_received => "loading",
            true => "receiving",
        }
    }

    /// How long the whole is, as far as that is known: a master that sends until a mark only says
    /// what it has in memory, which is more. 0: nobody knows.
    pub fn whole_bytes(&self) -> u64 {
        match self.total_bytes {
            0 if self.is_received => self.read_bytes.unsigned_abs(),
            0 => self.master_memory_bytes.max(self.read_bytes.unsigned_abs()),
            total => u64::try_from(total).unwrap_or(0),
        }
    }

    /// Seconds until all has come, at the speed so far; -1: nobody knows.
    pub fn eta_seconds(&self, now: UnixMillis) -> i64 {
        let (done, whole) = (self.read_bytes.unsigned_abs(), self.whole_bytes());
        lag::eta_seconds(done, whole, now - self.begun_at).unwrap_or(-1)
    }

    /// Whether the RDB is being loaded, as it comes.
    pub fn is_loading(&self) -> bool {
        self.total_bytes >= 0
    }

    /// Whether the master sends until a mark.
    pub fn is_by_mark(&self) -> bool {
        self.total_bytes == 0
    }

    /// `master_sync_left_bytes`: as Redis subtracts, whatever the total means.
    pub fn left_bytes(&self) -> i64 {
        self.total_bytes - self.read_bytes
    }

    /// `master_sync_perc`, two digits.
    pub fn percent(&self) -> String {
        let percent = match self.total_bytes {
            0 => 0.0,
            total => self.read_bytes as f64 / total as f64 * 100.0,
        };
        format!("{percent:.2}")
    }

    /// `master_sync_last_io_seconds_ago`.
    pub fn last_io_seconds_ago(&self, now: UnixMillis) -> i64 {
        seconds(now) - seconds(self.last_io)
    }
}

/// A replica's link to its master, as the replica shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterLinkStatus {
    pub host: String,
    pub port: u16,
    pub state: LinkState,
    /// When bytes last came on the established link.
    pub last_io: UnixMillis,
    /// Bytes of the stream that came / that were applied. 1 before there was ever a master, as
    /// Redis shows it.
    pub read_offset: Offset,
    pub applied_offset: Offset,
    /// While the RDB comes in.
    pub transfer: Option<TransferStatus>,
    /// A link was given up since nothing came over it, and nothing has come since.
    pub is_silent: bool,
    /// When an established link was lost; `None` if there never was one.
    pub down_since: Option<UnixMillis>,
}

impl MasterLinkStatus {
    /// A link that is to be made.
    pub fn new(host: String, port: u16) -> Self {
        MasterLinkStatus {
            host,
            port,
            state: LinkState::Connect,
            last_io: 0,
            read_offset: 1,
            applied_offset: 1,
            transfer: None,
            is_silent: false,
            down_since: None,
        }
    }

    pub fn is_up(&self) -> bool {
        self.state == LinkState::Connected
    }

    /// `master_link_status`.
    pub fn status_name(&self) -> &'static str {
        if self.is_up() { "up" } else { "down" }
    }

    /// `master_last_io_seconds_ago`.
    pub fn last_io_seconds_ago(&self, now: UnixMillis) -> i64 {
        if self.is_up() { seconds(now) - seconds(self.last_io) } else { -1 }
    }

    /// `master_sync_in_progress`.
    pub fn sync_in_progress(&self) -> bool {
        self.state == LinkState::Transfer
    }

    /// `master_link_down_since_seconds`; `None` if the field is not shown.
    pub fn down_since_seconds(&self, now: UnixMillis) -> Option<i64> {
        match self.down_since {
            _ if self.is_up() => None,
            None => Some(-1),
            Some(since) => Some(seconds(now) - seconds(since)),
        }
    }

    /// The fifth element of ROLE.
    pub fn role_offset(&self) -> i64 {
        if self.is_up() { self.applied_offset } else { -1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As redis-server 7.0.15 shows a replica whose master never answered.
    #[test]
    fn a_link_that_never_was_shows_minus_ones() {
        let link = MasterLinkStatus::new("127.0.0.1".into(), 1);
        assert_eq!((link.status_name(), link.last_io_seconds_ago(5000)), ("down", -1));
        assert_eq!(link.down_since_seconds(5000), Some(-1));
        assert_eq!((link.applied_offset, link.role_offset()), (1, -1));
        assert_eq!((link.state.role_name(), link.sync_in_progress()), ("connect", false));
    }

    #[test]
    fn a_lost_link_counts_the_seconds_and_a_working_one_hides_them() {
        let mut link = MasterLinkStatus::new("h".into(), 1);
        link.down_since = Some(1999);
        assert_eq!(link.down_since_seconds(4000), Some(3));
        link.state = LinkState::Connected;
        link.applied_offset = 63;
        assert_eq!(link.down_since_seconds(4000), None);
        assert_eq!((link.status_name(), link.role_offset()), ("up", 63));
    }

    /// The four figures that redis-server 7.0.15 showed at four moments of a transfer.
    #[test]
    fn transfer_figures_are_those_of_redis() {
        let shown = |total_bytes, read_bytes| {
            let transfer = TransferStatus { total_bytes, read_bytes, ..TransferStatus::begun(0) };
            (transfer.left_bytes(), transfer.percent())
        };
        assert_eq!(TransferStatus::begun(0).total_bytes, -1);
        assert_eq!(shown(-1, 0), (-1, "-0.00".to_string()));
        assert_eq!(shown(0, 0), (0, "0.00".to_string()));
        assert_eq!(shown(0, 9), (-9, "0.00".to_string()));
        assert_eq!(shown(200, 50), (150, "25.00".to_string()));
    }
}
