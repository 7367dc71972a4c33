//! Configuration: defaults, then a file, then the environment, then flags; later ones win.

mod settings;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Metadata, Source};
use registry_graphql::SchemaSettings;
use registry_persistence::{DatabaseUrl, Durability, StoreConfig};
use serde::{Deserialize, Serialize};

use crate::arguments::Common;
use crate::error::ServerError;

pub use settings::{
    AccessSettings, DatabaseSettings, ForwardedHeader, HttpSettings, LogFormat, LogSettings,
    OutsideIssuerSettings, RateSettings, ReportingSettings, TlsSettings,
};

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
    pub graphql: SchemaSettings,
    /// What a client may ask for in a minute.
    pub rate: RateSettings,
    /// By what rules partners' reports are taken.
    pub reporting: ReportingSettings,
    /// What is logged.
    pub log: LogSettings,
    /// Who may come in.
    pub access: AccessSettings,
}

impl Config {
    fn defaults(data: &Path) -> Self {
        Self {
            database: DatabaseSettings {
                url: format!("sqlite:{}", data.join("registry.sqlite").display()),
                reader_connections: None,
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
                kept_answers_bytes: 8 << 20,
                cors_origins: Vec::new(),
                trusted_proxies: Vec::new(),
                forwarded_header: ForwardedHeader::XForwardedFor,
                shutdown_grace_seconds: 20,
            },
            tls: None,
            graphql: SchemaSettings::default(),
            rate: RateSettings::default(),
            reporting: ReportingSettings::default(),
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
        let usual = StoreConfig::new(self.database.url.parse::<DatabaseUrl>()?);
        let readers = self.database.reader_connections.unwrap_or(usual.reader_connections);
        Ok(StoreConfig {
            database: usual.database,
            reader_connections: readers.max(1),
            writer_connections: self.database.writer_connections.max(1),
            auditor_connections: self.database.auditor_connections.max(1),
            statement_timeout: seconds(self.database.statement_timeout_seconds),
            auditor_statement_timeout: seconds(self.database.auditor_statement_timeout_seconds),
            durability: Durability::Acknowledged,
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
        self.reporting.check()?;
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
