//! What teams and sessions add up to in a unit, on the boundaries of any date.

use async_graphql::{Result, SimpleObject};
use registry_domain::community as domain;
use registry_domain::unit::Portion;

use super::activity::HelpKind;
use super::training::TrainingTopic;
use crate::access::open;
use crate::error::ApiError;
use crate::indicator::{FigureQuality, explanation};
use crate::scalar::{Date, Total, YearMonth};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// People helped with one thing (tổng số lượt hỗ trợ theo nội dung).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct HelpTotal {
    /// With what (nội dung hỗ trợ).
    kind: HelpKind,
    /// How many people (số lượt người).
    people: Total,
    /// Estimated if a hamlet counts in part (cách tính).
    quality: FigureQuality,
}

/// Training sessions about one topic (tổng số tập huấn theo chủ đề).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct TrainingTotal {
    /// About what (chủ đề).
    topic: TrainingTopic,
    /// How many sessions (số buổi).
    sessions: Total,
    /// How many people came to them (số lượt người dự).
    attendees: Total,
    /// Estimated if a hamlet counts in part (cách tính).
    quality: FigureQuality,
}

/// The months to be added up, and on which boundaries.
#[derive(Debug)]
pub(crate) struct Months {
    pub(crate) from: Option<YearMonth>,
    pub(crate) to: Option<YearMonth>,
    pub(crate) boundaries_on: Option<Date>,
}

/// People helped in a unit, by kind; those of no help too.
pub(crate) async fn help_totals(
    session: &Session,
    unit: AdministrativeUnit,
    months: Months,
) -> Result<Vec<HelpTotal>, ApiError> {
    let portions = portions(session, unit, months.boundaries_on)?;
    let (from, to) = (months.from.map(|month| month.0), months.to.map(|month| month.0));
    let sums = session.reader.help_sums(&portions, from, to).await?;
    let total = |kind: domain::HelpKind| {
        let [people] = sums.of(&kind);
        HelpTotal { kind: kind.into(), people: Total(people), quality: sums.quality.into() }
    };
    Ok(domain::HelpKind::ALL.iter().copied().map(total).collect())
}

/// Training sessions in a unit, by topic; those that no session was about too.
pub(crate) async fn training_totals(
    session: &Session,
    unit: AdministrativeUnit,
    months: Months,
) -> Result<Vec<TrainingTotal>, ApiError> {
    let portions = portions(session, unit, months.boundaries_on)?;
    let (from, to) = (months.from.map(|month| month.0), months.to.map(|month| month.0));
    let sums = session.reader.training_sums(&portions, from, to).await?;
    let total = |topic: domain::TrainingTopic| {
        let [sessions, attendees] = sums.of(&topic).map(Total);
        TrainingTotal { topic: topic.into(), sessions, attendees, quality: sums.quality.into() }
    };
    Ok(domain::TrainingTopic::ALL.iter().copied().map(total).collect())
}

/// The hamlets that make up a unit on the boundaries of a date.
fn portions(
    session: &Session,
    unit: AdministrativeUnit,
    boundaries_on: Option<Date>,
) -> Result<Vec<Portion>, ApiError> {
    let units = session.reader.units();
    let on = boundaries_on.map_or(unit.on, |on| on.0);
    if !units.get(unit.id).is_some_and(|unit| unit.validity.holds(on)) {
        return Err(ApiError::NotOnBoundaries { explanation: explanation(&units, unit.id, on) });
    }
    Ok(units.portions(unit.id, on))
}
