//! The rules of teams and training sessions that an input can break.

use super::{HelpCount, TeamCode, TrainingCode};
use crate::fault::{Language, Rule, RuleCode};
use crate::time::{Date, YearMonth};

/// The rules of teams and training sessions, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommunityRule {
    /// The unit is neither a hamlet nor a commune.
    NotATeamUnit {
        /// Its name.
        name: String,
    },
    /// The unit has a team at that time.
    TeamExists {
        /// That team.
        team: TeamCode,
    },
    /// No team has this code.
    UnknownTeam {
        /// The code.
        team: TeamCode,
    },
    /// The team is no more.
    TeamDissolved {
        /// The first day without it.
        since: Date,
    },
    /// The team helps in its own unit only.
    OutsideTeam {
        /// The unit's name.
        unit: String,
    },
    /// The month has not begun.
    FutureMonth {
        /// The newest month that can be told of.
        newest: YearMonth,
    },
    /// The team does not exist in the month.
    OutsideTeamTime {
        /// Its first day.
        from: Date,
        /// The first day without it.
        until: Option<Date>,
    },
    /// There is a count of this; it can be replaced.
    ActivityRecorded {
        /// The count.
        people: HelpCount,
    },
    /// No session has this code.
    UnknownTraining {
        /// The code.
        session: TrainingCode,
    },
    /// The session is cancelled already.
    TrainingCancelled,
    /// A session of the same place, day, topic and audience is recorded.
    DuplicateTraining {
        /// That session.
        session: TrainingCode,
    },
}

impl From<CommunityRule> for Rule {
    fn from(rule: CommunityRule) -> Self {
        Self::Community(rule)
    }
}

impl CommunityRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::NotATeamUnit { .. } => RuleCode::NotATeamUnit,
            Self::TeamExists { .. } => RuleCode::TeamExists,
            Self::UnknownTeam { .. } => RuleCode::UnknownTeam,
            Self::TeamDissolved { .. } => RuleCode::TeamDissolved,
            Self::OutsideTeam { .. } => RuleCode::OutsideTeam,
            Self::FutureMonth { .. } => RuleCode::FuturePeriod,
            Self::OutsideTeamTime { .. } => RuleCode::OutsideTeamTime,
            Self::ActivityRecorded { .. } => RuleCode::ActivityRecorded,
            Self::UnknownTraining { .. } => RuleCode::UnknownTraining,
            Self::TrainingCancelled => RuleCode::TrainingCancelled,
            Self::DuplicateTraining { .. } => RuleCode::DuplicateTraining,
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::Vietnamese => self.vietnamese(),
            Language::English => self.english(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotATeamUnit { name } => {
                format!("{name} has no team of its own; name a hamlet or a commune")
            }
            Self::TeamExists { team } => {
                format!("the unit has the team {team} then; a unit has one team at a time")
            }
            Self::UnknownTeam { team } => format!("no team has the code {team}"),
            Self::TeamDissolved { since } => format!("the team is dissolved since {since}"),
            Self::OutsideTeam { unit } => {
                format!("the team helps in {unit} only; name a hamlet that belongs to it then")
            }
            Self::FutureMonth { newest } => {
                format!("the month has not begun; the newest one to tell of is {newest}")
            }
            Self::OutsideTeamTime { from, until: None } => {
                format!("the team was founded on {from}")
            }
            Self::OutsideTeamTime { from, until: Some(until) } => {
                format!("the team existed from {from} until before {until}")
            }
            Self::ActivityRecorded { people } => format!(
                "{} people are recorded here already; say `replace: true` to replace them",
                people.get()
            ),
            Self::UnknownTraining { session } => {
                format!("no training session has the code {session}")
            }
            Self::TrainingCancelled => "the training session is cancelled already".into(),
            Self::DuplicateTraining { session } => format!(
                "{session} is recorded for the same place, day, topic and audience; cancel it if it is wrong"
            ),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::NotATeamUnit { name } => {
                format!("{name} không có tổ riêng; hãy chỉ định ấp, khu vực hoặc đơn vị cấp xã")
            }
            Self::TeamExists { team } => {
                format!("đơn vị khi đó đã có tổ {team}; mỗi lúc chỉ có một tổ")
            }
            Self::UnknownTeam { team } => format!("không có tổ mang mã {team}"),
            Self::TeamDissolved { since } => format!("tổ đã giải thể từ ngày {since}"),
            Self::OutsideTeam { unit } => format!(
                "tổ chỉ hỗ trợ trong {unit}; hãy chỉ định ấp, khu vực thuộc đơn vị đó khi ấy"
            ),
            Self::FutureMonth { newest } => {
                format!("tháng chưa bắt đầu; tháng mới nhất được ghi là {newest}")
            }
            Self::OutsideTeamTime { from, until: None } => {
                format!("tổ được thành lập ngày {from}")
            }
            Self::OutsideTeamTime { from, until: Some(until) } => {
                format!("tổ hoạt động từ {from} đến trước {until}")
            }
            Self::ActivityRecorded { people } => {
                format!("đã ghi {} người; hãy thêm `replace: true` để thay thế", people.get())
            }
            Self::UnknownTraining { session } => {
                format!("không có buổi tập huấn mang mã {session}")
            }
            Self::TrainingCancelled => "buổi tập huấn đã được huỷ".into(),
            Self::DuplicateTraining { session } => format!(
                "{session} đã được ghi cho cùng nơi, ngày, chủ đề và đối tượng; hãy huỷ nếu sai"
            ),
        }
    }
}
