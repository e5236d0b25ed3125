//! `CLUSTER`, `ASKING`, `READONLY` and `READWRITE`: this server is not part of a cluster, and says
//! so in the words by which client libraries tell.

use super::call::Call;
use super::command::{Category, Command, Flag};
use super::docs::{Arg, Group};
use super::error::{CommandError, Outcome};

pub const COMMANDS: &[Command] = &[ASKING, CLUSTER, READONLY, READWRITE];

const ASKING: Command = Command::new("asking", 1, refuse)
    .flags(&[Flag::Fast])
    .categories(&[Category::Connection])
    .docs(Group::Cluster, "3.0.0", "Let the next command pass at a node that a slot moves to");

const READONLY: Command = Command::new("readonly", 1, refuse)
    .flags(&[Flag::Fast, Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .docs(Group::Cluster, "3.0.0", "Let this connection read from a replica of a cluster");

const READWRITE: Command = READONLY.sibling("readwrite", refuse).docs(
    Group::Cluster,
    "3.0.0",
    "Send this connection's reads to the master of a cluster",
);

const CLUSTER: Command = Command::container("cluster", SUBCOMMANDS).docs(
    Group::Cluster,
    "3.0.0",
    "A container for cluster commands",
);

const ADMIN: &[Flag] = &[Flag::Admin];
const CHANGING: &[Flag] = &[Flag::Admin, Flag::NoAsyncLoading];
const VARIES: &[&str] = &["nondeterministic_output"];
const NODE_ID: Arg = Arg::string("node-id");
const SLOT_RANGES: Arg =
    Arg::block("start-slot_end-slot", &[Arg::integer("start-slot"), Arg::integer("end-slot")])
        .multiple();

const fn subcommand(
    name: &'static str,
    arity: i32,
    since: &'static str,
    summary: &'static str,
) -> Command {
    Command::new(name, arity, refuse).flags(&[Flag::Stale]).docs(Group::Cluster, since, summary)
}

/// HELP too, as in Redis.
const SUBCOMMANDS: &[Command] = &[
    subcommand("addslots", -3, "3.0.0", "Give slots to this node")
        .and_flags(CHANGING)
        .complexity("O(N) where N is the number of slots")
        .arguments(&[Arg::integer("slot").multiple()]),
    subcommand("addslotsrange", -4, "7.0.0", "Give ranges of slots to this node")
        .and_flags(CHANGING)
        .complexity("O(N) where N is the number of slots in the ranges")
        .arguments(&[SLOT_RANGES]),
    subcommand("bumpepoch", 2, "3.0.0", "Advance the epoch of the configuration")
        .and_flags(CHANGING)
        .tips(VARIES),
    subcommand("count-failure-reports", 3, "3.0.0", "Count how many nodes hold a node for failed")
        .and_flags(ADMIN)
        .tips(VARIES)
        .complexity("O(N) where N is the number of failure reports")
        .arguments(&[NODE_ID]),
    subcommand("countkeysinslot", 3, "3.0.0", "Count the keys of a slot")
        .arguments(&[Arg::integer("slot")]),
    subcommand("delslots", -3, "3.0.0", "Take slots from this node")
        .and_flags(CHANGING)
        .complexity("O(N) where N is the number of slots")
        .arguments(&[Arg::integer("slot").multiple()]),
    subcommand("delslotsrange", -4, "7.0.0", "Take ranges of slots from this node")
        .and_flags(CHANGING)
        .complexity("O(N) where N is the number of slots in the ranges")
        .arguments(&[SLOT_RANGES]),
    subcommand("failover", -2, "3.0.0", "Make this replica the master of its shard")
        .and_flags(CHANGING)
        .arguments(&[Arg::one_of(
            "options",
            &[Arg::word("force", "FORCE"), Arg::word("takeover", "TAKEOVER")],
        )
        .optional()]),
    subcommand("flushslots", 2, "3.0.0", "Take all slots from this node").and_flags(CHANGING),
    subcommand("forget", 3, "3.0.0", "Make this node forget another one")
        .and_flags(CHANGING)
        .arguments(&[NODE_ID]),
    subcommand("getkeysinslot", 4, "3.0.0", "List keys of a slot")
        .tips(VARIES)
        .complexity("O(log(N)) where N is the number of requested keys")
        .arguments(&[Arg::integer("slot"), Arg::integer("count")]),
    subcommand("info", 2, "3.0.0", "Tell of the state of the cluster").tips(VARIES),
    subcommand("keyslot", 3, "3.0.0", "Tell the slot of a key")
        .complexity("O(N) where N is the number of bytes in the key")
        .arguments(&[Arg::string("key")]),
    subcommand("links", 2, "7.0.0", "List the connections to other nodes")
        .tips(VARIES)
        .complexity("O(N) where N is the number of Cluster nodes"),
    subcommand("meet", -4, "3.0.0", "Make this node and another one know each other")
        .and_flags(CHANGING)
        .history(&[("4.0.0", "Added the optional `cluster_bus_port` argument.")])
        .arguments(&[
            Arg::string("ip"),
            Arg::integer("port"),
            Arg::integer("cluster_bus_port").since("4.0.0").optional(),
        ]),
    subcommand("myid", 2, "3.0.0", "Tell the ID of this node"),
    subcommand("nodes", 2, "3.0.0", "List the nodes as this node knows them")
        .tips(VARIES)
        .complexity("O(N) where N is the number of Cluster nodes"),
    subcommand("replicas", 3, "5.0.0", "List the replicas of a node")
        .and_flags(ADMIN)
        .tips(VARIES)
        .arguments(&[NODE_ID]),
    subcommand("replicate", 3, "3.0.0", "Make this node a replica of another one")
        .and_flags(CHANGING)
        .arguments(&[NODE_ID]),
    subcommand("reset", -2, "3.0.0", "Make this node forget its cluster")
        .flags(&[Flag::Admin, Flag::NoScript, Flag::Stale])
        .complexity("O(N) where N is the number of known nodes")
        .arguments(&[Arg::one_of(
            "hard_soft",
            &[Arg::word("hard", "HARD"), Arg::word("soft", "SOFT")],
        )
        .optional()]),
    subcommand("saveconfig", 2, "3.0.0", "Save what this node knows of the cluster")
        .and_flags(CHANGING),
    subcommand("set-config-epoch", 3, "3.0.0", "Set the epoch of the configuration of a new node")
        .and_flags(CHANGING)
        .arguments(&[Arg::integer("config-epoch")]),
    subcommand("setslot", -4, "3.0.0", "Set whom a slot belongs to or moves to")
        .and_flags(CHANGING)
        .arguments(&[
            Arg::integer("slot"),
            Arg::one_of(
                "subcommand",
                &[
                    NODE_ID.token("IMPORTING"),
                    NODE_ID.token("MIGRATING"),
                    NODE_ID.token("NODE"),
                    Arg::word("stable", "STABLE"),
                ],
            ),
        ]),
    subcommand("shards", 2, "7.0.0", "Tell which masters and replicas serve which slots")
        .tips(VARIES)
        .complexity("O(N) where N is the number of cluster nodes"),
    subcommand("slaves", 3, "3.0.0", "List the replicas of a node")
        .and_flags(ADMIN)
        .tips(VARIES)
        .doc_flags(&["deprecated"])
        .deprecated("5.0.0", "`CLUSTER REPLICAS`")
        .arguments(&[NODE_ID]),
    subcommand("slots", 2, "3.0.0", "Tell which nodes serve which slots")
        .tips(VARIES)
        .complexity("O(N) where N is the number of Cluster nodes")
        .doc_flags(&["deprecated"])
        .deprecated("7.0.0", "`CLUSTER SHARDS`")
        .history(&[
            ("4.0.0", "Added node IDs."),
            ("7.0.0", "Added additional networking metadata field."),
        ]),
    subcommand("help", 2, "5.0.0", "Show helpful text about the different subcommands")
        .and_flags(&[Flag::Loading]),
];

fn refuse(_: &mut Call<'_>) -> Outcome {
    Err(CommandError::NoCluster)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn a_server_without_a_cluster_says_so_in_the_words_of_redis() {
        let disabled = "-ERR This instance has cluster support disabled";
        let mut server = TestServer::new();
        server.check(&[
            ("READONLY", disabled),
            ("READWRITE", disabled),
            ("ASKING", disabled),
            ("CLUSTER INFO", disabled),
            ("cluster nodes", disabled),
            ("CLUSTER HELP", disabled),
            ("CLUSTER SETSLOT 1 STABLE", disabled),
            ("READONLY x", "-ERR wrong number of arguments for 'readonly' command"),
            ("CLUSTER", "-ERR wrong number of arguments for 'cluster' command"),
            ("CLUSTER KEYSLOT", "-ERR wrong number of arguments for 'cluster|keyslot' command"),
            ("CLUSTER nosuch", "-ERR unknown subcommand 'nosuch'. Try CLUSTER HELP."),
        ]);
    }
}
