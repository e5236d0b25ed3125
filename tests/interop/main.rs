//! Our server and Debian's redis-server as master and replica of one another.

#[path = "../support/mod.rs"]
mod support;

/// Makes one test of a function over (master kind, replica kind) for each pair that has us in
/// it.
macro_rules! for_each_pair {
    ($name:ident) => {
        mod $name {
            use crate::support::Kind::{RealRedis, Understudy};

            #[test]
            fn real_master_and_our_replica() {
                super::$name(RealRedis, Understudy);
            }

            #[test]
            fn our_master_and_real_replica() {
                super::$name(Understudy, RealRedis);
            }

            #[test]
            fn our_master_and_our_replica() {
                super::$name(Understudy, Understudy);
            }
        }
    };
}

mod deaths;
mod dump;
mod files;
mod links;
mod long_strings;
mod matrix;
mod roles;
