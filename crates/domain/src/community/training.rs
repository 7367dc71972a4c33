//! Training sessions (buổi tập huấn): where, when, about what, for whom, how many came.

use crate::code::{Code, CodeKind};
use crate::connectivity::coded;
use crate::fault::{Expected, Rule};
use crate::text::Label;
use crate::time::{Date, Instant};
use crate::unit::UnitId;

/// Marks the codes of training sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfTraining {}

impl CodeKind for OfTraining {
    const PREFIX: &'static str = "BT";
    const EXPECTED: Expected =
        Expected { english: "BT and 8 digits", vietnamese: "BT và 8 chữ số" };
}

/// The code of a training session.
pub type TrainingCode = Code<OfTraining>;

/// What a session is called, if it has a name.
pub type TrainingTitle = Label<200>;

/// Why a session was cancelled.
pub type Cancellation = Label<500>;

/// What a session is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrainingTopic {
    /// Digital skills (kỹ năng số).
    DigitalSkills,
    /// Online public services (dịch vụ công trực tuyến).
    PublicServices,
    /// Paying without cash (thanh toán không dùng tiền mặt).
    CashlessPayment,
    /// Opening a shop, accounts for payment, selling on marketplaces (thương mại điện tử).
    Ecommerce,
    /// Digital signatures (chữ ký số).
    DigitalSignature,
    /// Safety online (an toàn trên mạng).
    OnlineSafety,
}

/// Whom a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrainingAudience {
    /// Residents (người dân).
    Residents,
    /// Farm households (hộ nông dân).
    FarmHouseholds,
    /// Cooperatives (hợp tác xã).
    Cooperatives,
    /// Enterprises (doanh nghiệp).
    Enterprises,
    /// Members of digital-technology teams (thành viên tổ).
    TeamMembers,
}

coded!(TrainingTopic {
    DigitalSkills = "DIGITAL_SKILLS",
    PublicServices = "PUBLIC_SERVICES",
    CashlessPayment = "CASHLESS_PAYMENT",
    Ecommerce = "ECOMMERCE",
    DigitalSignature = "DIGITAL_SIGNATURE",
    OnlineSafety = "ONLINE_SAFETY",
});
coded!(TrainingAudience {
    Residents = "RESIDENTS",
    FarmHouseholds = "FARM_HOUSEHOLDS",
    Cooperatives = "COOPERATIVES",
    Enterprises = "ENTERPRISES",
    TeamMembers = "TEAM_MEMBERS",
});

/// How many people came: 1…10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttendeeCount(u16);

impl AttendeeCount {
    /// The largest count.
    pub const LIMIT: u16 = 10_000;

    /// Checks a count as it was told.
    pub fn parse(told: i32) -> Result<Self, Rule> {
        let count = u16::try_from(told).ok().filter(|count| (1..=Self::LIMIT).contains(count));
        count.map(Self).ok_or(Rule::OutOfRange { min: 1, max: Self::LIMIT.into() })
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// A session to be recorded. Two of the same place, day, topic and audience are one and the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTraining {
    /// The day it was held; not in the future.
    pub held_on: Date,
    /// The hamlet it was held in.
    pub hamlet: UnitId,
    /// What it was about.
    pub topic: TrainingTopic,
    /// Whom it was for.
    pub audience: TrainingAudience,
    /// How many came.
    pub attendees: AttendeeCount,
    /// What it was called, if it had a name.
    pub title: Option<TrainingTitle>,
}

/// The cancellation of a session that was recorded by mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingCancellation {
    /// Which session.
    pub session: TrainingCode,
    /// The version the cancellation is meant for.
    pub version: u32,
    /// Why.
    pub reason: Cancellation,
}

/// Whether a session counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrainingStatus {
    /// It was held and counts.
    Held,
    /// It was recorded by mistake and does not count.
    Cancelled,
}

/// A session as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// Its code.
    pub code: TrainingCode,
    /// What was recorded of it.
    pub content: NewTraining,
    /// When the registry learned of it.
    pub recorded_at: Instant,
    /// When it was cancelled and why, if it was.
    pub cancelled: Option<(Instant, Cancellation)>,
    /// 1, or 2 once it is cancelled.
    pub version: u32,
}

impl Training {
    /// Whether it counts.
    #[must_use]
    pub const fn status(&self) -> TrainingStatus {
        match self.cancelled {
            None => TrainingStatus::Held,
            Some(_) => TrainingStatus::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_names_lead_back() {
        for topic in TrainingTopic::ALL {
            assert_eq!(TrainingTopic::from_code(topic.code()), Some(*topic));
        }
        for audience in TrainingAudience::ALL {
            assert_eq!(TrainingAudience::from_code(audience.code()), Some(*audience));
        }
    }

    #[test]
    fn somebody_came_but_not_everybody() {
        for (told, fits) in [(0, false), (1, true), (10_000, true), (10_001, false), (-5, false)] {
            assert_eq!(AttendeeCount::parse(told).is_ok(), fits, "{told}");
        }
    }
}
