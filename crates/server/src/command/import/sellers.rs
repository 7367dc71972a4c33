//! Sellers from a file.

use registry_domain::access::Scope;
use registry_domain::commerce::{NewSeller, SellerKind, SellerName};
use registry_domain::fault::{Expected, Faults, Rule};
use registry_domain::household::HouseholdCode;
use registry_domain::search::joined_words;
use registry_domain::unit::{UnitCode, UnitId};
use registry_persistence::{RegisterSellers, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One seller to be registered per row.
pub(super) struct Sellers;

/// What two sellers can't have in common.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// The name, in one hamlet.
    Name(UnitId, String),
    /// The household that they are.
    Household(HouseholdCode),
}

const KINDS: Expected = Expected {
    english: "HOUSEHOLD, COOPERATIVE or ENTERPRISE",
    vietnamese: "HOUSEHOLD, COOPERATIVE hoặc ENTERPRISE",
};

impl Kind for Sellers {
    type Value = NewSeller;
    type Command = RegisterSellers;
    type Identity = Identity;

    const SCOPE: Scope = Scope::ListingsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("kind", "kind"),
        ("name", "name"),
        ("hamlet_code", "hamlet"),
        ("household_code", "household"),
        ("registered_on", "registeredOn"),
    ];

    fn parse(row: &RawRow, store: &Store) -> Result<Row<NewSeller>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let kind = SellerKind::from_code(row.cell(0));
        let kind = faults.keep(at.field("kind"), kind.ok_or(Rule::Malformed { expected: KINDS }));
        let name = faults.keep(at.field("name"), SellerName::parse(row.cell(1)));
        let registered_on = faults.keep(at.field("registeredOn"), row.date(4));
        let on = registered_on.unwrap_or_else(|| store.today()).min(store.today());
        let units = store.units();
        let hamlet = row.cell(2).parse::<UnitCode>();
        let hamlet = hamlet.and_then(|code| units.resolve_hamlet(code, on).map(|unit| unit.id));
        let hamlet = faults.keep(at.field("hamlet"), hamlet);
        let household = row.optional(3).map(str::parse::<HouseholdCode>).transpose();
        let household = household
            .and_then(|code| kind.map_or(Ok(code), |kind| NewSeller::household_of(kind, code)));
        let household = faults.keep(at.field("household"), household);
        let known = kind.zip(name).zip(hamlet).zip(household.zip(registered_on));
        let new = known.map(|(((kind, name), hamlet), (household, registered_on))| NewSeller {
            kind,
            name,
            hamlet,
            household,
            registered_on,
        });
        faults.or(new).map(|value| Row { at, value })
    }

    fn identities(new: &NewSeller) -> Vec<(&'static str, Identity)> {
        let (name, _) = joined_words(new.name.as_str());
        let household = new.household.map(|code| ("household_code", Identity::Household(code)));
        let name = ("name", Identity::Name(new.hamlet, name));
        std::iter::once(name).chain(household).collect()
    }

    fn command(rows: Vec<Row<NewSeller>>) -> RegisterSellers {
        RegisterSellers(rows)
    }
}
