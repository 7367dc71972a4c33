//! Products and their OCOP ratings ("mỗi xã một sản phẩm", one commune one product).

use chrono::Months;

use super::SellerCode;
use crate::code::{Code, CodeKind};
use crate::connectivity::coded;
use crate::fault::{Expected, Rule};
use crate::text::Label;
use crate::time::Date;

/// Marks codes of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductMark {}

impl CodeKind for ProductMark {
    const PREFIX: &'static str = "SP";
    const EXPECTED: Expected =
        Expected { english: "SP and 8 digits", vietnamese: "SP và 8 chữ số" };
}

/// A product's code: `SP` (sản phẩm), six digits, two check digits.
pub type ProductCode = Code<ProductMark>;

/// What a product is called.
pub type ProductName = Label<200>;

/// The number and date by which a rating's decision is cited.
pub type Decision = Label<200>;

/// Groups of products, after those of the OCOP programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductCategory {
    /// Fresh food: fruit, vegetables, meat, fish.
    FreshFood,
    /// Food as harvested or hardly processed: rice, honey, dried goods.
    RawFood,
    /// Processed food.
    ProcessedFood,
    /// Spices, sauces, fish sauce.
    Seasoning,
    /// Tea, juice, alcohol.
    Drink,
    /// Medicinal herbs and what is made of them.
    Herbal,
    /// Handicrafts and souvenirs.
    Handicraft,
    /// Ornamental plants and animals.
    Ornamental,
    /// Community tourism.
    Tourism,
}

coded!(ProductCategory {
    FreshFood = "FRESH_FOOD",
    RawFood = "RAW_FOOD",
    ProcessedFood = "PROCESSED_FOOD",
    Seasoning = "SEASONING",
    Drink = "DRINK",
    Herbal = "HERBAL",
    Handicraft = "HANDICRAFT",
    Ornamental = "ORNAMENTAL",
    Tourism = "TOURISM",
});

/// OCOP stars, 1…5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

impl Stars {
    /// Takes 1…5.
    pub fn parse(stars: i32) -> Result<Self, Rule> {
        let known = u8::try_from(stars).ok().filter(|stars| (1..=5).contains(stars));
        known.map(Self).ok_or(Rule::OutOfRange { min: 1, max: 5 })
    }

    /// The number of stars.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A product to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Whose.
    pub seller: SellerCode,
    /// What it is called.
    pub name: ProductName,
    /// Its group.
    pub category: ProductCategory,
    /// Since when it is sold; not in the future, not before the seller.
    pub registered_on: Date,
}

/// An OCOP rating: stars by a decision, for three years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// How many stars.
    pub stars: Stars,
    /// The day of the decision; the first on which it holds.
    pub decided_on: Date,
    /// The day after the last on which it holds.
    pub expires_on: Date,
    /// The decision, as cited.
    pub decision: String,
}

/// Months for which a rating holds (Quyết định 148/QĐ-TTg of 2023: 36 months from the decision).
const VALID_FOR: Months = Months::new(36);

impl Rating {
    /// The day on which a rating decided on `decided_on` holds no longer.
    #[must_use]
    pub fn expiry(decided_on: Date) -> Date {
        decided_on.checked_add_months(VALID_FOR).unwrap_or(Date::MAX)
    }

    /// Whether it holds on a date.
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        self.decided_on <= on && on < self.expires_on
    }
}

/// A rating to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRating {
    /// Of which product.
    pub product: ProductCode,
    /// How many stars.
    pub stars: Stars,
    /// The day of the decision; not in the future.
    pub decided_on: Date,
    /// The decision, as cited.
    pub decision: Decision,
}

/// A change to a product; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductChange {
    /// Which one.
    pub code: ProductCode,
    /// The version that the change is meant for.
    pub version: u32,
    /// What it is called now.
    pub name: Option<ProductName>,
    /// Its group now.
    pub category: Option<ProductCategory>,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its code.
    pub code: ProductCode,
    /// Whose.
    pub seller: SellerCode,
    /// What it is called.
    pub name: String,
    /// Its group.
    pub category: ProductCategory,
    /// Since when it is sold.
    pub registered_on: Date,
    /// Its newest rating, whether or not it still holds.
    pub rating: Option<Rating>,
    /// Counts the changes from 1.
    pub version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_holds_for_three_years() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let decided_on = day("2024-02-29");
        let expires_on = Rating::expiry(decided_on);
        assert_eq!(expires_on, day("2027-02-28"));
        let stars = Stars::parse(4).unwrap();
        let rating = Rating { stars, decided_on, expires_on, decision: "QĐ 1".into() };
        let holds = ["2024-02-28", "2024-02-29", "2027-02-27", "2027-02-28"];
        assert_eq!(holds.map(|on| rating.holds(day(on))), [false, true, true, false]);
    }

    #[test]
    fn stars_are_one_to_five() {
        assert!([0, 6, -1, 300].into_iter().all(|stars| Stars::parse(stars).is_err()));
        assert!((1..=5).all(|stars| Stars::parse(stars).is_ok()));
    }
}
