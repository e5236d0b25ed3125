//! Loaded modules: there are none.

use super::Section;

pub(super) const SECTION: Section = Section {
    name: "modules",
    alias: Some("module_list"),
    title: "Modules",
    rows: &[],
    ..Section::DEFAULT
};
