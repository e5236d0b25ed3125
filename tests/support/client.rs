//! A blocking client that speaks RESP2 and RESP3 and hides nothing: raw bytes can be sent and
//! received beside commands.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A reply. Texts stay as the wire has them, so that a test can ask for the exact form.
#[derive(Clone, PartialEq)]
pub enum Value {
    Simple(String),
    Error(String),
    Int(i64),
    Bulk(Vec<u8>),
    /// `$-1`, `*-1` or `_`
    Nil,
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Set(Vec<Value>),
    Push(Vec<Value>),
    /// The text after the comma.
    Double(String),
    Bool(bool),
    BigNumber(String),
    /// Format (`txt`, `mkd`) and text.
    Verbatim(String, Vec<u8>),
}

impl Value {
    /// The text of a simple string, bulk, verbatim or number; panics on everything else.
    #[track_caller]
    pub fn text(&self) -> String {
        match self {
            Value::Simple(text) | Value::Double(text) | Value::BigNumber(text) => text.clone(),
            Value::Bulk(bytes) | Value::Verbatim(_, bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            Value::Int(number) => number.to_string(),
            other => panic!("a text was expected, got {other:?}"),
        }
    }

    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Value::Bulk(bytes) | Value::Verbatim(_, bytes) => bytes,
            Value::Simple(text) => text.as_bytes(),
            other => panic!("bytes were expected, got {other:?}"),
        }
    }

    #[track_caller]
    pub fn int(&self) -> i64 {
        match self {
            Value::Int(number) => *number,
            other => panic!("an integer was expected, got {other:?}"),
        }
    }

    /// The error text without its `-`; panics when the reply is no error.
    #[track_caller]
    pub fn error(&self) -> &str {
        match self {
            Value::Error(text) => text,
            other => panic!("an error was expected, got {other:?}"),
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error(_))
    }

    #[track_caller]
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => items,
            other => panic!("an array was expected, got {other:?}"),
        }
    }

    /// The items of an array as texts.
    #[track_caller]
    pub fn texts(&self) -> Vec<String> {
        self.items().iter().map(Value::text).collect()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Bulk(text.into())
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        match self {
            Value::Simple(text) => text == other,
            Value::Bulk(bytes) => bytes == other.as_bytes(),
            _ => false,
        }
    }
}

impl PartialEq<i64> for Value {
    fn eq(&self, other: &i64) -> bool {
        matches!(self, Value::Int(number) if number == other)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Simple(text) => write!(f, "+{text}"),
            Value::Error(text) => write!(f, "-{text}"),
            Value::Int(number) => write!(f, ":{number}"),
            Value::Bulk(bytes) if bytes.len() > 300 => {
                write!(f, "\"{}...\" ({} bytes)", bytes[..300].escape_ascii(), bytes.len())
            }
            Value::Bulk(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Value::Nil => write!(f, "nil"),
            Value::Array(items) => f.debug_list().entries(items).finish(),
            Value::Map(pairs) => f.debug_map().entries(pairs.iter().map(|(k, v)| (k, v))).finish(),
            Value::Set(items) => f.debug_set().entries(items).finish(),
            Value::Push(items) => {
                write!(f, ">").and_then(|()| f.debug_list().entries(items).finish())
            }
            Value::Double(text) => write!(f, ",{text}"),
            Value::Bool(truth) => write!(f, "#{truth}"),
            Value::BigNumber(text) => write!(f, "({text}"),
            Value::Verbatim(format, text) => write!(f, "={format}:{}", text.escape_ascii()),
        }
    }
}

/// Appends the multibulk form of a command.
pub fn encode<A: AsRef<[u8]>>(out: &mut Vec<u8>, args: &[A]) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args.iter().map(AsRef::as_ref) {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

pub struct Client {
    wire: Box<dyn Wire>,
    /// The same socket when it is TCP, for shutdown and timeouts.
    tcp: Option<TcpStream>,
    input: Vec<u8>,
    consumed: usize,
}

impl Client {
    /// No reply takes longer than this; a server that hangs must fail a test, not hang it.
    const REPLY_DEADLINE: Duration = Duration::from_secs(30);

    #[track_caller]
    pub fn connect(address: impl ToSocketAddrs + fmt::Debug) -> Client {
        match Client::try_connect(&address) {
            Ok(client) => client,
            Err(error) => panic!("connect to {address:?}: {error}"),
        }
    }

    pub fn try_connect(address: impl ToSocketAddrs) -> io::Result<Client> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Client::REPLY_DEADLINE))?;
        socket.set_write_timeout(Some(Client::REPLY_DEADLINE))?;
        let tcp = socket.try_clone()?;
        Ok(Client { wire: Box::new(socket), tcp: Some(tcp), input: Vec::new(), consumed: 0 })
    }

    pub fn connect_unix(path: &Path) -> io::Result<Client> {
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(Client::REPLY_DEADLINE))?;
        Ok(Client { wire: Box::new(socket), tcp: None, input: Vec::new(), consumed: 0 })
    }

    /// Shortens the wait of the next reads; TCP only.
    pub fn set_reply_deadline(&mut self, deadline: Duration) {
        let tcp = self.tcp.as_ref().expect("a TCP client");
        tcp.set_read_timeout(Some(deadline)).expect("set a read timeout");
    }

    pub fn local_port(&self) -> u16 {
        self.tcp.as_ref().expect("a TCP client").local_addr().expect("a local address").port()
    }

    /// Runs a command whose arguments have no spaces: `client.run("set k v")`.
    #[track_caller]
    pub fn run(&mut self, line: &str) -> Value {
        let args: Vec<&str> = line.split_whitespace().collect();
        self.cmd(&args)
    }

    /// As [`Client::run`], and panics when the reply is an error.
    #[track_caller]
    pub fn ok(&mut self, line: &str) -> Value {
        let value = self.run(line);
        assert!(!value.is_error(), "{line}: {value:?}");
        value
    }

    #[track_caller]
    pub fn cmd<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Value {
        match self.try_cmd(args) {
            Ok(value) => value,
            Err(error) => {
                let name = String::from_utf8_lossy(args[0].as_ref()).into_owned();
                panic!("no reply to {name}: {error}")
            }
        }
    }

    pub fn try_cmd<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<Value> {
        let mut bytes = Vec::new();
        encode(&mut bytes, args);
        self.wire.write_all(&bytes)?;
        self.try_reply()
    }

    pub fn try_run(&mut self, line: &str) -> io::Result<Value> {
        let args: Vec<&str> = line.split_whitespace().collect();
        self.try_cmd(&args)
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.wire.write_all(bytes).expect("send bytes");
    }

    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes)
    }

    /// Sends a command without waiting for its reply.
    #[track_caller]
    pub fn send_cmd<A: AsRef<[u8]>>(&mut self, args: &[A]) {
        let mut bytes = Vec::new();
        encode(&mut bytes, args);
        self.send(&bytes);
    }

    /// The next reply.
    #[track_caller]
    pub fn reply(&mut self) -> Value {
        self.try_reply().expect("a reply")
    }

    pub fn try_reply(&mut self) -> io::Result<Value> {
        loop {
            let mut at = self.consumed;
            if let Some(value) = decode(&self.input, &mut at)? {
                self.consumed = at;
                return Ok(value);
            }
            self.receive()?;
        }
    }

    /// Reads what comes next into the buffer; an `UnexpectedEof` error at the end.
    fn receive(&mut self) -> io::Result<()> {
        self.input.drain(..self.consumed);
        self.consumed = 0;
        let mut chunk = [0; 64 * 1024];
        match self.wire.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.input.extend_from_slice(&chunk[..read]);
                Ok(())
            }
        }
    }

    /// Exactly `count` raw bytes.
    #[track_caller]
    pub fn recv(&mut self, count: usize) -> Vec<u8> {
        while self.input.len() - self.consumed < count {
            self.receive().expect("more bytes");
        }
        let bytes = self.input[self.consumed..self.consumed + count].to_vec();
        self.consumed += count;
        bytes
    }

    /// Raw bytes up to and with the next `\n`, which is cut off with its `\r`.
    pub fn try_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let rest = &self.input[self.consumed..];
            if let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]).to_vec();
                self.consumed += end + 1;
                return Ok(line);
            }
            self.receive()?;
        }
    }

    /// Everything until the server closes the connection; a reset counts as a close.
    #[track_caller]
    pub fn recv_to_end(&mut self) -> Vec<u8> {
        loop {
            match self.receive() {
                Ok(()) => {}
                Err(error) if is_end(&error) => return self.input.split_off(self.consumed),
                Err(error) => panic!("the server did not close the connection: {error}"),
            }
        }
    }

    /// Says that nothing more will be sent.
    #[track_caller]
    pub fn finish_sending(&mut self) {
        let tcp = self.tcp.as_ref().expect("a TCP client");
        // A server that has closed already has nothing against it.
        let _ = tcp.shutdown(std::net::Shutdown::Write);
    }

    /// True when the server has closed the connection and nothing unread is left.
    pub fn is_closed(&mut self) -> bool {
        let tcp = self.tcp.as_ref().expect("a TCP client");
        tcp.set_nonblocking(true).expect("set non-blocking");
        let seen = tcp.peek(&mut [0]);
        tcp.set_nonblocking(false).expect("set blocking");
        match seen {
            Ok(count) => count == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// Sends all commands, a few hundred at a time, and collects the replies in order.
    #[track_caller]
    pub fn pipeline<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> Vec<Value> {
        let mut replies = Vec::with_capacity(commands.len());
        for chunk in commands.chunks(500) {
            let mut bytes = Vec::new();
            for command in chunk {
                encode(&mut bytes, command);
            }
            self.send(&bytes);
            for _ in chunk {
                replies.push(self.reply());
            }
        }
        replies
    }

    /// `HELLO 3`
    #[track_caller]
    pub fn hello3(mut self) -> Client {
        let reply = self.run("hello 3");
        assert!(matches!(reply, Value::Map(_)), "{reply:?}");
        self
    }
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(error.kind(), UnexpectedEof | ConnectionReset | BrokenPipe | ConnectionAborted)
}

/// One value from `input` at `*at`, which moves on; `None` when more bytes are needed.
fn decode(input: &[u8], at: &mut usize) -> io::Result<Option<Value>> {
    let mut cursor = *at;
    let value = decode_at(input, &mut cursor)?;
    if value.is_some() {
        *at = cursor;
    }
    Ok(value)
}

fn decode_at(input: &[u8], at: &mut usize) -> io::Result<Option<Value>> {
    let Some(line) = take_line(input, at) else { return Ok(None) };
    let Some((&kind, rest)) = line.split_first() else { return Err(invalid("an empty line")) };
    let text = || String::from_utf8_lossy(rest).into_owned();
    let count = || text().parse::<i64>().map_err(|_| invalid(&format!("length {:?}", text())));
    let value = match kind {
        b'+' => Value::Simple(text()),
        b'-' => Value::Error(text()),
        b':' => Value::Int(count()?),
        b',' => Value::Double(text()),
        b'(' => Value::BigNumber(text()),
        b'#' => Value::Bool(rest == b"t"),
        b'_' => Value::Nil,
        b'$' | b'*' if rest.starts_with(b"-") => Value::Nil,
        b'$' | b'=' => match take_bulk(input, at, count()? as usize) {
            Some(bytes) if kind == b'$' => Value::Bulk(bytes),
            Some(bytes) => Value::Verbatim(
                String::from_utf8_lossy(&bytes[..3]).into_owned(),
                bytes[4..].to_vec(),
            ),
            None => return Ok(None),
        },
        b'*' | b'~' | b'>' => match decode_many(input, at, count()?)? {
            Some(items) if kind == b'*' => Value::Array(items),
            Some(items) if kind == b'~' => Value::Set(items),
            Some(items) => Value::Push(items),
            None => return Ok(None),
        },
        b'%' => match decode_many(input, at, 2 * count()?)? {
            Some(items) => {
                Value::Map(items.chunks(2).map(|p| (p[0].clone(), p[1].clone())).collect())
            }
            None => return Ok(None),
        },
        _ => return Err(invalid(&format!("type byte in {:?}", line.escape_ascii().to_string()))),
    };
    Ok(Some(value))
}

fn decode_many(input: &[u8], at: &mut usize, count: i64) -> io::Result<Option<Vec<Value>>> {
    let mut items = Vec::new();
    for _ in 0..count {
        match decode_at(input, at)? {
            Some(item) => items.push(item),
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

fn take_line<'a>(input: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = &input[*at..];
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    *at += end + 2;
    Some(&rest[..end])
}

fn take_bulk(input: &[u8], at: &mut usize, length: usize) -> Option<Vec<u8>> {
    let bytes = input.get(*at..*at + length + 2)?[..length].to_vec();
    *at += length + 2;
    Some(bytes)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
