//! What one request carries through its resolvers: who asks, in which language, and the reading door.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::Context;
use async_graphql::dataloader::DataLoader;
use registry_domain::access::{Principal, Purpose};
use registry_domain::certificate::ReportingRules;
use registry_domain::commerce::{Marketplace, MarketplaceCode};
use registry_domain::fault::Language;
use registry_domain::rollup::RollupCube;
use registry_domain::time::{Date, Instant, known_moment, local_date};
use registry_persistence::{
    BodySignature, Figures, LedgerSnapshot, ReadRequest, Reader, Store, StoreError,
};
use tokio::sync::{Mutex, Notify, OnceCell};

use crate::document::Ready;
use crate::error::ApiError;
use crate::loader::Records;
use crate::rounds::Asked;
use crate::scalar::DateTime;
use crate::{Api, SchemaSettings, TokenIssuer};

/// Who asks, as the server found out.
#[derive(Debug, Clone)]
pub struct Visit {
    /// On whose behalf.
    pub principal: Principal,
    /// The language of messages.
    pub language: Language,
    /// Why personal data is asked for in clear, if it is.
    pub purpose: Option<Purpose>,
    /// Names the request in logs and in answers to internal faults.
    pub request_id: String,
    /// Whether its body was signed by the partner whose token was shown.
    pub signature: BodySignature,
}

/// One request.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) store: Store,
    pub(crate) issuer: Arc<dyn TokenIssuer>,
    pub(crate) reader: Reader,
    records: Arc<OnceLock<DataLoader<Records>>>,
    asked: Asked,
    pub(crate) settings: SchemaSettings,
    pub(crate) language: Language,
    pub(crate) request_id: String,
    pub(crate) signature: BodySignature,
    pub(crate) reporting: ReportingRules,
    /// Whether answers may be told at once: not where they have to be put together.
    pub(crate) at_once: bool,
    /// Told once nothing that happens is missed any more, by whoever has nothing else to tell at first.
    pub(crate) listening: Arc<Notify>,
    figures: Arc<OnceCell<Figures>>,
    marketplaces: Arc<Mutex<Arc<[Arc<Marketplace>]>>>,
    past_ledgers: Arc<Mutex<HashMap<Instant, Arc<LedgerSnapshot>>>>,
    past_rollups: Arc<Mutex<HashMap<Instant, Arc<RollupCube>>>>,
}

impl Session {
    pub(crate) fn new(api: &Api, visit: Visit, ready: &Ready, asked: Asked) -> Self {
        let request =
            ReadRequest { purpose: visit.purpose, request_id: Some(visit.request_id.clone()) };
        let reader = api.store.read(&visit.principal, request);
        Self {
            store: api.store.clone(),
            issuer: Arc::clone(&api.issuer),
            records: Arc::default(),
            asked,
            reader,
            settings: api.settings,
            language: visit.language,
            request_id: visit.request_id,
            signature: visit.signature,
            reporting: api.reporting,
            at_once: ready.at_once,
            listening: Arc::default(),
            figures: Arc::default(),
            marketplaces: Arc::default(),
            past_ledgers: Arc::default(),
            past_rollups: Arc::default(),
        }
    }

    /// The session that a resolver runs in.
    pub(crate) fn of<'context>(context: &Context<'context>) -> &'context Self {
        context.data_unchecked::<Arc<Self>>()
    }

    /// What batches what siblings ask for; made when it is first needed.
    pub(crate) fn records(&self) -> &DataLoader<Records> {
        self.records.get_or_init(|| {
            let (loader, asked) = (Records(self.reader.clone()), self.asked.clone());
            // The end of the round is the moment to load, not a delay.
            DataLoader::new(loader, move |load| asked.push(load)).delay(Duration::ZERO)
        })
    }

    /// The same asker at a later moment: figures are read anew.
    pub(crate) fn at_a_new_moment(&self) -> Self {
        Self { figures: Arc::default(), ..self.clone() }
    }

    /// The moment as of which something is asked, which must not be to come; none for now.
    pub(crate) fn as_of(&self, asked: Option<DateTime>) -> Result<Option<Instant>, ApiError> {
        let known = |asked: DateTime| known_moment(asked.0, self.store.now());
        let refused = |rule| ApiError::Argument { name: "asOf", rule };
        asked.map(known).transpose().map_err(refused)
    }

    /// The day in the province at the moment asked about, else today.
    pub(crate) fn day(&self, as_of: Option<Instant>) -> Date {
        as_of.map_or_else(|| self.reader.today(), local_date)
    }

    /// The figures as of one moment: all figures of a request agree with each other.
    pub(crate) async fn figures(&self) -> Result<&Figures, StoreError> {
        self.figures.get_or_try_init(|| self.reader.figures()).await
    }

    /// Those figures, if anything asked for them.
    pub(crate) fn known_figures(&self) -> Option<&Figures> {
        self.figures.get()
    }

    /// The figures as known now, or at a past moment; each moment is looked up once.
    pub(crate) async fn figures_at(&self, as_of: Option<Instant>) -> Result<Figures, ApiError> {
        let Some(moment) = as_of else { return Ok(self.figures().await?.clone()) };
        let ledger = self.ledger(as_of).await?;
        let mut past = self.past_rollups.lock().await;
        if let Some(known) = past.get(&moment) {
            return Ok(Figures { rollups: Arc::clone(known), ledger });
        }
        bounded(&past)?;
        let rollups = self.reader.rollups_at(moment).await?;
        past.insert(moment, Arc::clone(&rollups));
        Ok(Figures { rollups, ledger })
    }

    /// One of the marketplaces; all of them are read once a request, unless those it needs are known.
    pub(crate) async fn marketplace(
        &self,
        code: &MarketplaceCode,
    ) -> Result<Arc<Marketplace>, ApiError> {
        let mut known = self.marketplaces.lock().await;
        let find = |all: &[Arc<Marketplace>]| all.iter().find(|found| found.code == *code).cloned();
        if let Some(found) = find(&known) {
            return Ok(found);
        }
        // Not read yet, or made known since.
        *known = self.reader.marketplaces().await?;
        let found = find(&known);
        let damaged = || StoreError::Damaged { what: format!("marketplace {code}") };
        Ok(found.ok_or_else(damaged)?)
    }

    /// One of the marketplaces, if it is known already and nobody is just reading them.
    pub(crate) fn known_marketplace(&self, code: &MarketplaceCode) -> Option<Arc<Marketplace>> {
        let known = self.marketplaces.try_lock().ok()?;
        known.iter().find(|found| found.code == *code).cloned()
    }

    /// These came with something else.
    pub(crate) async fn know_marketplaces(&self, known: &[Arc<Marketplace>]) {
        let mut before = self.marketplaces.lock().await;
        let other = |earlier: &&Arc<Marketplace>| known.iter().all(|now| now.code != earlier.code);
        *before = known.iter().chain(before.iter().filter(other)).cloned().collect();
    }

    /// What is known of marketplaces counts no more: the request itself changed one.
    pub(crate) async fn forget_marketplaces(&self) {
        *self.marketplaces.lock().await = Arc::default();
    }

    /// The certificate reports that count, or counted at a past moment; each moment is read once.
    pub(crate) async fn ledger(
        &self,
        as_of: Option<Instant>,
    ) -> Result<Arc<LedgerSnapshot>, ApiError> {
        let Some(moment) = as_of else { return Ok(Arc::clone(&self.figures().await?.ledger)) };
        let mut past = self.past_ledgers.lock().await;
        if let Some(known) = past.get(&moment) {
            return Ok(Arc::clone(known));
        }
        bounded(&past)?;
        let ledger = self.reader.ledger_at(moment).await?;
        past.insert(moment, Arc::clone(&ledger));
        Ok(ledger)
    }
}

/// The most past moments that one request may ask about.
const MOMENTS_LIMIT: usize = 10;

fn bounded<T>(past: &HashMap<Instant, T>) -> Result<(), ApiError> {
    if past.len() < MOMENTS_LIMIT {
        return Ok(());
    }
    Err(ApiError::TooMany { what: "asOf", limit: MOMENTS_LIMIT })
}
