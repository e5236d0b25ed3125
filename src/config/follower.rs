//! Who follows a directive at run time. What nobody follows is read where and when it counts.

/// One who has something to do when a directive gets another value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follower {
    // --- the process, before the value is in force: it may be unable to --------------------------
    WorkingDir,
    /// The TCP sockets, at another port.
    Port,
    /// The TCP sockets, on other addresses.
    Addresses,
    /// The sockets of clients to come.
    Keepalive,
    /// The number of files that the system lets us open.
    FilesLimit,
    OomScore,
    Log,
    /// What `ps` shows.
    Title,

    // --- the keyspace and who has it from there, after -------------------------------------------
    /// Every connection: what its client may send and leave unread.
    Connections,
    /// The manager of replicas and the link to the master.
    Replication,
    /// Those who take clients' writes to the master; and who runs the server hears what that opens.
    Forwarding,
    Backlog,
    /// The logs of slow and large commands, which may have become shorter.
    CommandLogs,
    /// Who runs the server hears what its limit means.
    MemoryLimit,
    /// The append-only log begins or ends, or lets its old files go.
    AppendOnly,
    /// Who looks after what clients take.
    ClientMemory,
}
