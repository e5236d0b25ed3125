//! The macros that make the table of directives, and [`Config`](super::Config), out of rows.

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

/// Makes the settings of one theme: a struct, its defaults, and its rows of the table. A row reads:
///
/// ```text
/// "name" | "alias" || "later name" [FLAGS] {Followers} => field: type = default, rule;
/// ```
macro_rules! directives {
    (
        $(#[$theme_doc:meta])*
        $Theme:ident;
        $(
            $(#[$doc:meta])*
            $name:literal $(| $alias:literal)? $(|| $later:literal)? $([$($flag:ident)+])?
                $({$($follower:ident)+})? => $field:ident: $type:ty = $default:expr $(, $rule:expr)?;
        )*
    ) => {
        $(#[$theme_doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Theme {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for $Theme {
            fn default() -> Self {
                $Theme { $($field: $default,)* }
            }
        }

        $(const _: () = assert!($crate::config::define::is_field_of($name, stringify!($field)));)*

        impl<C: AsRef<$Theme> + AsMut<$Theme> + 'static> $crate::config::directive::Theme<C>
            for $Theme
        {
            const ROWS: &'static [$crate::config::directive::Directive<C>] = &[$(
                $crate::config::directive::Directive {
                    name: $name,
                    alias: directives!(@name $($alias)?),
                    later_name: directives!(@name $($later)?),
                    flags: $crate::config::directive::Flags::of(
                        &[$($($crate::config::directive::Flags::$flag),+)?]
                    ),
                    followers: &[$($($crate::config::follower::Follower::$follower),+)?],
                    cell: &$crate::config::directive::Field::<C, $type> {
                        get: |config| &config.as_ref().$field,
                        get_mut: |config| &mut config.as_mut().$field,
                        default: || $default,
                        rule: directives!(@rule $($rule)?),
                    },
                },
            )*];
        }
    };
    (@name) => { None };
    (@name $name:literal) => { Some($name) };
    (@rule) => { () };
    (@rule $rule:expr) => { $rule };
}

/// Makes [`Config`](super::Config) of themes and of what is in no table, and the table of all rows.
macro_rules! config {
    (
        $(#[$config_doc:meta])*
        { $($theme:ident: $Theme:ident),* $(,)? }
        { $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr),* $(,)? }
    ) => {
        $(#[$config_doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $(pub $theme: $Theme,)*
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Config { $($theme: $Theme::default(),)* $($field: $default,)* }
            }
        }

        $(
            impl AsRef<$Theme> for Config {
                fn as_ref(&self) -> &$Theme {
                    &self.$theme
                }
            }

            impl AsMut<$Theme> for Config {
                fn as_mut(&mut self) -> &mut $Theme {
                    &mut self.$theme
                }
            }
        )*

        const THEMES: &[&[Directive]] =
            &[$(<$Theme as $crate::config::directive::Theme<Config>>::ROWS),*];
    };
}

pub(super) use config;
pub(super) use directives;
