//! Teams, whom they helped, and training sessions: recording and reading.

mod activity;
mod change;
mod read;
mod record;
mod register;
mod session;
mod totals;
mod train;

use registry_domain::code::{Code, CodeKind};
use registry_domain::community::{MemberCount, Team};
use registry_domain::fault::Rule;
use registry_domain::time::Date;
use registry_domain::unit::{Level, UnitId};

use crate::StoreError;
use crate::entity::community::{Model, version};
use crate::writer::Writer;

pub use activity::{ActivityFilter, ActivityKey, ActivityRevisions};
pub use change::{ChangeTeams, DissolveTeams};
pub use read::TeamFilter;
pub use record::RecordActivity;
pub use register::RegisterTeams;
pub use session::{TrainingFilter, TrainingKey};
pub(crate) use totals::tallies;
pub use train::{CancelTrainings, RecordTrainings};

/// The code with a stored number; the tables hold only numbers that were valid when they were given.
fn code<K: CodeKind>(stored: i32) -> Result<Code<K>, StoreError> {
    let code = u32::try_from(stored).ok().and_then(Code::new);
    code.ok_or_else(|| StoreError::damaged(format!("{} number {stored}", K::PREFIX)))
}

const fn stored_number<K: CodeKind>(code: Code<K>) -> i32 {
    code.number().cast_signed()
}

fn team(row: &Model) -> Result<Team, StoreError> {
    Ok(Team {
        code: code(row.number)?,
        unit: UnitId::new(row.unit_id),
        members: members(row.members)?,
        founded_on: row.founded_on,
        dissolved_on: row.dissolved_on,
        effective_on: row.effective_on,
        version: row.version.cast_unsigned(),
    })
}

fn members(stored: i16) -> Result<MemberCount, StoreError> {
    MemberCount::parse(stored.into()).map_err(|_| StoreError::damaged("members of a team"))
}

impl Model {
    /// The version that this state is.
    fn as_version(&self, writer: &Writer) -> version::Model {
        version::Model {
            number: self.number,
            version: self.version,
            recorded_at: writer.now,
            actor: writer.principal.actor().to_owned(),
            effective_on: self.effective_on,
            members: self.members,
            dissolved_on: self.dissolved_on,
        }
    }
}

/// Checks that the principal may change what is recorded of a team's unit, which existed on `on`. A
/// commune that is no more is where its hamlets are.
fn require_unit(writer: &Writer, unit: UnitId, on: Date) -> Result<(), Rule> {
    let units = writer.units();
    let is_hamlet =
        |id: &&UnitId| units.get(**id).is_some_and(|unit| unit.level() == Level::Hamlet);
    let then = units.tree(on);
    let mut hamlets = then.subtree(unit).iter().filter(is_hamlet).peekable();
    if units.tree(writer.today()).contains(unit) || hamlets.peek().is_none() {
        return writer.require_within(unit);
    }
    hamlets.try_for_each(|hamlet| writer.require_within(*hamlet))
}

/// Checks that `hamlet` is one on the date.
fn hamlet_on(writer: &Writer, hamlet: UnitId, on: Date) -> Result<(), Rule> {
    let units = writer.units();
    let unknown = || Rule::UnknownUnit { asked: hamlet.get().to_string(), on, hint: None };
    let unit = units.get(hamlet).filter(|unit| unit.validity.holds(on)).ok_or_else(unknown)?;
    units.hamlet(unit, on).map(|_| ())
}
