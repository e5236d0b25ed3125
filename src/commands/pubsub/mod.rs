//! Publish and subscribe.

mod introspect;
mod publish;
mod subscribe;
mod subscriptions;
mod unsubscribe;

pub use unsubscribe::unsubscribe_all;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    introspect::PUBSUB,
    publish::PUBLISH,
    publish::SPUBLISH,
    subscribe::PSUBSCRIBE,
    subscribe::SSUBSCRIBE,
    subscribe::SUBSCRIBE,
    unsubscribe::PUNSUBSCRIBE,
    unsubscribe::SUNSUBSCRIBE,
    unsubscribe::UNSUBSCRIBE,
];

#[cfg(test)]
mod tests {
    use crate::clients::ClientKind;
    use crate::commands::effect::Action;
    use crate::keyspace::testing::{TestServer, show};

    /// What others than the calling client are sent.
    fn pushed(server: &mut TestServer) -> Vec<String> {
        let pushes = server.actions().into_iter().filter_map(|action| match action {
            Action::Push { bytes, .. } => Some(show(&bytes)),
            _ => None,
        });
        pushes.collect()
    }

    #[test]
    fn a_subscriber_hears_what_is_published() {
        let mut server = TestServer::new();
        let publisher = server.client;
        let subscriber = server.connect();
        server.client = subscriber;
        server.check(&[
            (
                "SUBSCRIBE a b a",
                "[\"subscribe\" \"a\" 1] [\"subscribe\" \"b\" 2] [\"subscribe\" \"a\" 2]",
            ),
            ("PSUBSCRIBE a*", "[\"psubscribe\" \"a*\" 3]"),
            ("SSUBSCRIBE a", "[\"ssubscribe\" \"a\" 1]"),
        ]);
        assert_eq!(server.session().kind, ClientKind::PubSub);
        server.client = publisher;
        server.actions();
        server.check(&[("PUBLISH a hi", "2"), ("SPUBLISH a yo", "1"), ("PUBLISH c no", "0")]);
        let expected = [
            "[\"message\" \"a\" \"hi\"]",
            "[\"pmessage\" \"a*\" \"a\" \"hi\"]",
            "[\"smessage\" \"a\" \"yo\"]",
        ];
        assert_eq!(pushed(&mut server), expected);
        server.client = subscriber;
        server.check(&[
            ("UNSUBSCRIBE", "[\"unsubscribe\" \"a\" 2] [\"unsubscribe\" \"b\" 1]"),
            ("UNSUBSCRIBE", "[\"unsubscribe\" nil 1]"),
            ("PUNSUBSCRIBE a* x", "[\"punsubscribe\" \"a*\" 0] [\"punsubscribe\" \"x\" 0]"),
            ("SUNSUBSCRIBE a", "[\"sunsubscribe\" \"a\" 0]"),
        ]);
        assert_eq!(server.session().kind, ClientKind::Normal);
    }

    #[test]
    fn a_resp2_subscriber_may_only_manage_its_subscriptions() {
        let mut server = TestServer::new();
        server.run("SSUBSCRIBE a");
        assert_eq!(
            server.run("GET k"),
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
             RESET are allowed in this context"
        );
        server.check(&[("PING", "[\"pong\" \"\"]"), ("RESET", "RESET"), ("GET k", "nil")]);
        assert!(server.server().pubsub.topics(crate::pubsub::Kind::Shard).is_empty());
    }

    #[test]
    fn a_resp3_subscriber_hears_itself_after_the_reply() {
        let mut server = TestServer::new();
        server.run("HELLO 3");
        server.check(&[
            ("SUBSCRIBE a", ">[\"subscribe\" \"a\" 1]"),
            ("PUBLISH a hi", "1 >[\"message\" \"a\" \"hi\"]"),
            ("GET k", "nil"),
        ]);
    }

    #[test]
    fn a_push_never_lands_inside_the_array_of_a_transaction() {
        let mut server = TestServer::new();
        server.run("HELLO 3");
        server.check(&[("MULTI", "OK"), ("SUBSCRIBE a b", "QUEUED"), ("PUBLISH a x", "QUEUED")]);
        server.check(&[("UNSUBSCRIBE", "QUEUED"), ("PUNSUBSCRIBE", "QUEUED"), ("PING", "QUEUED")]);
        let array =
            "[[\"subscribe\" \"a\" 1] 1 [\"unsubscribe\" \"a\" 1] [\"punsubscribe\" nil 0] PONG]";
        let pushes = [
            ">[\"subscribe\" \"b\" 2]",
            ">[\"message\" \"a\" \"x\"]",
            ">[\"unsubscribe\" \"b\" 0]",
        ];
        server.check(&[("EXEC", &format!("{array} {}", pushes.join(" ")))]);
    }

    #[test]
    fn a_resp2_subscriber_in_a_transaction_gets_an_array_that_adds_up() {
        let mut server = TestServer::new();
        server.check(&[("MULTI", "OK"), ("SUBSCRIBE a b", "QUEUED"), ("PUBLISH a x", "QUEUED")]);
        server.check(&[(
            "EXEC",
            "[[\"subscribe\" \"a\" 1] 1] [\"subscribe\" \"b\" 2] [\"message\" \"a\" \"x\"]",
        )]);
    }

    #[test]
    fn a_transaction_may_publish_to_shard_channels_and_leave_them_but_not_subscribe() {
        let mut server = TestServer::new();
        server.run("HELLO 3");
        server.check(&[("SSUBSCRIBE b", ">[\"ssubscribe\" \"b\" 1]"), ("MULTI", "OK")]);
        for command in ["SSUBSCRIBE a", "SPUBLISH b x", "SUNSUBSCRIBE b"] {
            server.check(&[(command, "QUEUED")]);
        }
        let refused = "-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client";
        let array = format!("[{refused} 1 [\"sunsubscribe\" \"b\" 0]]");
        server.check(&[("EXEC", &format!("{array} >[\"smessage\" \"b\" \"x\"]"))]);
    }

    #[test]
    fn messages_reach_clients_whose_replies_are_off() {
        let mut server = TestServer::new();
        server.run("HELLO 3");
        server.check(&[
            ("CLIENT REPLY OFF", ""),
            ("SUBSCRIBE a", ">[\"subscribe\" \"a\" 1]"),
            ("PUBLISH a hi", ">[\"message\" \"a\" \"hi\"]"),
        ]);
    }

    #[test]
    fn a_clients_own_key_events_follow_the_whole_reply() {
        let mut server = TestServer::new();
        server.run("CONFIG SET notify-keyspace-events Egx$");
        server.run("HELLO 3");
        server.run("SUBSCRIBE __keyevent@0__:set __keyevent@0__:incrby");
        let set = ">[\"message\" \"__keyevent@0__:set\" \"k\"]";
        let incrby = ">[\"message\" \"__keyevent@0__:incrby\" \"k\"]";
        server.check(&[
            ("SET k 1", &format!("OK {set}")),
            ("MULTI", "OK"),
            ("GET k", "QUEUED"),
            ("INCR k", "QUEUED"),
        ]);
        server.check(&[("EXEC", &format!("[\"1\" 2] {incrby}"))]);
        server.check(&[("CLIENT REPLY OFF", ""), ("INCR k", incrby)]);
        assert_eq!(pushed(&mut server), [""; 0]);
    }

    #[test]
    fn what_is_published_goes_to_the_replicas() {
        let mut server = TestServer::new();
        server.check(&[("PUBLISH a hi", "0"), ("SPUBLISH b yo", "0")]);
        assert_eq!(server.stream(), ["SELECT 0", "PUBLISH a hi", "SPUBLISH b yo"]);
        server.check(&[("MULTI", "OK"), ("SET k v", "QUEUED"), ("PUBLISH a x", "QUEUED")]);
        server.run("EXEC");
        assert_eq!(server.stream(), ["MULTI", "SET k v", "PUBLISH a x", "EXEC"]);
    }

    #[test]
    fn pubsub_tells_who_listens() {
        let mut server = TestServer::new();
        let asker = server.connect();
        server.run("SUBSCRIBE news.a news.b other");
        server.run("PSUBSCRIBE n* o*");
        server.run("SSUBSCRIBE shard");
        server.client = asker;
        server.check(&[
            ("PUBSUB CHANNELS", "[\"news.a\" \"news.b\" \"other\"]"),
            ("PUBSUB CHANNELS news.*", "[\"news.a\" \"news.b\"]"),
            ("PUBSUB NUMSUB news.a none", "[\"news.a\" 1 \"none\" 0]"),
            ("PUBSUB NUMSUB", "[]"),
            ("PUBSUB NUMPAT", "2"),
            ("PUBSUB SHARDCHANNELS", "[\"shard\"]"),
            ("PUBSUB SHARDNUMSUB shard", "[\"shard\" 1]"),
        ]);
        assert!(server.run("CLIENT LIST TYPE pubsub").contains(" sub=3 psub=2 ssub=1 "));
    }

    #[test]
    fn key_events_are_published_as_the_settings_ask() {
        let mut server = TestServer::new();
        let writer = server.connect();
        server.run("PSUBSCRIBE *");
        server.client = writer;
        server.run("CONFIG SET notify-keyspace-events KEA");
        server.actions();
        server.run("SET k v");
        let expected = [
            "[\"pmessage\" \"*\" \"__keyspace@0__:k\" \"set\"]",
            "[\"pmessage\" \"*\" \"__keyevent@0__:set\" \"k\"]",
        ];
        assert_eq!(pushed(&mut server), expected);
        server.run("CONFIG SET notify-keyspace-events Enm");
        server.actions();
        server.check(&[("SET k v", "OK"), ("SET n v", "OK"), ("GET none", "nil")]);
        let expected = [
            "[\"pmessage\" \"*\" \"__keyevent@0__:new\" \"n\"]",
            "[\"pmessage\" \"*\" \"__keyevent@0__:keymiss\" \"none\"]",
        ];
        assert_eq!(pushed(&mut server), expected);
    }

    #[test]
    fn a_key_that_comes_from_another_is_told_of_as_by_redis() {
        let mut server = TestServer::new();
        let writer = server.connect();
        server.run("PSUBSCRIBE __keyevent*");
        server.client = writer;
        server.check(&[("MSET a 1 b 2 c 3", "OK")]);
        server.run("CONFIG SET notify-keyspace-events EAn");
        server.actions();
        server.check(&[("RENAME a b", "OK"), ("COPY b c REPLACE", "1"), ("MOVE c 5", "1")]);
        let events: Vec<String> = pushed(&mut server)
            .iter()
            .map(|message| message.rsplit(':').next().unwrap().replace(['"', ']'], ""))
            .collect();
        let expected = [
            "new b",
            "rename_from a",
            "rename_to b",
            "new c",
            "copy_to c",
            "new c",
            "move_from c",
            "move_to c",
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn the_end_of_a_key_is_an_event() {
        let mut server = TestServer::new();
        let writer = server.connect();
        server.run("SUBSCRIBE __keyevent@0__:expired");
        server.client = writer;
        server.run("CONFIG SET notify-keyspace-events Ex");
        server.check(&[("SET a v PX 5", "OK"), ("SET b v PX 5", "OK")]);
        server.actions();
        server.now += 6;
        server.check(&[("GET a", "nil")]);
        server.executor.expire_due(std::time::Duration::from_secs(1));
        let expected = [
            "[\"message\" \"__keyevent@0__:expired\" \"a\"]",
            "[\"message\" \"__keyevent@0__:expired\" \"b\"]",
        ];
        assert_eq!(pushed(&mut server), expected);
    }
}
