//! Strings and keys.

use crate::commands::Generator;
use crate::drive::random_commands;

#[test]
fn random_string_and_key_commands_do_what_they_do_on_redis() {
    random_commands("strings", Generator::string_command);
}
