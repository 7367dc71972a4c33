//! The life of a report: which states there are, and what leads from one to another.
//!
//! A correction is a report of its own. Only when it counts does the one it corrects stop counting.

use crate::fault::Language;

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportState {
    /// It counts.
    Accepted,
    /// It came after its period was closed, and counts only once approved.
    PendingReview,
    /// It was looked at and does not count.
    Rejected,
    /// A correction of it counts in its place.
    Superseded,
    /// Its partner took it back.
    Withdrawn,
}

/// What can be done with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportAction {
    /// An administrator lets it count.
    Approve,
    /// An administrator does not let it count.
    Reject,
    /// A correction of it begins to count.
    Supersede,
    /// Its partner takes it back.
    Withdraw,
}

/// The report's state does not allow the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAllowed {
    /// What was tried.
    pub action: ReportAction,
    /// Where the report stands.
    pub state: ReportState,
}

impl ReportState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Accepted, Self::PendingReview, Self::Rejected, Self::Superseded, Self::Withdrawn];

    /// The stable name; the form that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::PendingReview => "PENDING_REVIEW",
            Self::Rejected => "REJECTED",
            Self::Superseded => "SUPERSEDED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// Reads the stable name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether its lines are part of the figures.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Accepted)
    }

    /// Whether nothing can be done with it any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        ReportAction::ALL.into_iter().all(|action| self.after(action).is_err())
    }

    /// The state that `action` leads to.
    pub const fn after(self, action: ReportAction) -> Result<Self, NotAllowed> {
        use ReportAction::{Approve, Reject, Supersede, Withdraw};
        match (self, action) {
            (Self::PendingReview, Approve) => Ok(Self::Accepted),
            (Self::PendingReview, Reject) => Ok(Self::Rejected),
            (Self::Accepted, Supersede) => Ok(Self::Superseded),
            (Self::Accepted | Self::PendingReview, Withdraw) => Ok(Self::Withdrawn),
            _ => Err(NotAllowed { action, state: self }),
        }
    }
}

impl ReportAction {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Reject, Self::Supersede, Self::Withdraw];

    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Approve => "APPROVE",
            Self::Reject => "REJECT",
            Self::Supersede => "SUPERSEDE",
            Self::Withdraw => "WITHDRAW",
        }
    }
}

impl NotAllowed {
    /// What the state allows instead.
    #[must_use]
    pub fn message(self, language: Language) -> String {
        let allowed = ReportAction::ALL.into_iter();
        let allowed = allowed.filter(|action| self.state.after(*action).is_ok());
        let allowed: Vec<_> = allowed.map(ReportAction::code).collect();
        let (action, state) = (self.action.code(), self.state.code());
        match (language, allowed.is_empty()) {
            (Language::English, true) => {
                format!("a report that is {state} can't be changed any more ({action})")
            }
            (Language::English, false) => {
                format!("a report that is {state} allows {}, not {action}", allowed.join(", "))
            }
            (Language::Vietnamese, true) => {
                format!("báo cáo ở trạng thái {state} không thay đổi được nữa ({action})")
            }
            (Language::Vietnamese, false) => format!(
                "báo cáo ở trạng thái {state} chỉ cho phép {}, không cho phép {action}",
                allowed.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_transitions_is_this_and_nothing_else() {
        use ReportAction::{Approve, Reject, Supersede, Withdraw};
        use ReportState::{Accepted, PendingReview, Rejected, Superseded, Withdrawn};
        let table = [
            (PendingReview, Approve, Accepted),
            (PendingReview, Reject, Rejected),
            (PendingReview, Withdraw, Withdrawn),
            (Accepted, Supersede, Superseded),
            (Accepted, Withdraw, Withdrawn),
        ];
        for state in ReportState::ALL {
            for action in ReportAction::ALL {
                let row = table.iter().find(|row| (row.0, row.1) == (state, action));
                let expected = row.map(|row| row.2).ok_or(NotAllowed { action, state });
                assert_eq!(state.after(action), expected, "{state:?} {action:?}");
            }
        }
    }

    #[test]
    fn what_is_over_stays_over_and_only_one_state_counts() {
        let over: Vec<_> = ReportState::ALL.into_iter().filter(|state| state.is_final()).collect();
        assert_eq!(over, [ReportState::Rejected, ReportState::Superseded, ReportState::Withdrawn]);
        let counting = ReportState::ALL.into_iter().filter(|state| state.counts()).count();
        assert_eq!(counting, 1);
    }

    #[test]
    fn a_refusal_tells_what_would_be_allowed() {
        let refused = ReportState::Accepted.after(ReportAction::Approve).unwrap_err();
        assert_eq!(
            refused.message(Language::English),
            "a report that is ACCEPTED allows SUPERSEDE, WITHDRAW, not APPROVE"
        );
    }

    #[test]
    fn stable_names_lead_back_to_their_state() {
        for state in ReportState::ALL {
            assert_eq!(ReportState::from_code(state.code()), Some(state));
        }
    }
}
