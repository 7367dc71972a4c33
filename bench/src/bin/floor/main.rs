//! The floor: the same works with no GraphQL, over HTTP. One prepared statement a request; PostgreSQL makes the JSON.
//!
//! Measured beside the registry by `cargo xtask bench peers`: what is faster than this needs another
//! database, not another server.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it tells where it listens")]

mod connections;
mod read;
mod write;

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use clap::Parser;
use tokio::net::TcpListener;

use crate::connections::Connections;
use crate::write::Prepared;

/// The registry has the same, and so they are compared with the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The largest request, in bytes; as the registry's.
const BODY_LIMIT: usize = 2_359_296;

/// Serves works over one database.
#[derive(Parser)]
struct Arguments {
    /// The database, prepared by `bench/sql/prepare.sql`.
    #[arg(long)]
    database: String,
    /// Connections for reading.
    #[arg(long)]
    readers: usize,
    /// Connections for writing.
    #[arg(long)]
    writers: usize,
    /// Bytes in place of a report's packed changes.
    #[arg(long)]
    report_bytes: usize,
    /// Bytes in place of the packed changes of 100 surveys.
    #[arg(long)]
    survey_bytes: usize,
    /// Bytes in place of a receipt.
    #[arg(long)]
    receipt_bytes: usize,
}

/// What handlers share.
struct Floor {
    readers: Connections,
    writers: Connections,
    prepared: Prepared,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), FloorError> {
    let floor = Floor {
        readers: Connections::open(&arguments.database, arguments.readers, &read::statements())
            .await?,
        writers: Connections::open(&arguments.database, arguments.writers, &write::statements())
            .await?,
        prepared: Prepared::new(
            arguments.report_bytes,
            arguments.survey_bytes,
            arguments.receipt_bytes,
        ),
    };
    let works = Router::new()
        .route("/household", post(read::household))
        .route("/households", post(read::households))
        .route("/communes", post(read::communes))
        .route("/indicators", post(read::indicators))
        .route("/rollups", post(read::rollups))
        .route("/totals", post(read::totals))
        .route("/listings", post(read::listings))
        .route("/screen", post(read::screen))
        .route("/screen-rollups", post(read::screen_of_rollups))
        .route("/report", post(write::report))
        .route("/surveys", post(write::surveys))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(Arc::new(floor));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}/", listener.local_addr()?);
    let listener = listener.tap_io(|connection| {
        // Without it answers are late, not wrong.
        _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, works).await?)
}

/// Data as a GraphQL server would answer it.
struct Data(String);

impl IntoResponse for Data {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        ([(CONTENT_TYPE, json)], format!("{{\"data\":{}}}", self.0)).into_response()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum FloorError {
    /// The database said no.
    #[error("{0:?}")]
    Database(#[from] tokio_postgres::Error),
    /// The network did.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A code that is none.
    #[error("not a code: {0}")]
    Code(String),
}

impl IntoResponse for FloorError {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
