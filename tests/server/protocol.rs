//! The wire: what redis-server answers to good and bad bytes, and wherever they are cut.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// Everything the server says to these bytes on a new connection until it closes it.
fn transcript(server: &Server, pieces: &[&[u8]]) -> String {
    let mut client = server.client();
    for piece in pieces {
        // A server that closes at an error refuses what comes after it.
        if client.try_send(piece).is_err() {
            break;
        }
        // An answer on another connection shows that the server has been round its loop.
        assert_eq!(server.run("ping"), "PONG");
    }
    client.finish_sending();
    client.recv_to_end().escape_ascii().to_string()
}

/// Both kinds answer alike; each of `inputs` goes over a connection of its own.
#[track_caller]
fn assert_answers_as_redis(inputs: &[&[u8]]) {
    let both = [RealRedis, Understudy].map(|kind| Server::start(kind, &[]));
    let differences: Vec<String> = inputs
        .iter()
        .filter_map(|input| {
            let [real, ours] = both.each_ref().map(|server| transcript(server, &[input]));
            let shown = input[..input.len().min(100)].escape_ascii();
            (ours != real).then(|| format!("{shown}\n  ours:  {ours}\n  redis: {real}\n"))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.concat());
}

#[test]
fn well_formed_requests_are_answered_as_redis_does() {
    assert_answers_as_redis(&[
        b"*1\r\n$4\r\nPING\r\n",
        b"*2\r\n$4\r\nPING\r\n$5\r\nhello\r\n",
        b"PING\r\n",
        b"PING\n",
        b"\r\n\r\nPING\r\n",
        b"   PING   \r\n",
        b"*0\r\n*-1\r\n*-10\r\nPING\r\n",
        b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
        b"SET k \"a\\x41\\n\\\"b\"\r\nGET k\r\n",
        b"SET k 'a b\\'c'\r\nGET k\r\n",
        b"SET k \"\"\r\nGET k\r\n",
        // The two bytes behind a bulk are not looked at.
        b"*2\r\n$3\r\nGET\r\n$1\r\nkXYPING\r\n",
        b"*3\r\n$3\r\nSET\r\n$3\r\n\0\r\n\r\n$2\r\n\r\n\r\nGET nothing\r\n",
        b"QUIT\r\nPING\r\n",
    ]);
}

#[test]
fn malformed_requests_are_refused_as_redis_does() {
    let long_inline = [b"PING ".to_vec(), vec![b'x'; 70_000]].concat();
    let long_count = [b"*".to_vec(), vec![b'1'; 70_000]].concat();
    let long_length = [b"*1\r\n$".to_vec(), vec![b'1'; 70_000]].concat();
    assert_answers_as_redis(&[
        b"*abc\r\n",
        b"*\r\n",
        b"*1 \r\n",
        b"*+1\r\n",
        b"*01\r\n",
        b"*99999999999999999999\r\n",
        b"*2147483648\r\n",
        b"*1\r\nPING\r\n",
        b"*1\r\n\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$-10\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$2000000000\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$536870913\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$blabla\r\n",
        b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$\r\n",
        b"PING\r\n*1\r\nPING\r\nPING\r\n",
        b"SET \"\"\"test-key\"\"\" test-value\r\n",
        b"SET 'open\r\n",
        b"GET \"a\"b\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        &long_inline,
        &long_count,
        &long_length,
    ]);
}

#[test]
fn commands_that_are_none_are_refused_as_redis_does() {
    let long_name = "x".repeat(300);
    let many = format!("nosuch {}", "argument ".repeat(50));
    assert_answers_as_redis(&[
        b"*1\r\n$3\r\nfoo\r\n",
        b"*1\r\n$0\r\n\r\n",
        b"nosuch a b c\r\n",
        b"*2\r\n$3\r\nfoo\r\n$4\r\na\r\nb\r\n",
        format!("{long_name}\r\n").as_bytes(),
        format!("{many}\r\n").as_bytes(),
        b"get\r\nget a b\r\nset a\r\nping a b\r\n",
        b"config get\r\n",
        b"config nosuch\r\n",
        b"client nosuch\r\n",
        b"hello 4\r\nhello x\r\nhello 3 setname a b\r\nhello 2 auth default\r\n",
        b"select 16\r\nselect -1\r\nselect x\r\n",
        b"auth x\r\nauth a b\r\n",
        b"multi\r\nmulti\r\nwatch a\r\nnosuch\r\nexec\r\nexec\r\ndiscard\r\n",
    ]);
}

/// One pipeline with every form in it, for both protocols.
fn pipeline(hello: &str) -> Vec<u8> {
    format!(
        "{hello}SET inline 1\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\n\
         *2\r\n$3\r\nGET\r\n$1\r\nk\r\n*0\r\n\r\nINCR inline\r\n*1\r\n$5\r\nMULTI\r\n\
         GET k\r\n*1\r\n$4\r\nEXEC\r\nMGET k missing\r\n"
    )
    .into_bytes()
}

#[test]
fn a_pipeline_cut_at_any_byte_is_answered_alike() {
    let server = ours(&[]);
    for hello in ["", "HELLO 3 SETNAME it\r\nCLIENT GETNAME\r\n"] {
        let input = pipeline(hello);
        let mask = |text: String| match text.split_once("id\\r\\n:") {
            // The greeting holds the connection's number.
            Some((head, tail)) => {
                head.to_owned() + tail.trim_start_matches(|c: char| c.is_ascii_digit())
            }
            None => text,
        };
        let whole = mask(transcript(&server, &[&input]));
        assert!(whole.contains("hello\\r\\nworld"), "{whole}");
        for cut in 1..input.len() {
            let (head, tail) = input.split_at(cut);
            assert_eq!(mask(transcript(&server, &[head, tail])), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(mask(transcript(&server, &bytes)), whole, "byte by byte");
    }
}

#[test]
fn a_long_pipeline_is_answered_in_order() {
    let server = ours(&[]);
    let mut client = server.client();
    let commands: Vec<Vec<String>> =
        (0..50_000).map(|i| vec!["echo".to_owned(), i.to_string()]).collect();
    for (i, reply) in client.pipeline(&commands).iter().enumerate() {
        assert_eq!(*reply, i.to_string().as_str());
    }
}

#[test]
fn values_of_every_size_come_back_as_they_were() {
    let server = ours(&[]);
    let mut client = server.client();
    let mut random = Random::new(17);
    for length in [0, 1, 1023, 1024, 16_383, 16_384, 16_385, 32_768, 65_536, 1 << 20, 20 << 20] {
        let value = random.bytes(length);
        let set = client.cmd(&[b"set", b"k".as_slice(), &value]);
        assert_eq!(set, "OK");
        assert!(client.run("get k").bytes() == value, "{length} bytes");
        assert_eq!(client.run("strlen k"), length as i64);
    }
}

#[test]
fn a_bulk_over_the_limit_is_refused_and_the_limit_can_be_set() {
    let server = ours(&["--proto-max-bulk-len", "1mb"]);
    let mut client = server.client();
    let fits = vec![b'x'; 1 << 20];
    assert_eq!(client.cmd(&[b"set", b"k".as_slice(), &fits]), "OK");
    client.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048577\r\n");
    assert_eq!(client.reply().error(), "ERR Protocol error: invalid bulk length");
    assert_eq!(client.recv_to_end(), b"");
    let text = server.run("append k x");
    assert_eq!(text.error(), "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    assert_eq!(server.run("strlen k"), 1 << 20);
}

#[test]
fn a_client_without_password_may_send_only_little() {
    let server = ours(&["--requirepass", "secret"]);
    let many = b"*100\r\n".as_slice();
    let big = b"*1\r\n$20000\r\n".as_slice();
    for (input, error) in [
        (many, "ERR Protocol error: unauthenticated multibulk length"),
        (big, "ERR Protocol error: unauthenticated bulk length"),
    ] {
        let mut client = server.client();
        client.send(input);
        assert_eq!(client.reply().error(), error);
        assert_eq!(client.recv_to_end(), b"");
    }
    assert_eq!(server.run("get k").error(), "NOAUTH Authentication required.");
    assert_eq!(
        server.run("auth wrong").error(),
        "WRONGPASS invalid username-password pair or user is disabled."
    );
    let mut client = server.client();
    client.ok("auth secret");
    assert_eq!(client.run("get k"), Value::Nil);
    assert!(matches!(server.run("hello 3 auth default secret"), Value::Map(_)));
}

#[test]
fn resp3_answers_in_its_own_types() {
    let server = ours(&[]);
    let mut client = server.client().hello3();
    assert_eq!(client.run("get missing"), Value::Nil);
    assert!(matches!(client.run("config get port"), Value::Map(pairs) if pairs.len() == 1));
    assert!(matches!(client.run("debug protocol double"), Value::Double(_)));
    assert_eq!(client.run("debug protocol true"), Value::Bool(true));
    assert!(matches!(client.run("info server"), Value::Verbatim(format, _) if format == "txt"));
    client.ok("hello 2");
    assert!(matches!(client.run("config get port"), Value::Array(items) if items.len() == 2));
}

/// A client that sends half a command and stays away costs nobody anything.
#[test]
fn half_commands_wait_without_disturbing_others() {
    let server = ours(&[]);
    let mut waiting: Vec<Client> = (0..50).map(|_| server.client()).collect();
    for client in &mut waiting {
        client.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nonly a little");
    }
    assert_eq!(server.run("set other 1"), "OK");
    let used = server.resident_bytes();
    assert!(used < 512 << 20, "{used} bytes for bulks that have not come");
    drop(waiting);
    wait_info(&server, "clients", "connected_clients", "1");
    assert_eq!(server.run("exists k"), 0);
}
