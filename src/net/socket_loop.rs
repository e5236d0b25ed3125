//! The future that owns a socket's readiness. It lives as long as its actor, which has the socket:
//! actix polls it after each round of messages, and the socket wakes it.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use actix::prelude::*;

/// An actor with one socket.
pub trait SocketOwner: Actor<Context = Context<Self>> {
    /// One round: reads and writes until nothing more can be done, and says with `task` what it
    /// waits for. `Ready` when the actor is to stop.
    fn poll_socket(&mut self, ctx: &mut Context<Self>, task: &mut Task<'_>) -> Poll<()>;
}

/// To be spawned once, when the actor starts.
pub struct SocketLoop;

impl<A: SocketOwner> ActorFuture<A> for SocketLoop {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        owner: &mut A,
        ctx: &mut Context<A>,
        task: &mut Task<'_>,
    ) -> Poll<()> {
        let polled = owner.poll_socket(ctx, task);
        if polled.is_ready() {
            ctx.stop();
        }
        polled
    }
}
