//! Reading INFO.

use super::server::Server;
use super::wait::{PATIENCE, wait_for};

/// One INFO answer: fields in their order.
#[derive(Debug, Clone)]
pub struct Info(Vec<(String, String)>);

impl Info {
    pub fn parse(text: &str) -> Info {
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        Info(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}

#[track_caller]
pub fn info(server: &Server, section: &str) -> Info {
    Info::parse(&server.run(&format!("info {section}")).text())
}

/// The value of one field, panics when INFO does not have it.
#[track_caller]
pub fn info_field(server: &Server, section: &str, field: &str) -> String {
    let info = info(server, section);
    match info.get(field) {
        Some(value) => value.to_owned(),
        None => panic!("INFO {section} has no {field}: {info:?}"),
    }
}

/// Returns as soon as INFO shows this value in a field.
#[track_caller]
pub fn wait_info(server: &Server, section: &str, field: &str, wanted: &str) {
    wait_for(PATIENCE, &format!("{field} to be {wanted}"), || {
        let shown = info_field(server, section, field);
        if shown == wanted { Ok(()) } else { Err(format!("it is {shown}")) }
    });
}

/// The names of a section's fields in order.
#[track_caller]
pub fn info_names(server: &Server, section: &str) -> Vec<String> {
    info(server, section).names().into_iter().map(str::to_owned).collect()
}
