//! `registry`: the provincial digital-services registry.

use std::process::ExitCode;

use clap::Parser;
use registry_server::arguments::Arguments;
use registry_server::command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match command::run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::tell_error(&error);
            error.exit_code()
        }
    }
}
