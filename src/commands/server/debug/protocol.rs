//! `DEBUG PROTOCOL type` and `DEBUG ERROR text`: replies for the tests of clients.

use crate::commands::call::Call;
use crate::commands::error::{CommandError, Outcome};
use crate::resp::reply::{Protocol, Reply};

pub fn protocol(call: &mut Call<'_>) -> Outcome {
    let name = call.arg(2).to_ascii_lowercase();
    let reply = &mut call.reply;
    match name.as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.int(12345),
        b"double" => reply.double(3.141),
        b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            (0..3).for_each(|n| reply.int(n));
        }
        b"set" => {
            reply.set(3);
            (0..3).for_each(|n| reply.int(n));
        }
        b"map" => {
            reply.map(3);
            for n in 0..3 {
                reply.int(n);
                reply.bool(n == 1);
            }
        }
        b"attrib" => attribute(reply),
        b"push" => push(reply)?,
        b"verbatim" => reply.verbatim("txt", b"This is a verbatim\nstring"),
        b"true" => reply.bool(true),
        b"false" => reply.bool(false),
        _ => {
            return Err(CommandError::UnknownProtocolType);
        }
    }
    Ok(())
}

/// An attribute describes the reply after it; RESP2 has only the reply.
fn attribute(reply: &mut Reply<'_>) {
    if reply.protocol() == Protocol::Resp3 {
        reply.attribute(1);
        reply.bulk(b"key-popularity");
        reply.array(2);
        reply.bulk(b"key:123");
        reply.int(90);
    }
    reply.bulk(b"Some real reply following the attribute");
}

/// A push answers nothing: the reply comes after it.
fn push(reply: &mut Reply<'_>) -> Outcome {
    if reply.protocol() == Protocol::Resp2 {
        return Err(CommandError::NeedsResp3);
    }
    reply.push(2);
    reply.bulk(b"server-cpu-usage");
    reply.int(42);
    reply.bulk(b"Some real reply following the push reply");
    Ok(())
}

pub fn error(call: &mut Call<'_>) -> Outcome {
    Err(CommandError::Given(call.arg(2).to_vec()))
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn every_type_of_reply_can_be_asked_for() {
        let mut server = TestServer::new();
        server.enable_debug();
        server.check(&[
            ("DEBUG PROTOCOL string", "\"Hello World\""),
            ("DEBUG PROTOCOL double", "\"3.141\""),
            ("DEBUG PROTOCOL map", "[0 0 1 1 2 0]"),
            ("DEBUG PROTOCOL attrib", "\"Some real reply following the attribute\""),
            ("DEBUG PROTOCOL push", "-ERR RESP2 is not supported by this command"),
            ("DEBUG PROTOCOL null", "nil"),
            ("DEBUG ERROR MYERR", "-MYERR"),
        ]);
        server.session().protocol = crate::resp::reply::Protocol::Resp3;
        server.check(&[
            ("DEBUG PROTOCOL double", ",3.141"),
            ("DEBUG PROTOCOL set", "{0 1 2}"),
            ("DEBUG PROTOCOL map", "{0: false, 1: true, 2: false}"),
            ("DEBUG PROTOCOL bignum", "(1234567999999999999999999999999999999"),
            (
                "DEBUG PROTOCOL push",
                ">[\"server-cpu-usage\" 42] \"Some real reply following the push reply\"",
            ),
        ]);
        assert!(server.run("DEBUG PROTOCOL x").starts_with("-ERR Wrong protocol type name."));
    }
}
