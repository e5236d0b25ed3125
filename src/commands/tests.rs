//! What holds for every command, however it is called.

use crate::base::random::Random;
use crate::commands::FAMILIES;
use crate::commands::command::Command;
use crate::commands::docs::Arg;
use crate::config::Config;
use crate::keyspace::testing::{Flow, TestServer};
use crate::resp::decode::decode_all;
use crate::resp::reply::Protocol;

/// Keys, values, and numbers that calculations stumble over.
const WORDS: &[&[u8]] = &[
    b"a",
    b"b",
    b"number",
    b"volatile",
    b"",
    b"*",
    b"[a-",
    b"0",
    b"1",
    b"-1",
    b"2",
    b"100",
    b"3.5",
    b"nan",
    b"1e400",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"default",
    b"timeout",
    b"get",
    b"\x00\xff\r\n",
    b"%s\"'",
];

/// The words by which the documentation tells options apart.
fn tokens(args: &[Arg], found: &mut Vec<&'static [u8]>) {
    for arg in args {
        found.extend(Some(arg.token.as_bytes()).filter(|token| !token.is_empty()));
        tokens(arg.inner, found);
    }
}

/// A command with its container's name before its own.
struct Callable {
    names: Vec<&'static [u8]>,
    command: &'static Command,
}

fn callables() -> Vec<Callable> {
    let name = |command: &'static Command| command.facts.name.as_bytes();
    let mut all = Vec::new();
    for command in FAMILIES.iter().flat_map(|family| family.iter()) {
        all.push(Callable { names: vec![name(command)], command });
        let inner = command.subcommands.iter();
        all.extend(
            inner.map(|sub| Callable { names: vec![name(command), name(sub)], command: sub }),
        );
    }
    all
}

/// A server with a few keys, spoken to in either protocol, at times within a transaction.
fn server(random: &mut Random) -> TestServer {
    let mut server = TestServer::with(Config::with(|c| c.network.proto_max_bulk_len = 1 << 20));
    server.enable_debug();
    for line in ["SET a xxx", "SET number 12", "SET volatile v PX 100000"] {
        server.run(line);
    }
    if random.below(2) == 0 {
        server.session().protocol = Protocol::Resp3;
    }
    if random.below(4) == 0 {
        server.run("MULTI");
    }
    server
}

/// No arguments make a handler look for one that is not there, or reply out of form.
#[test]
fn every_command_answers_in_form_whatever_its_arguments() {
    let seed = Random::from_entropy().next_u64();
    println!("seed {seed}");
    let mut random = Random::from_seed(seed);
    for Callable { names, command } in callables() {
        let mut options = Vec::new();
        tokens(command.facts.docs.arguments, &mut options);
        let mut test = server(&mut random);
        for _ in 0..120 {
            let mut args = names.clone();
            for _ in 0..random.below(9) {
                let from =
                    if random.below(2) == 0 && !options.is_empty() { &options } else { WORDS };
                args.push(from[random.below(from.len() as u64) as usize]);
            }
            let shown: Vec<_> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
            println!("{}", shown.join(" "));
            let reply = test.run_args(&args);
            assert!(decode_all(&reply).is_ok_and(|whole| whole.is_some()), "{reply:?}");
            // Who waits, or is in an unusual state, is put aside.
            if matches!(test.flow, Flow::Suspend(_)) || random.below(8) == 0 {
                test = server(&mut random);
            }
        }
    }
}
