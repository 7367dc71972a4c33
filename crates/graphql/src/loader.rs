//! Loaders: the records that many objects of one level ask for, in one statement.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use registry_domain::access::PartnerCode;
use registry_domain::audit::Place;
use registry_domain::certificate::{Line, Report, ReportKey};
use registry_domain::community::{
    Team, TeamActivity, TeamCode, TeamVersion, Training, TrainingCode,
};
use registry_domain::coverage::Reached;
use registry_domain::household::{Household, HouseholdNumber};
use registry_domain::institution::{Institution, InstitutionCode, KnownFeature};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time::{Date, Instant, YearMonth};
use registry_persistence::{
    ActivityFilter, ActivityKey, AuditChange, AuditRevision, AuditSubject, HouseholdExtent,
    HouseholdFilter, HouseholdQuery, HouseholdScope, Reader, RecordedSurvey, StoreError,
};

use crate::error::ApiError;

/// Batches what siblings ask for.
pub(crate) struct Records(pub(crate) Reader);

/// One household, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HouseholdKey(
    pub(crate) HouseholdNumber,
    pub(crate) HouseholdExtent,
    pub(crate) Option<Instant>,
);

/// One page of the households of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HouseholdPageKey(pub(crate) HouseholdScope, pub(crate) Arc<HouseholdQuery>);

/// The number of households of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HouseholdCountKey(pub(crate) HouseholdScope, pub(crate) HouseholdFilter);

/// A household's newest survey by a date, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SurveyKey(
    pub(crate) HouseholdNumber,
    pub(crate) Option<Date>,
    pub(crate) Option<Instant>,
);

/// One page of a household's surveys, as known at a moment or now.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SurveyPageKey(
    pub(crate) HouseholdNumber,
    pub(crate) PageRequest<Date>,
    pub(crate) Option<Instant>,
);

/// The number of a household's surveys, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SurveyCountKey(pub(crate) HouseholdNumber, pub(crate) Option<Instant>);

/// The lines of one report.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ReportLinesKey(pub(crate) ReportKey);

/// All statements of a partner about a month.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ReportRevisionsKey(pub(crate) PartnerCode, pub(crate) YearMonth);

/// One team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TeamKey(pub(crate) TeamCode);

/// The newest states that a team was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TeamVersionsKey(pub(crate) TeamCode);

/// One page of a team's counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ActivityPageKey(
    pub(crate) TeamCode,
    pub(crate) ActivityFilter,
    pub(crate) PageRequest<ActivityKey>,
);

/// The number of a team's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ActivityCountKey(pub(crate) TeamCode, pub(crate) ActivityFilter);

/// One training session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TrainingSessionKey(pub(crate) TrainingCode);

/// The hamlets that each mobile network reaches on a day, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReachedKey(pub(crate) Date, pub(crate) Option<Instant>);

/// One school or bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct InstitutionKey(pub(crate) InstitutionCode);

/// All that a school fulfils or a bank offers, or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FeaturesKey(pub(crate) InstitutionCode);

/// What an event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ChangesKey(pub(crate) u64);

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HistoryKey(pub(crate) AuditSubject);

/// Keys by the argument they share: one statement each.
pub(crate) fn grouped<K, S, A: Eq + Hash>(
    keys: &[K],
    split: impl Fn(&K) -> (S, A),
) -> HashMap<A, Vec<S>> {
    let mut groups: HashMap<A, Vec<S>> = HashMap::new();
    for key in keys {
        let (subject, argument) = split(key);
        groups.entry(argument).or_default().push(subject);
    }
    groups
}

impl Loader<ChangesKey> for Records {
    type Value = Arc<Vec<AuditChange>>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ChangesKey],
    ) -> Result<HashMap<ChangesKey, Self::Value>, ApiError> {
        let places: Vec<Place> = keys.iter().map(|key| Place(key.0)).collect();
        let found = self.0.audit_changes(&places).await?.into_iter();
        Ok(found.map(|(sequence, changes)| (ChangesKey(sequence), Arc::new(changes))).collect())
    }
}

impl Loader<HistoryKey> for Records {
    type Value = Arc<Vec<AuditRevision>>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[HistoryKey],
    ) -> Result<HashMap<HistoryKey, Self::Value>, ApiError> {
        let subjects: Vec<AuditSubject> = keys.iter().map(|key| key.0.clone()).collect();
        let found = self.0.audit_histories(&subjects).await?.into_iter().map(Arc::new);
        Ok(keys.iter().cloned().zip(found).collect())
    }
}

impl Loader<HouseholdKey> for Records {
    type Value = Household;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[HouseholdKey],
    ) -> Result<HashMap<HouseholdKey, Household>, ApiError> {
        let mut found = HashMap::new();
        let split = |HouseholdKey(number, extent, as_of): &_| (*number, (*extent, *as_of));
        for ((extent, as_of), numbers) in grouped(keys, split) {
            let households = self.0.households(&numbers, extent, as_of).await?.into_iter();
            let key = |household: &Household| HouseholdKey(household.number, extent, as_of);
            found.extend(households.map(|household| (key(&household), household)));
        }
        Ok(found)
    }
}

impl Loader<HouseholdPageKey> for Records {
    type Value = Page<Household>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[HouseholdPageKey],
    ) -> Result<HashMap<HouseholdPageKey, Page<Household>>, ApiError> {
        let mut found = HashMap::new();
        let groups =
            grouped(keys, |HouseholdPageKey(scope, query)| (scope.clone(), Arc::clone(query)));
        for (query, scopes) in groups {
            let pages = self.0.household_pages(&scopes, &query).await?;
            let keys = scopes.into_iter().map(|scope| HouseholdPageKey(scope, Arc::clone(&query)));
            found.extend(keys.zip(pages));
        }
        Ok(found)
    }
}

impl Loader<HouseholdCountKey> for Records {
    type Value = u64;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[HouseholdCountKey],
    ) -> Result<HashMap<HouseholdCountKey, u64>, ApiError> {
        let mut found = HashMap::new();
        let groups =
            grouped(keys, |HouseholdCountKey(scope, filter)| (scope.clone(), filter.clone()));
        for (filter, scopes) in groups {
            let counts = self.0.household_counts(&scopes, &filter).await?;
            let keys = scopes.into_iter().map(|scope| HouseholdCountKey(scope, filter.clone()));
            found.extend(keys.zip(counts));
        }
        Ok(found)
    }
}

impl Loader<SurveyKey> for Records {
    type Value = RecordedSurvey;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[SurveyKey],
    ) -> Result<HashMap<SurveyKey, RecordedSurvey>, ApiError> {
        let mut found = HashMap::new();
        let split = |SurveyKey(number, on, as_of): &_| (*number, (*on, *as_of));
        for ((on, as_of), numbers) in grouped(keys, split) {
            let surveys = self.0.surveys_on(&numbers, on, as_of).await?.into_iter();
            let key = |recorded: &RecordedSurvey| SurveyKey(recorded.survey.household, on, as_of);
            found.extend(surveys.map(|recorded| (key(&recorded), recorded)));
        }
        Ok(found)
    }
}

impl Loader<SurveyPageKey> for Records {
    type Value = Page<RecordedSurvey>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[SurveyPageKey],
    ) -> Result<HashMap<SurveyPageKey, Page<RecordedSurvey>>, ApiError> {
        let mut found = HashMap::new();
        let split = |SurveyPageKey(number, page, as_of): &_| (*number, (page.clone(), *as_of));
        for ((page, as_of), numbers) in grouped(keys, split) {
            let pages = self.0.survey_pages(&numbers, &page, as_of).await?;
            let key = |number| SurveyPageKey(number, page.clone(), as_of);
            found.extend(numbers.into_iter().map(key).zip(pages));
        }
        Ok(found)
    }
}

impl Loader<SurveyCountKey> for Records {
    type Value = u64;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[SurveyCountKey],
    ) -> Result<HashMap<SurveyCountKey, u64>, ApiError> {
        let mut found = HashMap::new();
        for (as_of, numbers) in grouped(keys, |SurveyCountKey(number, as_of)| (*number, *as_of)) {
            let counts = self.0.survey_counts(&numbers, as_of).await?;
            let key = |number| SurveyCountKey(number, as_of);
            found.extend(numbers.into_iter().map(key).zip(counts));
        }
        Ok(found)
    }
}

impl Loader<ReportLinesKey> for Records {
    type Value = Vec<Line>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ReportLinesKey],
    ) -> Result<HashMap<ReportLinesKey, Vec<Line>>, ApiError> {
        let keys: Vec<ReportKey> = keys.iter().map(|ReportLinesKey(key)| key.clone()).collect();
        let lines = self.0.report_lines(&keys).await?;
        Ok(lines.into_iter().map(|(key, lines)| (ReportLinesKey(key), lines)).collect())
    }
}

impl Loader<ReportRevisionsKey> for Records {
    type Value = Vec<Report>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ReportRevisionsKey],
    ) -> Result<HashMap<ReportRevisionsKey, Vec<Report>>, ApiError> {
        let of: Vec<_> = keys
            .iter()
            .map(|ReportRevisionsKey(partner, period)| (partner.clone(), *period))
            .collect();
        let found = self.0.report_revisions(&of).await?.into_iter();
        let keyed = |((partner, period), reports)| (ReportRevisionsKey(partner, period), reports);
        Ok(found.map(keyed).collect())
    }
}

impl Loader<TeamKey> for Records {
    type Value = Team;
    type Error = ApiError;

    async fn load(&self, keys: &[TeamKey]) -> Result<HashMap<TeamKey, Team>, ApiError> {
        let codes: Vec<TeamCode> = keys.iter().map(|TeamKey(code)| *code).collect();
        let found = self.0.teams(&codes).await?.into_iter();
        Ok(found.map(|team| (TeamKey(team.code), team)).collect())
    }
}

impl Loader<TeamVersionsKey> for Records {
    type Value = Vec<TeamVersion>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[TeamVersionsKey],
    ) -> Result<HashMap<TeamVersionsKey, Vec<TeamVersion>>, ApiError> {
        let codes: Vec<TeamCode> = keys.iter().map(|TeamVersionsKey(code)| *code).collect();
        let mut found: HashMap<TeamVersionsKey, Vec<TeamVersion>> = HashMap::new();
        for version in self.0.team_versions(&codes).await? {
            found.entry(TeamVersionsKey(version.team)).or_default().push(version);
        }
        Ok(found)
    }
}

impl Loader<ActivityPageKey> for Records {
    type Value = Page<TeamActivity>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ActivityPageKey],
    ) -> Result<HashMap<ActivityPageKey, Page<TeamActivity>>, ApiError> {
        let mut found = HashMap::new();
        let split =
            |ActivityPageKey(team, filter, page): &_| (*team, (*filter, PageRequest::clone(page)));
        for ((filter, page), teams) in grouped(keys, split) {
            let pages = self.0.activity_pages(&teams, &filter, &page).await?;
            let keys = teams.into_iter().map(|team| ActivityPageKey(team, filter, page.clone()));
            found.extend(keys.zip(pages));
        }
        Ok(found)
    }
}

impl Loader<ActivityCountKey> for Records {
    type Value = u64;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ActivityCountKey],
    ) -> Result<HashMap<ActivityCountKey, u64>, ApiError> {
        let mut found = HashMap::new();
        for (filter, teams) in grouped(keys, |ActivityCountKey(team, filter)| (*team, *filter)) {
            let counts = self.0.activity_counts(&teams, &filter).await?;
            let keys = teams.into_iter().map(|team| ActivityCountKey(team, filter));
            found.extend(keys.zip(counts));
        }
        Ok(found)
    }
}

impl Loader<TrainingSessionKey> for Records {
    type Value = Training;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[TrainingSessionKey],
    ) -> Result<HashMap<TrainingSessionKey, Training>, ApiError> {
        let codes: Vec<TrainingCode> = keys.iter().map(|TrainingSessionKey(code)| *code).collect();
        let found = self.0.trainings(&codes).await?.into_iter();
        Ok(found.map(|training| (TrainingSessionKey(training.code), training)).collect())
    }
}

impl Loader<ReachedKey> for Records {
    type Value = Arc<Reached>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ReachedKey],
    ) -> Result<HashMap<ReachedKey, Arc<Reached>>, ApiError> {
        let mut found = HashMap::new();
        for (as_of, days) in grouped(keys, |ReachedKey(day, as_of)| (*day, *as_of)) {
            let reached = self.0.reached_on(&days, as_of).await?.into_iter().map(Arc::new);
            found.extend(days.into_iter().map(|day| ReachedKey(day, as_of)).zip(reached));
        }
        Ok(found)
    }
}

impl Loader<InstitutionKey> for Records {
    type Value = Institution;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[InstitutionKey],
    ) -> Result<HashMap<InstitutionKey, Institution>, ApiError> {
        let codes: Vec<InstitutionCode> = keys.iter().map(|InstitutionKey(code)| *code).collect();
        let found = self.0.institutions(&codes).await?.into_iter();
        Ok(found.map(|institution| (InstitutionKey(institution.code), institution)).collect())
    }
}

impl Loader<FeaturesKey> for Records {
    type Value = Arc<[KnownFeature]>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[FeaturesKey],
    ) -> Result<HashMap<FeaturesKey, Arc<[KnownFeature]>>, ApiError> {
        let codes: Vec<InstitutionCode> = keys.iter().map(|FeaturesKey(code)| *code).collect();
        let found = self.0.institution_features(&codes).await?.into_iter();
        Ok(found.map(|(code, features)| (FeaturesKey(code), features.into())).collect())
    }
}

/// What a loader must have answered for a key it was given.
pub(crate) fn answered<T>(value: Option<T>) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::from(StoreError::Contention))
}
