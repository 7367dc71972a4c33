//! Totals of certificates: by partner, unit and month, as known at any moment, on any boundaries.

use async_graphql::{Enum, Result, SimpleObject};
use registry_domain::certificate::{Grouping, Sum, SumQuery};
use registry_domain::fault::{Expected, Rule};
use registry_domain::indicator::FigureStatus;
use registry_domain::time::Instant;
use registry_domain::unit::Level;
use registry_persistence::CertificateSums;

use super::report::partner_argument;
use super::{ReportingPartner, readers};
use crate::access::needs;
use crate::at_once::{AtOnce, Field, Teller};
use crate::error::ApiError;
use crate::in_order::One;
use crate::indicator::{FigureQuality, explanation};
use crate::scalar::{Date, Total, YearMonth};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// The most totals in one answer.
const ROWS_LIMIT: usize = 1_000;

/// What totals are told apart by (nhóm theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum CertificateGroup {
    /// By partner (theo đối tác).
    Partner,
    /// By month (theo kỳ).
    Period,
    /// By district (theo huyện), on boundaries before 2025-07-01.
    District,
    /// By commune (theo xã, phường, thị trấn).
    Commune,
}

/// Whether totals may still change in the ordinary course (trạng thái số liệu).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "FigureStatus")]
pub(crate) enum CertificateTotalStatus {
    /// A period of it is open (tạm tính).
    Provisional,
    /// All its periods are closed (chính thức).
    Final,
}

/// Certificates added up (tổng số chứng thư số): of the reports that count.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CertificateTotal {
    /// The partner (đối tác); null unless told apart.
    partner: Option<One<ReportingPartner>>,
    /// The unit (đơn vị): of the level told apart, or the one that was added up within.
    unit: One<AdministrativeUnit>,
    /// The month (kỳ); null unless told apart.
    period: Option<YearMonth>,
    /// Issued for the first time (cấp mới).
    issued: Total,
    /// Renewed (gia hạn).
    renewed: Total,
    /// Revoked (thu hồi).
    revoked: Total,
    /// How many reports have a part in it (số báo cáo).
    reports: usize,
    /// Whether it may still change (trạng thái).
    status: CertificateTotalStatus,
    /// Estimated if a commune was divided between others by its hamlets (cách tính).
    quality: FigureQuality,
}

impl AtOnce for CertificateTotal {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "partner" => to.put(field, &self.partner),
            "unit" => to.put(field, &self.unit),
            "period" => to.put(field, &self.period),
            "issued" => to.put(field, &self.issued),
            "renewed" => to.put(field, &self.renewed),
            "revoked" => to.put(field, &self.revoked),
            "reports" => to.put(field, &self.reports),
            "status" => to.word(self.status),
            "quality" => to.word(self.quality),
            _ => None,
        }
    }
}

/// What totals are asked with.
#[derive(Debug, Default)]
pub(crate) struct TotalsArguments {
    pub(crate) from: Option<YearMonth>,
    pub(crate) to: Option<YearMonth>,
    pub(crate) partner: Option<String>,
    pub(crate) group_by: Vec<CertificateGroup>,
    pub(crate) as_of: Option<Instant>,
    pub(crate) boundaries_on: Option<Date>,
}

/// The totals of one unit, in the order of units, partners and months.
pub(crate) async fn totals(
    session: &Session,
    within: AdministrativeUnit,
    arguments: TotalsArguments,
) -> Result<Vec<CertificateTotal>, ApiError> {
    let units = session.reader.units();
    let on = arguments.boundaries_on.map_or(within.on, |on| on.0);
    let unit = units.get(within.id).filter(|unit| unit.validity.holds(on));
    let Some(unit) = unit else {
        return Err(ApiError::NotOnBoundaries { explanation: explanation(&units, within.id, on) });
    };
    if unit.level() == Level::Hamlet {
        const EXPECTED: Expected = Expected {
            english: "a province, district or commune; certificates are reported by commune",
            vietnamese: "đơn vị từ cấp xã trở lên, vì chứng thư số báo cáo theo cấp xã",
        };
        let rule = Rule::Malformed { expected: EXPECTED };
        return Err(ApiError::Argument { name: "within", rule });
    }
    let groups = |group| arguments.group_by.contains(&group);
    let level = match (groups(CertificateGroup::Commune), groups(CertificateGroup::District)) {
        (true, _) => Some(Level::Commune),
        (false, true) => Some(Level::District),
        (false, false) => None,
    };
    let tree = units.tree(on);
    let has = |level: Level| {
        tree.subtree(within.id)
            .iter()
            .any(|unit| units.get(*unit).is_some_and(|unit| unit.level() == level))
    };
    if level.is_some_and(|level| !has(level)) {
        const EXPECTED: Expected = Expected {
            english: "a level that the unit has on these boundaries",
            vietnamese: "cấp có trong đơn vị theo địa giới này",
        };
        let rule = Rule::Malformed { expected: EXPECTED };
        return Err(ApiError::Argument { name: "groupBy", rule });
    }
    let partner = partner_argument(arguments.partner.as_deref())?;
    let query = SumQuery {
        within: within.id,
        from: arguments.from.map(|month| month.0),
        to: arguments.to.map(|month| month.0),
        partner: partner.as_ref(),
        by: Grouping {
            partner: groups(CertificateGroup::Partner),
            period: groups(CertificateGroup::Period),
            level,
        },
    };
    let ledger = session.ledger(arguments.as_of).await?;
    let sums = session.reader.certificate_sums(&ledger, &CertificateSums { query, on })?;
    if sums.len() > ROWS_LIMIT {
        return Err(ApiError::TooMany {
            what: "totals; narrow from and to / tổng",
            limit: ROWS_LIMIT,
        });
    }
    let standing = if groups(CertificateGroup::Partner) {
        Some(session.store.standing().await?)
    } else {
        None
    };
    let told = sums.into_iter().map(|sum| {
        let Sum { partner, unit, period, issued, renewed, revoked, reports, status, quality } = sum;
        CertificateTotal {
            partner: partner
                .zip(standing.as_deref())
                .map(|(code, standing)| One(ReportingPartner::known(standing, &code))),
            unit: One(AdministrativeUnit { id: unit, on, as_of: arguments.as_of }),
            period: period.map(YearMonth),
            issued: Total(issued),
            renewed: Total(renewed),
            revoked: Total(revoked),
            reports,
            status: status.into(),
            quality: quality.into(),
        }
    });
    Ok(told.collect())
}
