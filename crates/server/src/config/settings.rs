//! The settings of each section, and what they are if nobody says otherwise.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use ipnet::IpNet;
use registry_domain::certificate::{ReportingRules, Tolerance};
use serde::{Deserialize, Serialize};

use crate::error::ServerError;
use crate::token::Algorithm;

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite:PATH` or `postgres://…`; also read from `DATABASE_URL`.
    pub url: String,
    /// Connections for reading; as the engine likes it if not said.
    pub reader_connections: Option<u32>,
    /// Connections for writing (PostgreSQL; SQLite has one).
    pub writer_connections: u32,
    /// How long a statement may take (PostgreSQL), and how long to wait for a lock or connection, in seconds.
    pub statement_timeout_seconds: u64,
    /// Connections for tokens that can only read; they hold up nobody else.
    pub auditor_connections: u32,
    /// How long a statement of such a token may take, in seconds.
    pub auditor_statement_timeout_seconds: u64,
}

/// The HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// How long a request may take, in seconds.
    pub request_timeout_seconds: u64,
    /// How many connections there are at once; more wait.
    pub max_connections: usize,
    /// How long a client may take to send a request's head, and HTTP/1.1 may rest before one, in seconds.
    pub header_timeout_seconds: u64,
    /// How long a client may take to send a request's body, in seconds.
    pub body_timeout_seconds: u64,
    /// How long a connection may be kept without a request, or without taking what it is sent, in seconds.
    pub idle_timeout_seconds: u64,
    /// How many GraphQL requests are answered at once; more are told to come back.
    pub max_concurrent: usize,
    /// How many bytes of answers that follow from figures alone are kept, to be told again while they hold.
    pub kept_answers_bytes: u64,
    /// Origins whose browsers may call, like `https://app.example.vn`; none by default.
    pub cors_origins: Vec<String>,
    /// Networks of proxies that are believed on whom they speak for, like `10.0.0.0/8`; none by default.
    pub trusted_proxies: Vec<IpNet>,
    /// Where those proxies say it.
    pub forwarded_header: ForwardedHeader,
    /// How long running requests may go on after the server was told to stop, in seconds.
    pub shutdown_grace_seconds: u64,
}

/// The header in which proxies name the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which most write.
    XForwardedFor,
    /// `Forwarded`, as RFC 7239 has it.
    Forwarded,
}

/// TLS. Both files are read again when they change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// The certificate and those above it, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// By what rules partners' reports are taken.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportingSettings {
    /// How far a partner's own total may be from what the registry counts before a report is
    /// refused, in thousandths; what is less gives a warning.
    pub total_tolerance_per_mille: u32,
    /// The day of the following month by which reports are due, 1…28.
    pub due_day: u8,
}

impl Default for ReportingSettings {
    fn default() -> Self {
        Self { total_tolerance_per_mille: 5, due_day: 10 }
    }
}

impl ReportingSettings {
    /// The rules themselves.
    #[must_use]
    pub const fn rules(self) -> ReportingRules {
        let millionths = self.total_tolerance_per_mille.saturating_mul(1_000);
        ReportingRules { tolerance: Tolerance { millionths }, due_day: self.due_day }
    }

    pub(super) fn check(self) -> Result<(), ServerError> {
        if (1..=28).contains(&self.due_day) {
            return Ok(());
        }
        Err(ServerError::Configuration("reporting.due_day must be 1 to 28".into()))
    }
}

/// What a client may ask for in a minute, in points of complexity. Development access has no such limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// Points a minute for each token.
    pub points_per_minute: NonZeroU32,
    /// Points that a token which was idle may use at once.
    pub burst: NonZeroU32,
    /// Points a minute for each address that shows no token.
    pub anonymous_points_per_minute: NonZeroU32,
    /// Points that such an address may use at once.
    pub anonymous_burst: NonZeroU32,
}

impl Default for RateSettings {
    fn default() -> Self {
        const TOKEN: NonZeroU32 = NonZeroU32::new(60_000).unwrap();
        const ANONYMOUS: NonZeroU32 = NonZeroU32::new(6_000).unwrap();
        Self {
            points_per_minute: TOKEN,
            burst: TOKEN,
            anonymous_points_per_minute: ANONYMOUS,
            anonymous_burst: ANONYMOUS,
        }
    }
}

/// What is logged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// For people or for machines.
    pub format: LogFormat,
    /// Which events, as `tracing` filters them: `info,registry_server=debug`.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Who may come in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessSettings {
    /// Whether everyone may do everything; for development on this machine. `serve --demo` sets it.
    pub development: bool,
    /// Whether `development` is also meant for addresses that other machines reach.
    pub development_anywhere: bool,
    /// The `iss` of the registry's own tokens: its address as clients know it, without a slash at the end.
    pub issuer: String,
    /// The `aud` of the registry's own tokens.
    pub audience: String,
    /// By how many seconds the clocks of two machines may differ; at most 120.
    pub leeway_seconds: u8,
    /// The longest life of a token, in days.
    pub max_token_lifetime_days: u16,
    /// Issuers beside the registry itself whose tokens are accepted; none by default.
    pub issuers: Vec<OutsideIssuerSettings>,
}

/// An issuer beside the registry itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideIssuerSettings {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// Where its public keys are; https, or http on this very machine.
    pub jwks_url: String,
    /// The `aud` that its tokens must name.
    pub audience: String,
    /// How its keys may sign: `EdDSA`, `ES256`, `RS256`.
    pub algorithms: Vec<Algorithm>,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            development: false,
            development_anywhere: false,
            issuer: "https://registry.haugiang.gov.vn".into(),
            audience: "registry".into(),
            leeway_seconds: 30,
            max_token_lifetime_days: 366,
            issuers: Vec::new(),
        }
    }
}

impl AccessSettings {
    pub(super) fn check(&self) -> Result<(), ServerError> {
        let wrong = |what: &str| Err(ServerError::Configuration(what.to_owned()));
        if self.leeway_seconds > 120 {
            return wrong("access.leeway_seconds must be 120 or less");
        }
        if self.max_token_lifetime_days == 0 {
            return wrong("access.max_token_lifetime_days must be 1 or more");
        }
        if self.issuer.ends_with('/') || self.issuer.is_empty() || self.audience.is_empty() {
            return wrong(
                "access.issuer and access.audience must be set, without a slash at the end",
            );
        }
        let mut names: Vec<&str> = self.issuers.iter().map(|outside| &*outside.issuer).collect();
        names.push(&self.issuer);
        let known = names.len();
        names.sort_unstable();
        names.dedup();
        if names.len() < known {
            return wrong(
                "access.issuers: each issuer stands there once, the registry itself never",
            );
        }
        if self.issuers.iter().any(|outside| outside.algorithms.is_empty()) {
            return wrong("access.issuers: algorithms must name EdDSA, ES256 or RS256");
        }
        Ok(())
    }
}
