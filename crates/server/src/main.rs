//! `registry`: the provincial digital-services registry.

use std::process::ExitCode;

use clap::Parser;
use registry_server::arguments::Arguments;
use registry_server::command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    keep_pages_small();
    run()
}

/// Huge pages make the registry a little faster and half as large again. A system that can't do without
/// them is no hindrance.
#[cfg(target_os = "linux")]
fn keep_pages_small() {
    _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[tokio::main]
async fn run() -> ExitCode {
    match command::run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::tell_error(&error);
            error.exit_code()
        }
    }
}
