//! The binary's parts: configuration, HTTP, the command line. Wires the other crates together;
//! holds no rule of the domain and no SQL.

pub mod arguments;
pub mod command;
pub mod config;
pub mod error;
mod fetch;
pub mod http;
pub mod start;
pub mod telemetry;
pub mod token;
