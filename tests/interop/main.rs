//! Our server and others as master and replica of one another: the redis-server that is
//! installed, and the peers that `scripts/peers` gets.

#[path = "../support/mod.rs"]
mod support;

/// Makes one test of a function over (master kind, replica kind) for each pair that has us in
/// it, also with each peer of another release that is there.
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

            for_each_peer! { |peer|
                fn peer_master_and_our_replica { super::super::$name(peer, Understudy) }
                fn our_master_and_peer_replica { super::super::$name(Understudy, peer) }
            }
        }
    };
}

/// Makes a module for each peer of another release, in which these functions are tests.
macro_rules! for_each_peer {
    (|$peer:ident| $(fn $test:ident $body:block)+) => {
        for_each_peer! { @peer redis_6_0 "redis-6.0" $peer $($test $body)+ }
        for_each_peer! { @peer redis_8_0 "redis-8.0" $peer $($test $body)+ }
        for_each_peer! { @peer valkey_8_1 "valkey-8.1" $peer $($test $body)+ }
    };
    (@peer $module:ident $name:literal $peer:ident $($test:ident $body:block)+) => {
        mod $module {
            #[allow(unused_imports)]
            use crate::support::Kind::Understudy;

            $(
                #[test]
                fn $test() {
                    if let Some($peer) = crate::support::find_peer($name) {
                        $body;
                    }
                }
            )+
        }
    };
}

mod chains;
mod collections;
mod deaths;
mod dump;
mod failovers;
mod faults;
mod files;
mod forms;
mod links;
mod logs;
mod long_strings;
mod matrix;
mod peers;
mod published;
mod roles;
mod sentinel;
mod stream_groups;
