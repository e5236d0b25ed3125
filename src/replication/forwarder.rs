//! The Forwarder: takes one client's writes from a replica to its master (`replica-forward-writes`).
//!
//! Owns a connection to the master, made when there is something to send and again when it is lost.
//! Started by the function that `server.rs` gives the Keyspace, at a client's first write. Receives
//! `ToForwarder`, one errand at a time, sends `Forwarded`; ends when it is told to, with its
//! connection. What is said and what it means is decided by `model::forward`.

use std::rc::Rc;
use std::time::Duration;

use actix::prelude::*;
use bytes::BytesMut;
use futures::future::try_join;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::messages::{ForwarderStart, ToForwarder};
use super::model::feed::encode_command;
use super::model::forward::{Answer, Answers, Errand, NO_ANSWER, Standing, greeting, settling};
use super::model::handshake::MasterAuth;
use super::open::{NotOpened, open};
use crate::base::text::system_text;
use crate::keyspace::messages::{ForwardError, Forwarded};

/// How long a master may take to be connected to and to answer what does not run commands.
const GREETING_TIMEOUT: Duration = Duration::from_secs(5);
/// What the replies may take to what runs no commands.
const GREETING_REPLY_BYTES: usize = 64 * 1024;
/// Room made for one read, in bytes.
const READ_BYTES: usize = 4 * 1024;

pub struct Forwarder {
    start: Rc<ForwarderStart>,
    keyspace: Recipient<Forwarded>,
    /// Here while no errand is away.
    link: Option<Link>,
}

/// Why nothing could be sent.
enum Obstacle {
    /// There is nobody, or who is there does not answer.
    Away(String),
    /// It answers, and does not want to.
    Refused(String),
}

/// A connection on which the master has been told who speaks.
struct Link {
    stream: TcpStream,
    standing: Standing,
}

impl Forwarder {
    pub fn new(start: ForwarderStart, keyspace: Recipient<Forwarded>) -> Forwarder {
        Forwarder { start: Rc::new(start), keyspace, link: None }
    }

    fn forward(&mut self, errand: Box<Errand>, ctx: &mut Context<Self>) {
        let link = self.link.take().filter(Link::is_open);
        let running = actix::fut::wrap_future::<_, Self>(run(self.start.clone(), link, errand));
        ctx.spawn(running.map(|(link, outcome), forwarder, _| {
            forwarder.link = link;
            let client = forwarder.start.client;
            forwarder.keyspace.do_send(Forwarded { client, outcome });
        }));
    }
}

impl Actor for Forwarder {
    type Context = Context<Self>;
}

impl Handler<ToForwarder> for Forwarder {
    type Result = ();
    fn handle(&mut self, message: ToForwarder, ctx: &mut Self::Context) {
        match message {
            ToForwarder::Forward(errand) => self.forward(errand, ctx),
            ToForwarder::End => ctx.stop(),
        }
    }
}

impl Link {
    /// Whether the master has not hung up meanwhile, as far as is known.
    fn is_open(&self) -> bool {
        let unexpected = self.stream.try_read(&mut [0]);
        unexpected.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    async fn open(start: &ForwarderStart, standing: Standing) -> Result<Link, Obstacle> {
        let source = start.settings.bind_source.clone();
        let stream =
            open(start.host.clone(), start.port, source).await.map_err(|error| match error {
                NotOpened::NoAddress(error) | NotOpened::NotConnected(error) => {
                    Obstacle::Away(system_text(&error))
                }
            })?;
        let _ = stream.set_nodelay(true);
        give_up_after(&stream, start.settings.timeout_seconds);
        let mut link = Link { stream, standing };
        let ForwarderStart { settings, path, .. } = start;
        let auth = settings
            .password
            .clone()
            .map(|password| MasterAuth { user: settings.user.clone(), password });
        let (bytes, replies) = greeting(auth.as_ref(), standing, path);
        link.tell(&bytes, replies, replies - 1).await?;
        Ok(link)
    }

    /// Makes the connection stand as the client does.
    async fn settle(&mut self, errand: &Errand) -> Result<(), Obstacle> {
        let (bytes, replies) = settling(self.standing, errand.standing);
        if replies > 0 {
            self.tell(&bytes, replies, replies).await?;
            self.standing = errand.standing;
        }
        if errand.is_unit {
            let mut bytes = BytesMut::new();
            encode_command(&mut bytes, &[b"MULTI"]);
            self.tell(&bytes, 1, 1).await?;
        }
        Ok(())
    }

    /// Says what runs no commands; the first `needed` of the replies may be no errors.
    async fn tell(&mut self, bytes: &[u8], replies: usize, needed: usize) -> Result<(), Obstacle> {
        let mut answers = Answers::default();
        let exchange = self.exchange(bytes, replies, &mut answers, GREETING_REPLY_BYTES);
        exchange.await.map_err(Obstacle::Away)?;
        answers.error_before(needed).map_or(Ok(()), |error| Err(Obstacle::Refused(error)))
    }

    /// Sends, and reads until so many replies are there. Both at once: a master that does not get
    /// rid of its replies may take nothing more.
    async fn exchange(
        &mut self,
        bytes: &[u8],
        replies: usize,
        answers: &mut Answers,
        most_bytes: usize,
    ) -> Result<(), String> {
        let (mut reader, mut writer) = self.stream.split();
        let sending = async { writer.write_all(bytes).await.map_err(|e| system_text(&e)) };
        let reading = async {
            while !answers.are_whole(replies).map_err(|error| error.to_string())? {
                if answers.bytes.len() > most_bytes {
                    return Err(format!("its replies take more than {most_bytes} bytes"));
                }
                answers.bytes.reserve(READ_BYTES);
                let count = reader.read_buf(&mut answers.bytes).await;
                if count.map_err(|error| system_text(&error))? == 0 {
                    return Err("it has closed the connection".to_owned());
                }
            }
            Ok(())
        };
        try_join(sending, reading).await.map(|_| ())
    }
}

/// Has the system end a connection to a host that is gone, which nobody else would notice while a
/// command waits there.
fn give_up_after(stream: &TcpStream, seconds: i64) {
    let limit = Duration::from_secs(u64::try_from(seconds).unwrap_or(0).max(1));
    let probe = (limit / 6).max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new().with_time(limit / 2).with_interval(probe).with_retries(3);
    let socket = SockRef::from(stream);
    let is_set = socket.set_tcp_keepalive(&keepalive);
    if let Err(error) = is_set.and_then(|()| socket.set_tcp_user_timeout(Some(limit))) {
        log::debug!("Setting how long a forwarder waits: {error}");
    }
}

/// A connection that is ready for the errand's commands.
async fn get_ready(
    start: &ForwarderStart,
    link: Option<Link>,
    errand: &Errand,
) -> Result<Link, Obstacle> {
    let ready = async {
        let mut link = match link {
            Some(link) => link,
            None => Link::open(start, errand.standing).await?,
        };
        link.settle(errand).await?;
        Ok(link)
    };
    timeout(GREETING_TIMEOUT, ready)
        .await
        .unwrap_or_else(|_| Err(Obstacle::Away(NO_ANSWER.to_owned())))
}

/// Takes an errand to the master and brings the answer.
async fn run(
    start: Rc<ForwarderStart>,
    link: Option<Link>,
    mut errand: Box<Errand>,
) -> (Option<Link>, Result<Answer, ForwardError>) {
    let mut link = match get_ready(&start, link, &errand).await {
        Ok(link) => link,
        Err(Obstacle::Away(reason)) => {
            return (None, Err(ForwardError::NotSent { reason, may_pass: true }));
        }
        Err(Obstacle::Refused(reason)) => {
            return (None, Err(ForwardError::NotSent { reason, may_pass: false }));
        }
    };
    encode_command(&mut errand.bytes, &[b"ROLE"]);
    let mut answers = Answers::default();
    let exchange =
        link.exchange(&errand.bytes, errand.replies + 1, &mut answers, errand.most_reply_bytes);
    let outcome = if errand.may_wait {
        exchange.await
    } else {
        let seconds = u64::try_from(start.settings.timeout_seconds).unwrap_or(0);
        timeout(Duration::from_secs(seconds), exchange)
            .await
            .unwrap_or_else(|_| Err(NO_ANSWER.to_owned()))
    };
    // What comes unasked for would be taken for the next answer.
    let is_fit = !answers.has_more();
    let answer = answers.of_errand(errand.replies, errand.is_unit);
    match outcome {
        Ok(()) => (is_fit.then_some(link), Ok(answer)),
        Err(reason) => (None, Err(ForwardError::Lost(answer, reason))),
    }
}
