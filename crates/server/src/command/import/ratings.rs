//! OCOP ratings of products from a file.

use registry_domain::access::Scope;
use registry_domain::commerce::{Decision, NewRating, ProductCode, Stars};
use registry_domain::fault::Faults;
use registry_domain::time::Date;
use registry_persistence::{RateProducts, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One rating to be recorded per row.
pub(super) struct Ratings;

impl Kind for Ratings {
    type Value = NewRating;
    type Command = RateProducts;
    type Identity = (ProductCode, Date);

    const SCOPE: Scope = Scope::ListingsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("product_code", "product"),
        ("stars", "stars"),
        ("decided_on", "decidedOn"),
        ("decision", "decision"),
    ];

    fn parse(row: &RawRow, _: &Store) -> Result<Row<NewRating>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let product = faults.keep(at.field("product"), row.cell(0).parse::<ProductCode>());
        let stars = faults.keep(at.field("stars"), row.number(1).and_then(Stars::parse));
        let decided_on = faults.keep(at.field("decidedOn"), row.date(2));
        let decision = faults.keep(at.field("decision"), Decision::parse(row.cell(3)));
        let known = product.zip(stars).zip(decided_on.zip(decision));
        let new = known.map(|((product, stars), (decided_on, decision))| NewRating {
            product,
            stars,
            decided_on,
            decision,
        });
        faults.or(new).map(|value| Row { at, value })
    }

    fn identities(new: &NewRating) -> Vec<(&'static str, (ProductCode, Date))> {
        vec![("decided_on", (new.product, new.decided_on))]
    }

    fn command(rows: Vec<Row<NewRating>>) -> RateProducts {
        RateProducts(rows)
    }
}
