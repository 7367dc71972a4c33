//! What an event is about, so that it can be found: records, units, periods. Follows from the events.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use registry_domain::time::{Date, Instant, local_date};
use registry_domain::unit::{UnitId, Units};
use serde::Deserialize;

use super::change::{Line, Lines};

/// Tables whose rows belong to a record of another, and how many parts of their key name it.
const PARTS: [(&str, &str, usize); 15] = [
    ("household_version", "household", 1),
    ("connectivity_survey", "household", 1),
    ("certificate_report_line", "certificate_report", 3),
    ("certificate_status_change", "certificate", 2),
    ("marketplace_version", "marketplace", 1),
    ("seller_version", "seller", 1),
    ("product_version", "product", 1),
    ("product_rating", "product", 1),
    ("listing_version", "listing", 1),
    ("listing_sales", "listing", 1),
    ("institution_version", "institution", 1),
    ("institution_feature", "institution", 1),
    ("community_team_version", "community_team", 1),
    ("team_activity", "community_team", 1),
    ("partner_key", "partner", 1),
];

/// A unit, as the subject of what happened in it or below.
pub(crate) fn unit_subject(unit: UnitId) -> String {
    format!("in/{}", unit.get())
}

/// A month, as the subject of what is about it.
pub(crate) fn period_subject(month: i32) -> String {
    format!("month/{month}")
}

/// The record that a row is or belongs to.
pub(crate) fn subject_of(record: &str) -> String {
    let (table, key) = record.split_once('/').unwrap_or((record, ""));
    match PARTS.iter().find(|(part, _, _)| *part == table) {
        Some((_, whole, parts)) => {
            let own = key.splitn(parts + 1, '/').take(*parts).collect::<Vec<_>>();
            format!("{whole}/{}", own.join("/"))
        }
        None => record.to_owned(),
    }
}

/// What a state says of where and when; columns that a table lacks are missing.
#[derive(Deserialize)]
struct Situation {
    hamlet_id: Option<i32>,
    commune_id: Option<i32>,
    unit_id: Option<i32>,
    month: Option<i32>,
}

/// Finds the subjects of events.
pub(crate) struct Mentions<'a> {
    units: &'a Units,
    /// The subjects of a unit and all above it, by the tree of a day.
    above: HashMap<(i32, Date), Arc<[String]>>,
}

impl<'a> Mentions<'a> {
    pub(crate) fn new(units: &'a Units) -> Self {
        Self { units, above: HashMap::new() }
    }

    /// All subjects of an event with these changes, each once; none if a line is damaged.
    pub(crate) fn of(&mut self, lines: &Lines, at: Instant) -> Option<BTreeSet<String>> {
        let mut subjects = BTreeSet::new();
        let day = local_date(at);
        for line in lines.iter() {
            let parsed = Line::parse(line)?;
            subjects.insert(subject_of(parsed.record()));
            let state = match parsed {
                Line::Written { after, .. } => after,
                Line::Read { .. } | Line::Left { .. } => line,
                Line::Removed { .. } => continue,
            };
            let situation: Situation = serde_json::from_str(state).ok()?;
            let Situation { hamlet_id, commune_id, unit_id, month } = situation;
            for unit in [hamlet_id, commune_id, unit_id].into_iter().flatten() {
                subjects.extend(self.around(unit, day).iter().cloned());
            }
            if let (Some(unit), true) = (unit_id, parsed.record().starts_with("unit_parentage/")) {
                subjects.insert(format!("unit/{unit}"));
            }
            subjects.extend(month.map(period_subject));
        }
        Some(subjects)
    }

    fn around(&mut self, unit: i32, day: Date) -> Arc<[String]> {
        let units = self.units;
        let around = self.above.entry((unit, day)).or_insert_with(|| {
            let id = UnitId::new(unit);
            let above = units.tree(day).ancestors(id).collect::<Vec<_>>();
            std::iter::once(id).chain(above).map(unit_subject).collect()
        });
        Arc::clone(around)
    }
}
