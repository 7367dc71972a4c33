//! Configuration: defaults, then a file, then the environment, then flags; later ones win.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Metadata, Source};
use ipnet::IpNet;
use registry_persistence::{DatabaseUrl, StoreConfig};
use serde::{Deserialize, Serialize};

use crate::arguments::Common;
use crate::error::ServerError;

/// The folder used if none is named.
const DEFAULT_DATA: &str = "data";

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
    /// What a GraphQL request may cost.
    pub graphql: GraphqlSettings,
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

/// What a GraphQL request may cost.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlSettings {
    /// Whether clients may ask what the schema is.
    pub introspection: bool,
    /// How deep selections may nest; at least 15, or introspection breaks.
    pub max_depth: usize,
    /// How many fields a request may ask for, lists counted by their page size.
    pub max_complexity: usize,
    /// The largest page.
    pub max_page: usize,
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
}

impl Config {
    fn defaults(data: &Path) -> Self {
        let graphql = registry_graphql::SchemaSettings::default();
        Self {
            database: DatabaseSettings {
                url: format!("sqlite:{}", data.join("registry.sqlite").display()),
                reader_connections: 8,
                writer_connections: 4,
                statement_timeout_seconds: 30,
            },
            http: HttpSettings {
                listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
                body_limit: 2 << 20,
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
            graphql: GraphqlSettings {
                introspection: true,
                max_depth: graphql.max_depth,
                max_complexity: graphql.max_complexity,
                max_page: graphql.max_page,
            },
            log: LogSettings {
                format: LogFormat::Pretty,
                filter: "info,sea_orm_migration=warn,sqlx=warn".into(),
            },
            access: AccessSettings { development: false, development_anywhere: false },
        }
    }

    /// How the store is opened.
    pub fn store(&self) -> Result<StoreConfig, ServerError> {
        Ok(StoreConfig {
            database: self.database.url.parse::<DatabaseUrl>()?,
            reader_connections: self.database.reader_connections.max(1),
            writer_connections: self.database.writer_connections.max(1),
            statement_timeout: std::time::Duration::from_secs(
                self.database.statement_timeout_seconds.max(1),
            ),
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
        Ok(())
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
