//! A server in a test's hands: commands run through the [`Executor`], without actors or sockets,
//! at a time that stands still.

use std::path::PathBuf;
use std::time::Instant;

use bytes::BytesMut;

use super::execute::Executor;
pub use super::execute::Flow;
use crate::base::ids::ReplId;
use crate::base::random::Random;
use crate::base::time::UnixMillis;
use crate::clients::{ClientSlot, Session};
use crate::commands::FAMILIES;
use crate::commands::call::Origin;
use crate::commands::effect::Action;
use crate::commands::registry::Registry;
use crate::config::Config;
use crate::config::value::choice::Protected;
use crate::replication::model::status::MasterLinkStatus;
use crate::replication::model::stream_writer::StreamNews;
use crate::resp::decode::{Value, decode_all};
use crate::resp::request::OwnedCommand;
use crate::state::{Identity, Master, Server, State};
use crate::store::garbage::Garbage;

/// The time at which a [`TestServer`] begins: 2023-11-14 22:13:20 UTC.
pub const START: UnixMillis = 1_700_000_000_000;

/// The server with one client, which is authenticated. What commands change is written to the
/// stream as if there were a replica.
pub struct TestServer {
    pub executor: Executor,
    pub client: ClientSlot,
    /// What commands see as the time; stands still unless a test moves it.
    pub now: UnixMillis,
    /// Whose commands [`TestServer::run`] runs.
    pub origin: Origin,
    /// What followed the last command.
    pub flow: Flow,
}

impl Default for TestServer {
    fn default() -> Self {
        TestServer::new()
    }
}

impl TestServer {
    /// With the default settings.
    pub fn new() -> TestServer {
        TestServer::with(Config::default())
    }

    pub fn with(config: Config) -> TestServer {
        let identity = Identity {
            supervisor: "no",
            run_id: ReplId::NONE,
            pid: 1,
            started: Instant::now(),
            started_at: START,
            executable: PathBuf::from("/usr/bin/redis-server"),
            argv: vec!["redis-server".into()],
        };
        let garbage = Garbage::start().expect("a thread");
        let state = State::new(config, identity, garbage, Random::from_seed(1));
        let registry = Registry::new(FAMILIES, &[]).expect("a registry");
        let mut executor = Executor::new(state, registry);
        executor.state.server.replication.stream.begin();
        let flow = Flow::Next;
        let mut server =
            TestServer { executor, client: 0, now: START, origin: Origin::Client, flow };
        server.client = server.connect();
        server
    }

    /// Adds a client. To run its commands, set [`TestServer::client`] to it.
    pub fn connect(&mut self) -> ClientSlot {
        let mut session =
            Session::new("127.0.0.1:5000".to_owned(), "127.0.0.1:6379".to_owned(), self.now);
        session.authenticated = true;
        self.server().clients.add(session).slot
    }

    pub fn server(&mut self) -> &mut Server {
        &mut self.executor.state.server
    }

    pub fn session(&mut self) -> &mut Session {
        let client = self.client;
        self.server().clients.at_mut(client)
    }

    /// Lets DEBUG run.
    pub fn enable_debug(&mut self) {
        self.server().config.security.enable_debug_command = Protected::Yes;
    }

    /// Makes it a replica, whose link to its master is down.
    pub fn become_replica(&mut self) {
        self.server().replication.master = Some(Master {
            host: "127.0.0.1".to_owned(),
            port: 6380,
            link: MasterLinkStatus::new("127.0.0.1".to_owned(), 6380),
        });
    }

    /// Runs a command and gives its reply, byte for byte.
    pub fn run_args(&mut self, args: &[&[u8]]) -> Vec<u8> {
        let command = OwnedCommand::from_slices(args);
        let mut output = BytesMut::new();
        self.executor.set_time(self.now);
        self.flow = self.executor.run(self.client, command.args(), None, self.origin, &mut output);
        output.to_vec()
    }

    /// Runs a command as one that follows others in a batch: nothing is looked at anew.
    pub fn run_in_batch(&mut self, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let command = OwnedCommand::from_slices(&words);
        let mut output = BytesMut::new();
        self.flow = self.executor.run(self.client, command.args(), None, self.origin, &mut output);
        show(&output)
    }

    /// Runs a command whose words are divided by single spaces (`""` is the empty word) and gives
    /// its reply as [`show`] writes it.
    pub fn run(&mut self, line: &str) -> String {
        let words = line.split(' ').map(|word| if word == "\"\"" { "" } else { word });
        let words: Vec<&[u8]> = words.map(str::as_bytes).collect();
        show(&self.run_args(&words))
    }

    /// Runs a list of commands and compares the replies; see [`TestServer::run`].
    #[track_caller]
    pub fn check(&mut self, steps: &[(&str, &str)]) {
        for (line, expected) in steps {
            assert_eq!(self.run(line), *expected, "{line}");
        }
    }

    /// The commands written to the stream since the last call, a line each.
    pub fn stream(&mut self) -> Vec<String> {
        let stream = &mut self.server().replication.stream;
        let appended = std::iter::from_fn(|| stream.next_news()).filter_map(|news| match news {
            StreamNews::Appended { bytes, .. } => Some(bytes),
            _ => None,
        });
        let bytes = appended.collect::<Vec<_>>().concat();
        let commands = decode_all(&bytes).expect("a stream of commands").expect("whole commands");
        commands.iter().map(line_of).collect()
    }

    /// Runs commands and gives the events of which they told, `event key` each.
    pub fn events(&mut self, lines: &[&str]) -> Vec<String> {
        self.run("CONFIG SET notify-keyspace-events EA");
        let (client, listener) = (self.client, self.connect());
        self.client = listener;
        self.run("PSUBSCRIBE __keyevent@*");
        self.client = client;
        self.actions();
        lines.iter().for_each(|line| drop(self.run(line)));
        let pushes = self.actions().into_iter().filter_map(|action| match action {
            Action::Push { bytes, .. } => Some(bytes),
            _ => None,
        });
        let bytes = pushes.collect::<Vec<_>>().concat();
        let messages = decode_all(&bytes).expect("well-formed pushes").expect("whole pushes");
        let event = |message| {
            let line = line_of(message);
            let words: Vec<_> = line.splitn(4, ' ').collect();
            let event = words[2].split_once("__:").expect("an event's channel").1;
            format!("{event} {}", words[3])
        };
        messages.iter().map(event).collect()
    }

    /// What commands asked the actors for since the last call.
    pub fn actions(&mut self) -> Vec<Action> {
        self.executor.outbox.take().into_iter().map(|(_, action)| action).collect()
    }
}

/// Replies in one line.
///
/// | RESP | shown as |
/// |---|---|
/// | `+OK`, `-ERR no`, `:1` | `OK`, `-ERR no`, `1` |
/// | bulk string | `"text"`, with escapes |
/// | null | `nil` |
/// | array, set, push | `[1 2]`, `{1 2}`, `>[1 2]` |
/// | map, attribute | `{"a": 1, "b": 2}`, before the value `\|{...}` |
/// | double, big number, boolean | `,1.5`, `(15`, `true` |
pub fn show(reply: &[u8]) -> String {
    let values = decode_all(reply).expect("well-formed replies").expect("whole replies");
    show_all(&values)
}

fn show_all(values: &[Value]) -> String {
    values.iter().map(show_value).collect::<Vec<_>>().join(" ")
}

fn show_value(value: &Value) -> String {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    match value {
        Value::Simple(bytes) => text(bytes),
        Value::Error(bytes) => format!("-{}", String::from_utf8_lossy(bytes)),
        Value::Int(number) => number.to_string(),
        Value::Bulk(bytes) | Value::Verbatim(_, bytes) => format!("\"{}\"", text(bytes)),
        Value::Null => "nil".to_owned(),
        Value::Array(values) => format!("[{}]", show_all(values)),
        Value::Set(values) => format!("{{{}}}", show_all(values)),
        Value::Push(values) => format!(">[{}]", show_all(values)),
        Value::Map(pairs) => show_pairs(pairs),
        Value::Attribute(pairs) => format!("|{}", show_pairs(pairs)),
        Value::Double(bytes) => format!(",{}", text(bytes)),
        Value::BigNumber(bytes) => format!("({}", text(bytes)),
        Value::Bool(value) => value.to_string(),
    }
}

fn show_pairs(pairs: &[(Value, Value)]) -> String {
    let pair = |(key, value)| format!("{}: {}", show_value(key), show_value(value));
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| pair((key, value))).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// A command of the stream as its words.
fn line_of(command: &Value) -> String {
    let Value::Array(words) = command else { panic!("no command: {command:?}") };
    let words = words.iter().map(|word| match word {
        Value::Bulk(bytes) => bytes.escape_ascii().to_string(),
        other => panic!("no argument: {other:?}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

mod tests {
    use super::*;

    #[test]
    fn commands_run_and_their_replies_and_stream_are_shown() {
        let mut server = TestServer::new();
        server.check(&[
            ("SET a 1", "OK"),
            ("GET a", "\"1\""),
            ("GET b", "nil"),
            ("PING x", "\"x\""),
        ]);
        assert_eq!(server.run("GET"), "-ERR wrong number of arguments for 'get' command");
        assert_eq!(server.stream(), ["SELECT 0", "SET a 1"]);
        server.check(&[("MULTI", "OK"), ("SET a 2", "QUEUED"), ("EXEC", "[OK]")]);
        assert_eq!(server.stream(), ["SET a 2"]);
        assert_eq!(show(b"*2\r\n:1\r\n_\r\n%1\r\n+a\r\n,1.5\r\n"), "[1 nil] {a: ,1.5}");
    }
}
