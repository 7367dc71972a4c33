//! Configuration: defaults, then a file, then the environment, then flags; later ones win.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Metadata, Source};
use ipnet::IpNet;
use registry_graphql::{DocumentPolicy, Introspection, SchemaSettings};
use registry_persistence::{DatabaseUrl, StoreConfig};
use serde::{Deserialize, Serialize};

use crate::arguments::Common;
use crate::error::ServerError;
use crate::token::Algorithm;

/// The folder used if none is named.
const DEFAULT_DATA: &str = "data";

/// Documents are parsed recursively; so far the stack of a thread surely reaches.
const NESTING_LIMIT: usize = 100;

/// Every setting of the registry.
///
/// In `registry.toml` as `[http] listen = "…"`, in the environment as `REGISTRY_HTTP__LISTEN`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: DatabaseSettings,
    /// The HTTP server.
    pub http: HttpSettings,
    /// TLS; without it the server speaks plain HTTP, as behind a proxy.
    pub tls: Option<TlsSettings>,
    /// What a GraphQL request may hold and cost.
    pub graphql: GraphqlSettings,
    /// What a client may ask for in a minute.
    pub rate: RateSettings,
    /// What is logged.
    pub log: LogSettings,
    /// Who may come in.
    pub access: AccessSettings,
}

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite:PATH` or `postgres://…`; also read from `DATABASE_URL`.
    pub url: String,
    /// Connections for reading.
    pub reader_connections: u32,
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

/// What a GraphQL request may hold and cost.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlSettings {
    /// Whether clients may ask what the schema is.
    pub introspection: bool,
    /// `any`, or `trusted`: only those that were added by `registry documents add`.
    pub documents: Documents,
    /// How deep fields may nest, fragments written out; at least 15, or introspection breaks.
    pub max_depth: usize,
    /// How many fields a request may ask for, lists counted by their length.
    pub max_complexity: usize,
    /// The largest page.
    pub max_page: usize,
    /// How long a document may be, in bytes.
    pub max_document_bytes: usize,
    /// How many tokens a document may have.
    pub max_tokens: usize,
    /// How deep brackets and written-out fragments may nest; at most 100.
    pub max_nesting: usize,
    /// How many aliases a document may have.
    pub max_aliases: usize,
    /// How many directives a document may have.
    pub max_directives: usize,
    /// How many fields an operation may begin with.
    pub max_root_fields: usize,
    /// How many selections a document may have, fragments written out.
    pub max_selections: usize,
    /// How long variables may be as JSON, in bytes.
    pub max_variables_bytes: usize,
    /// How many errors an answer tells.
    pub max_errors: usize,
}

/// Which documents are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Documents {
    /// All that are valid.
    Any,
    /// Those that were added to the registry.
    Trusted,
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

impl GraphqlSettings {
    fn defaults() -> Self {
        let schema = SchemaSettings::default();
        Self {
            introspection: true,
            documents: Documents::Any,
            max_depth: schema.max_depth,
            max_complexity: schema.max_complexity,
            max_page: schema.max_page,
            max_document_bytes: schema.max_document_bytes,
            max_tokens: schema.max_tokens,
            max_nesting: schema.max_nesting,
            max_aliases: schema.max_aliases,
            max_directives: schema.max_directives,
            max_root_fields: schema.max_root_fields,
            max_selections: schema.max_selections,
            max_variables_bytes: schema.max_variables_bytes,
            max_errors: schema.max_errors,
        }
    }

    /// The settings of the schema.
    #[must_use]
    pub fn schema(&self) -> SchemaSettings {
        SchemaSettings {
            introspection: if self.introspection { Introspection::On } else { Introspection::Off },
            documents: match self.documents {
                Documents::Any => DocumentPolicy::Any,
                Documents::Trusted => DocumentPolicy::Trusted,
            },
            max_depth: self.max_depth,
            max_complexity: self.max_complexity,
            max_page: self.max_page,
            max_document_bytes: self.max_document_bytes,
            max_tokens: self.max_tokens,
            max_nesting: self.max_nesting,
            max_aliases: self.max_aliases,
            max_directives: self.max_directives,
            max_root_fields: self.max_root_fields,
            max_selections: self.max_selections,
            max_variables_bytes: self.max_variables_bytes,
            max_errors: self.max_errors,
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
    fn check(&self) -> Result<(), ServerError> {
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

impl Config {
    fn defaults(data: &Path) -> Self {
        Self {
            database: DatabaseSettings {
                url: format!("sqlite:{}", data.join("registry.sqlite").display()),
                reader_connections: 8,
                writer_connections: 4,
                statement_timeout_seconds: 30,
                auditor_connections: 2,
                auditor_statement_timeout_seconds: 10,
            },
            http: HttpSettings {
                listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
                // The largest document and the largest variables, and some room around them.
                body_limit: (2 << 20) + (256 << 10),
                request_timeout_seconds: 30,
                max_connections: 2_000,
                header_timeout_seconds: 10,
                body_timeout_seconds: 10,
                idle_timeout_seconds: 60,
                max_concurrent: 512,
                cors_origins: Vec::new(),
                trusted_proxies: Vec::new(),
                forwarded_header: ForwardedHeader::XForwardedFor,
                shutdown_grace_seconds: 20,
            },
            tls: None,
            graphql: GraphqlSettings::defaults(),
            rate: RateSettings::default(),
            log: LogSettings {
                format: LogFormat::Pretty,
                filter: "info,sea_orm_migration=warn,sqlx=warn".into(),
            },
            access: AccessSettings::default(),
        }
    }

    /// How the store is opened.
    pub fn store(&self) -> Result<StoreConfig, ServerError> {
        let seconds = |seconds: u64| std::time::Duration::from_secs(seconds.max(1));
        Ok(StoreConfig {
            database: self.database.url.parse::<DatabaseUrl>()?,
            reader_connections: self.database.reader_connections.max(1),
            writer_connections: self.database.writer_connections.max(1),
            auditor_connections: self.database.auditor_connections.max(1),
            statement_timeout: seconds(self.database.statement_timeout_seconds),
            auditor_statement_timeout: seconds(self.database.auditor_statement_timeout_seconds),
        })
    }

    fn check(&self) -> Result<(), ServerError> {
        let wrong = |what: &str| Err(ServerError::Configuration(what.to_owned()));
        if self.graphql.max_depth < 15 {
            return wrong("graphql.max_depth must be 15 or more, or introspection breaks");
        }
        if self.graphql.max_page == 0 || self.http.max_concurrent == 0 {
            return wrong("graphql.max_page and http.max_concurrent must be 1 or more");
        }
        if self.graphql.max_nesting > NESTING_LIMIT {
            return wrong(
                "graphql.max_nesting must be 100 or less, or reading a document takes too much of the stack",
            );
        }
        if self.http.max_connections == 0 || self.http.idle_timeout_seconds == 0 {
            return wrong("http.max_connections and http.idle_timeout_seconds must be 1 or more");
        }
        let access = &self.access;
        if access.development
            && !access.development_anywhere
            && !self.http.listen.ip().is_loopback()
        {
            return wrong(
                "development access opens everything to everyone; listen on 127.0.0.1, or set access.development_anywhere = true if that is meant",
            );
        }
        access.check()
    }
}

/// A loaded configuration that still knows where each setting came from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The data folder.
    pub data: PathBuf,
    figment: Figment,
}

/// Settings that a command's own flags make.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--demo`: open to everyone on this machine.
    pub development: Option<DevelopmentAccess>,
}

/// Marks that development access was asked for by flag.
#[derive(Debug, Clone, Copy)]
pub struct DevelopmentAccess;

impl Loaded {
    /// Reads defaults, file, environment and flags.
    pub fn load(common: &Common, overrides: Overrides) -> Result<Self, ServerError> {
        let data = common.data.clone().unwrap_or_else(|| DEFAULT_DATA.into());
        let mut figment = Figment::from(Serialized::defaults(Config::defaults(&data)));
        let file = common.config.clone().unwrap_or_else(|| data.join("registry.toml"));
        if common.config.is_some() || file.exists() {
            let text = std::fs::read_to_string(&file).map_err(ServerError::file(&file))?;
            drop(text);
            figment = figment.merge(Toml::file_exact(&file));
        }
        // Only names with a section are settings; REGISTRY_DATA_KEY is a secret of its own.
        let sections =
            Env::prefixed("REGISTRY_").filter(|name| name.as_str().contains("__")).split("__");
        // The registry's own name wins over the one that other programs read as well.
        figment = figment.merge(Env::raw().only(&["DATABASE_URL"]).map(|_| "database.url".into()));
        figment = figment.merge(sections);
        if let Some(url) = &common.database {
            figment = figment.merge(flag("database.url", url));
        }
        if let Some(listen) = overrides.listen {
            figment = figment.merge(flag("http.listen", listen));
        }
        if overrides.development.is_some() {
            figment = figment.merge(flag("access.development", true));
        }
        let config: Config = figment.extract().map_err(|error| told(error, &file))?;
        config.check()?;
        Ok(Self { config, data, figment })
    }

    /// Every setting, its value with secrets hidden, and where it came from.
    pub fn settings(&self) -> Result<Vec<[String; 3]>, ServerError> {
        let value = figment::value::Value::serialize(&self.config);
        let value = value.map_err(|error| ServerError::Configuration(error.to_string()))?;
        let mut found = Vec::new();
        for (section, settings) in value.as_dict().into_iter().flatten() {
            for (name, value) in settings.as_dict().into_iter().flatten() {
                let key = format!("{section}.{name}");
                let shown = match key.as_str() {
                    "database.url" => self.config.store()?.database.to_string(),
                    _ => serde_json::to_string(value).unwrap_or_default(),
                };
                let origin = self.figment.find_metadata(&key).map(origin);
                found.push([key, shown, origin.unwrap_or_default()]);
            }
        }
        Ok(found)
    }
}

fn flag<T: Serialize>(key: &str, value: T) -> Figment {
    let name = match key {
        "database.url" => "--database",
        "http.listen" => "--listen",
        _ => "--demo",
    };
    let provider = Serialized::default(key, value);
    Figment::from(Flag { name, provider })
}

/// A flag of the command line, as a source of settings.
struct Flag<T> {
    name: &'static str,
    provider: Serialized<T>,
}

impl<T: Serialize> figment::Provider for Flag<T> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(
        &self,
    ) -> Result<figment::value::Map<figment::Profile, figment::value::Dict>, figment::Error> {
        self.provider.data()
    }
}

fn origin(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(Source::File(path)) => path.display().to_string(),
        _ if metadata.name.starts_with("--") => metadata.name.to_string(),
        _ if metadata.name.contains("environment variable") => "environment".into(),
        _ => "default".into(),
    }
}

/// What is wrong, where it was set, and by which name.
fn told(error: figment::Error, file: &Path) -> ServerError {
    let all = error.into_iter().map(|error| {
        let key = error.path.join(".");
        let place = match &error.metadata {
            Some(metadata) if origin(metadata) == "default" => file.display().to_string(),
            Some(metadata) => origin(metadata),
            None => "?".into(),
        };
        format!("{key} ({place}): {}", error.kind)
    });
    ServerError::Configuration(all.collect::<Vec<_>>().join("; "))
}
