//! Registering institutions.

use std::collections::HashMap;

use registry_domain::fault::{Faults, Rule};
use registry_domain::household::past_date;
use registry_domain::institution::{
    History, InstitutionCode, InstitutionRule, NewInstitution, changes, earliest_opening,
};
use registry_domain::rollup::Sign;
use registry_domain::search::joined_words;
use registry_domain::tally::{TallyChanges, accumulate};

use super::{Name, check_hamlet, named};
use crate::entity::institution::{Entity, Model, version};
use crate::rollup::apply_tallies;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Registers institutions, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct RegisterInstitutions(pub Vec<Row<NewInstitution>>);

impl Command for RegisterInstitutions {
    const ACTION: &'static str = "institution.register";
    type Plan = Vec<NewInstitution>;
    /// The numbers of their codes.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let registered = named(writer, self.0.iter().map(|row| name(&row.value))).await?;
        let mut first_with = HashMap::new();
        let mut faults = Faults::default();
        for (place, Row { at, value: new }) in self.0.iter().enumerate() {
            let opened_on = past_date(new.opened_on, earliest_opening(), writer.today());
            faults.keep(at.field("openedOn"), opened_on);
            let on = new.opened_on.min(writer.today());
            faults.keep(at.field("hamlet"), check_hamlet(writer, new.hamlet, on));
            let name = name(new);
            if let Some(code) = registered.get(&name).copied() {
                faults.push(at.field("name"), InstitutionRule::Duplicate { code }.into());
            }
            let first = *first_with.entry(name).or_insert(place);
            if first != place {
                faults.push(at.field("name"), Rule::DuplicateInBatch { first });
            }
        }
        let rows = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(rows)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("institution", plan.len()).await?;
        let mut rows = Vec::with_capacity(plan.len());
        let mut sum = TallyChanges::new();
        for (new, number) in plan.into_iter().zip(numbers.iter().copied()) {
            InstitutionCode::new(number).ok_or(StoreError::NumbersUsedUp)?;
            let kind = new.kind;
            let row = stored(number, new);
            let history = History { kind, stays: vec![row.stay()], features: Vec::new() };
            accumulate(&mut sum, changes(&history), Sign::Plus);
            rows.push(row);
        }
        let versions: Vec<_> = rows.iter().map(|row| row.as_version(writer)).collect();
        writer.record::<Entity>(&rows).await?;
        writer.record::<version::Entity>(&versions).await?;
        apply_tallies(writer, sum)?;
        Ok(numbers)
    }
}

fn name(new: &NewInstitution) -> Name {
    (new.hamlet.get(), joined_words(new.name.as_str()).0)
}

fn stored(number: u32, new: NewInstitution) -> Model {
    Model {
        number: number.cast_signed(),
        kind: new.kind.code().to_owned(),
        folded_name: joined_words(new.name.as_str()).0,
        name: new.name.into(),
        hamlet_id: new.hamlet.get(),
        opened_on: new.opened_on,
        closed_on: None,
        effective_on: new.opened_on,
        version: 1,
    }
}
