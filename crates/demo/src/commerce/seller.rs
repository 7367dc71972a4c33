//! Sellers: how many in a district, what they are, where they sell from.

use std::collections::HashSet;

use registry_domain::commerce::{NewSeller, SellerKind, SellerName};
use registry_domain::household::{HouseholdCode, HouseholdNumber};
use registry_domain::time::Date;

use crate::chance::{Question, pick};
use crate::event::Event;
use crate::family;
use crate::ground::Ground;
use crate::place::Places;

/// Hamlets that the first sellers of a district are in: those the newspaper was in.
const FEATURED: [(&str, &str); 6] = [
    ("31360", "Ấp 1"),
    ("31493", "Ấp 10"),
    ("31441", "Ấp Hiệp Tây A"),
    ("31450", "Ấp Mỹ Thành"),
    ("31444", ""),
    ("31447", ""),
];

const COOPERATIVES: [&str; 4] = [
    "Hợp tác xã nông nghiệp",
    "Hợp tác xã trái cây",
    "Tổ hợp tác sản xuất",
    "Hợp tác xã dịch vụ nông nghiệp",
];
const ENTERPRISES: [&str; 3] =
    ["Công ty TNHH Nông sản", "Công ty TNHH Chế biến thực phẩm", "Doanh nghiệp tư nhân"];
const HOUSEHOLDS: [&str; 2] = ["Hộ kinh doanh", "Cơ sở"];

/// How many sell so many OCOP products of a district.
pub(super) const fn count(products: usize) -> usize {
    products * 2 / 3
}

/// What the seller in this place of a district's `count` is: cooperatives first, households last.
const fn kind(place: usize, count: usize) -> SellerKind {
    match place * 100 / count {
        0..38 => SellerKind::Cooperative,
        38..60 => SellerKind::Enterprise,
        _ => SellerKind::Household,
    }
}

/// Finds places and names for sellers, one after the other.
pub(super) struct Settling<'demo> {
    ground: &'demo Ground,
    places: &'demo Places,
    names: HashSet<String>,
    households: HashSet<u32>,
}

/// A seller with the place of its hamlet.
pub(super) struct Settled {
    pub(super) new: NewSeller,
    pub(super) hamlet: usize,
}

impl<'demo> Settling<'demo> {
    pub(super) fn new(ground: &'demo Ground, places: &'demo Places) -> Self {
        Self { ground, places, names: HashSet::new(), households: HashSet::new() }
    }

    /// The seller in this place of a district's `count`, who sells since a day.
    pub(super) fn seller(
        &mut self,
        district: &str,
        (place, count): (usize, usize),
        registered_on: Date,
        key: u32,
    ) -> Option<Settled> {
        let kind = kind(place, count);
        // Both the first cooperatives and the first households are where there is something of everything.
        let turn =
            if kind == SellerKind::Household { place - first_household(count) } else { place };
        let hamlets: Vec<usize> = self.ground.hamlets_of(district).collect();
        let featured = hamlets.iter().position(|at| self.featured(*at) == Some(turn));
        let start = featured.unwrap_or_else(|| pick(key, Question::SellerPlace, hamlets.len()));
        let (hamlet, household) = if kind == SellerKind::Household {
            let found = (0..hamlets.len()).find_map(|step| {
                let hamlet = hamlets[(start + step) % hamlets.len()];
                Some((hamlet, self.household(hamlet, registered_on)?))
            });
            found.map(|(hamlet, household)| (hamlet, Some(household)))?
        } else {
            (hamlets[start], None)
        };
        let name = self.name(kind, hamlet, key);
        let new = NewSeller {
            kind,
            name: SellerName::parse(&name).ok()?,
            hamlet: self.ground.hamlets[hamlet].id,
            household,
            registered_on,
        };
        Some(Settled { new, hamlet })
    }

    /// Which of a district's first sellers is in a hamlet, if it is one of the featured.
    fn featured(&self, hamlet: usize) -> Option<usize> {
        let commune = self.ground.commune_of(hamlet);
        let in_district = |(code, _): &&(&str, &str)| {
            self.ground
                .communes
                .iter()
                .any(|other| other.code == *code && other.district == commune.district)
        };
        FEATURED.iter().filter(in_district).position(|(code, name)| {
            let named = self.ground.hamlets[hamlet].name == *name;
            commune.code == *code && (named || name.is_empty() && hamlet == commune.hamlets.start)
        })
    }

    /// A household that lives in the hamlet for good, is registered by then, and sells nothing yet.
    fn household(&mut self, hamlet: usize, by: Date) -> Option<HouseholdCode> {
        let fits = |number: &u32| {
            Event::of(*number).is_none()
                && family::registered_on(*number) <= by
                && !self.households.contains(number)
        };
        let number = self.places.settled_in(self.ground.hamlets[hamlet].id).find(fits)?;
        self.households.insert(number);
        Some(HouseholdNumber::new(number)?.code())
    }

    /// A name that no other seller has.
    fn name(&mut self, kind: SellerKind, hamlet: usize, key: u32) -> String {
        let (commune, hamlet) =
            (self.ground.commune_of(hamlet), self.ground.hamlets[hamlet].name.as_str());
        let (words, place): (&[&str], String) = match kind {
            SellerKind::Cooperative => (&COOPERATIVES, commune.name.clone()),
            SellerKind::Enterprise => (&ENTERPRISES, commune.name.clone()),
            SellerKind::Household => (&HOUSEHOLDS, format!("{hamlet}, {}", commune.name)),
        };
        let word = words[pick(key, Question::ProductOf, words.len())];
        let mut name = format!("{word} {place}");
        for number in 2.. {
            if self.names.insert(name.clone()) {
                break;
            }
            name = format!("{word} {place} số {number}");
        }
        name
    }
}

/// The place of the first household among a district's `count` sellers.
fn first_household(count: usize) -> usize {
    (0..count).find(|place| kind(*place, count) == SellerKind::Household).unwrap_or_default()
}
