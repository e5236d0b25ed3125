//! The macro that makes a table of directives out of its rows.

/// Whether a field has its directive's name, but for the hyphens.
#[expect(clippy::indexing_slicing, reason = "runs when the table is compiled")]
pub(super) const fn is_field_of(name: &str, field: &str) -> bool {
    let (name, field) = (name.as_bytes(), field.as_bytes());
    let mut at = 0;
    while at < name.len() && at < field.len() {
        if name[at] != field[at] && !(name[at] == b'-' && field[at] == b'_') {
            return false;
        }
        at += 1;
    }
    name.len() == field.len()
}

/// Makes `Config`, its defaults and `DIRECTIVES`. A row reads:
///
/// ```text
/// "name" | "alias" || "later name" [FLAGS] => field: type = default, rule;
/// ```
macro_rules! directives {
    ($(
        $(#[$doc:meta])*
        $name:literal $(| $alias:literal)? $(|| $later:literal)? $([$($flag:ident)+])? =>
            $field:ident: $type:ty = $default:expr $(, $rule:expr)?;
    )*) => {
        /// Every setting of the server, one field a directive, under the directive's name.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $($(#[$doc])* pub $field: $type,)*

            /// Where the default user may publish and subscribe: all channels unless a `user`
            /// line says otherwise.
            pub default_user_channels: Channels,
            /// The `rename-command` lines, in order.
            pub rename_command: Vec<Rename>,
            /// The file that the server was started with, as an absolute path: `CONFIG REWRITE`
            /// writes it.
            pub config_file: Option<PathBuf>,
        }

        impl Default for Config {
            fn default() -> Self {
                Config {
                    $($field: $default,)*
                    default_user_channels: Channels::All,
                    rename_command: Vec::new(),
                    config_file: None,
                }
            }
        }

        $(const _: () = assert!($crate::config::define::is_field_of($name, stringify!($field)));)*

        /// All directives, in the order in which `CONFIG GET *` lists them.
        pub static DIRECTIVES: &[Directive] = &[$(
            Directive {
                name: $name,
                alias: directives!(@name $($alias)?),
                later_name: directives!(@name $($later)?),
                flags: Flags::of(&[$($(Flags::$flag),+)?]),
                cell: &Field::<Config, $type> {
                    get: |config| &config.$field,
                    get_mut: |config| &mut config.$field,
                    default: || $default,
                    rule: directives!(@rule $($rule)?),
                },
            },
        )*];
    };
    (@name) => { None };
    (@name $name:literal) => { Some($name) };
    (@rule) => { () };
    (@rule $rule:expr) => { $rule };
}

pub(super) use directives;
