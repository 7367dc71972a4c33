//! Products from a file.

use registry_domain::access::Scope;
use registry_domain::commerce::{NewProduct, ProductCategory, ProductName, SellerCode};
use registry_domain::fault::{Expected, Faults, Rule};
use registry_domain::search::joined_words;
use registry_persistence::{RegisterProducts, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One product to be registered per row.
pub(super) struct Products;

const CATEGORIES: Expected = Expected {
    english: "FRESH_FOOD, RAW_FOOD, PROCESSED_FOOD, SEASONING, DRINK, HERBAL, HANDICRAFT, \
              ORNAMENTAL or TOURISM",
    vietnamese: "FRESH_FOOD, RAW_FOOD, PROCESSED_FOOD, SEASONING, DRINK, HERBAL, HANDICRAFT, \
                 ORNAMENTAL hoặc TOURISM",
};

impl Kind for Products {
    type Value = NewProduct;
    type Command = RegisterProducts;
    type Identity = (SellerCode, String);

    const SCOPE: Scope = Scope::ListingsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("seller_code", "seller"),
        ("name", "name"),
        ("category", "category"),
        ("registered_on", "registeredOn"),
    ];

    fn parse(row: &RawRow, _: &Store) -> Result<Row<NewProduct>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let seller = faults.keep(at.field("seller"), row.cell(0).parse::<SellerCode>());
        let name = faults.keep(at.field("name"), ProductName::parse(row.cell(1)));
        let category = ProductCategory::from_code(row.cell(2));
        let category = category.ok_or(Rule::Malformed { expected: CATEGORIES });
        let category = faults.keep(at.field("category"), category);
        let registered_on = faults.keep(at.field("registeredOn"), row.date(3));
        let known = seller.zip(name).zip(category.zip(registered_on));
        let new = known.map(|((seller, name), (category, registered_on))| NewProduct {
            seller,
            name,
            category,
            registered_on,
        });
        faults.or(new).map(|value| Row { at, value })
    }

    fn identities(new: &NewProduct) -> Vec<(&'static str, (SellerCode, String))> {
        let (name, _) = joined_words(new.name.as_str());
        vec![("name", (new.seller, name))]
    }

    fn command(rows: Vec<Row<NewProduct>>) -> RegisterProducts {
        RegisterProducts(rows)
    }
}
