//! `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]`

use super::replicaof::promote;
use crate::base::number::parse_i64;
use crate::commands::call::Call;
use crate::commands::command::{Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::effect::Action;
use crate::commands::error::{CommandError, Outcome};
use crate::replication::model::failover::{self, FailoverRequest, Target};
use crate::replication::model::lines::log_line;
use crate::resp::request::Args;
use crate::state::{PausePurpose, PauseScope, Server};

pub const FAILOVER: Command = Command::new("failover", -1, failover)
    .flags(&[Flag::Admin, Flag::NoScript, Flag::Stale, Flag::NotInStream])
    .docs(
        Group::Server,
        "6.2.0",
        "Start a coordinated failover between this server and one of its replicas.",
    )
    .arguments(&[
        Arg::block(
            "target",
            &[Arg::string("host"), Arg::integer("port"), Arg::word("force", "FORCE").optional()],
        )
        .token("TO")
        .optional(),
        Arg::word("abort", "ABORT").optional(),
        Arg::integer("milliseconds").token("TIMEOUT").optional(),
    ]);

/// The words of one call.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    abort: bool,
    /// The port as it came: any number may stand there.
    target: Option<(Vec<u8>, i64)>,
    is_forced: bool,
    timeout_millis: Option<i64>,
}

fn parse(args: Args<'_>) -> Result<Wish, CommandError> {
    let mut wish = Wish::default();
    let number = |word: &[u8]| parse_i64(word).ok_or(CommandError::NotInteger);
    let mut words = args.iter().skip(1);
    while let Some(word) = words.next() {
        let left = words.len();
        match word.to_ascii_lowercase().as_slice() {
            b"timeout" if left >= 1 && wish.timeout_millis.is_none() => {
                let millis = number(words.next().unwrap_or_default())?;
                if millis <= 0 {
                    return Err(CommandError::FailoverTimeout);
                }
                wish.timeout_millis = Some(millis);
            }
            b"abort" if args.len() == 2 => wish.abort = true,
            b"to" if left >= 2 && wish.target.is_none() => {
                let host = words.next().unwrap_or_default().to_vec();
                wish.target = Some((host, number(words.next().unwrap_or_default())?));
            }
            b"force" if !wish.is_forced => wish.is_forced = true,
            _ => return Err(CommandError::Syntax),
        }
    }
    Ok(wish)
}

fn failover(call: &mut Call<'_>) -> Outcome {
    let wish = parse(call.args)?;
    if wish.abort {
        if !abort(call.server, failover::BY_HAND) {
            return Err(CommandError::NoFailoverUnderWay);
        }
        call.act(Action::SettleRole);
        call.act(Action::Unpause);
        call.reply.ok();
        return Ok(());
    }
    let now = call.now();
    let request = FailoverRequest {
        target: target(call, &wish)?,
        // One that is too long to be counted is none.
        deadline: wish.timeout_millis.and_then(|millis| now.checked_add(millis)),
        is_forced: wish.is_forced,
    };
    log_line(&call.server.replication.failover.begin(request));
    let pauses = &mut call.server.pauses;
    pauses.begin(PausePurpose::Failover, PauseScope::Writes, i64::MAX, now);
    call.reply.ok();
    Ok(())
}

/// The replica that was named, when it and everything else is as it has to be.
fn target(call: &Call<'_>, wish: &Wish) -> Result<Option<Target>, CommandError> {
    let replication = &call.server.replication;
    if replication.failover.is_under_way() {
        return Err(CommandError::FailoverUnderWay);
    }
    // Also one that becomes a replica when this transaction is over.
    if replication.told_master().is_some() {
        return Err(CommandError::FailoverOnReplica);
    }
    if replication.replicas.is_empty() {
        return Err(CommandError::FailoverWithoutReplicas);
    }
    if wish.is_forced && (wish.timeout_millis.is_none() || wish.target.is_none()) {
        return Err(CommandError::FailoverForceAlone);
    }
    let Some((host, port)) = &wish.target else { return Ok(None) };
    let port = u16::try_from(*port).map_err(|_| CommandError::FailoverTargetUnknown)?;
    let target = Target { host: String::from_utf8_lossy(host).into_owned(), port };
    let replica = replication.replicas.values().find(|replica| target.is(replica));
    match replica.ok_or(CommandError::FailoverTargetUnknown)?.is_online() {
        true => Ok(Some(target)),
        false => Err(CommandError::FailoverTargetOffline),
    }
}

/// Gives up what FAILOVER has begun: clients' writes go on, and we are a master again if we were
/// none any more. Whether there was something to give up. The links have yet to hear of it, and
/// those who wait.
pub fn abort(server: &mut Server, reason: &str) -> bool {
    let Some(aborted) = server.replication.failover.abort(reason) else { return false };
    log_line(&aborted.line);
    server.pauses.end(PausePurpose::Failover);
    if aborted.was_in_progress {
        promote(server);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::keyspace::testing::TestServer;
    use crate::replication::model::progress::Progress;
    use crate::replication::model::status::{AboutReplica, ReplicaStatus};

    /// A master with a replica at 10.0.0.1:7 that is online, and one at :8 that is not yet.
    fn master() -> TestServer {
        let mut server = TestServer::new();
        let progress = [Progress::continuing(0, 0), Progress::waiting(true, 0)];
        for (port, progress) in (7..).zip(progress) {
            let about = AboutReplica { ip: "10.0.0.1".into(), port, is_rdb_only: false };
            let status = ReplicaStatus::new(Arc::new(about), &progress, 0);
            server.server().replication.replicas.insert(u64::from(port), status);
        }
        server
    }

    /// As redis-server 7.0.15 answers.
    #[test]
    fn what_cannot_be_is_refused_as_redis_refuses_it() {
        let syntax = "-ERR syntax error";
        let alone =
            "-ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
        let unknown = "-ERR FAILOVER target HOST and PORT is not a replica.";
        master().check(&[
            ("FAILOVER x", syntax),
            ("FAILOVER TO 127.0.0.1", syntax),
            ("FAILOVER TO 127.0.0.1 x", "-ERR value is not an integer or out of range"),
            ("FAILOVER TIMEOUT", syntax),
            ("FAILOVER TIMEOUT x", "-ERR value is not an integer or out of range"),
            ("FAILOVER TIMEOUT 0", "-ERR FAILOVER timeout must be greater than 0"),
            ("FAILOVER TIMEOUT -1", "-ERR FAILOVER timeout must be greater than 0"),
            ("FAILOVER ABORT", "-ERR No failover in progress."),
            ("FAILOVER ABORT TIMEOUT 5", syntax),
            ("FAILOVER FORCE", alone),
            ("FAILOVER TIMEOUT 5 FORCE", alone),
            ("FAILOVER TO h 5 FORCE", alone),
            ("FAILOVER TO 127.0.0.1 7", unknown),
            ("FAILOVER TO 10.0.0.1 5", unknown),
            ("FAILOVER TO 10.0.0.1 99999", unknown),
            ("FAILOVER TO 10.0.0.1 8", "-ERR FAILOVER target replica is not online."),
            ("FAILOVER TIMEOUT 5 TIMEOUT 6", syntax),
            ("FAILOVER FORCE FORCE", syntax),
            ("FAILOVER TO h 1 TO h 2", syntax),
        ]);
        let mut alone = TestServer::new();
        alone.check(&[("FAILOVER", "-ERR FAILOVER requires connected replicas.")]);
        alone.become_replica();
        alone.check(&[("FAILOVER", "-ERR FAILOVER is not valid when server is a replica.")]);
    }

    #[test]
    fn while_it_is_under_way_writes_wait_and_roles_stay() {
        let mut server = master();
        server.check(&[
            ("FAILOVER TO 10.0.0.1 7 TIMEOUT 9223372036854775807", "OK"),
            ("FAILOVER", "-ERR FAILOVER already in progress."),
            ("REPLICAOF NO ONE", "-ERR REPLICAOF not allowed while failing over."),
            ("SLAVEOF h 1", "-ERR REPLICAOF not allowed while failing over."),
            ("PSYNC ? -1", "-NOMASTERLINK Can't SYNC while failing over"),
            ("CLIENT UNPAUSE", "OK"),
        ]);
        assert!(server.run("INFO replication").contains("master_failover_state:waiting-for-sync"));
        server.run("SET k v");
        assert!(matches!(server.flow, crate::keyspace::testing::Flow::Suspend(_)));
        server.check(&[("FAILOVER ABORT", "OK"), ("SET k v", "OK")]);
        assert!(server.run("INFO replication").contains("master_failover_state:no-failover"));
    }

    #[test]
    fn a_transaction_that_names_nobody_is_no_promotion_while_it_is_under_way() {
        let mut server = master();
        server.check(&[("FAILOVER", "OK")]);
        let before = server.server().replication.stream.history().clone();
        server.check(&[
            ("MULTI", "OK"),
            ("REPLICAOF NO ONE", "QUEUED"),
            ("EXEC", "[-ERR REPLICAOF not allowed while failing over.]"),
        ]);
        assert_eq!(*server.server().replication.stream.history(), before);
    }
}
