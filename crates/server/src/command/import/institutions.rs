//! Schools and banks from a file.

use registry_domain::access::Scope;
use registry_domain::fault::{Expected, Faults, Rule};
use registry_domain::institution::{InstitutionKind, InstitutionName, NewInstitution};
use registry_domain::search::joined_words;
use registry_domain::unit::{UnitCode, UnitId};
use registry_persistence::{RegisterInstitutions, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One school or bank to be registered per row.
pub(super) struct Institutions;

const KINDS: Expected = Expected {
    english: "PRESCHOOL, PRIMARY_SCHOOL, LOWER_SECONDARY_SCHOOL, UPPER_SECONDARY_SCHOOL, \
              VOCATIONAL_SCHOOL, COLLEGE, UNIVERSITY or BANK",
    vietnamese: "PRESCHOOL, PRIMARY_SCHOOL, LOWER_SECONDARY_SCHOOL, UPPER_SECONDARY_SCHOOL, \
                 VOCATIONAL_SCHOOL, COLLEGE, UNIVERSITY hoặc BANK",
};

impl Kind for Institutions {
    type Value = NewInstitution;
    type Command = RegisterInstitutions;
    type Identity = (UnitId, String);

    const SCOPE: Scope = Scope::Admin;
    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("kind", "kind"), ("name", "name"), ("hamlet_code", "hamlet"), ("opened_on", "openedOn")];

    fn parse(row: &RawRow, store: &Store) -> Result<Row<NewInstitution>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let kind = InstitutionKind::from_code(row.cell(0));
        let kind = faults.keep(at.field("kind"), kind.ok_or(Rule::Malformed { expected: KINDS }));
        let name = faults.keep(at.field("name"), InstitutionName::parse(row.cell(1)));
        let code = row.cell(2).parse::<UnitCode>();
        let units = store.units();
        let hamlet = code.and_then(|code| units.resolve_hamlet(code, store.today()));
        let hamlet = faults.keep(at.field("hamlet"), hamlet.map(|unit| unit.id));
        let opened_on = faults.keep(at.field("openedOn"), row.date(3));
        let new = kind.zip(name).zip(hamlet).zip(opened_on);
        let new = new.map(|(((kind, name), hamlet), opened_on)| NewInstitution {
            kind,
            name,
            hamlet,
            opened_on,
        });
        faults.or(new).map(|value| Row { at, value })
    }

    fn identities(new: &NewInstitution) -> Vec<(&'static str, (UnitId, String))> {
        vec![("name", (new.hamlet, joined_words(new.name.as_str()).0))]
    }

    fn command(rows: Vec<Row<NewInstitution>>) -> RegisterInstitutions {
        RegisterInstitutions(rows)
    }
}
