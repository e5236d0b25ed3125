//! Who may publish and subscribe where.

use crate::commands::call::Call;
use crate::commands::error::CommandError;
use crate::pubsub::Kind;

/// Whether the caller's user has a right to this channel or pattern. What comes from the master was
/// admitted there.
///
/// # Errors
/// It has none.
pub fn may_use(call: &Call<'_>, kind: Kind, name: &[u8]) -> Result<(), CommandError> {
    let channels = &call.server.config.default_user_channels;
    let is_allowed = match kind {
        _ if call.origin.is_obeyed() => true,
        Kind::Channel | Kind::Shard => channels.allow_channel(name),
        Kind::Pattern => channels.allow_pattern(name),
    };
    if is_allowed { Ok(()) } else { Err(CommandError::NoChannelPermission) }
}

#[cfg(test)]
mod tests {
    use crate::config::channels::Channels;
    use crate::keyspace::testing::TestServer;

    const NO: &str = "-NOPERM this user has no permissions to access one of the channels used as \
                      arguments";

    #[test]
    fn a_user_publishes_and_subscribes_where_it_has_a_right_only() {
        let mut server = TestServer::new();
        let patterns = [&b"news.*"[..], b"x"].map(<[u8]>::to_vec).to_vec();
        server.executor.state.server.config.default_user_channels = Channels::Matching(patterns);
        server.check(&[
            ("PUBLISH news.a hi", "0"),
            ("PUBLISH other hi", NO),
            ("SPUBLISH x hi", "0"),
            ("SPUBLISH y hi", NO),
            ("SUBSCRIBE x y", NO),
            ("PSUBSCRIBE news.a*", NO),
            ("PSUBSCRIBE *", NO),
            ("SSUBSCRIBE y", NO),
        ]);
        server.check(&[
            ("PSUBSCRIBE news.*", "[\"psubscribe\" \"news.*\" 1]"),
            ("SUBSCRIBE news.b", "[\"subscribe\" \"news.b\" 2]"),
            ("UNSUBSCRIBE y", "[\"unsubscribe\" \"y\" 2]"),
        ]);
    }
}
