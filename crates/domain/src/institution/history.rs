//! What one institution adds to the tallies of hamlets, by all that is recorded of it.

use super::{Feature, InstitutionKind, KnownFeature, SchoolCriterion};
use crate::tally::{Span, TallyChanges, while_any_holds};
use crate::time::Date;
use crate::unit::UnitId;

/// Where an institution stands from a day on; nowhere once it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// The first day.
    pub from: Date,
    /// The hamlet.
    pub hamlet: Option<UnitId>,
}

/// All that its tallies follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// What it is.
    pub kind: InstitutionKind,
    /// Where it stood, in the order recorded; no stay begins before the one before it.
    pub stays: Vec<Stay>,
    /// What it fulfilled or offered.
    pub features: Vec<KnownFeature>,
}

/// What an institution with this history changes in the tallies of hamlets.
#[must_use]
pub fn changes(history: &History) -> TallyChanges {
    let mut found = TallyChanges::new();
    let Some((all, digital)) = history.kind.tallies() else { return found };
    let digital_spans = history.digital();
    for (hamlet, there) in history.spans_by_hamlet() {
        for (tally, spans) in [(all, there.clone()), (digital, both(&there, &digital_spans))] {
            for (month, change) in while_any_holds(&spans) {
                found.insert((hamlet, month, tally), change);
            }
        }
    }
    found
}

impl History {
    /// When it stood open in each hamlet.
    fn spans_by_hamlet(&self) -> Vec<(UnitId, Vec<Span>)> {
        let mut found: Vec<(UnitId, Vec<Span>)> = Vec::new();
        for (place, stay) in self.stays.iter().enumerate() {
            let Some(hamlet) = stay.hamlet else { continue };
            let span = (stay.from, self.stays.get(place + 1).map(|next| next.from));
            match found.iter_mut().find(|(known, _)| *known == hamlet) {
                Some((_, spans)) => spans.push(span),
                None => found.push((hamlet, vec![span])),
            }
        }
        found
    }

    /// When it was digital: with all criteria, or any service.
    fn digital(&self) -> Vec<Span> {
        let spans = |wanted: &dyn Fn(Feature) -> bool| -> Vec<Span> {
            let features = self.features.iter().filter(|known| wanted(known.feature));
            features.map(KnownFeature::span).collect()
        };
        if !self.kind.is_school() {
            return spans(&|feature| matches!(feature, Feature::Service(_)));
        }
        let of = |criterion: &SchoolCriterion| {
            spans(&|feature| feature == Feature::Criterion(*criterion))
        };
        let fulfilled = SchoolCriterion::ALL.iter().map(of);
        fulfilled.reduce(|left, right| both(&left, &right)).unwrap_or_default()
    }
}

/// The spans in which one of `left` and one of `right` holds.
fn both(left: &[Span], right: &[Span]) -> Vec<Span> {
    let pairs = left.iter().flat_map(|left| right.iter().map(move |right| (*left, *right)));
    let shared = pairs.filter_map(|(left, right)| {
        let from = left.0.max(right.0);
        let until = match (left.1, right.1) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
        until.is_none_or(|until| from < until).then_some((from, until))
    });
    shared.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::institution::{BankService, is_digital};
    use crate::tally::Tally;
    use crate::time::YearMonth;

    fn day(offset: u16) -> Date {
        Date::from_ymd_opt(2023, 1, 1).unwrap() + chrono::Days::new(offset.into())
    }

    fn features() -> impl Strategy<Value = Vec<KnownFeature>> {
        let feature = (0usize..5, 0u16..900, prop::option::of(1u16..400));
        let known = feature.prop_map(|(which, from, length)| KnownFeature {
            feature: SchoolCriterion::ALL
                .get(which)
                .map_or(Feature::Service(BankService::MobileBanking), |criterion| {
                    Feature::Criterion(*criterion)
                }),
            from: day(from),
            until: length.map(|length| day(from + length)),
            evidence: None,
        });
        prop::collection::vec(known, 0..12)
    }

    fn stays() -> impl Strategy<Value = Vec<Stay>> {
        prop::collection::vec((0u16..900, prop::option::of(0i32..3)), 1..5).prop_map(|mut stays| {
            stays.sort_by_key(|(from, _)| *from);
            let stay = |(from, hamlet): (u16, Option<i32>)| Stay {
                from: day(from),
                hamlet: hamlet.map(UnitId::new),
            };
            stays.into_iter().map(stay).collect()
        })
    }

    proptest! {
        #[test]
        fn tallies_count_what_a_look_at_the_month_s_last_day_finds(
            kind in prop::sample::select(InstitutionKind::ALL), stays in stays(), features in features(),
        ) {
            let history = History { kind, stays, features };
            let changes = changes(&history);
            for month in (0..48).map(|offset| YearMonth::from_index(2023 * 12 + offset)) {
                let end = month.last_day();
                let stay = history.stays.iter().rfind(|stay| stay.from <= end);
                let digital = if kind.is_school() {
                    is_digital(&history.features, end)
                } else {
                    history.features.iter().any(|known| {
                        matches!(known.feature, Feature::Service(_)) && known.holds(end)
                    })
                };
                for hamlet in (0..3).map(UnitId::new) {
                    let here = stay.is_some_and(|stay| stay.hamlet == Some(hamlet));
                    let sum = |wanted: Tally| -> i64 {
                        let upto = changes.iter().filter(|((at, when, tally), _)| {
                            *at == hamlet && *when <= month && *tally == wanted
                        });
                        upto.map(|(_, change)| change).sum()
                    };
                    let Some((all, part)) = kind.tallies() else {
                        prop_assert!(changes.is_empty());
                        continue;
                    };
                    prop_assert_eq!(sum(all), i64::from(here));
                    prop_assert_eq!(sum(part), i64::from(here && digital));
                }
            }
        }
    }
}
