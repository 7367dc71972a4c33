//! Logs and metrics. Neither ever holds personal data or the text of a request.

use std::convert::Infallible;
use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::time::sleep;
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};
use crate::error::ServerError;

/// Starts logging to standard error. A second call changes nothing.
pub fn start_logging(settings: &LogSettings) -> Result<(), ServerError> {
    let filter = EnvFilter::try_new(&settings.filter)
        .map_err(|error| ServerError::Configuration(format!("log.filter: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Forgiving);
    let builder = builder.with_ansi(io::stderr().is_terminal());
    // Already started by an earlier command of this process: fine.
    _ = match settings.format {
        LogFormat::Pretty => builder.compact().try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    Ok(())
}

/// Standard error that drops what nobody reads, instead of ending the process.
struct Forgiving;

impl Write for Forgiving {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A closed pipe must not stop the server.
        _ = io::stderr().write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The process's metrics, in Prometheus' text format.
#[must_use]
pub fn metrics() -> String {
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}

/// How often measured times are put together.
const UPKEEP: Duration = Duration::from_secs(5);

/// Puts measured times together for as long as it is awaited: where nobody asks for metrics each request
/// would leave its own for ever.
pub async fn keep_up() -> Infallible {
    loop {
        sleep(UPKEEP).await;
        if let Some(recorder) = recorder() {
            recorder.run_upkeep();
        }
    }
}

/// Installs the recorder once per process.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}
