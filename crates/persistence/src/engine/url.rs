//! The address of a database, as operators write it and as it may be shown.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use sea_orm::sqlx::postgres::PgConnectOptions;

/// A database: `sqlite:PATH` or `postgres://…`. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as libpq writes it.
    Postgres(String),
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "postgres://…".into();
    };
    let (address, query) =
        rest.split_once('?').map_or((rest, ""), |(address, query)| (address, query));
    let address = match address.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            format!("{name}@{host}")
        }
        None => address.to_owned(),
    };
    let shown = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("password"));
    let shown: Vec<_> = shown.collect();
    if shown.is_empty() {
        format!("{scheme}://{address}")
    } else {
        format!("{scheme}://{address}?{}", shown.join("&"))
    }
}

/// The text names no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a database is written sqlite:PATH or postgres://USER@HOST/NAME / cơ sở dữ liệu viết dạng sqlite:ĐƯỜNG_DẪN hoặc postgres://…"
)]
pub struct NotADatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = NotADatabaseUrl;

    fn from_str(text: &str) -> Result<Self, NotADatabaseUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return PgConnectOptions::from_str(text)
                .map(|_| Self::Postgres(text.to_owned()))
                .map_err(|_| NotADatabaseUrl);
        }
        let path = text.strip_prefix("sqlite:").ok_or(NotADatabaseUrl)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() { Err(NotADatabaseUrl) } else { Ok(Self::Sqlite(path.into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_hides_the_password() {
        let url: DatabaseUrl =
            "postgres://anna:s3cr%40t@db/registry?sslmode=require&password=x".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://anna@db/registry?sslmode=require");
        assert_eq!(format!("{url:?}"), url.to_string());
    }

    #[test]
    fn only_the_two_engines_are_known() {
        for wrong in ["", "sqlite:", "mysql://x", "registry.sqlite"] {
            assert_eq!(wrong.parse::<DatabaseUrl>(), Err(NotADatabaseUrl), "{wrong}");
        }
        assert_eq!("sqlite:a/b".parse(), Ok(DatabaseUrl::Sqlite("a/b".into())));
        assert_eq!("sqlite:///a/b".parse(), Ok(DatabaseUrl::Sqlite("/a/b".into())));
    }
}
