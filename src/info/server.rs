//! Which program this is, and on what it runs.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;
use crate::base::time::MONOTONIC_CLOCK;
use crate::config::load::REDIS_VERSION;
use crate::telemetry::process;

pub(super) const SECTION: Section = Section {
    name: "server",
    title: "Server",
    rows: &[
        Row::Field("redis_version", |_| REDIS_VERSION.into()),
        Row::Field("redis_git_sha1", |_| "00000000".into()),
        Row::Field("redis_git_dirty", |_| 0.into()),
        Row::Field("redis_build_id", |_| env!("CARGO_PKG_VERSION").into()),
        Row::Field("redis_mode", |_| "standalone".into()),
        Row::Field("os", |_| process::system_name().into()),
        Row::Field("arch_bits", |_| usize::BITS.into()),
        Row::Field("monotonic_clock", |_| MONOTONIC_CLOCK.into()),
        Row::Field("multiplexing_api", |_| "epoll".into()),
        Row::Field("atomicvar_api", |_| "rust-core".into()),
        Row::Field("gcc_version", |_| "0.0.0".into()),
        Row::Field("process_id", |facts| facts.server.identity.pid.into()),
        Row::Field("process_supervised", |facts| facts.server.identity.supervisor.into()),
        Row::Field("run_id", |facts| facts.server.identity.run_id.to_string().into()),
        Row::Field("tcp_port", tcp_port),
        Row::Field("server_time_usec", |facts| facts.now_micros.into()),
        Row::Field("uptime_in_seconds", |facts| uptime_seconds(facts).into()),
        Row::Field("uptime_in_days", |facts| (uptime_seconds(facts) / (24 * 3600)).into()),
        Row::Field("hz", |facts| facts.server.config.process.hz.into()),
        Row::Field("configured_hz", |facts| facts.server.config.process.hz.into()),
        Row::Field("lru_clock", |facts| ((facts.now / 1000) & 0x00ff_ffff).into()),
        Row::Field("executable", |facts| {
            facts.server.identity.executable.display().to_string().into()
        }),
        Row::Field("config_file", |facts| {
            let file = facts.server.config.config_file.as_ref();
            file.map_or(String::new(), |file| file.display().to_string()).into()
        }),
        Row::Field("io_threads_active", |_| 0.into()),
        Row::Optional("shutdown_in_milliseconds", |facts| {
            facts.server.shutdown.millis_left(facts.now).map(Value::from)
        }),
    ],
    ..Section::DEFAULT
};

fn tcp_port(facts: &Facts<'_>) -> Value {
    let config = &facts.server.config;
    if config.network.port != 0 {
        config.network.port.into()
    } else {
        config.security.tls_port.into()
    }
}

fn uptime_seconds(facts: &Facts<'_>) -> i64 {
    facts.now / 1000 - facts.server.identity.started_at / 1000
}
