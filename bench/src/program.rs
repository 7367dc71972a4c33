//! The registry's command line on a data folder and a database of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;

use crate::BenchError;

/// How often the memory of a running command is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where a registry keeps its records.
pub(crate) enum Engine {
    Sqlite,
    /// On the server that has this database.
    Postgres(String),
}

impl Engine {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// What a registry keeps: a folder, and a database.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    /// The database's address.
    pub(crate) database: String,
}

impl Home {
    /// An empty one; on PostgreSQL with a new database.
    pub(crate) fn new(engine: &Engine) -> Result<Self, BenchError> {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::Builder::new().prefix("registry-bench-").tempdir()?;
        let database = match engine {
            Engine::Sqlite => {
                format!("sqlite:{}", folder.path().join("registry.sqlite").display())
            }
            Engine::Postgres(server) => {
                let name = format!("bench_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
                execute(server, &format!("CREATE DATABASE {name}"))?;
                let host = server.rsplit_once('/').map_or(server.as_str(), |(host, _)| host);
                format!("{host}/{name}")
            }
        };
        Ok(Self { folder, database })
    }

    /// Lets PostgreSQL do at once what it does by itself in time, and not while anything is measured.
    pub(crate) fn settle(&self) -> Result<(), BenchError> {
        if self.database.starts_with("postgres") {
            self.execute("VACUUM ANALYZE")?;
            self.execute("CHECKPOINT")?;
        }
        Ok(())
    }

    /// Sends a statement to the database beside the registry.
    pub(crate) fn execute(&self, statement: &str) -> Result<(), BenchError> {
        execute(&self.database, statement)
    }
}

fn execute(database: &str, statement: &str) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let database = Database::connect(database).await?;
        database.execute_unprepared(statement).await?;
        Ok(database.close().await?)
    })
}

/// A build of the registry.
pub(crate) struct Program<'a>(&'a Path);

/// How a command went.
pub(crate) struct Ran {
    pub(crate) time: Duration,
    /// The most memory that it held at once, as far as it was looked at.
    pub(crate) peak_mib: u64,
}

impl<'a> Program<'a> {
    pub(crate) fn new(path: &'a Path) -> Self {
        Self(path)
    }

    /// A command on this data, ready to be started.
    pub(crate) fn command(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.0);
        command.args(arguments).stdin(Stdio::null());
        command.arg("--data").arg(home.folder.path()).args(["--database", &home.database]);
        command
    }

    /// Runs a command that must succeed. What it prints is thrown away.
    pub(crate) fn run(&self, home: &Home, arguments: &[&str]) -> Result<Ran, BenchError> {
        let started = Instant::now();
        let mut process = self.command(home, arguments).stdout(Stdio::null()).spawn()?;
        let mut peak = 0;
        let status = loop {
            if let Some(status) = process.try_wait()? {
                break status;
            }
            // Once it has ended there is nothing to be read.
            peak = process_status(process.id(), "VmHWM:").unwrap_or(peak);
            thread::sleep(LOOK_EVERY);
        };
        if !status.success() {
            return Err(BenchError::failed(format!("registry {}", arguments.join(" "))));
        }
        Ok(Ran { time: started.elapsed(), peak_mib: peak / 1_024 })
    }
}

/// A number that the system tells of a process; memory is told in KiB.
pub(crate) fn process_status(process: u32, line: &str) -> Result<u64, BenchError> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let told = status.lines().find_map(|told| told.strip_prefix(line));
    let number = told.and_then(|told| told.trim().trim_end_matches(" kB").parse().ok());
    number.ok_or_else(|| BenchError::failed(format!("no {line} in the status of the process")))
}

/// Makes sure that a program is there.
pub(crate) fn need(program: &str) -> Result<(), BenchError> {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(program).exists()) {
        return Ok(());
    }
    Err(BenchError::Missing(format!("{program} is missing; as root: apt-get install {program}")))
}

/// A file beside this crate.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
