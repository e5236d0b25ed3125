//! `HDEL key field [field ...]`

use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::hash::Hash;

pub const HDEL: Command = Command::new("hdel", -3, hdel)
    .flags(&[Flag::Write, Flag::Fast])
    .categories(&[Category::Hash])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .docs(Group::Hash, "2.0.0", "Takes fields out of a hash.")
    .complexity("O(N) where N is the number of fields given")
    .history(&[("2.4.0", "Accepts multiple `field` arguments.")])
    .arguments(&[Arg::KEY, Arg::string("field").multiple()]);

fn hdel(call: &mut Call<'_>) -> Outcome {
    let mut open = call.keys.open::<Hash>(call.args.get(1))?;
    let (mut removed, mut garbage) = (0, Vec::new());
    if let Some(hash) = open.get_mut() {
        for field in call.args.slice(2).iter() {
            let Some(value) = hash.remove(field) else { continue };
            removed += 1;
            garbage.extend(value);
        }
    }
    match removed {
        0 => drop(open),
        _ => open.changed_by(removed, "hdel"),
    }
    garbage.into_iter().for_each(|entry| call.keys.garbage.discard(entry));
    call.reply.int(removed as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn fields_are_taken_out_and_the_empty_hash_goes() {
        let mut server = TestServer::new();
        let long = "x".repeat(100);
        server.check(&[("HSET h a 1 b 2 c 3", "3"), ("HDEL h a none a", "1")]);
        server.check(&[(&format!("HSET h {long} 1"), "1"), ("HDEL h none", "0")]);
        server.check(&[(&format!("HDEL h b c {long}"), "3"), ("EXISTS h", "0")]);
        server.check(&[("HDEL h a", "0")]);
        let stream = server.stream();
        assert_eq!(stream.len(), 5, "what found nothing is not told: {stream:?}");
        assert_eq!(stream[2], "HDEL h a none a");
    }
}
