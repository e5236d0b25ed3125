//! Where collections change from one form to another, as the settings say.

use crate::config::Config;
use crate::store::value::Limits;
use crate::store::value::list::ListLimit;

/// The limits of all types.
pub fn limits(config: &Config) -> Limits {
    Limits { list: ListLimit::new(config.types.list_max_listpack_size.into()) }
}
