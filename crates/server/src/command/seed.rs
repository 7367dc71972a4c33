//! `registry seed`: a generated province, written through the same door as everything else.

use std::sync::Arc;

use registry_demo::{Demo, Scale, Society, Trade, Work};
use registry_domain::access::{Agreement, PartnerCode, Principal, Scope, WritingPrincipal};
use registry_domain::certificate::{NewReport, Notary, ReportingRules};
use registry_domain::fault::{Language, Path};
use registry_domain::time::SimulatedClock;
use registry_graphql::TokenIssuer as _;
use registry_persistence::{
    BodySignature, ChangeCertificateStatus, ChangeHouseholds, ChangeListingPrice,
    ChangeListingStatus, CloseHouseholds, ClosePeriod, Command, DissolveTeams, Durability,
    EndCoverage, Idempotency, PublishListings, RateProducts, ReadRequest, RecordActivity,
    RecordConnectivity, RecordCoverage, RecordFeatures, RecordListingSales, RecordTrainings,
    RegisterCertificates, RegisterHouseholds, RegisterInstitutions, RegisterProducts,
    RegisterSellers, RegisterTeams, ReportFilter, ReviewReport, Row, Store, StoreError,
    SubmitReport, UpdatePartner, WithdrawReport, WriteError, WriteRequest,
};
use tokio::sync::mpsc;

use super::{progress, tell};
use crate::arguments;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start;
use crate::token::Tokens;

/// Steps made ahead of the one being written.
const AHEAD: usize = 4;

pub(super) async fn run(loaded: &Loaded, scale: arguments::Scale) -> Result<(), ServerError> {
    let scale = match scale {
        arguments::Scale::Small => Scale::Small,
        arguments::Scale::Tenth => Scale::Tenth,
        arguments::Scale::Province => Scale::Province,
        arguments::Scale::Tenfold => Scale::Tenfold,
    };
    fill(loaded, scale).await
}

/// Fills an empty registry, or goes on where an earlier attempt was interrupted; the clock goes
/// through the years as the generated history says.
pub(super) async fn fill(loaded: &Loaded, scale: Scale) -> Result<(), ServerError> {
    let clock = Arc::new(SimulatedClock::at(chrono::DateTime::UNIX_EPOCH));
    // What a loss of power takes is made again: seeding goes on where it was interrupted.
    let store = start::migrate_and_open(loaded, clock.clone(), Durability::Closed).await?;
    let filled = Seeding::new(store.clone(), scale).run(loaded, &clock).await;
    store.close().await;
    filled
}

/// Whether the registry is empty, or was left half filled.
pub(super) async fn is_due(store: &Store, scale: Scale) -> Result<bool, ServerError> {
    let seeding = Seeding::new(store.clone(), scale);
    let begun = seeding.is_written(Turn::Step(0)).await?;
    let auditor = Principal::internal(DEMO, [Scope::RegistryRead]);
    let reader = store.read(&auditor, ReadRequest::default());
    let reports = reader.report_count(&ReportFilter::default()).await?;
    let empty = reports == 0 && store.household_count().await? == 0;
    Ok(empty || begun && !seeding.is_written(Turn::Last).await?)
}

/// Who writes everything but what partners send.
const DEMO: &str = "demo";

/// Whoever writes a step, by name.
const ACTORS: [(&str, Scope); 3] = [
    (DEMO, Scope::HouseholdsWrite),
    ("VNPT", Scope::CertificatesReport),
    ("VIETTEL", Scope::CertificatesReport),
];

/// A province on its way into one store.
struct Seeding {
    store: Store,
    scale: Scale,
}

/// Which step of the history; the last one is known by name, so that one look-up tells the end.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Step(usize),
    Last,
}

impl Seeding {
    const fn new(store: Store, scale: Scale) -> Self {
        Self { store, scale }
    }

    async fn run(&self, loaded: &Loaded, clock: &SimulatedClock) -> Result<(), ServerError> {
        if !is_due(&self.store, self.scale).await? {
            let recorded = self.store.household_count().await?;
            return Err(ServerError::Found(format!(
                "the registry already has records ({recorded} households); seeding is for an empty one / đã có dữ liệu, chỉ sinh mẫu vào cơ sở dữ liệu rỗng"
            )));
        }
        // What an interrupted attempt had drawn; the generated rows know their codes.
        self.store.take_back_numbers().await?;
        let demo = Demo::new(&self.store.units(), self.scale);
        let bar = progress::bar(demo.rows());
        let (ahead, mut steps) = mpsc::channel(AHEAD);
        // Making a step and writing another go on at once.
        let maker = tokio::task::spawn_blocking(move || {
            let mut steps = demo.steps().enumerate().peekable();
            while let Some((number, step)) = steps.next() {
                let turn = if steps.peek().is_some() { Turn::Step(number) } else { Turn::Last };
                if ahead.blocking_send((turn, step)).is_err() {
                    break;
                }
            }
        });
        let mut notary = None;
        let mut written = 0;
        while let Some((turn, step)) = steps.recv().await {
            clock.set(step.at);
            // The key that signs receipts is made at the first step's time.
            let notary = match &mut notary {
                Some(notary) => notary,
                none => none.insert(self.notary(loaded).await?),
            };
            let rows = step.work.rows();
            self.carry_out(turn, step.work, notary).await?;
            written += rows;
            bar.inc(rows as u64);
        }
        drop(steps);
        if maker.await.is_err() {
            return Err(ServerError::Found("the generator failed".into()));
        }
        bar.finish_and_clear();
        self.store.settle().await?;
        let households = self.store.household_count().await?;
        tell(format!("{households} households, {written} rows / {households} hộ, {written} dòng"));
        Ok(())
    }

    async fn notary(&self, loaded: &Loaded) -> Result<Arc<dyn Notary>, ServerError> {
        let tokens = Tokens::new(self.store.clone(), &loaded.config.access)?;
        tokens.make_first_key().await?;
        Ok(tokens.notary().await?)
    }

    /// Writes a step, unless an earlier attempt did.
    async fn carry_out(
        &self,
        turn: Turn,
        work: Work,
        notary: &Arc<dyn Notary>,
    ) -> Result<(), ServerError> {
        let officer = (DEMO, Scope::HouseholdsWrite);
        let administrator = (DEMO, Scope::Admin);
        match work {
            Work::Register(rows) => {
                self.write(turn, officer, RegisterHouseholds(numbered(rows))).await
            }
            Work::Survey(rows) => {
                self.write(turn, officer, RecordConnectivity(numbered(rows))).await
            }
            Work::Change(rows) => self.write(turn, officer, ChangeHouseholds(numbered(rows))).await,
            Work::Close(rows) => self.write(turn, officer, CloseHouseholds(numbered(rows))).await,
            Work::Agree(partner, agreement) => {
                self.write(turn, administrator, agreed(partner, agreement)).await
            }
            Work::Report(report) => self.report(turn, report, notary).await,
            Work::Withdraw(report, reason) => {
                let partner = report.partner.clone();
                self.write(turn, by(&partner), WithdrawReport { report, reason }).await
            }
            Work::Review(report, decision, reason) => {
                let command = ReviewReport { report, decision, reason };
                self.write(turn, administrator, command).await
            }
            Work::ClosePeriod(period) => self.write(turn, administrator, ClosePeriod(period)).await,
            Work::Certify(rows) => {
                let Some(partner) = rows.first().map(|row| row.partner.clone()) else {
                    return Ok(());
                };
                self.write(turn, by(&partner), RegisterCertificates(numbered(rows))).await
            }
            Work::Revoke(partner, rows) => {
                self.write(turn, by(&partner), ChangeCertificateStatus(numbered(rows))).await
            }
            Work::Trade(trade) => self.trade(turn, trade).await,
            Work::Society(society) => self.society(turn, society).await,
        }
    }

    async fn trade(&self, turn: Turn, trade: Trade) -> Result<(), ServerError> {
        let officer = (DEMO, Scope::ListingsWrite);
        match trade {
            Trade::Sellers(rows) => {
                self.write(turn, officer, RegisterSellers(numbered(rows))).await
            }
            Trade::Products(rows) => {
                self.write(turn, officer, RegisterProducts(numbered(rows))).await
            }
            Trade::Ratings(rows) => self.write(turn, officer, RateProducts(numbered(rows))).await,
            Trade::Listings(rows) => {
                self.write(turn, officer, PublishListings(numbered(rows))).await
            }
            Trade::Prices(rows) => {
                self.write(turn, officer, ChangeListingPrice(numbered(rows))).await
            }
            Trade::Statuses(rows) => {
                self.write(turn, officer, ChangeListingStatus(numbered(rows))).await
            }
            Trade::Sales(rows) => {
                self.write(turn, officer, RecordListingSales(numbered(rows))).await
            }
        }
    }

    async fn society(&self, turn: Turn, society: Society) -> Result<(), ServerError> {
        let officer = (DEMO, Scope::HouseholdsWrite);
        let administrator = (DEMO, Scope::Admin);
        match society {
            Society::Coverage(rows) => {
                self.write(turn, administrator, RecordCoverage(numbered(rows))).await
            }
            Society::CoverageEnds(rows) => {
                self.write(turn, administrator, EndCoverage(numbered(rows))).await
            }
            Society::Institutions(rows) => {
                self.write(turn, administrator, RegisterInstitutions(numbered(rows))).await
            }
            Society::Features(rows) => {
                self.write(turn, administrator, RecordFeatures(numbered(rows))).await
            }
            Society::Teams(rows) => self.write(turn, officer, RegisterTeams(numbered(rows))).await,
            Society::TeamEnds(rows) => {
                self.write(turn, officer, DissolveTeams(numbered(rows))).await
            }
            Society::Help(rows) => self.write(turn, officer, RecordActivity(numbered(rows))).await,
            Society::Trainings(rows) => {
                self.write(turn, officer, RecordTrainings(numbered(rows))).await
            }
        }
    }

    async fn report(
        &self,
        turn: Turn,
        report: NewReport,
        notary: &Arc<dyn Notary>,
    ) -> Result<(), ServerError> {
        let partner = report.partner.clone();
        let command = SubmitReport {
            report,
            rules: ReportingRules::default(),
            signature: BodySignature::Missing,
            notary: Arc::clone(notary),
        };
        self.write(turn, by(&partner), command).await
    }

    async fn write<C: Command>(
        &self,
        turn: Turn,
        by: (&str, Scope),
        command: C,
    ) -> Result<(), ServerError> {
        let request = WriteRequest { idempotency: Some(self.key(turn)), request_id: None };
        match self.store.write(&actor(by)?, command, request).await {
            Ok(_) => Ok(()),
            Err(WriteError::Store(error)) => Err(error.into()),
            Err(WriteError::Refused(faults)) => {
                let first = faults.into_iter().next();
                let told = first.map(|fault| {
                    format!("{}: {}", fault.path, fault.rule.message(Language::English))
                });
                Err(ServerError::Found(format!(
                    "a generated row was refused: {}",
                    told.unwrap_or_default()
                )))
            }
        }
    }

    /// Whether a step was written, whoever's it is.
    async fn is_written(&self, turn: Turn) -> Result<bool, ServerError> {
        for name in ACTORS {
            if self.store.was_carried_out(&actor(name)?, &self.key(turn)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn key(&self, turn: Turn) -> Idempotency {
        let scale = match self.scale {
            Scale::Small => "small",
            Scale::Tenth => "tenth",
            Scale::Province => "province",
            Scale::Tenfold => "tenfold",
        };
        let key = match turn {
            Turn::Step(number) => format!("demo:{scale}:{number}"),
            Turn::Last => format!("demo:{scale}:last"),
        };
        Idempotency { content: key.clone().into_bytes(), key }
    }
}

fn agreed(code: PartnerCode, agreement: Agreement) -> UpdatePartner {
    let agreement = Some(agreement);
    UpdatePartner { code, name: None, agreement, suspended: None, signatures: None }
}

fn actor((name, scope): (&str, Scope)) -> Result<WritingPrincipal, StoreError> {
    Ok(Principal::internal(name, [scope]).writer(scope)?)
}

fn by(partner: &PartnerCode) -> (&str, Scope) {
    (partner.as_str(), Scope::CertificatesReport)
}

fn numbered<T>(rows: Vec<T>) -> Vec<Row<T>> {
    let numbered = rows.into_iter().enumerate();
    numbered
        .map(|(index, value)| Row { at: Path::root().field("rows").index(index), value })
        .collect()
}
