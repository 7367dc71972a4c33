//! The contestants' databases: the same province in each, so that nobody's writing is in another's way.

use std::fs;
use std::future::Future;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use super::contestant::{Sizes, Who};
use crate::BenchError;
use crate::program::{Engine, Home, Program, file, need};

/// How long queries that nobody waits for any more may still run.
const PATIENCE: Duration = Duration::from_mins(2);

/// Partners that only post here; their names are `P00000` and so on.
pub(crate) const PARTNERS: usize = 2_000;

/// The first day of their agreements.
const AGREED_FROM: &str = "2021-07-01";

pub(crate) struct Homes {
    pub(crate) registry: Home,
    pub(crate) floor: Home,
    pub(crate) postgraphile: Home,
    pub(crate) sqlite: Home,
    /// Where other databases can be made.
    server: String,
}

impl Homes {
    /// Seeds a province on both engines and copies it for the others.
    pub(crate) fn new(
        program: &Program<'_>,
        server: &str,
        scale: &str,
        runtime: &Runtime,
    ) -> Result<Self, BenchError> {
        let seeded = |engine: &Engine| {
            let home = Home::new(engine)?;
            program.run(&home, &["seed", "--scale", scale])?;
            Ok::<_, BenchError>(home)
        };
        eprintln!("peers: seeding {scale} into PostgreSQL and SQLite");
        let registry = seeded(&Engine::Postgres(server.to_owned()))?;
        let sqlite = seeded(&Engine::Sqlite)?;
        let floor = copied(&registry, "floor", server, runtime)?;
        runtime.block_on(async {
            let client = connect(&floor.database).await?;
            run_file(&client, "sql/prepare.sql").await?;
            Ok::<_, BenchError>(client.batch_execute("VACUUM ANALYZE").await?)
        })?;
        let postgraphile = copied(&floor, "postgraphile", server, runtime)?;
        runtime.block_on(async {
            let client = connect(&postgraphile.database).await?;
            run_file(&client, "postgraphile/prepare.sql").await?;
            let statement = |name: &str| fs::read_to_string(file(&format!("sql/floor/{name}.sql")));
            let writes = fs::read_to_string(file("postgraphile/writes.sql"))?;
            let writes = writes.replace("{report}", &statement("report")?);
            let writes = writes.replace("{lock}", &statement("lock")?);
            let writes = writes.replace("{surveys}", &statement("surveys")?);
            Ok::<_, BenchError>(client.batch_execute(&writes).await?)
        })?;
        Ok(Self { registry, floor, postgraphile, sqlite, server: server.to_owned() })
    }

    pub(crate) fn of(&self, who: Who) -> &Home {
        match who {
            Who::Registry | Who::Keeping => &self.registry,
            Who::Floor => &self.floor,
            Who::PostGraphile => &self.postgraphile,
            Who::Sqlite => &self.sqlite,
        }
    }

    /// Lets partners post, and opens all periods to them.
    pub(crate) fn open_for_writing(&self) -> Result<(), BenchError> {
        for who in Who::ALL {
            self.of(who).execute(&know_partners(who))?;
        }
        Ok(())
    }

    /// Gives `PostGraphile`'s functions as many bytes as the floor has.
    pub(crate) fn prepare_events(&self, sizes: Sizes, runtime: &Runtime) -> Result<(), BenchError> {
        let bytes = |size: usize| {
            format!(
                "(SELECT substr(string_agg(sha256(n::text::bytea), ''), 1, {size}) \
                 FROM generate_series(0, {size} / 32) AS n)"
            )
        };
        let statement = format!(
            "INSERT INTO prepared_event VALUES \
             ('certificate.report', {}, repeat('r', {})), ('connectivity.record', {}, NULL)",
            bytes(sizes.report),
            sizes.receipt,
            bytes(sizes.surveys),
        );
        runtime.block_on(async {
            Ok(connect(&self.postgraphile.database).await?.batch_execute(&statement).await?)
        })
    }

    /// Waits until PostgreSQL has nothing more to do: whoever gave up waiting does not stop a query.
    pub(crate) async fn rest(&self) -> Result<(), BenchError> {
        const RUNNING: &str = "SELECT count(*) FROM pg_stat_activity \
            WHERE state = 'active' AND backend_type IN ('client backend', 'parallel worker') \
            AND pid <> pg_backend_pid()";
        let client = connect(&self.server).await?;
        let until = Instant::now() + PATIENCE;
        while client.query_one(RUNNING, &[]).await?.try_get::<_, i64>(0)? > 0 {
            if Instant::now() > until {
                return Err(BenchError::failed("PostgreSQL does not come to rest"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    pub(crate) async fn postgres_version(&self) -> Result<String, BenchError> {
        postgres_version(&self.server).await
    }

    /// Whether every contestant kept the figures exact while it wrote.
    pub(crate) fn check_rollups(&self, program: &Program<'_>) -> Result<(), BenchError> {
        for who in Who::ALL {
            eprintln!("peers: checking the rollups of {}", who.name());
            let mut check = program.command(self.of(who), &["rollup", "check"]);
            // That prepared bytes are no changes is no news.
            let status =
                check.env("REGISTRY_LOG__FILTER", "error").stdout(Stdio::null()).status()?;
            if !status.success() {
                let wrong = format!("{} wrote figures that its records do not tell", who.name());
                return Err(BenchError::failed(wrong));
            }
        }
        Ok(())
    }
}

/// Statements that make the partners known, and open all periods to them.
pub(crate) fn know_partners(who: Who) -> String {
    let number = match who {
        Who::Sqlite => "printf('P%05d', n)",
        _ => "'P' || lpad(n::text, 5, '0')",
    };
    format!(
        "DELETE FROM period_closing;
        INSERT INTO partner (code, name, suspended, agreement_reference, agreed_from)
        WITH RECURSIVE partners(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM partners WHERE n < {PARTNERS} - 1)
        SELECT {number}, 'Bench', false, 'bench', '{AGREED_FROM}' FROM partners"
    )
}

/// A copy of a database that nobody uses, with the key that opens it.
fn copied(home: &Home, name: &str, server: &str, runtime: &Runtime) -> Result<Home, BenchError> {
    let folder = tempfile::Builder::new().prefix("registry-bench-").tempdir()?;
    fs::copy(home.folder.path().join("data.key"), folder.path().join("data.key"))?;
    let (host, original) = home.database.rsplit_once('/').unwrap_or_default();
    let name = format!("{original}_{name}");
    runtime.block_on(async {
        let client = connect(server).await?;
        Ok::<_, BenchError>(
            client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {original}")).await?,
        )
    })?;
    Ok(Home { folder, database: format!("{host}/{name}") })
}

/// The version of the server that has this database.
pub(crate) async fn postgres_version(database: &str) -> Result<String, BenchError> {
    let client = connect(database).await?;
    Ok(client.query_one("SHOW server_version", &[]).await?.try_get(0)?)
}

/// A connection that ends when it is dropped.
pub(crate) fn connect(database: &str) -> impl Future<Output = Result<Client, BenchError>> {
    let database = database.to_owned();
    async move {
        let (client, connection) = tokio_postgres::connect(&database, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

async fn run_file(client: &Client, name: &str) -> Result<(), BenchError> {
    Ok(client.batch_execute(&fs::read_to_string(file(name))?).await?)
}

/// Installs `PostGraphile` and its Node, as pinned.
pub(crate) fn install_postgraphile() -> Result<(), BenchError> {
    if is_installed() {
        return Ok(());
    }
    need("npm")?;
    eprintln!("peers: installing PostGraphile from npm");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel", "error"]);
    let status = npm.current_dir(file("postgraphile")).stdout(Stdio::null()).status()?;
    if status.success() && is_installed() {
        return Ok(());
    }
    Err(BenchError::Missing(
        "npm could not install PostGraphile; it needs the network and install scripts of the \
         package node: npm ci --legacy-peer-deps in bench/postgraphile"
            .into(),
    ))
}

/// Whether npm has installed what is pinned since it was last pinned.
fn is_installed() -> bool {
    let written = |name: &str| file(name).metadata().and_then(|metadata| metadata.modified()).ok();
    file("postgraphile/node_modules/node/bin/node").exists()
        && written("postgraphile/node_modules/.package-lock.json")
            >= written("postgraphile/package-lock.json")
}
