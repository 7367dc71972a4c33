//! Reading reports: pages of them, their lines, their revisions.

use std::collections::{BTreeSet, HashMap};

use registry_domain::access::PartnerCode;
use registry_domain::certificate::{Line, Report, ReportKey, ReportState, Revision};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::{Instant, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Order, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{line, report, stored_revision};
use crate::entity::certificate_report::{Column, Entity, line as lines};
use crate::{Reader, StoreError};

/// Keys per statement: each is a condition of its own, and SQLite nests 1,000 at most.
const KEYS_AT_ONCE: usize = 200;

/// Conditions on reports; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ReportFilter {
    /// Whose.
    pub partner: Option<PartnerCode>,
    /// About this month or later.
    pub from: Option<YearMonth>,
    /// About this month or earlier.
    pub to: Option<YearMonth>,
    /// In one of these states; in any if there is none. As of `as_of`, if that is given.
    pub states: BTreeSet<ReportState>,
    /// With a line of one of these communes.
    pub communes: Option<Vec<UnitId>>,
    /// Taken at this moment or later.
    pub submitted_from: Option<Instant>,
    /// Taken before this moment.
    pub submitted_before: Option<Instant>,
    /// Known at this moment.
    pub as_of: Option<Instant>,
}

/// A report's place in the order of lists: the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReportPosition {
    /// When it was taken.
    pub submitted_at: Instant,
    /// Which one.
    pub key: ReportKey,
}

impl ReportFilter {
    fn apply(&self, mut select: Select<Entity>) -> Select<Entity> {
        if let Some(partner) = &self.partner {
            select = select.filter(Column::Partner.eq(partner.as_str()));
        }
        if let Some(from) = self.from {
            select = select.filter(Column::Month.gte(from.index()));
        }
        if let Some(to) = self.to {
            select = select.filter(Column::Month.lte(to.index()));
        }
        if let Some(from) = self.submitted_from {
            select = select.filter(Column::SubmittedAt.gte(from));
        }
        if let Some(before) = self.submitted_before {
            select = select.filter(Column::SubmittedAt.lt(before));
        }
        if let Some(moment) = self.as_of {
            select = select.filter(Column::SubmittedAt.lte(moment));
        }
        if let Some(communes) = &self.communes {
            let mut named = Query::select();
            named.expr(Expr::value(1)).from(lines::Entity);
            for (of_line, of_report) in [
                (lines::Column::Partner, Column::Partner),
                (lines::Column::Month, Column::Month),
                (lines::Column::Revision, Column::Revision),
            ] {
                named.and_where(Expr::col((lines::Entity, of_line)).equals((Entity, of_report)));
            }
            let communes = communes.iter().map(|unit| unit.get());
            named.and_where(Expr::col((lines::Entity, lines::Column::UnitId)).is_in(communes));
            select = select.filter(Expr::exists(named));
        }
        if self.states.is_empty() { select } else { select.filter(self.in_states()) }
    }

    fn in_states(&self) -> Condition {
        let Some(moment) = self.as_of else {
            let codes = self.states.iter().map(|state| state.code());
            return Condition::all().add(Column::State.is_in(codes));
        };
        // As `Report::known_at` has it.
        let ended = Column::EndedAt.lte(moment);
        let going_on =
            Condition::any().add(Column::EndedAt.is_null()).add(Column::EndedAt.gt(moment));
        let counted = Column::AcceptedAt.lte(moment);
        let waiting =
            Condition::any().add(Column::AcceptedAt.is_null()).add(Column::AcceptedAt.gt(moment));
        self.states.iter().fold(Condition::any(), |any, state| {
            let held = match state {
                ReportState::Accepted => {
                    Condition::all().add(counted.clone()).add(going_on.clone())
                }
                ReportState::PendingReview => {
                    Condition::all().add(waiting.clone()).add(going_on.clone())
                }
                over => Condition::all().add(Column::State.eq(over.code())).add(ended.clone()),
            };
            any.add(held)
        })
    }
}

/// After `position` in the order of the newest first, or before it.
fn beyond(position: &ReportPosition, after: bool) -> Condition {
    let ReportPosition { submitted_at, key } = position;
    let (partner, month) = (key.partner.as_str(), key.period.index());
    let revision = stored_revision(key.revision);
    let further = |column: Column, value: sea_orm::Value| {
        if after {
            Expr::col((Entity, column)).lt(value)
        } else {
            Expr::col((Entity, column)).gt(value)
        }
    };
    let same = |column: Column, value: sea_orm::Value| Expr::col((Entity, column)).eq(value);
    let keys: [(Column, sea_orm::Value); 4] = [
        (Column::SubmittedAt, (*submitted_at).into()),
        (Column::Partner, partner.into()),
        (Column::Month, month.into()),
        (Column::Revision, revision.into()),
    ];
    (0..keys.len()).fold(Condition::any(), |any, at| {
        let (column, value) = keys[at].clone();
        let equal = keys[..at].iter().cloned();
        let all = equal.fold(Condition::all(), |all, (column, value)| all.add(same(column, value)));
        any.add(all.add(further(column, value)))
    })
}

impl Reader {
    /// What of `filter` may be seen: a partner's token sees its own reports only.
    fn visible_reports(&self, filter: &ReportFilter) -> Result<Select<Entity>, StoreError> {
        let mut select = filter.apply(Entity::find());
        if let Some(only) = self.only_partner()? {
            select = select.filter(Column::Partner.eq(only.as_str()));
        }
        Ok(select)
    }

    /// A page of reports, the newest first.
    pub async fn report_page(
        &self,
        filter: &ReportFilter,
        page: &PageRequest<ReportPosition>,
    ) -> Result<Page<Report>, StoreError> {
        let mut select = self.visible_reports(filter)?;
        if let Some(after) = &page.after {
            select = select.filter(beyond(after, true));
        }
        if let Some(before) = &page.before {
            select = select.filter(beyond(before, false));
        }
        let order = if matches!(page.take, Take::First(_)) { Order::Desc } else { Order::Asc };
        let columns = [Column::SubmittedAt, Column::Partner, Column::Month, Column::Revision];
        for column in columns {
            select = select.order_by(column, order.clone());
        }
        let rows = select.limit(page.take.limit() as u64 + 1).all(&self.connection).await?;
        let known = |row| {
            let report = report(row)?;
            Ok(match filter.as_of {
                // What was taken later is filtered out before.
                Some(moment) => report.clone().known_at(moment).unwrap_or(report),
                None => report,
            })
        };
        let reports = rows.into_iter().map(known).collect::<Result<_, StoreError>>()?;
        Ok(Page::from_overfetch(reports, page))
    }

    /// How many reports match.
    pub async fn report_count(&self, filter: &ReportFilter) -> Result<u64, StoreError> {
        let counted = self
            .visible_reports(filter)?
            .select_only()
            .column_as(Column::Revision.count(), "reports")
            .into_tuple::<i64>();
        Ok(counted.one(&self.connection).await?.unwrap_or_default().cast_unsigned())
    }

    /// All statements about each of these partners and months, by revision.
    pub async fn report_revisions(
        &self,
        of: &[(PartnerCode, YearMonth)],
    ) -> Result<HashMap<(PartnerCode, YearMonth), Vec<Report>>, StoreError> {
        let mut found: HashMap<_, Vec<Report>> = HashMap::new();
        for of in of.chunks(KEYS_AT_ONCE) {
            let any = of.iter().fold(Condition::any(), |any, (partner, period)| {
                let named = Condition::all()
                    .add(Column::Partner.eq(partner.as_str()))
                    .add(Column::Month.eq(period.index()));
                any.add(named)
            });
            let select = self.visible_reports(&ReportFilter::default())?.filter(any);
            for row in select.order_by_asc(Column::Revision).all(&self.connection).await? {
                let report = report(row)?;
                let of = (report.key.partner.clone(), report.key.period);
                found.entry(of).or_default().push(report);
            }
        }
        Ok(found)
    }

    /// One report; none if it may not be seen.
    pub async fn report(&self, key: &ReportKey) -> Result<Option<Report>, StoreError> {
        let select = self
            .visible_reports(&ReportFilter::default())?
            .filter(Column::Partner.eq(key.partner.as_str()))
            .filter(Column::Month.eq(key.period.index()))
            .filter(Column::Revision.eq(stored_revision(key.revision)));
        select.one(&self.connection).await?.map(report).transpose()
    }

    /// The lines of each report, by unit.
    pub async fn report_lines(
        &self,
        keys: &[ReportKey],
    ) -> Result<HashMap<ReportKey, Vec<Line>>, StoreError> {
        let only = self.only_partner()?;
        let keys = keys.iter().filter(|key| only.is_none_or(|only| *only == key.partner));
        let keys: Vec<&ReportKey> = keys.collect();
        let mut found: HashMap<ReportKey, Vec<Line>> =
            keys.iter().map(|key| ((*key).clone(), Vec::new())).collect();
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let any = keys.iter().fold(Condition::any(), |any, key| {
                let named = Condition::all()
                    .add(lines::Column::Partner.eq(key.partner.as_str()))
                    .add(lines::Column::Month.eq(key.period.index()))
                    .add(lines::Column::Revision.eq(stored_revision(key.revision)));
                any.add(named)
            });
            let select = lines::Entity::find().filter(any).order_by_asc(lines::Column::UnitId);
            for row in select.all(&self.connection).await? {
                let damaged = || StoreError::damaged("the report of a line");
                let key = ReportKey {
                    partner: row.partner.parse().map_err(|_| damaged())?,
                    period: YearMonth::from_index(row.month),
                    revision: Revision::new(row.revision.cast_unsigned()).ok_or_else(damaged)?,
                };
                found.entry(key).or_default().push(line(&row)?);
            }
        }
        Ok(found)
    }

    /// The newest change of each partner's reports that may be seen.
    pub async fn newest_report_changes(&self) -> Result<HashMap<PartnerCode, i64>, StoreError> {
        let newest: Vec<(String, i64)> = self
            .visible_reports(&ReportFilter::default())?
            .select_only()
            .column(Column::Partner)
            .column_as(Column::Change.max(), "newest")
            .group_by(Column::Partner)
            .into_tuple()
            .all(&self.connection)
            .await?;
        let partner = |(partner, change): (String, i64)| {
            let partner = partner.parse();
            Ok((partner.map_err(|_| StoreError::damaged("the partner of a report"))?, change))
        };
        newest.into_iter().map(partner).collect()
    }

    /// Reports that changed after what is `seen` of each partner, in the order of the changes.
    pub async fn reports_changed_after(
        &self,
        seen: &HashMap<PartnerCode, i64>,
    ) -> Result<Vec<Report>, StoreError> {
        let unseen = seen.iter().fold(Condition::all(), |all, (partner, change)| {
            let new = Condition::any()
                .add(Column::Partner.ne(partner.as_str()))
                .add(Column::Change.gt(*change));
            all.add(new)
        });
        let select = self.visible_reports(&ReportFilter::default())?.filter(unseen);
        let select = select
            .order_by_asc(Column::Partner)
            .order_by_asc(Column::Change)
            .order_by_asc(Column::Month)
            .order_by_asc(Column::Revision);
        select.all(&self.connection).await?.into_iter().map(report).collect()
    }
}
