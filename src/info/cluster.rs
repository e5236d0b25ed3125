//! Cluster mode: off.

use super::row::{Row, Section};

pub(super) const SECTION: Section = Section {
    name: "cluster",
    title: "Cluster",
    rows: &[Row::Field("cluster_enabled", |_| 0.into())],
    ..Section::DEFAULT
};
