//! Changing and closing institutions: two ways to a next version.

use std::collections::{HashMap, HashSet};

use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::past_date;
use registry_domain::institution::{
    History, InstitutionChange, InstitutionClosure, InstitutionCode, InstitutionRule, KnownFeature,
};
use registry_domain::search::joined_words;
use registry_domain::time::Date;

use super::{Current, Name, apply_differences, check_hamlet, named};
use crate::entity::institution::{Entity, Model, version};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Changes institutions; at most one change each.
#[derive(Debug)]
pub struct ChangeInstitutions(pub Vec<Row<InstitutionChange>>);

/// Closes institutions.
#[derive(Debug)]
pub struct CloseInstitutions(pub Vec<Row<InstitutionClosure>>);

/// An institution as it becomes, and what its tallies followed from before.
#[derive(Debug)]
pub struct InstitutionAmendment {
    after: Model,
    history: History,
}

impl Command for ChangeInstitutions {
    const ACTION: &'static str = "institution.change";
    type Plan = Vec<InstitutionAmendment>;
    /// The numbers of their codes.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Amending::lock(writer, self.0.iter().map(|row| row.value.code)).await?;
        let mut faults = Faults::default();
        let (mut plan, mut places) = (Vec::new(), Vec::new());
        for (place, Row { at, value: change }) in self.0.into_iter().enumerate() {
            let known = current.take((place, &at), change.code, change.version, &mut faults);
            let Some((before, history)) = known else { continue };
            let InstitutionChange { effective_on, name, hamlet, .. } = change;
            let dated = past_date(effective_on, before.effective_on, writer.today());
            faults.keep(at.field("effectiveOn"), dated);
            let mut after = next_version(&before, effective_on);
            if let Some(hamlet) = hamlet {
                let on = effective_on.min(writer.today());
                faults.keep(at.field("hamlet"), check_hamlet(writer, hamlet, on));
                after.hamlet_id = hamlet.get();
            }
            if let Some(name) = name {
                after.folded_name = joined_words(name.as_str()).0;
                after.name = name.into();
            }
            if (after.hamlet_id, &after.name) == (before.hamlet_id, &before.name) {
                faults.push(at.clone(), Rule::NothingToChange);
            }
            plan.push(InstitutionAmendment { after, history });
            places.push(at);
        }
        check_names(writer, &plan, &places, &mut faults).await?;
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        carry_out(plan, writer).await
    }
}

impl Command for CloseInstitutions {
    const ACTION: &'static str = "institution.close";
    type Plan = Vec<InstitutionAmendment>;
    /// The numbers of their codes.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Amending::lock(writer, self.0.iter().map(|row| row.value.code)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, Row { at, value }) in self.0.into_iter().enumerate() {
            let InstitutionClosure { code, version, closed_on } = value;
            let known = current.take((place, &at), code, version, &mut faults);
            let Some((before, history)) = known else { continue };
            let dates = |known: &KnownFeature| known.until.unwrap_or(known.from);
            let newest = history.features.iter().map(dates).max();
            let earliest = newest.unwrap_or(before.effective_on).max(before.effective_on);
            faults.keep(at.field("closedOn"), past_date(closed_on, earliest, writer.today()));
            let after = Model { closed_on: Some(closed_on), ..next_version(&before, closed_on) };
            plan.push(InstitutionAmendment { after, history });
        }
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        carry_out(plan, writer).await
    }
}

fn next_version(before: &Model, effective_on: Date) -> Model {
    Model { version: before.version + 1, effective_on, ..before.clone() }
}

/// The institutions that a command amends, each to be taken once.
struct Amending {
    current: Current,
    taken: HashMap<InstitutionCode, usize>,
}

impl Amending {
    async fn lock(
        writer: &Writer,
        codes: impl Iterator<Item = InstitutionCode>,
    ) -> Result<Self, StoreError> {
        Ok(Self { current: Current::lock(writer, codes).await?, taken: HashMap::new() })
    }

    /// The institution, if it is open and at this version.
    fn take(
        &mut self,
        (place, at): (usize, &Path),
        code: InstitutionCode,
        version: u32,
        faults: &mut Faults,
    ) -> Option<(Model, History)> {
        let first = *self.taken.entry(code).or_insert(place);
        if first != place {
            faults.push(at.field("institution"), Rule::DuplicateInBatch { first });
            return None;
        }
        let (row, history) = self.current.open(code, at, faults)?;
        let current = row.version.cast_unsigned();
        if current != version {
            faults.push(at.field("version"), Rule::StaleVersion { given: version, current });
            return None;
        }
        Some((row.clone(), history.clone()))
    }
}

/// Checks that no two open institutions of a hamlet come to have the same name.
async fn check_names(
    writer: &Writer,
    plan: &[InstitutionAmendment],
    places: &[Path],
    faults: &mut Faults,
) -> Result<(), StoreError> {
    let name = |row: &Model| -> Name { (row.hamlet_id, row.folded_name.clone()) };
    let known = named(writer, plan.iter().map(|amendment| name(&amendment.after))).await?;
    let mut seen = HashSet::new();
    for (InstitutionAmendment { after, .. }, at) in plan.iter().zip(places) {
        let own = super::code(after.number)?;
        if let Some(code) = known.get(&name(after)).copied().filter(|code| *code != own) {
            faults.push(at.field("name"), InstitutionRule::Duplicate { code }.into());
        } else if !seen.insert(name(after)) {
            faults.push(at.field("name"), InstitutionRule::Duplicate { code: own }.into());
        }
    }
    Ok(())
}

async fn carry_out(
    plan: Vec<InstitutionAmendment>,
    writer: &Writer,
) -> Result<Vec<u32>, StoreError> {
    let after = plan.iter().map(|InstitutionAmendment { after, history }| {
        let mut history = history.clone();
        history.stays.push(after.stay());
        history
    });
    let after: Vec<History> = after.collect();
    let before = plan.iter().map(|amendment| &amendment.history);
    apply_differences(writer, before.zip(&after)).await?;
    for InstitutionAmendment { after, history } in &plan {
        let before = history.stays.last().and_then(|stay| stay.hamlet);
        if let Some(before) = before.filter(|before| before.get() != after.hamlet_id) {
            writer.left::<Entity>(after.number, before.get());
        }
    }
    let rows: Vec<Model> = plan.into_iter().map(|amendment| amendment.after).collect();
    let versions: Vec<_> = rows.iter().map(|row| row.as_version(writer)).collect();
    writer.replace::<Entity>(&rows).await?;
    writer.record::<version::Entity>(&versions).await?;
    Ok(rows.iter().map(|row| row.number.cast_unsigned()).collect())
}
