//! CPU time.

use super::row::{Row, Section};
use super::value::Value;

pub(super) const SECTION: Section = Section {
    name: "cpu",
    title: "CPU",
    rows: &[
        Row::Field("used_cpu_sys", |facts| Value::Micros(facts.cpu().all.system_micros)),
        Row::Field("used_cpu_user", |facts| Value::Micros(facts.cpu().all.user_micros)),
        Row::Field("used_cpu_sys_children", |facts| {
            Value::Micros(facts.cpu().children.system_micros)
        }),
        Row::Field("used_cpu_user_children", |facts| {
            Value::Micros(facts.cpu().children.user_micros)
        }),
        Row::Field("used_cpu_sys_main_thread", |facts| {
            Value::Micros(facts.cpu().this_thread.system_micros)
        }),
        Row::Field("used_cpu_user_main_thread", |facts| {
            Value::Micros(facts.cpu().this_thread.user_micros)
        }),
    ],
    ..Section::DEFAULT
};
