//! `registry audit verify`: is the log whole, and does every record follow from it?

use std::fs;

use indicatif::ProgressBar;
use registry_domain::audit::{Frontier, leaf_hash};
use registry_persistence::{AuditProgress, AuditTrust, StoreConfig, verify};

use super::super::progress::bar;
use super::super::tell;
use super::kept;
use super::remote::RemoteLog;
use crate::arguments::VerifyAudit;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::existing_data_key;

/// One statement reads the whole log.
const PATIENCE: std::time::Duration = std::time::Duration::from_hours(24);

pub(super) async fn run(loaded: &Loaded, what: VerifyAudit) -> Result<(), ServerError> {
    match &what.tiles {
        Some(url) => served(url, &what).await,
        None => stored(loaded, &what).await,
    }
}

/// Verifies a database.
async fn stored(loaded: &Loaded, what: &VerifyAudit) -> Result<(), ServerError> {
    let config = StoreConfig { statement_timeout: PATIENCE, ..loaded.config.store()? };
    let key = existing_data_key(loaded)?;
    let log_key = match &what.key {
        Some(key) => key.clone(),
        None => registry_persistence::stored_log_key(&config).await?,
    };
    let earlier = what.from.as_deref().map(|file| kept(file, &log_key)).transpose()?;
    let trust = AuditTrust { key: log_key, earlier: earlier.map(|(earlier, _)| earlier) };
    let bar = bar(0);
    let report = verify(&config, &key, &trust, &mut |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    for finding in &report.findings {
        tell(finding);
    }
    if report.findings.is_empty() {
        tell(format!(
            "{} events, {} checkpoints and {} records agree; {} events wait for their place / nhật ký nguyên vẹn",
            report.events, report.checkpoints, report.records, report.waiting
        ));
        return Ok(());
    }
    Err(ServerError::Found(format!(
        "the audit log does not verify: {} finding(s) / nhật ký không nguyên vẹn",
        report.findings.len()
    )))
}

fn show(bar: &ProgressBar, progress: AuditProgress) {
    match progress {
        AuditProgress::Events(done, total) => {
            bar.set_length(total);
            bar.set_position(done);
        }
        AuditProgress::Records(done) => {
            bar.set_length(done);
            bar.set_position(done);
        }
    }
}

/// Verifies a log as it is served: that the entries make the tree that is signed, and that this goes
/// on from what was signed before.
async fn served(url: &str, what: &VerifyAudit) -> Result<(), ServerError> {
    // Clap lets no one come here without it.
    let Some(key) = &what.key else { return Err(found("--tiles needs --key")) };
    let token = what.token.as_deref();
    let token = token.map(|file| fs::read_to_string(file).map_err(ServerError::file(file)));
    let log = RemoteLog::open(url, token.transpose()?)?;
    let (newest, _) = log.checkpoint(key).await?;
    let earlier = what.from.as_deref().map(|file| kept(file, key)).transpose()?;
    let earlier = earlier.map(|(earlier, _)| earlier);
    if let Some(earlier) = earlier.as_ref().filter(|earlier| earlier.size() > newest.size()) {
        return Err(found(format!(
            "the log has {} events, but the kept checkpoint signs {}: it was rolled back / nhật ký đã bị khôi phục về bản cũ",
            newest.size(),
            earlier.size()
        )));
    }
    let bar = bar(newest.size());
    let mut tree = Frontier::default();
    let check_earlier = |tree: &Frontier| match &earlier {
        Some(earlier) if earlier.size() == tree.size() && earlier.root() != tree.root() => {
            Err(found(format!(
                "the events before {} are not those that the kept checkpoint signs / các sự kiện trước {} không khớp điểm kiểm tra đã giữ",
                earlier.size(),
                earlier.size()
            )))
        }
        _ => Ok(()),
    };
    check_earlier(&tree)?;
    while tree.size() < newest.size() {
        let hashes = log.hashes(tree.size(), newest.size()).await?;
        let entries = log.entries(tree.size(), newest.size()).await?;
        for (entry, hash) in entries.iter().zip(&hashes) {
            let leaf = leaf_hash(entry);
            if leaf != *hash {
                let sequence = tree.size();
                return Err(found(format!(
                    "event {sequence} is not the one whose hash is in the tree / sự kiện {sequence} không khớp cây"
                )));
            }
            tree.append(leaf);
            check_earlier(&tree)?;
        }
        bar.set_position(tree.size());
    }
    bar.finish_and_clear();
    if tree.root() != newest.root() {
        return Err(found(format!(
            "the {} events don't make the tree that the checkpoint signs / các sự kiện không khớp điểm kiểm tra",
            newest.size()
        )));
    }
    tell(format!("{} events make the signed tree / nhật ký nguyên vẹn", newest.size()));
    Ok(())
}

fn found(what: impl Into<String>) -> ServerError {
    ServerError::Found(what.into())
}
