//! MULTI, EXEC, DISCARD, WATCH, UNWATCH.

use super::call::Call;
use super::command::{Category, Command, Flag};
use super::docs::{Arg, Group};
use super::effect::Continuation;
use super::error::{CommandError, Outcome};
use super::key_spec::{KeyFlag, KeySpec};

const FLAGS: &[Flag] = &[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::AllowBusy];

pub const COMMANDS: &[Command] = &[
    Command::new("multi", 1, multi)
        .flags(FLAGS)
        .and_flags(&[Flag::ActsOnTransaction])
        .categories(&[Category::Transaction])
        .docs(Group::Transactions, "1.2.0", "Starts a transaction."),
    Command::new("exec", 1, exec)
        .flags(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::SkipSlowlog])
        .and_flags(&[Flag::ActsOnTransaction, Flag::EndsTransaction, Flag::RunsTransaction])
        .categories(&[Category::Transaction])
        .docs(Group::Transactions, "1.2.0", "Executes all commands in a transaction.")
        .complexity("Depends on commands in the transaction"),
    Command::new("discard", 1, discard)
        .flags(FLAGS)
        .and_flags(&[Flag::ActsOnTransaction, Flag::EndsTransaction])
        .categories(&[Category::Transaction])
        .docs(Group::Transactions, "2.0.0", "Discards a transaction.")
        .complexity("O(N), when N is the number of queued commands"),
    Command::new("watch", -2, watch)
        .flags(FLAGS)
        .and_flags(&[Flag::ActsOnTransaction, Flag::NotInStream])
        .categories(&[Category::Transaction])
        .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly])])
        .docs(
            Group::Transactions,
            "2.2.0",
            "Monitors changes to keys to determine the execution of a transaction.",
        )
        .complexity("O(1) for every key.")
        .arguments(&[Arg::KEYS]),
    Command::new("unwatch", 1, unwatch).flags(FLAGS).categories(&[Category::Transaction]).docs(
        Group::Transactions,
        "2.2.0",
        "Forgets about watched keys of a transaction.",
    ),
];

fn multi(call: &mut Call<'_>) -> Outcome {
    let session = call.session();
    if session.transaction.is_some() {
        return Err(CommandError::NestedMulti);
    }
    session.transaction = Some(Box::default());
    call.reply.ok();
    Ok(())
}

/// Says whether the queue may run; the keyspace runs it.
fn exec(call: &mut Call<'_>) -> Outcome {
    let client = call.client;
    let Some(transaction) = &call.session().transaction else {
        return Err(CommandError::ExecWithoutMulti);
    };
    let (is_broken, length) = (transaction.broken, transaction.queue.len());
    let is_spoilt = call.keys.observers.watches.is_spoilt(client, call.keys.dataset, call.keys.now);
    call.keys.observers.watches.unwatch(client);
    if is_broken {
        call.session().transaction = None;
        return Err(CommandError::ExecAborted);
    }
    if is_spoilt {
        call.session().transaction = None;
        call.reply.null_array();
        return Ok(());
    }
    call.reply.array(length);
    call.keys.effects.rare().continuation = Some(Continuation::Transaction);
    Ok(())
}

fn discard(call: &mut Call<'_>) -> Outcome {
    if call.session().transaction.take().is_none() {
        return Err(CommandError::DiscardWithoutMulti);
    }
    call.keys.observers.watches.unwatch(call.client);
    call.reply.ok();
    Ok(())
}

fn watch(call: &mut Call<'_>) -> Outcome {
    if call.session().transaction.is_some() {
        return Err(CommandError::WatchInsideMulti);
    }
    let (db, now) = (call.db(), call.now());
    for key in call.args.iter().skip(1) {
        let deadline = call.keys.database().get(key).and_then(|entry| entry.expires_at());
        let is_expired = deadline.is_some_and(|deadline| deadline < now);
        call.keys.observers.watches.watch(call.client, db, key, is_expired);
    }
    call.reply.ok();
    Ok(())
}

fn unwatch(call: &mut Call<'_>) -> Outcome {
    call.keys.observers.watches.unwatch(call.client);
    call.reply.ok();
    Ok(())
}
