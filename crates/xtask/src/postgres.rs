//! A PostgreSQL cluster of the tests' own: Debian's programs, a temporary folder, gone afterwards.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::debian::{install, is_root};
use crate::{TaskError, run};

/// How long a new cluster may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether what was committed must survive a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// As in production.
    On,
    /// The data is thrown away.
    Off,
}

/// A running cluster. Stops and disappears when dropped.
pub(crate) struct Cluster {
    server: Child,
    port: u16,
    /// Holds the cluster's files; removed after the server has stopped.
    folder: TempDir,
}

impl Cluster {
    pub(crate) fn start(durability: Durability) -> Result<Self, TaskError> {
        let programs = find_or_install()?;
        let owner = Owner::find()?;
        let folder = tempfile::Builder::new().prefix("registry-postgres-").tempdir()?;
        let data = folder.path().join("data");
        owner.give(folder.path())?;
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.args(["--username=registry", "--auth=trust", "--encoding=UTF8"]);
        initdb.args(["--locale=C.UTF-8", "--no-sync", "--pgdata"]).arg(&data).stdout(Stdio::null());
        run(owner.become_by(&mut initdb).current_dir(folder.path()))?;

        // Free at this moment; a collision shows as a server that doesn't start.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut postgres = Command::new(programs.join("postgres"));
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", ""]);
        postgres.args(["-c", "max_connections=300"]);
        if durability == Durability::Off {
            postgres.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        }
        let log = fs::File::create(folder.path().join("log"))?;
        postgres.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A group of its own: Ctrl-C must reach the tests first and the server last.
        owner.become_by(&mut postgres).current_dir(folder.path()).process_group(0);
        let server = postgres.spawn().map_err(|source| TaskError::CannotRun {
            program: postgres.get_program().to_string_lossy().into_owned(),
            source,
        })?;
        let mut cluster = Self { server, port, folder };
        cluster.wait_until_ready(&programs)?;
        Ok(cluster)
    }

    /// Where tests reach it, as a user who may create databases.
    pub(crate) fn url(&self) -> String {
        format!("postgres://registry@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<(), TaskError> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let mut asked = Command::new(programs.join("pg_isready"));
            asked.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if asked.status()?.success() {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(TaskError::Failed(format!(
                    "postgres ended ({status}):\n{log}\nstarting it"
                )));
            }
            sleep(Duration::from_millis(50));
        }
        Err(TaskError::Failed("waiting for PostgreSQL".into()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown; a killed server would leave its children's memory.
        let told = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        if !told.is_ok_and(|status| status.success()) || self.server.wait().is_err() {
            eprintln!("xtask: PostgreSQL did not stop");
        }
    }
}

/// Starts a cluster and keeps it until Ctrl-C.
pub(crate) fn keep() -> Result<(), TaskError> {
    let cluster = Cluster::start(Durability::Off)?;
    println!("export REGISTRY_TEST_POSTGRES_URL={}", cluster.url());
    let (stop, stopped) = mpsc::channel();
    let asked = ctrlc::set_handler(move || {
        // Nobody listens any more only when it is already stopping.
        _ = stop.send(());
    });
    asked.map_err(|error| TaskError::Failed(error.to_string()))?;
    stopped.recv().map_err(|error| TaskError::Failed(error.to_string()))
}

/// Who runs the server: PostgreSQL refuses to run as root.
enum Owner {
    Myself,
    Postgres { user: u32, group: u32 },
}

impl Owner {
    fn find() -> Result<Self, TaskError> {
        if !is_root()? {
            return Ok(Self::Myself);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let fields = users.lines().find(|line| line.starts_with("postgres:"));
        let mut fields = fields.into_iter().flat_map(|line| line.split(':').skip(2));
        let (user, group) = (fields.next(), fields.next());
        match (user.and_then(|id| id.parse().ok()), group.and_then(|id| id.parse().ok())) {
            (Some(user), Some(group)) => Ok(Self::Postgres { user, group }),
            _ => {
                Err(TaskError::Missing("no user `postgres`; install Debian's `postgresql`".into()))
            }
        }
    }

    fn give(&self, folder: &Path) -> Result<(), TaskError> {
        match self {
            Self::Myself => Ok(()),
            Self::Postgres { user, group } => Ok(chown(folder, Some(*user), Some(*group))?),
        }
    }

    fn become_by<'command>(&self, command: &'command mut Command) -> &'command mut Command {
        match self {
            Self::Myself => command,
            Self::Postgres { user, group } => command.uid(*user).gid(*group),
        }
    }
}

/// The folder of PostgreSQL's programs; as root, Debian's package is installed if it is missing.
fn find_or_install() -> Result<PathBuf, TaskError> {
    if let Some(found) = newest_programs() {
        return Ok(found);
    }
    install("PostgreSQL", "postgresql")?;
    newest_programs()
        .ok_or_else(|| TaskError::Missing("PostgreSQL was installed but not found".into()))
}

fn newest_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions =
        versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut versions: Vec<u32> = versions.collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    let folders = versions
        .into_iter()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}
