//! Who may do what, and TLS.

use std::path::PathBuf;

use super::rules::{ANY, COUNT, INT, PORT, number};
use crate::config::define::directives;
use crate::config::value::choice::{
    AclPubsubDefault, Protected, SanitizeDumpPayload, TlsAuthClients,
};
use crate::config::value::text::Secret;

directives! {
    /// Who may do what, and TLS.
    Security;

    /// The default user's password.
    "requirepass" [SENSITIVE] {Connections Forwarding} => requirepass: Option<Secret> = None, ANY;
    "aclfile" [IMMUTABLE DEFAULT_ONLY] => aclfile: PathBuf = PathBuf::new(), ANY;
    /// How many entries ACL LOG keeps.
    "acllog-max-len" [NO_EFFECT] => acllog_max_len: usize = 128, COUNT;
    /// The channels of a `user` line that names none.
    "acl-pubsub-default" => acl_pubsub_default: AclPubsubDefault = AclPubsubDefault::ResetChannels;
    "sanitize-dump-payload" [NO_EFFECT] =>
        sanitize_dump_payload: SanitizeDumpPayload = SanitizeDumpPayload::No;
    "tls-port" [DEFAULT_ONLY] => tls_port: u16 = 0, PORT;
    "tls-cluster" [DEFAULT_ONLY] => tls_cluster: bool = false;
    "tls-replication" [DEFAULT_ONLY] => tls_replication: bool = false;
    "tls-auth-clients" [NO_EFFECT] => tls_auth_clients: TlsAuthClients = TlsAuthClients::Yes;
    "tls-prefer-server-ciphers" [NO_EFFECT] => tls_prefer_server_ciphers: bool = false;
    "tls-session-caching" [NO_EFFECT] => tls_session_caching: bool = true;
    /// In sessions.
    "tls-session-cache-size" [NO_EFFECT] => tls_session_cache_size: u32 = 20 * 1024, number(0, INT);
    "tls-session-cache-timeout" [NO_EFFECT] => tls_session_cache_timeout: u64 = 300, number(0, INT);
    "tls-cert-file" [VOLATILE NO_EFFECT] => tls_cert_file: Option<PathBuf> = None, ANY;
    "tls-key-file" [VOLATILE NO_EFFECT] => tls_key_file: Option<PathBuf> = None, ANY;
    "tls-key-file-pass" [NO_EFFECT] => tls_key_file_pass: Option<Secret> = None, ANY;
    "tls-client-cert-file" [VOLATILE NO_EFFECT] =>
        tls_client_cert_file: Option<PathBuf> = None, ANY;
    "tls-client-key-file" [VOLATILE NO_EFFECT] => tls_client_key_file: Option<PathBuf> = None, ANY;
    "tls-client-key-file-pass" [NO_EFFECT] => tls_client_key_file_pass: Option<Secret> = None, ANY;
    "tls-dh-params-file" [VOLATILE NO_EFFECT] => tls_dh_params_file: Option<PathBuf> = None, ANY;
    "tls-ca-cert-file" [VOLATILE NO_EFFECT] => tls_ca_cert_file: Option<PathBuf> = None, ANY;
    "tls-ca-cert-dir" [VOLATILE NO_EFFECT] => tls_ca_cert_dir: Option<PathBuf> = None, ANY;
    "tls-protocols" [NO_EFFECT] => tls_protocols: Option<String> = None, ANY;
    "tls-ciphers" [NO_EFFECT] => tls_ciphers: Option<String> = None, ANY;
    "tls-ciphersuites" [NO_EFFECT] => tls_ciphersuites: Option<String> = None, ANY;
    /// Who may change `dir` and `dbfilename`.
    "enable-protected-configs" [IMMUTABLE] => enable_protected_configs: Protected = Protected::No;
    /// Who may use DEBUG.
    "enable-debug-command" [IMMUTABLE] => enable_debug_command: Protected = Protected::No;
    /// Who may use MODULE.
    "enable-module-command" [IMMUTABLE] =>
        enable_module_command: Protected = Protected::No;

    // Of later versions.

    "max-new-tls-connections-per-cycle" [HIDDEN NO_EFFECT] =>
        max_new_tls_connections_per_cycle: u32 = 1, number(1, 1000);
    "tls-auto-reload-interval" [HIDDEN NO_EFFECT] =>
        tls_auto_reload_interval: u64 = 0, number(0, INT);
    "tls-auth-clients-user" [HIDDEN DEFAULT_ONLY] =>
        tls_auth_clients_user: String = "off".to_owned(), ANY;
    "enable-debug-assert" [IMMUTABLE HIDDEN NO_EFFECT] => enable_debug_assert: bool = false;
}
