//! `registry partner`: partners and the public keys of their machines.

use std::fs;
use std::path::Path as FilePath;

use registry_domain::access::{Agreement, PartnerCode};
use registry_domain::fault::{Faults, Path};
use registry_graphql::TokenIssuer as _;
use registry_persistence::{PartnerRecord, ReadRequest, SetPartnerKeys, Store};

use super::{administrator, refused, tell, write};
use crate::arguments::Partner;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;
use crate::token::Tokens;

pub(super) async fn run(loaded: &Loaded, what: Partner) -> Result<(), ServerError> {
    let store = open_store(loaded).await?;
    let done = match what {
        Partner::List => list(&store).await,
        Partner::Keys { code, file } => set_keys(loaded, &store, &code, &file).await,
    };
    store.close().await;
    done
}

async fn list(store: &Store) -> Result<(), ServerError> {
    let reader = store.read(&administrator(), ReadRequest::default());
    for PartnerRecord { partner, keys, authorities } in reader.partners().await? {
        let state = if partner.suspended { "suspended" } else { "active" };
        tell(format!("{:<16} {state:<9} {}", partner.code, partner.name));
        if let Some(Agreement { reference, from, .. }) = partner.agreement {
            tell(format!("  agreement from {from}: {reference}"));
        }
        for authority in authorities {
            tell(format!("  authority {}", authority.name.as_str()));
        }
        for (kid, added_at) in keys {
            tell(format!("  key {kid} {}", added_at.format("%Y-%m-%dT%H:%M:%SZ")));
        }
    }
    Ok(())
}

async fn set_keys(
    loaded: &Loaded,
    store: &Store,
    code: &str,
    file: &FilePath,
) -> Result<(), ServerError> {
    let set = fs::read_to_string(file).map_err(ServerError::file(file))?;
    let tokens = Tokens::new(store.clone(), &loaded.config.access)?;
    let mut faults = Faults::default();
    let partner = faults.keep(Path::root().field("partner"), code.parse::<PartnerCode>());
    let keys = faults.keep(Path::root().field("keys"), tokens.read_keys(&set));
    let command = partner.zip(keys).map(|(partner, keys)| SetPartnerKeys { partner, keys });
    let command = faults.or(command).map_err(|faults| refused(&faults))?;
    let count = command.keys.len();
    let partner = write(store, command).await?;
    tell(format!("{partner}: {count} key(s) / khoá"));
    Ok(())
}
