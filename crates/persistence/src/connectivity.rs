//! Connectivity surveys: recording and reading.

use std::collections::{BTreeMap, HashMap};

use registry_domain::access::Scope;
use registry_domain::connectivity::{
    Adoption, DigitalService, FixedLine, FixedProvider, FixedTechnology, MobileGeneration,
    NewSurvey, Survey,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::{HouseholdNumber, Status, past_date};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::rollup::{Changes, Measures, Sign, accumulate, changes};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use serde::{Deserialize, Serialize};

use crate::cells::Cells;
use crate::entity::connectivity_survey::{Column, Entity, Model};
use crate::entity::household;
use crate::household::{Dossier, dossiers_from, number, stored_number};
use crate::page::{one_statement_each, read_tag};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{Reader, StoreError, WriteError, moment, rollup};

/// Records surveys; at most one per household and day.
#[derive(Debug)]
pub struct RecordConnectivity(pub Vec<Row<NewSurvey>>);

/// A survey and when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSurvey {
    /// What was found.
    pub survey: Survey,
    /// When the registry learned it.
    pub recorded_at: Instant,
}

/// The checked surveys and the records they join.
#[derive(Debug)]
pub struct SurveyPlan {
    surveys: Vec<Survey>,
    households: BTreeMap<i32, household::Model>,
    dossiers: BTreeMap<i32, Dossier>,
}

/// What a household repeats of its newest survey.
const NEWEST: [household::Column; 3] =
    [household::Column::SurveyedOn, household::Column::HasFibre, household::Column::FixedProvider];

/// Names one survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "(u32, Date)", try_from = "(u32, Date)")]
pub struct SurveyKey {
    /// The household visited.
    pub household: HouseholdNumber,
    /// The day of the visit.
    pub surveyed_on: Date,
}

impl From<SurveyKey> for (u32, Date) {
    fn from(key: SurveyKey) -> Self {
        (key.household.get(), key.surveyed_on)
    }
}

impl TryFrom<(u32, Date)> for SurveyKey {
    type Error = &'static str;

    fn try_from((number, surveyed_on): (u32, Date)) -> Result<Self, Self::Error> {
        let household = HouseholdNumber::new(number).ok_or("household number out of range")?;
        Ok(Self { household, surveyed_on })
    }
}

impl Command for RecordConnectivity {
    const ACTION: &'static str = "connectivity.record";
    type Plan = SurveyPlan;
    type Outcome = Vec<SurveyKey>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut first_days: HashMap<i32, Date> = HashMap::new();
        for Row { value: new, .. } in &self.0 {
            let number = stored_number(new.household.number());
            let first = first_days.entry(number).or_insert(new.surveyed_on);
            *first = Ord::min(new.surveyed_on, *first);
        }
        let mut numbers: Vec<i32> = first_days.keys().copied().collect();
        numbers.sort_unstable();
        // In order of number, so that two batches can't wait for each other.
        let select = household::Entity::find()
            .filter(household::Column::Number.is_in(numbers))
            .order_by_asc(household::Column::Number);
        let mut households = BTreeMap::new();
        for row in writer.transaction.query_all(&writer.locking(select).into_query()).await? {
            let household = Cells::of(&row)?.read_household_row()?;
            households.insert(household.number, household);
        }
        let dossiers = dossiers_from(&writer.transaction, &households, &first_days).await?;

        let mut faults = Faults::default();
        let mut first_with = HashMap::new();
        let mut surveys = Vec::with_capacity(self.0.len());
        for (place, Row { at, value: new }) in self.0.iter().enumerate() {
            let number = stored_number(new.household.number());
            let known = households.get(&number).zip(dossiers.get(&number));
            let Some((household, dossier)) = known else {
                faults.push(at.field("household"), Rule::UnknownHousehold { code: new.household });
                continue;
            };
            let here = writer.require_within(UnitId::new(household.hamlet_id));
            faults.keep(at.field("household"), here);
            let first = *first_with.entry((number, new.surveyed_on)).or_insert(place);
            if first != place {
                faults.push(at.field("surveyedOn"), Rule::DuplicateInBatch { first });
            }
            match check(writer, household, dossier, new, at) {
                Ok(survey) => surveys.push(survey),
                Err(found) => faults.extend(found),
            }
        }
        faults.or(Some(SurveyPlan { surveys, households, dossiers })).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let changed = plan.changes();
        let rows: Vec<Model> = plan.surveys.iter().map(|survey| stored(survey, writer)).collect();
        writer.record_at_end::<Entity>(&rows)?;
        let mut households = plan.households;
        for survey in &plan.surveys {
            if let Some(household) = households.get_mut(&stored_number(survey.household)) {
                note_newest(household, survey);
            }
        }
        let households: Vec<household::Model> = households.into_values().collect();
        writer.rewrite_at_end::<household::Entity>(&households, &NEWEST)?;
        rollup::apply(writer, changed)?;
        let key = |survey: &Survey| SurveyKey {
            household: survey.household,
            surveyed_on: survey.surveyed_on,
        };
        Ok(plan.surveys.iter().map(key).collect())
    }
}

impl SurveyPlan {
    /// What the new surveys change in the figures of hamlets.
    fn changes(&self) -> Changes {
        let mut new: HashMap<i32, Vec<(Date, Measures)>> = HashMap::new();
        for survey in &self.surveys {
            let measures = Measures::of(survey);
            new.entry(stored_number(survey.household))
                .or_default()
                .push((survey.surveyed_on, measures));
        }
        let mut sum = Changes::new();
        for (number, surveys) in new {
            let Some(dossier) = self.dossiers.get(&number) else {
                continue;
            };
            let mut history = dossier.history();
            accumulate(&mut sum, changes(&history), Sign::Minus);
            history.surveys.extend(surveys);
            accumulate(&mut sum, changes(&history), Sign::Plus);
        }
        sum
    }
}

fn check(
    writer: &Writer,
    household: &household::Model,
    dossier: &Dossier,
    new: &NewSurvey,
    at: &Path,
) -> Result<Survey, Faults> {
    let mut faults = Faults::default();
    let surveyed_on = new.surveyed_on;
    let date = past_date(surveyed_on, household.registered_on, writer.today());
    faults.keep(at.field("surveyedOn"), date);
    let closed = Status::ALL.into_iter().find(|status| status.code() == household.status);
    if let Some(status) = closed.filter(|status| *status != Status::Active)
        && surveyed_on >= household.effective_on
    {
        let since = household.effective_on;
        faults.push(at.field("household"), Rule::HouseholdClosed { status, since });
    }
    if dossier.surveys.iter().any(|(date, _)| *date == surveyed_on) {
        faults.push(at.field("surveyedOn"), Rule::DuplicateSurvey { on: surveyed_on });
    }
    let survey =
        dossier.composition_on(surveyed_on).map(|composition| Survey::check(new, composition, at));
    match survey.transpose() {
        Ok(survey) => faults.or(survey),
        Err(found) => {
            faults.extend(found);
            Err(faults)
        }
    }
}

/// Copies what lists are filtered by from a household's new surveys, where they are its newest.
fn note_newest(household: &mut household::Model, survey: &Survey) {
    if household.surveyed_on.is_none_or(|newest| newest < survey.surveyed_on) {
        household.surveyed_on = Some(survey.surveyed_on);
        household.has_fibre = Some(survey.has_fibre());
        household.fixed_provider = survey.fixed.map(|line| line.provider.code().to_owned());
    }
}

fn subquery(select: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(select.into()))
}

impl Reader {
    /// Each household's newest survey on or before `on` (today if not given), of those recorded by a
    /// moment or by now; households without one are left out.
    pub async fn surveys_on(
        &self,
        households: &[HouseholdNumber],
        on: Option<Date>,
        as_of: Option<Instant>,
    ) -> Result<Vec<RecordedSurvey>, StoreError> {
        self.require(Scope::RegistryRead)?;
        if households.is_empty() {
            return Ok(Vec::new());
        }
        let mut newest = Query::select();
        newest.expr(Expr::col(("newest", Column::SurveyedOn)).max()).from_as(Entity, "newest");
        newest.and_where(Expr::col(("newest", Column::Number)).equals((Entity, Column::Number)));
        if let Some(on) = on {
            newest.and_where(Expr::col(("newest", Column::SurveyedOn)).lte(on));
        }
        if let Some(moment) = as_of {
            newest.and_where(Expr::col(("newest", Column::RecordedAt)).lte(moment));
        }
        let select = Entity::find()
            .filter(Column::Number.is_in(households.iter().map(|number| stored_number(*number))))
            .filter(Expr::col((Entity, Column::SurveyedOn)).eq(subquery(newest)))
            .into_query();
        let rows = self.connection.query_all(&select).await?;
        rows.iter().map(|row| Cells::of(row)?.read_survey()).collect()
    }

    /// One page of surveys per household, newest first, of those recorded by a moment or by now.
    pub async fn survey_pages(
        &self,
        households: &[HouseholdNumber],
        page: &PageRequest<Date>,
        as_of: Option<Instant>,
    ) -> Result<Vec<Page<RecordedSurvey>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let newest_first = matches!(page.take, Take::First(_));
        let select = |number: &HouseholdNumber| {
            let mut select = QuerySelect::query(&mut Entity::find()).to_owned();
            select.and_where(Expr::col(Column::Number).eq(stored_number(*number)));
            select.cond_where(moment::recorded(Column::RecordedAt, as_of));
            if let Some(after) = page.after {
                select.and_where(Expr::col(Column::SurveyedOn).lt(after));
            }
            if let Some(before) = page.before {
                select.and_where(Expr::col(Column::SurveyedOn).gt(before));
            }
            let order = if newest_first { Order::Desc } else { Order::Asc };
            select
                .order_by(Column::SurveyedOn, order)
                .limit(page.take.limit() as u64 + 1)
                .to_owned()
        };
        let mut found: Vec<Vec<RecordedSurvey>> = vec![Vec::new(); households.len()];
        for statement in one_statement_each(households.iter().map(select).collect()) {
            for row in self.connection.query_all(&statement).await? {
                let mut cells = Cells::of(&row)?;
                let survey = cells.read_survey()?;
                found[read_tag(&mut cells)?].push(survey);
            }
        }
        let page = |mut surveys: Vec<RecordedSurvey>| {
            // A union keeps no promise about the order of its parts' rows.
            surveys.sort_unstable_by_key(|recorded| recorded.survey.surveyed_on);
            if newest_first {
                surveys.reverse();
            }
            Page::from_overfetch(surveys, page)
        };
        Ok(found.into_iter().map(page).collect())
    }

    /// How many surveys of each household were recorded by a moment or by now.
    pub async fn survey_counts(
        &self,
        households: &[HouseholdNumber],
        as_of: Option<Instant>,
    ) -> Result<Vec<u64>, StoreError> {
        self.require(Scope::RegistryRead)?;
        if households.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Query::select();
        select.column(Column::Number).expr_as(Expr::col(Asterisk).count(), "count").from(Entity);
        let numbers = households.iter().map(|number| stored_number(*number));
        select.and_where(Expr::col(Column::Number).is_in(numbers)).group_by_col(Column::Number);
        select.cond_where(moment::recorded(Column::RecordedAt, as_of));
        let mut counts = HashMap::new();
        for row in self.connection.query_all(&select).await? {
            counts.insert(
                number(row.try_get("", "number")?),
                row.try_get::<i64>("", "count")?.cast_unsigned(),
            );
        }
        Ok(households
            .iter()
            .map(|number| counts.get(number).copied().unwrap_or_default())
            .collect())
    }
}

fn stored(survey: &Survey, writer: &Writer) -> Model {
    let count = |count: u16| i16::try_from(count).unwrap_or(i16::MAX);
    let adoption = &survey.adoption;
    let using = |service: DigitalService| count(adoption.services[service as usize]);
    Model {
        number: stored_number(survey.household),
        surveyed_on: survey.surveyed_on,
        recorded_at: writer.now,
        actor: writer.principal.actor().to_owned(),
        fixed_technology: survey.fixed.map(|line| line.technology.code().to_owned()),
        fixed_provider: survey.fixed.map(|line| line.provider.code().to_owned()),
        mobile_generation: survey.mobile.map(|generation| generation.code().to_owned()),
        adults: count(survey.adults),
        working_age: count(survey.working_age),
        smartphone: count(adoption.smartphone),
        trained: count(adoption.trained),
        public_service_account: count(adoption.public_service_account),
        vneid_level_2: count(adoption.vneid_level_2),
        cashless: count(adoption.cashless),
        haugiang_app: using(DigitalService::HauGiangApp),
        vssid: using(DigitalService::Vssid),
        zalo: using(DigitalService::Zalo),
        bank_app: using(DigitalService::BankApp),
        mobile_money: using(DigitalService::MobileMoney),
        viettel_money: using(DigitalService::ViettelMoney),
        cashless_electricity: using(DigitalService::CashlessElectricity),
        cashless_water: using(DigitalService::CashlessWater),
        cashless_telecom: using(DigitalService::CashlessTelecom),
    }
}

impl Cells<'_> {
    /// Reads all columns of a survey.
    pub(crate) fn read_survey(&mut self) -> Result<RecordedSurvey, StoreError> {
        let household = number(self.read()?);
        let surveyed_on: Date = self.read()?;
        let damaged =
            || StoreError::damaged(format!("survey of {} on {surveyed_on}", household.code()));
        let recorded_at = self.read()?;
        let _actor: &str = self.read()?;
        let fixed = match (self.read::<Option<&str>>()?, self.read::<Option<&str>>()?) {
            (None, None) => None,
            (Some(technology), Some(provider)) => Some(FixedLine {
                technology: FixedTechnology::from_code(technology).ok_or_else(damaged)?,
                provider: FixedProvider::from_code(provider).ok_or_else(damaged)?,
            }),
            _ => return Err(damaged()),
        };
        let mobile = self.read::<Option<&str>>()?;
        let mobile =
            mobile.map(|code| MobileGeneration::from_code(code).ok_or_else(damaged)).transpose()?;
        let mut count = || u16::try_from(self.read::<i16>()?).map_err(|_| damaged());
        let (adults, working_age) = (count()?, count()?);
        let mut adoption = Adoption {
            smartphone: count()?,
            trained: count()?,
            public_service_account: count()?,
            vneid_level_2: count()?,
            cashless: count()?,
            services: [0; DigitalService::COUNT],
        };
        for service in SERVICES {
            adoption.services[service as usize] = count()?;
        }
        let survey =
            Survey { household, surveyed_on, fixed, mobile, adults, working_age, adoption };
        Ok(RecordedSurvey { survey, recorded_at })
    }
}

/// The services in the order of their columns.
const SERVICES: [DigitalService; DigitalService::COUNT] = [
    DigitalService::HauGiangApp,
    DigitalService::Vssid,
    DigitalService::Zalo,
    DigitalService::BankApp,
    DigitalService::MobileMoney,
    DigitalService::ViettelMoney,
    DigitalService::CashlessElectricity,
    DigitalService::CashlessWater,
    DigitalService::CashlessTelecom,
];
