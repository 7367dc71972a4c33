//! Digital-technology teams, whom they helped, training sessions, and what they add up to.

mod activity;
mod query;
mod record;
mod team;
mod team_input;
mod totals;
mod training;

pub(crate) use query::CommunityQuery;
pub(crate) use record::RecordMutation;
pub(crate) use team::{CommunityTeam, one_team};
pub(crate) use team_input::TeamMutation;
pub(crate) use training::{TrainingSession, one_training};
