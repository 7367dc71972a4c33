//! Reporting periods: whether they are closed, who has delivered, who is late.

use async_graphql::{Enum, Result, SimpleObject};
use registry_domain::access::Partner;
use registry_domain::certificate::{self as domain, ReportState, delivery};
use registry_domain::time;
use registry_persistence::PeriodState;

use super::{ReportingPartner, readers};
use crate::access::needs;
use crate::error::ApiError;
use crate::scalar::{Date, DateTime, YearMonth};
use crate::session::Session;

/// The most periods at once.
const PERIODS_LIMIT: usize = 240;

/// How far a partner is with a period (tình trạng nộp báo cáo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Delivery")]
pub(crate) enum ReportDelivery {
    /// Nothing is stated, and the time for it is not over (chưa đến hạn).
    Expected,
    /// Nothing is stated, and the time for it is over (quá hạn).
    Late,
    /// What is stated waits for an administrator; nothing counts yet (chờ duyệt).
    InReview,
    /// A report counts (đã nộp).
    Posted,
}

/// How far one partner is with one period (tình trạng của một đối tác).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct PeriodDelivery {
    /// The partner (đối tác).
    partner: ReportingPartner,
    /// How far it is (tình trạng).
    delivery: ReportDelivery,
    /// The report that counts, or waits (báo cáo), by name: `VNPT/2024-05/1`.
    report: Option<String>,
    /// When that report was taken (nhận lúc).
    submitted_at: Option<DateTime>,
    /// Since when it is late (quá hạn từ ngày), if it is; of a posted report, if it came late.
    late_since: Option<Date>,
}

/// A month that partners report about (kỳ báo cáo).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct ReportingPeriod {
    /// The month (tháng).
    period: YearMonth,
    /// The last day on which a report is in time (hạn nộp).
    due_on: Date,
    /// When it was closed (khoá lúc); null while it is open.
    closed_at: Option<DateTime>,
    /// Who closed it (người khoá).
    closed_by: Option<String>,
    /// Whether all partners that owe a report have one that counts (đã đủ báo cáo).
    is_complete: bool,
    /// How far each partner is (tình trạng của từng đối tác); those that owe nothing are left out.
    partners: Vec<PeriodDelivery>,
}

/// The periods from the first to the last, the newest first; from the first agreement to the present if not given.
pub(crate) async fn reporting_periods(
    session: &Session,
    from: Option<time::YearMonth>,
    to: Option<time::YearMonth>,
) -> Result<Vec<ReportingPeriod>, ApiError> {
    let to = to.unwrap_or_else(|| time::YearMonth::of(session.reader.today()));
    let from = if let Some(from) = from {
        from
    } else {
        let longest = i32::try_from(PERIODS_LIMIT).unwrap_or(i32::MAX);
        let earliest = time::YearMonth::from_index(to.index() - longest + 1);
        first_agreed(session).await?.unwrap_or(to).max(earliest)
    };
    let months = usize::try_from(to.index() - from.index() + 1).unwrap_or_default();
    if months > PERIODS_LIMIT {
        return Err(ApiError::TooMany { what: "periods (kỳ)", limit: PERIODS_LIMIT });
    }
    let (partners, states) = session.reader.periods(from, to).await?;
    let mut periods = Vec::with_capacity(states.len());
    for state in states.into_iter().rev() {
        periods.push(told(session, &partners, state).await?);
    }
    Ok(periods)
}

async fn first_agreed(session: &Session) -> Result<Option<time::YearMonth>, ApiError> {
    let standing = session.store.standing().await?;
    let only = session.reader.principal().grant().partner();
    let seen = standing.partners().filter(|partner| only.is_none_or(|only| *only == partner.code));
    let agreements = seen.filter_map(|partner| partner.agreement.as_ref());
    Ok(agreements.map(|agreement| time::YearMonth::of(agreement.from)).min())
}

async fn told(
    session: &Session,
    partners: &[Partner],
    state: PeriodState,
) -> Result<ReportingPeriod, ApiError> {
    let PeriodState { period, closed, reports } = state;
    let rules = session.reporting;
    let due_on = rules.due_on(period);
    let day_after = due_on.succ_opt().unwrap_or(due_on);
    let mut deliveries = Vec::new();
    for partner in partners {
        let own = reports.get(&partner.code).map_or(&[][..], Vec::as_slice);
        let states: Vec<ReportState> = own.iter().map(|(_, state, _)| *state).collect();
        let today = session.reader.today();
        let agreement = partner.agreement.as_ref();
        let Some(delivery) = delivery(agreement, period, &states, (rules, today)) else {
            continue;
        };
        let open = [ReportState::Accepted, ReportState::PendingReview];
        let current =
            open.iter().find_map(|wanted| own.iter().find(|(_, state, _)| state == wanted));
        // A month is in time by its first statement; corrections come when they come.
        let first = own.first().map(|(_, _, at)| time::local_date(*at));
        let late = match delivery {
            domain::Delivery::Late => true,
            _ => first.is_some_and(|first| first > due_on),
        };
        deliveries.push(PeriodDelivery {
            partner: ReportingPartner::of(session, &partner.code).await?,
            delivery: delivery.into(),
            report: current.map(|(key, _, _)| key.to_string()),
            submitted_at: current.map(|(_, _, at)| DateTime(*at)),
            late_since: late.then_some(Date(day_after)),
        });
    }
    let (closed_at, closed_by) = closed.unzip();
    Ok(ReportingPeriod {
        period: YearMonth(period),
        due_on: Date(due_on),
        closed_at: closed_at.map(DateTime),
        closed_by,
        is_complete: deliveries.iter().all(|told| told.delivery == ReportDelivery::Posted),
        partners: deliveries,
    })
}
