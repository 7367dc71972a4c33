//! The contestants as running processes.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, thread};

use crate::BenchError;
use crate::program::{Home, Program, file, process_status};

/// Far more points than anyone here asks for.
const POINTS: &str = "1000000000";

/// Connections to PostgreSQL: the registry's defaults.
pub(crate) const READERS: usize = 8;
pub(crate) const WRITERS: usize = 4;

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Registry,
    /// The registry once more, on the same database, keeping answers.
    Keeping,
    Floor,
    PostGraphile,
    Sqlite,
}

/// How many bytes of answers a registry keeps that is to make each anew.
const NONE: &str = "0";

impl Who {
    /// Those with databases of their own, who write as well.
    pub(crate) const ALL: [Self; 4] =
        [Self::Registry, Self::Floor, Self::PostGraphile, Self::Sqlite];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry, PostgreSQL",
            Self::Keeping => "registry, PostgreSQL, keeping answers",
            Self::Floor => "floor",
            Self::PostGraphile => "PostGraphile",
            Self::Sqlite => "registry, SQLite",
        }
    }

    pub(crate) const fn is_registry(self) -> bool {
        matches!(self, Self::Registry | Self::Keeping | Self::Sqlite)
    }
}

/// How many bytes stand in place of what the registry would compute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) report: usize,
    pub(crate) surveys: usize,
    pub(crate) receipt: usize,
}

/// A server under measurement; stopped when dropped.
pub(crate) struct Contestant {
    process: Child,
    /// Its `host:port`.
    pub(crate) host: String,
}

impl Contestant {
    /// Makes every answer anew.
    pub(crate) fn registry(program: &Program<'_>, home: &Home) -> Result<Self, BenchError> {
        let mut command = Self::registry_command(program, home);
        Self::start(command.env("REGISTRY_HTTP__KEPT_ANSWERS_BYTES", NONE))
    }

    /// Keeps answers, as a registry does if nobody says otherwise.
    pub(crate) fn keeping(program: &Program<'_>, home: &Home) -> Result<Self, BenchError> {
        Self::start(&mut Self::registry_command(program, home))
    }

    fn registry_command(program: &Program<'_>, home: &Home) -> Command {
        let mut command = program.command(home, &["serve", "--demo", "--listen", "127.0.0.1:0"]);
        command.env("REGISTRY_RATE__POINTS_PER_MINUTE", POINTS);
        command.env("REGISTRY_RATE__BURST", POINTS).env("REGISTRY_LOG__FILTER", "warn");
        command
    }

    pub(crate) fn floor(program: &Path, database: &str, sizes: Sizes) -> Result<Self, BenchError> {
        let mut command = Command::new(program);
        command.args(["--database", database]);
        command.args(["--readers", &READERS.to_string(), "--writers", &WRITERS.to_string()]);
        command.args(["--report-bytes", &sizes.report.to_string()]);
        command.args(["--survey-bytes", &sizes.surveys.to_string()]);
        command.args(["--receipt-bytes", &sizes.receipt.to_string()]);
        Self::start(&mut command)
    }

    /// In production mode, with a worker for each core. It must be installed.
    pub(crate) fn postgraphile(database: &str) -> Result<Self, BenchError> {
        // Free at this moment; a collision shows as a server that doesn't start.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let workers = thread::available_parallelism()?;
        let folder = file("postgraphile");
        let mut command = Command::new(folder.join("node_modules/node/bin/node"));
        command.arg("server.js").arg(database).arg(port.to_string());
        command.arg(workers.to_string()).arg((READERS + WRITERS).to_string());
        command.current_dir(folder).env("NODE_ENV", "production");
        Self::start(command.env("GRAPHILE_ENV", "production"))
    }

    fn start(command: &mut Command) -> Result<Self, BenchError> {
        let shown = command.get_program().to_string_lossy().into_owned();
        let failed = |why: &str| BenchError::failed(format!("{shown} does not serve: {why}"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| failed(&error.to_string()))?;
        let out = process.stdout.take().ok_or_else(|| failed("no output"))?;
        let mut greeting = String::new();
        BufReader::new(out).read_line(&mut greeting)?;
        let host = greeting.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let host = host.ok_or_else(|| failed(&greeting))?.to_owned();
        Ok(Self { process, host })
    }

    /// The most memory that its processes held, each at its own time, in MiB.
    pub(crate) fn peak_mib(&self) -> Result<u64, BenchError> {
        let own = self.process.id();
        let mut kib = process_status(own, "VmHWM:")?;
        for entry in fs::read_dir("/proc")? {
            let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // It may have ended meanwhile.
            if process_status(id, "PPid:").is_ok_and(|parent| parent == u64::from(own)) {
                kib += process_status(id, "VmHWM:").unwrap_or_default();
            }
        }
        Ok(kib / 1_024)
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
