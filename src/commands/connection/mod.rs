//! The client's connection to the server.

mod auth;
mod client;
mod echo;
mod hello;
mod ping;
mod quit;
mod reset;
mod select;

use super::command::Command;

pub const COMMANDS: &[Command] = &[
    auth::AUTH,
    client::CLIENT,
    echo::ECHO,
    hello::HELLO,
    ping::PING,
    quit::QUIT,
    reset::RESET,
    select::SELECT,
];
