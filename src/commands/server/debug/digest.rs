//! `DEBUG DIGEST` and `DEBUG DIGEST-VALUE key [key ...]`

use crate::commands::call::Call;
use crate::commands::error::Outcome;
use crate::store::entry::Entry;

pub fn digest(call: &mut Call<'_>) -> Outcome {
    let digest = call.keys.dataset.digest();
    call.reply.simple(&digest.to_string());
    Ok(())
}

/// Expired keys count as well: this looks at what is there.
pub fn digest_value(call: &mut Call<'_>) -> Outcome {
    call.reply.array(call.argc() - 2);
    for key in call.args.iter().skip(2) {
        let digest = call.keys.database().get(key).map(Entry::value_digest).unwrap_or_default();
        call.reply.simple(&digest.to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn digests_are_those_of_redis() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.check(&[
            ("DEBUG DIGEST", &"0".repeat(40)),
            ("SET k:0 valu", "OK"),
            (
                "DEBUG DIGEST-VALUE k:0 nokey",
                &format!("[8a4d721a312cb8d58f01046c7272ab90c3ad87f9 {}]", "0".repeat(40)),
            ),
        ]);
    }
}
