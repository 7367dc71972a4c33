//! Where writing begins: a list of the nouns' mutations, and the one way from a parsed input to the writing door.

use async_graphql::{Context, InputType, MergedObject, Value};
use registry_domain::access::Scope;
use registry_domain::fault::{Faults, Path, Rule};
use registry_persistence::{Command, Idempotency, Row, WriteError, WriteRequest, Written};

use crate::certificate::{DecisionMutation, RegistrationMutation, SubmissionMutation};
use crate::commerce::{CatalogueMutation, ListingMutation, MarketplaceMutation};
use crate::community::{RecordMutation, TeamMutation};
use crate::connectivity::ConnectivityMutation;
use crate::coverage::CoverageMutation;
use crate::error::ApiError;
use crate::fault::UserError;
use crate::household::HouseholdMutation;
use crate::institution::{FeatureMutation, InstitutionMutation};
use crate::partner::PartnerMutation;
use crate::session::Session;
use crate::token::TokenMutation;
use crate::unit::UnitMutation;

/// Writing (thay đổi dữ liệu). Expected failures are data in `errors`; then nothing was written.
#[derive(Default, MergedObject)]
pub(crate) struct Mutation(
    PeopleMutation,
    CertificateMutation,
    CommerceMutation,
    SocietyMutation,
    AdministrationMutation,
);

// Each step of one long chain is a layer of futures more; in groups they stay few.

#[derive(Default, MergedObject)]
struct PeopleMutation(HouseholdMutation, ConnectivityMutation);

#[derive(Default, MergedObject)]
struct CertificateMutation(SubmissionMutation, DecisionMutation, RegistrationMutation);

#[derive(Default, MergedObject)]
struct CommerceMutation(MarketplaceMutation, CatalogueMutation, ListingMutation);

#[derive(Default, MergedObject)]
struct SocietyMutation(
    CoverageMutation,
    InstitutionMutation,
    FeatureMutation,
    TeamMutation,
    RecordMutation,
);

#[derive(Default, MergedObject)]
struct AdministrationMutation(UnitMutation, TokenMutation, PartnerMutation);

/// The most rows in one batch.
pub(crate) const BATCH_LIMIT: usize = 1_000;

/// Parses the rows of a batch of 1…1,000, each at its place.
pub(crate) fn rows<I, T>(
    inputs: &[I],
    at: &Path,
    parse: impl Fn(&I, &Path) -> Result<T, Faults>,
) -> Result<Vec<Row<T>>, Faults> {
    let mut faults = Faults::default();
    let rows = inputs.len();
    if rows == 0 {
        faults.push(at.clone(), Rule::BatchEmpty);
    } else if rows > BATCH_LIMIT {
        faults.push(at.clone(), Rule::BatchTooLarge { rows, limit: BATCH_LIMIT });
        return Err(faults);
    }
    let parsed = inputs.iter().enumerate().filter_map(|(index, input)| {
        let at = at.index(index);
        let parsed = parse(input, &at).map_err(|found| faults.extend(found));
        parsed.ok().map(|value| Row { at, value })
    });
    let parsed = parsed.collect();
    faults.or(Some(parsed))
}

/// Whether the payload is asked for what was written by one who may read it: whoever may only write is told
/// no more than that it was done.
pub(crate) fn is_shown(context: &Context<'_>, field: &str) -> bool {
    // Asking for nothing but `__typename` needs no permission, and must not fail after the commit.
    let may_read = Session::of(context).reader.principal().require(Scope::RegistryRead).is_ok();
    may_read && context.look_ahead().field(field).exists()
}

/// One attempt at a mutation: if the client gave a key, that and what it stands for.
#[derive(Default)]
pub(crate) struct Attempt(Option<(String, Value)>);

impl Attempt {
    /// The key stands for the whole input.
    pub(crate) fn new(key: Option<&str>, input: &impl InputType) -> Self {
        Self(key.map(|key| (key.to_owned(), input.to_value())))
    }

    pub(crate) fn of(key: &str, content: Value) -> Self {
        Self(Some((key.to_owned(), content)))
    }
}

/// Carries out a command, or tells all that is wrong with its input.
pub(crate) async fn write<C: Command>(
    session: &Session,
    scope: Scope,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<Result<Written<C::Outcome>, Vec<UserError>>, ApiError> {
    let writer = session.reader.principal().writer(scope)?;
    let refused = |faults| Ok(Err(UserError::all(faults, session.language)));
    let request_id = || Some(session.request_id.clone());
    let command = match command {
        Ok(command) => command,
        Err(faults) => {
            let request = WriteRequest { idempotency: None, request_id: request_id() };
            session.store.refuse::<C>(&writer, &request, &faults).await?;
            return refused(faults);
        }
    };
    let idempotency = attempt.0.map(|(key, content)| {
        // The same input may mean another thing to another mutation.
        Idempotency { key, content: format!("{} {content}", C::ACTION).into() }
    });
    let request = WriteRequest { idempotency, request_id: request_id() };
    match session.store.write(&writer, command, request).await {
        Ok(written) => Ok(Ok(written)),
        Err(WriteError::Refused(faults)) => refused(faults),
        Err(WriteError::Store(error)) => Err(error.into()),
    }
}

/// Tells what a command would do, or all that is wrong with its input; nothing is written.
pub(crate) async fn rehearse<C: Command>(
    session: &Session,
    scope: Scope,
    command: Result<C, Faults>,
) -> Result<Result<C::Plan, Vec<UserError>>, ApiError> {
    let writer = session.reader.principal().writer(scope)?;
    let refused = |faults| Ok(Err(UserError::all(faults, session.language)));
    let command = match command {
        Ok(command) => command,
        Err(faults) => return refused(faults),
    };
    match session.store.rehearse(&writer, command).await {
        Ok(plan) => Ok(Ok(plan)),
        Err(WriteError::Refused(faults)) => refused(faults),
        Err(WriteError::Store(error)) => Err(error.into()),
    }
}
