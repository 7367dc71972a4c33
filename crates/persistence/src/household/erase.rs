//! Erasing personal data for good: the present state and every past version.

use registry_domain::fault::{Faults, Rule};
use registry_domain::household::HouseholdErasure;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::change::next_version;
use super::{Registered, stored_number};
use crate::commerce::erase_name;
use crate::entity::{household, household_version};
use crate::writer::{Command, Row, Writer};
use crate::{StoreError, WriteError};

/// Erases the personal data of one household; the household itself and its figures stay.
#[derive(Debug)]
pub struct EraseHousehold(pub Row<HouseholdErasure>);

/// A household before its erasure.
#[derive(Debug)]
pub struct Erasure(household::Model);

impl Command for EraseHousehold {
    const ACTION: &'static str = "household.erase";
    const ERASES: bool = true;
    type Plan = Erasure;
    type Outcome = Vec<Registered>;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let Row { at, value: HouseholdErasure { code, version } } = self.0;
        let select = household::Entity::find_by_id(stored_number(code.number()));
        let Some(found) = writer.locking(select).one(&writer.transaction).await? else {
            return Err(refused(at.field("household"), Rule::UnknownHousehold { code }));
        };
        let current = found.version.cast_unsigned();
        if current != version {
            return Err(refused(
                at.field("version"),
                Rule::StaleVersion { given: version, current },
            ));
        }
        Ok(Erasure(found))
    }

    async fn carry_out(
        Erasure(before): Self::Plan,
        writer: &Writer,
    ) -> Result<Self::Outcome, StoreError> {
        let on = before.effective_on;
        let mut after = next_version(&before, on);
        after.head.clear();
        (after.citizen_hash, after.phone_hash) = (None, None);
        let erased = household_version::Entity::update_many()
            .col_expr(household_version::Column::Head, Expr::value(Vec::<u8>::new()))
            .filter(household_version::Column::Number.eq(after.number));
        writer.update(erased).await?;
        erase_name(writer, after.number).await?;
        let outcome = vec![Registered::from(&after)];
        let version = after.as_version(writer);
        writer.replace::<household::Entity>(&[after]).await?;
        writer.record::<household_version::Entity>(&[version]).await?;
        Ok(outcome)
    }
}

fn refused(at: registry_domain::fault::Path, rule: Rule) -> WriteError {
    let mut faults = Faults::default();
    faults.push(at, rule);
    WriteError::Refused(faults)
}
