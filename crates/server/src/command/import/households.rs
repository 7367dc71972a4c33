//! Households from a file.

use registry_domain::access::Scope;
use registry_domain::fault::Faults;
use registry_domain::household::{Composition, NewHousehold};
use registry_domain::personal::{CitizenNumber, Head};
use registry_domain::unit::UnitCode;
use registry_persistence::{RegisterHouseholds, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One household to be registered per row.
pub(super) struct Households;

impl Kind for Households {
    type Value = NewHousehold;
    type Command = RegisterHouseholds;
    type Identity = CitizenNumber;

    const SCOPE: Scope = Scope::HouseholdsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("hamlet_code", "hamlet"),
        ("members", "members"),
        ("adults", "adults"),
        ("working_age", "workingAge"),
        ("registered_on", "registeredOn"),
        ("head_name", "name"),
        ("citizen_number", "citizenNumber"),
        ("phone", "phone"),
    ];

    fn parse(row: &RawRow, store: &Store) -> Result<Row<NewHousehold>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let registered_on = faults.keep(at.field("registeredOn"), row.date(4));
        let on = registered_on.unwrap_or_else(|| store.today()).min(store.today());
        let units = store.units();
        let hamlet = row.cell(0).parse::<UnitCode>();
        let hamlet = hamlet.and_then(|code| units.resolve_hamlet(code, on).map(|unit| unit.id));
        let hamlet = faults.keep(at.field("hamlet"), hamlet);
        let mut number = |column: usize, field| faults.keep(at.field(field), row.number(column));
        let counts = (number(1, "members"), number(2, "adults"), number(3, "workingAge"));
        let composition = match counts {
            (Some(members), Some(adults), Some(working_age)) => {
                let parsed = Composition::parse(members, adults, working_age, &at);
                parsed.map_err(|found| faults.extend(found)).ok()
            }
            _ => None,
        };
        let head = Head::parse(row.cell(5), row.optional(6), row.optional(7), &at);
        let head = head.map_err(|found| faults.extend(found)).ok();
        let household = hamlet.zip(composition).zip(head).zip(registered_on);
        let household = household.map(|(((hamlet, composition), head), registered_on)| {
            NewHousehold { hamlet, composition, head, registered_on }
        });
        faults.or(household).map(|value| Row { at, value })
    }

    fn identities(household: &NewHousehold) -> Vec<(&'static str, CitizenNumber)> {
        let number = household.head.citizen_number.clone();
        number.map(|number| ("citizen_number", number)).into_iter().collect()
    }

    fn command(rows: Vec<Row<NewHousehold>>) -> RegisterHouseholds {
        RegisterHouseholds(rows)
    }
}
