//! Reporting periods: when reports are due, and who has delivered.

use super::{ReportState, Tolerance};
use crate::access::Agreement;
use crate::time::{Date, YearMonth};

/// By what rules reports are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportingRules {
    /// How far a control total may be off.
    pub tolerance: Tolerance,
    /// The day of the following month by which reports are due, 1…28.
    pub due_day: u8,
}

impl Default for ReportingRules {
    fn default() -> Self {
        Self { tolerance: Tolerance { millionths: 5_000 }, due_day: 10 }
    }
}

impl ReportingRules {
    /// The last day on which a report about `period` is in time.
    #[must_use]
    pub fn due_on(self, period: YearMonth) -> Date {
        let first = period.next().first_day();
        first + chrono::Days::new(u64::from(self.due_day.saturating_sub(1)))
    }
}

/// How far a partner is with one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Nothing is stated, and the time for it is not over.
    Expected,
    /// Nothing is stated, and the time for it is over.
    Late,
    /// What is stated waits for an administrator; nothing counts yet.
    InReview,
    /// A report counts.
    Posted,
}

/// How far a partner is, given the states of its reports about the period; `None` if none is owed.
#[must_use]
pub fn delivery(
    agreement: Option<&Agreement>,
    period: YearMonth,
    states: &[ReportState],
    (rules, today): (ReportingRules, Date),
) -> Option<Delivery> {
    if states.contains(&ReportState::Accepted) {
        return Some(Delivery::Posted);
    }
    if states.contains(&ReportState::PendingReview) {
        return Some(Delivery::InReview);
    }
    let owed = agreement.is_some_and(|agreement| agreement.covers(period));
    owed.then(|| if today > rules.due_on(period) { Delivery::Late } else { Delivery::Expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_partner_is_late_the_day_after_the_due_day() {
        let rules = ReportingRules::default();
        let period: YearMonth = "2024-12".parse().unwrap();
        assert_eq!(rules.due_on(period), date("2025-01-10"));
        let agreement = Agreement { reference: "1".into(), from: date("2024-01-01"), until: None };
        let told = |states: &[ReportState], today| {
            delivery(Some(&agreement), period, states, (rules, date(today)))
        };
        assert_eq!(told(&[], "2025-01-10"), Some(Delivery::Expected));
        assert_eq!(told(&[], "2025-01-11"), Some(Delivery::Late));
        assert_eq!(told(&[ReportState::Withdrawn], "2025-01-11"), Some(Delivery::Late));
        assert_eq!(told(&[ReportState::PendingReview], "2025-02-11"), Some(Delivery::InReview));
        let corrected = [ReportState::Superseded, ReportState::Accepted];
        assert_eq!(told(&corrected, "2025-01-11"), Some(Delivery::Posted));
        assert_eq!(delivery(None, period, &[], (rules, date("2025-01-11"))), None);
    }
}
