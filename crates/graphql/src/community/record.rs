//! Recording whom teams helped, and training sessions.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::community::{
    AttendeeCount, Cancellation, Entry, HelpCount, NewActivity, NewTraining, TeamCode,
    TrainingCancellation, TrainingCode, TrainingTitle,
};
use registry_domain::fault::{Faults, Path};
use registry_persistence::{CancelTrainings, RecordActivity, RecordTrainings, Row};

use super::activity::HelpKind;
use super::training::{TrainingAudience, TrainingSession, TrainingTopic};
use crate::access::{AccessScope, list_size, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, is_shown, rows, write};
use crate::scalar::{Date, YearMonth};
use crate::session::Session;
use crate::unit::UnitRef;

/// How many people a team helped (kết quả hỗ trợ cần ghi).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct TeamActivityInput {
    /// The team's code (mã tổ).
    team: String,
    /// The hamlet where the help was given (ấp, khu vực); a bare code is read on the month's last day. A
    /// hamlet's team helps there, and may leave it out; a commune's team names a hamlet of the commune, as
    /// it is at the end of the month or, if the commune ends before, was on its last day.
    hamlet: Option<UnitRef>,
    /// The month (tháng): up to the present one, and one in which the team exists.
    month: YearMonth,
    /// With what (nội dung hỗ trợ).
    kind: HelpKind,
    /// How many people (số lượt người), 0…1,000,000.
    people: i32,
    /// Whether it counts in place of what is recorded of the same team, hamlet, month and kind (thay thế
    /// số liệu đã ghi). Without it, such a row is refused.
    #[graphql(default)]
    replace: bool,
}

/// Whom teams helped (lô kết quả hỗ trợ): all or none.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordTeamActivityInput {
    /// The counts (các dòng), 1…1,000.
    rows: Vec<TeamActivityInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of recording whom teams helped (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
pub(crate) struct RecordTeamActivityPayload {
    /// How many counts were recorded (số dòng đã ghi): all of them, or 0.
    recorded: usize,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with any row (các lỗi theo dòng); empty if all were recorded.
    errors: Vec<UserError>,
}

/// A training session to be recorded (buổi tập huấn cần ghi).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct TrainingSessionInput {
    /// The day it was held (ngày tổ chức), 2000-01-01 up to today.
    held_on: Date,
    /// The hamlet it was held in (ấp, khu vực); a bare code is read on `heldOn`.
    hamlet: UnitRef,
    /// What it was about (chủ đề).
    topic: TrainingTopic,
    /// Whom it was for (đối tượng).
    audience: TrainingAudience,
    /// How many people came (số người dự), 1…10,000.
    attendees: i32,
    /// What it was called (tên buổi tập huấn), NFC, 1…200 characters.
    title: Option<String>,
}

/// Training sessions to be recorded (lô buổi tập huấn): all or none.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordTrainingInput {
    /// The sessions (các buổi tập huấn), 1…1,000; at most one for a hamlet, day, topic and audience.
    sessions: Vec<TrainingSessionInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of recording training sessions (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
pub(crate) struct RecordTrainingPayload {
    /// How many were recorded (số buổi đã ghi): all of them, or 0.
    recorded: usize,
    /// The sessions as recorded (các buổi đã ghi), in the order of the input; empty if it was refused.
    sessions: Vec<TrainingSession>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with any row (các lỗi theo dòng); empty if all were recorded.
    errors: Vec<UserError>,
}

/// The cancellation of a session that was recorded by mistake (huỷ buổi tập huấn ghi nhầm).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CancelTrainingInput {
    /// The session's code (mã buổi tập huấn).
    session: String,
    /// The version that the cancellation is meant for (phiên bản).
    version: u32,
    /// Why (lý do), NFC, 1…500 characters.
    reason: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of cancelling a session (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
pub(crate) struct CancelTrainingPayload {
    /// The session as it stands now (buổi tập huấn); null if the input was refused.
    session: Option<TrainingSession>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was cancelled.
    errors: Vec<UserError>,
}

/// Mutations of what teams do and of training sessions.
#[derive(Default)]
pub(crate) struct RecordMutation;

#[Object]
impl RecordMutation {
    /// Records whom teams helped (ghi nhận kết quả hỗ trợ), up to 1,000 counts, all or none. Needs
    /// `households:write`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::HouseholdsWrite]),
        directive = list_size::apply(None, Some(vec!["input.rows".into()]))
    )]
    async fn record_team_activity(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The counts (các dòng).")] input: RecordTeamActivityInput,
    ) -> Result<RecordTeamActivityPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input").field("rows");
        let command = rows(&input.rows, &at, |row, at| row.parse(session, at)).map(RecordActivity);
        Ok(match write(session, Scope::HouseholdsWrite, command, attempt).await? {
            Ok(written) => RecordTeamActivityPayload {
                recorded: written.outcome,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RecordTeamActivityPayload {
                recorded: 0,
                replayed: false,
                errors: UserError::with_values(errors, &input),
            },
        })
    }

    /// Records up to 1,000 training sessions (ghi nhận buổi tập huấn), all or none. Needs
    /// `households:write`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::HouseholdsWrite]),
        directive = list_size::apply(None, Some(vec!["input.sessions".into()]))
    )]
    async fn record_training(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sessions (các buổi tập huấn).")] input: RecordTrainingInput,
    ) -> Result<RecordTrainingPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input").field("sessions");
        let command = rows(&input.sessions, &at, |row, at| row.parse(session, at));
        let command = command.map(RecordTrainings);
        Ok(match write(session, Scope::HouseholdsWrite, command, attempt).await? {
            Ok(written) => RecordTrainingPayload {
                recorded: written.outcome.len(),
                sessions: recorded(context, "sessions", &written.outcome).await?,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RecordTrainingPayload {
                recorded: 0,
                sessions: Vec::new(),
                replayed: false,
                errors: UserError::with_values(errors, &input),
            },
        })
    }

    /// Cancels a training session that was recorded by mistake (huỷ buổi tập huấn ghi nhầm): it no longer
    /// counts and stays readable. Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn cancel_training(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The cancellation (huỷ).")] input: CancelTrainingInput,
    ) -> Result<CancelTrainingPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input");
        let command = input.parse(&at).map(|value| CancelTrainings(vec![Row { at, value }]));
        Ok(match write(session, Scope::HouseholdsWrite, command, attempt).await? {
            Ok(written) => CancelTrainingPayload {
                session: recorded(context, "session", &written.outcome).await?.into_iter().next(),
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => CancelTrainingPayload { session: None, replayed: false, errors },
        })
    }
}

/// The sessions with these numbers, as they stand now, in order of number; none if `field` is not asked for.
async fn recorded(
    context: &Context<'_>,
    field: &str,
    numbers: &[u32],
) -> Result<Vec<TrainingSession>, ApiError> {
    if !is_shown(context, field) {
        return Ok(Vec::new());
    }
    let codes: Vec<TrainingCode> = numbers.iter().copied().filter_map(TrainingCode::new).collect();
    let mut found = Session::of(context).reader.trainings(&codes).await?;
    found.sort_unstable_by_key(|session| session.code);
    Ok(found.into_iter().map(TrainingSession).collect())
}

impl TeamActivityInput {
    fn parse(&self, session: &Session, at: &Path) -> Result<NewActivity, Faults> {
        let mut faults = Faults::default();
        let month = self.month.0;
        let team = faults.keep(at.field("team"), self.team.parse::<TeamCode>());
        let hamlet = self.hamlet.as_ref().map(|hamlet| hamlet.hamlet(session, month.last_day()));
        let hamlet = faults.keep(at.field("hamlet"), hamlet.transpose());
        let people = faults.keep(at.field("people"), HelpCount::parse(self.people));
        let activity = team.zip(hamlet).zip(people).map(|((team, hamlet), people)| NewActivity {
            team,
            hamlet,
            month,
            kind: self.kind.into(),
            people,
            entry: if self.replace { Entry::Replacement } else { Entry::First },
        });
        faults.or(activity)
    }
}

impl TrainingSessionInput {
    fn parse(&self, session: &Session, at: &Path) -> Result<NewTraining, Faults> {
        let mut faults = Faults::default();
        let held_on = self.held_on.0;
        let hamlet = faults.keep(at.field("hamlet"), self.hamlet.hamlet(session, held_on));
        let attendees = AttendeeCount::parse(self.attendees);
        let attendees = faults.keep(at.field("attendees"), attendees);
        let title = self.title.as_deref().map(TrainingTitle::parse).transpose();
        let title = faults.keep(at.field("title"), title);
        let training = hamlet.zip(attendees).zip(title);
        faults.or(training.map(|((hamlet, attendees), title)| NewTraining {
            held_on,
            hamlet,
            topic: self.topic.into(),
            audience: self.audience.into(),
            attendees,
            title,
        }))
    }
}

impl CancelTrainingInput {
    fn parse(&self, at: &Path) -> Result<TrainingCancellation, Faults> {
        let mut faults = Faults::default();
        let session = faults.keep(at.field("session"), self.session.parse::<TrainingCode>());
        let reason = faults.keep(at.field("reason"), Cancellation::parse(&self.reason));
        let version = self.version;
        let cancellation = session.zip(reason);
        faults.or(cancellation.map(|(session, reason)| TrainingCancellation {
            session,
            version,
            reason,
        }))
    }
}
