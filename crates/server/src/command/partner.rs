//! `registry partner`: partners, their agreements, the keys of their machines, their authorities.

use std::fs;
use std::path::Path as FilePath;

use registry_domain::access::{Agreement, PartnerCode, PartnerName, SignaturePolicy};
use registry_domain::certificate::Authority;
use registry_domain::fault::{Faults, Path};
use registry_graphql::TokenIssuer as _;
use registry_persistence::{
    NewPartner, PartnerRecord, ReadRequest, RegisterPartner, SetPartnerAuthorities, SetPartnerKeys,
    Store, UpdatePartner,
};

use super::{administrator, refused, tell, write};
use crate::arguments::{self, Partner};
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;
use crate::token::Tokens;

pub(super) async fn run(loaded: &Loaded, what: Partner) -> Result<(), ServerError> {
    let store = open_store(loaded).await?;
    let done = match what {
        Partner::List => list(&store).await,
        Partner::Register { code, name } => register(&store, &code, &name).await,
        Partner::Update(change) => update(&store, change).await,
        Partner::Authorities { code, file } => set_authorities(&store, &code, &file).await,
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

async fn register(store: &Store, code: &str, name: &str) -> Result<(), ServerError> {
    let mut faults = Faults::default();
    let code = faults.keep(Path::root().field("code"), code.parse::<PartnerCode>());
    let name = faults.keep(Path::root().field("name"), PartnerName::parse(name));
    let partner = code.zip(name).map(|(code, name)| NewPartner {
        code,
        name,
        agreement: None,
        signatures: SignaturePolicy::Optional,
    });
    let partner = faults.or(partner).map_err(|faults| refused(&faults))?;
    let code = write(store, RegisterPartner(partner)).await?;
    tell(format!("{code}: registered / đã đăng ký"));
    Ok(())
}

async fn update(store: &Store, change: arguments::UpdatePartner) -> Result<(), ServerError> {
    let mut faults = Faults::default();
    let at = |field| Path::root().field(field);
    let code = faults.keep(at("code"), change.code.parse::<PartnerCode>());
    let name = change.name.as_deref().map(PartnerName::parse).transpose();
    let name = faults.keep(at("name"), name);
    let agreement = change.agreement.zip(change.agreed_from).map(|(reference, from)| {
        Agreement::parse(reference, from, change.agreed_until, &Path::root())
    });
    let agreement = agreement.transpose().map_err(|found| faults.extend(found)).ok();
    let partner = code.zip(name).zip(agreement).map(|((code, name), agreement)| UpdatePartner {
        code,
        name,
        agreement,
        suspended: change.suspended,
        signatures: change.signatures_required.map(SignaturePolicy::from_required),
    });
    let partner = faults.or(partner).map_err(|faults| refused(&faults))?;
    let code = write(store, partner).await?;
    tell(format!("{code}: updated / đã cập nhật"));
    Ok(())
}

async fn set_authorities(store: &Store, code: &str, file: &FilePath) -> Result<(), ServerError> {
    let pem = fs::read_to_string(file).map_err(ServerError::file(file))?;
    let mut faults = Faults::default();
    let partner = faults.keep(Path::root().field("partner"), code.parse::<PartnerCode>());
    let authorities = faults.keep(Path::root().field("pem"), Authority::parse_all(&pem));
    let command = partner.zip(authorities);
    let command =
        command.map(|(partner, authorities)| SetPartnerAuthorities { partner, authorities });
    let command = faults.or(command).map_err(|faults| refused(&faults))?;
    let count = command.authorities.len();
    let partner = write(store, command).await?;
    tell(format!("{partner}: {count} authorities / tổ chức cấp"));
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
