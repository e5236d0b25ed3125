//! `INFO [section ...]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::keys::Keys;
use crate::info::{Facts, Selection, render};

pub const INFO: Command = Command::new("info", -1, info)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Dangerous])
    .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
    .docs(Group::Server, "1.0.0", "Get information and statistics about the server")
    .history(&[("7.0.0", "Added support for taking multiple section arguments.")])
    .arguments(&[Arg::string("section").optional().multiple()]);

fn info(call: &mut Call<'_>) -> Outcome {
    let selection = Selection::of(call.args.iter().skip(1));
    let text = render(&facts(call), &selection);
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The state as INFO reads it.
pub fn facts<'a>(call: &'a Call<'_>) -> Facts<'a> {
    let keys = &call.keys;
    let own_keys = keys.observers.own_keys.as_ref().map_or(0, |own_keys| own_keys.len());
    let Keys { dataset, stats, garbage, .. } = keys;
    Facts::new(call.server, dataset, stats, garbage, call.catalog, own_keys, call.now_micros)
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn info_shows_the_sections_that_are_asked_for() {
        let mut server = TestServer::new();
        let text = server.run("INFO CLUSTER cpu nonsense");
        assert!(text.starts_with("\"# CPU\\r\\nused_cpu_sys:"), "{text}");
        assert!(text.ends_with("# Cluster\\r\\ncluster_enabled:0\\r\\n\""), "{text}");
        assert_eq!(server.run("INFO nonsense"), "\"\"");
    }

    #[test]
    fn info_unasked_leaves_the_long_sections_out() {
        let mut server = TestServer::new();
        let (default, all) = (server.run("INFO"), server.run("INFO everything"));
        assert!(!default.contains("# Commandstats") && !default.contains("# Latencystats"));
        assert!(all.contains("cmdstat_info:calls=1,usec="), "{all}");
        assert!(all.contains("latency_percentiles_usec_info:p50="), "{all}");
        assert_eq!(server.run("INFO default memory").matches("# ").count(), 11);
    }

    #[test]
    fn a_call_with_too_few_arguments_is_counted_as_rejected() {
        let mut server = TestServer::new();
        server.check(&[("SET k", "-ERR wrong number of arguments for 'set' command")]);
        let counted =
            "cmdstat_set:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0";
        assert!(server.run("INFO commandstats").contains(counted));
        assert!(server.run("INFO errorstats").contains("errorstat_ERR:count=1"));
    }

    #[test]
    fn databases_with_keys_are_counted() {
        let mut server = TestServer::new();
        server.run("SET a 1");
        assert!(server.run("INFO keyspace").contains("db0:keys=1,expires=0,avg_ttl=0"));
    }
}
