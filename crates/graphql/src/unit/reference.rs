//! How an input names a unit: by its id, by the code it has today, or by the code it had on a date.

use async_graphql::{ID, InputObject, OneofObject};
use registry_domain::fault::Rule;
use registry_domain::time;
use registry_domain::unit::UnitId;

use super::AdministrativeUnit;
use crate::error::ApiError;
use crate::node::GlobalId;
use crate::scalar::{Date, UnitCode};
use crate::session::Session;

/// Names one unit (chỉ định một đơn vị): give exactly one field.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum UnitRef {
    /// By its id (định danh), whatever the date.
    Id(ID),
    /// By the code it had on a date (mã vào một ngày); codes are reused over time.
    CodeOn(CodeOn),
    /// By the code it has today (mã hiện nay).
    Code(UnitCode),
}

/// A code and the date on which it is read (mã và ngày).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CodeOn {
    /// The code (mã).
    code: UnitCode,
    /// The date (ngày).
    on: Date,
}

impl UnitRef {
    /// The unit and the date it is seen on. `None` for an id that names no unit.
    pub(crate) fn find(
        &self,
        session: &Session,
        argument: &'static str,
    ) -> Result<Option<AdministrativeUnit>, ApiError> {
        let units = session.reader.units();
        let invalid = |rule| ApiError::Argument { name: argument, rule };
        let (unit, on) = match self {
            Self::Id(id) => {
                let Some(GlobalId::Unit(id)) = GlobalId::read(id) else { return Ok(None) };
                let Some(unit) = units.get(id) else { return Ok(None) };
                (unit, unit.validity.nearest(session.reader.today()))
            }
            Self::CodeOn(CodeOn { code, on }) => {
                (units.resolve(code.0, on.0).map_err(invalid)?, on.0)
            }
            Self::Code(code) => {
                let today = session.reader.today();
                (units.resolve(code.0, today).map_err(invalid)?, today)
            }
        };
        Ok(Some(AdministrativeUnit { id: unit.id, on, as_of: None }))
    }

    /// The unit and the date it is seen on; fails for an id that names none.
    pub(crate) fn require(
        &self,
        session: &Session,
        argument: &'static str,
    ) -> Result<AdministrativeUnit, ApiError> {
        let unknown = || ApiError::Argument { name: argument, rule: self.unknown(session) };
        self.find(session, argument)?.ok_or_else(unknown)
    }

    /// The hamlet meant for a household to live in on `date`; a bare code is read on that date too.
    pub(crate) fn hamlet(&self, session: &Session, date: time::Date) -> Result<UnitId, Rule> {
        let units = session.reader.units();
        let (code, on) = match self {
            Self::Id(id) => {
                let known = match GlobalId::read(id) {
                    Some(GlobalId::Unit(id)) => units.get(id),
                    _ => None,
                };
                let unknown = || Rule::UnknownUnit { asked: id.to_string(), on: date, hint: None };
                return Ok(units.hamlet(known.ok_or_else(unknown)?, date)?.id);
            }
            Self::CodeOn(CodeOn { code, on }) => (code.0, on.0),
            Self::Code(code) => (code.0, date),
        };
        let today = session.reader.today();
        // A mistyped date is told at its own place; the code is still worth checking.
        Ok(units.resolve_hamlet(code, on.min(today))?.id)
    }

    /// The unit meant, which must exist on `date`; a bare code is read on that date too.
    pub(crate) fn unit_on(&self, session: &Session, date: time::Date) -> Result<UnitId, Rule> {
        let units = session.reader.units();
        // A mistyped date is told at its own place; the code is still worth checking.
        let on = date.min(session.reader.today());
        let unknown = |asked: String| Rule::UnknownUnit { asked, on, hint: None };
        let (asked, named) = match self {
            Self::Id(id) => match GlobalId::read(id) {
                Some(GlobalId::Unit(unit)) => (id.to_string(), units.get(unit)),
                _ => (id.to_string(), None),
            },
            Self::CodeOn(CodeOn { code, on }) => {
                (code.0.to_string(), Some(units.resolve(code.0, on.0)?))
            }
            Self::Code(code) => (code.0.to_string(), Some(units.resolve(code.0, on)?)),
        };
        let unit = named.filter(|unit| unit.validity.holds(on));
        unit.map(|unit| unit.id).ok_or_else(|| unknown(asked))
    }

    /// The unit meant; a bare code is read on `date`.
    pub(crate) fn on(&self, session: &Session, date: time::Date) -> Result<UnitId, Rule> {
        let units = session.reader.units();
        let named = match self {
            Self::Id(id) => match GlobalId::read(id) {
                Some(GlobalId::Unit(id)) => units.get(id),
                _ => None,
            },
            Self::CodeOn(CodeOn { code, on }) => Some(units.resolve(code.0, on.0)?),
            Self::Code(code) => Some(units.resolve(code.0, date)?),
        };
        named.map(|unit| unit.id).ok_or_else(|| self.unknown(session))
    }

    /// The unit meant, which must exist today.
    pub(crate) fn today(&self, session: &Session) -> Result<UnitId, Rule> {
        let (units, today) = (session.reader.units(), session.reader.today());
        let named = match self {
            Self::Id(id) => match GlobalId::read(id) {
                Some(GlobalId::Unit(id)) => units.get(id),
                _ => None,
            },
            Self::CodeOn(CodeOn { code, on }) => Some(units.resolve(code.0, on.0)?),
            Self::Code(code) => Some(units.resolve(code.0, today)?),
        };
        let unit = named.filter(|unit| unit.validity.holds(today));
        unit.map(|unit| unit.id).ok_or_else(|| self.unknown(session))
    }

    fn unknown(&self, session: &Session) -> Rule {
        let asked = match self {
            Self::Id(id) => id.to_string(),
            Self::CodeOn(CodeOn { code, .. }) | Self::Code(code) => code.0.to_string(),
        };
        Rule::UnknownUnit { asked, on: session.reader.today(), hint: None }
    }
}
