//! `DEBUG HELP`

use crate::commands::call::Call;
use crate::commands::error::Outcome;

pub fn help(call: &mut Call<'_>) -> Outcome {
    call.help(&[
        "CHANGE-REPL-ID",
        "    Begin a replication history under a new ID.",
        "CONFIG-REWRITE-FORCE-ALL",
        "    Write all settings into the configuration file, those with their default too.",
        "CRASH-AND-RECOVER [<milliseconds>]",
        "    Start the process anew after a time, without saving.",
        "DIGEST",
        "    One number for all keys, values and expiry.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    One number for the value of each key.",
        "ERROR <string>",
        "    Answer with that error.",
        "HTSTATS <dbid>",
        "    The shape of a database's tree.",
        "LOG <message>",
        "    Write the message to the log.",
        "OBJECT <key>",
        "    How a value is kept.",
        "PANIC",
        "    Crash.",
        "PAUSE-CRON <0|1>",
        "    Stop what is done by the clock, or go on with it.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Make keys named key:<number>, or with another prefix. Not told to replicas.",
        "PROTOCOL <type>",
        "    Answer with a value of that type: string, integer, double, bignum, null, array, set,",
        "    map, attrib, push, verbatim, true, false.",
        "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
        "    Save, empty the data set, and load what was saved.",
        "REPLICATE <string> [<string> ...]",
        "    Send this command to the replicas only.",
        "RESTART [<milliseconds>]",
        "    Save and start the process anew after a time.",
        "SEGFAULT",
        "    Crash by a bad access to memory.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Leave expired keys until they are asked for, or remove them by the clock.",
        "SLEEP <seconds>",
        "    Stand still, for parts of seconds too.",
        "STRINGMATCH-TEST",
        "    Try random patterns on random texts.",
    ]);
    Ok(())
}
