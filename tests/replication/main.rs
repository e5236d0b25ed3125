//! How a master and its replicas behave, each ours.

#[path = "../support/mod.rs"]
mod support;

mod basics;
