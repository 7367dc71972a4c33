//! Digital-technology teams (tổ công nghệ số cộng đồng), whom they helped, and training sessions.
//! Knows units only by id.

mod activity;
mod rule;
mod team;
mod totals;
mod training;

pub use activity::{Entry, HelpCount, HelpKind, NewActivity, TeamActivity};
pub use rule::CommunityRule;
pub use team::{
    MemberCount, NewTeam, OfTeam, Team, TeamChange, TeamCode, TeamDissolution, TeamVersion,
    presence,
};
pub use totals::{Sums, add_up};
pub use training::{
    AttendeeCount, Cancellation, NewTraining, OfTraining, Training, TrainingAudience,
    TrainingCancellation, TrainingCode, TrainingStatus, TrainingTitle, TrainingTopic,
};
