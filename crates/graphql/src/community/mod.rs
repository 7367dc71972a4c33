//! Digital-technology teams, whom they helped, training sessions, and what they add up to.

mod activity;
mod query;
mod record;
mod team;
mod team_input;
mod totals;
mod training;

use registry_domain::fault::{Faults, Path, Rule};
use registry_persistence::Row;

use crate::connectivity::BATCH_LIMIT;

pub(crate) use query::CommunityQuery;
pub(crate) use record::RecordMutation;
pub(crate) use team::{CommunityTeam, one_team};
pub(crate) use team_input::TeamMutation;
pub(crate) use training::{TrainingSession, one_training};

/// Parses the rows of a batch of 1…1,000, each at its place.
fn rows<I, T>(
    inputs: &[I],
    at: &Path,
    parse: impl Fn(&I, &Path) -> Result<T, Faults>,
) -> Result<Vec<Row<T>>, Faults> {
    let mut faults = Faults::default();
    let rows = inputs.len();
    if rows == 0 {
        faults.push(at.clone(), Rule::BatchEmpty);
    } else if rows > BATCH_LIMIT {
        faults.push(at.clone(), Rule::BatchTooLarge { rows, limit: BATCH_LIMIT });
        return Err(faults);
    }
    let parsed = inputs.iter().enumerate().filter_map(|(index, input)| {
        let at = at.index(index);
        let parsed = parse(input, &at).map_err(|found| faults.extend(found));
        parsed.ok().map(|value| Row { at, value })
    });
    let parsed = parsed.collect();
    faults.or(Some(parsed))
}
