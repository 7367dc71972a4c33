//! What schools fulfil and banks offer: from a day on, and no longer.

use std::collections::{BTreeMap, HashMap};

use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::past_date;
use registry_domain::institution::{
    Feature, FeatureEnd, History, InstitutionCode, InstitutionRule, KnownFeature, NewFeature,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Current, apply_differences, stored_number};
use crate::entity::institution::Model as Institution;
use crate::entity::institution::feature::{Column, Entity, Model};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Records what schools fulfil and banks offer, all or none.
#[derive(Debug)]
pub struct RecordFeatures(pub Vec<Row<NewFeature>>);

/// Ends what schools fulfilled and banks offered, all or none.
#[derive(Debug)]
pub struct EndFeatures(pub Vec<Row<FeatureEnd>>);

/// The rows as they become, and each institution's history before and after.
#[derive(Debug)]
pub struct FeaturePlan {
    rows: Vec<Model>,
    histories: Vec<(History, History)>,
}

/// The rows are known whole; only their end is new.
const END: [Column; 4] = [Column::ValidUntil, Column::EndedAt, Column::EndedBy, Column::EndReason];

impl Command for RecordFeatures {
    const ACTION: &'static str = "institution.feature";
    type Plan = FeaturePlan;
    /// The numbers of the institutions' codes.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut changing = Changing::lock(writer, self.0.iter().map(|row| row.value.code)).await?;
        let mut faults = Faults::default();
        let mut rows = Vec::with_capacity(self.0.len());
        for (place, Row { at, value: new }) in self.0.into_iter().enumerate() {
            let feature = new.feature;
            let known = changing.take((place, &at), new.code, feature, &mut faults);
            let Some((institution, history)) = known else { continue };
            check_new(writer, &new, (institution, history), &at, &mut faults);
            history.features.push(KnownFeature {
                feature,
                from: new.from,
                until: None,
                evidence: None,
            });
            rows.push(stored(new, writer));
        }
        faults.or(Some(changing.plan(rows))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        writer.record::<Entity>(&plan.rows).await?;
        plan.count(writer).await
    }
}

impl Command for EndFeatures {
    const ACTION: &'static str = "institution.feature.end";
    type Plan = FeaturePlan;
    /// The numbers of the institutions' codes.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut changing = Changing::lock(writer, self.0.iter().map(|row| row.value.code)).await?;
        let mut open = open_rows(writer, self.0.iter().map(|row| row.value.code)).await?;
        let mut faults = Faults::default();
        let mut rows = Vec::with_capacity(self.0.len());
        for (place, Row { at, value }) in self.0.into_iter().enumerate() {
            let FeatureEnd { code, feature, until, reason } = value;
            let known = changing.take((place, &at), code, feature, &mut faults);
            let Some((_, history)) = known else { continue };
            let names = Names::of(feature);
            let Some(row) = open.remove(&(stored_number(code), feature.code().to_owned())) else {
                faults.push(at.field(names.feature), InstitutionRule::Lacks { feature }.into());
                continue;
            };
            let earliest = row.valid_from.succ_opt().unwrap_or(row.valid_from);
            faults.keep(at.field(names.until), past_date(until, earliest, writer.today()));
            let ends =
                |known: &&mut KnownFeature| known.feature == feature && known.until.is_none();
            if let Some(known) = history.features.iter_mut().find(ends) {
                known.until = Some(until);
            }
            rows.push(Model {
                valid_until: Some(until),
                ended_at: Some(writer.now),
                ended_by: Some(writer.principal.actor().to_owned()),
                end_reason: Some(reason.into()),
                ..row
            });
        }
        faults.or(Some(changing.plan(rows))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        writer.rewrite::<Entity>(&plan.rows, &END).await?;
        plan.count(writer).await
    }
}

impl FeaturePlan {
    /// Brings the figures up to date; the numbers of the institutions.
    async fn count(self, writer: &Writer) -> Result<Vec<u32>, StoreError> {
        let pairs = self.histories.iter().map(|(before, after)| (before, after));
        apply_differences(writer, pairs).await?;
        Ok(self.rows.iter().map(|row| row.number.cast_unsigned()).collect())
    }
}

/// What inputs call the parts of a feature.
struct Names {
    feature: &'static str,
    from: &'static str,
    until: &'static str,
}

impl Names {
    const fn of(feature: Feature) -> Self {
        match feature {
            Feature::Criterion(_) => {
                Self { feature: "criterion", from: "fulfilledOn", until: "withdrawnOn" }
            }
            Feature::Service(_) => {
                Self { feature: "service", from: "offeredSince", until: "endedOn" }
            }
        }
    }
}

/// The institutions whose features change, each feature to be taken once.
struct Changing {
    current: Current,
    taken: HashMap<(InstitutionCode, Feature), usize>,
    /// The histories as they become.
    after: BTreeMap<InstitutionCode, History>,
}

impl Changing {
    async fn lock(
        writer: &Writer,
        codes: impl Iterator<Item = InstitutionCode>,
    ) -> Result<Self, StoreError> {
        let current = Current::lock(writer, codes).await?;
        Ok(Self { current, taken: HashMap::new(), after: BTreeMap::new() })
    }

    /// The institution and its history to be changed, if it is open and of a kind that can have the feature.
    fn take(
        &mut self,
        (place, at): (usize, &Path),
        code: InstitutionCode,
        feature: Feature,
        faults: &mut Faults,
    ) -> Option<(&Institution, &mut History)> {
        let first = *self.taken.entry((code, feature)).or_insert(place);
        if first != place {
            faults.push(at.field(Names::of(feature).feature), Rule::DuplicateInBatch { first });
            return None;
        }
        let (institution, history) = self.current.open(code, at, faults)?;
        let fits = feature.require(history.kind).map_err(Rule::from);
        faults.keep(at.field("institution"), fits)?;
        Some((institution, self.after.entry(code).or_insert_with(|| history.clone())))
    }

    fn plan(self, rows: Vec<Model>) -> FeaturePlan {
        let Self { mut current, after, .. } = self;
        let pair = |(code, after)| Some((current.0.remove(&code)?.1, after));
        FeaturePlan { rows, histories: after.into_iter().filter_map(pair).collect() }
    }
}

/// Checks a feature against what the institution has and had.
fn check_new(
    writer: &Writer,
    new: &NewFeature,
    (institution, history): (&Institution, &History),
    at: &Path,
    faults: &mut Faults,
) {
    let (feature, names) = (new.feature, Names::of(new.feature));
    let same = history.features.iter().filter(|known| known.feature == feature);
    let mut earliest = institution.opened_on;
    for known in same {
        let Some(until) = known.until else {
            let rule = InstitutionRule::Has { feature, since: known.from };
            faults.push(at.field(names.feature), rule.into());
            return;
        };
        earliest = earliest.max(until);
    }
    faults.keep(at.field(names.from), past_date(new.from, earliest, writer.today()));
}

/// The features without an end, by institution and name.
async fn open_rows(
    writer: &Writer,
    codes: impl Iterator<Item = InstitutionCode>,
) -> Result<HashMap<(i32, String), Model>, StoreError> {
    let rows = Entity::find()
        .filter(Column::Number.is_in(codes.map(stored_number)))
        .filter(Column::ValidUntil.is_null())
        .all(&writer.transaction)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.number, row.feature.clone()), row)).collect())
}

fn stored(new: NewFeature, writer: &Writer) -> Model {
    Model {
        number: stored_number(new.code),
        feature: new.feature.code().to_owned(),
        valid_from: new.from,
        valid_until: None,
        evidence: new.evidence.map(Into::into),
        recorded_at: writer.now,
        recorded_by: writer.principal.actor().to_owned(),
        ended_at: None,
        ended_by: None,
        end_reason: None,
    }
}
