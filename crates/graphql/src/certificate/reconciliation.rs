//! What was declared against what is registered one by one.

use async_graphql::{Context, Object, Result, SimpleObject};
use registry_domain::access::PartnerCode;
use registry_domain::certificate::{Counts, Reconciled, SharedHolder};
use registry_domain::unit::UnitId;
use registry_domain::{spreadsheet, time};
use registry_persistence::Reconciliation;

use super::report::partner_argument;
use super::single::Certificate;
use super::{ReportingPartner, readers};
use crate::access::{AccessScope, list_size, needs};
use crate::error::ApiError;
use crate::scalar::YearMonth;
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitRef};

/// Three counts of certificates (số chứng thư số); also differences of such.
#[derive(Debug, Clone, Copy, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CertificateCounts {
    /// Issued for the first time (cấp mới).
    issued: i64,
    /// Renewed (gia hạn).
    renewed: i64,
    /// Revoked (thu hồi).
    revoked: i64,
}

impl CertificateCounts {
    const fn of([issued, renewed, revoked]: [i64; 3]) -> Self {
        Self { issued, renewed, revoked }
    }

    fn sum(rows: &[Reconciled], counts: impl Fn(&Reconciled) -> [i64; 3]) -> Self {
        let add = |sum: [i64; 3], row: &Reconciled| {
            let counts = counts(row);
            std::array::from_fn(|at| sum[at] + counts[at])
        };
        Self::of(rows.iter().fold([0; 3], add))
    }
}

fn declared(row: &Reconciled) -> [i64; 3] {
    let Counts { issued, renewed, revoked } = row.declared;
    [issued, renewed, revoked].map(|count| i64::from(count.get()))
}

fn registered(row: &Reconciled) -> [i64; 3] {
    row.registered.map(u64::cast_signed)
}

/// One partner and commune, declared and registered (đối chiếu một đơn vị).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct ReconciliationRow {
    /// The partner (đối tác).
    partner: ReportingPartner,
    /// The commune (đơn vị cấp xã), on the period's boundaries.
    unit: AdministrativeUnit,
    /// By the report that counts (số báo cáo).
    declared: CertificateCounts,
    /// One by one (số đã ghi từng chứng thư).
    registered: CertificateCounts,
    /// Registered minus declared (chênh lệch).
    difference: CertificateCounts,
}

/// Somebody with certificates of several partners (người có chứng thư của nhiều đối tác).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct SharedCertificateHolder {
    /// The holder's pseudonym (bí danh).
    pseudonym: String,
    /// The certificates (các chứng thư số), by issuer and serial number.
    certificates: Vec<Certificate>,
}

impl From<SharedHolder> for SharedCertificateHolder {
    fn from(holder: SharedHolder) -> Self {
        let certificates = holder.certificates.into_iter().map(Certificate).collect();
        Self { pseudonym: holder.pseudonym, certificates }
    }
}

/// A month, declared and registered.
pub(crate) struct CertificateReconciliation {
    period: time::YearMonth,
    found: Reconciliation,
}

/// What partners declared of a month against what is registered of it one by one (đối chiếu).
#[Object(directive = needs::apply(readers()))]
impl CertificateReconciliation {
    /// The month (kỳ).
    async fn period(&self) -> YearMonth {
        YearMonth(self.period)
    }

    /// By the reports that count (số báo cáo).
    async fn declared(&self) -> CertificateCounts {
        CertificateCounts::sum(&self.found.rows, declared)
    }

    /// One by one: certificates issued, renewed or revoked in the month (số đã ghi từng chứng thư).
    async fn registered(&self) -> CertificateCounts {
        CertificateCounts::sum(&self.found.rows, registered)
    }

    /// Registered minus declared (chênh lệch).
    async fn difference(&self) -> CertificateCounts {
        CertificateCounts::sum(&self.found.rows, Reconciled::differences)
    }

    /// How much of what was declared as issued is registered (tỷ lệ giải trình được), 0…1; null if nothing was declared.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    async fn share_explained(&self) -> Option<f64> {
        let explained: u64 = self.found.rows.iter().map(Reconciled::explained).sum();
        let declared: i64 = self.found.rows.iter().map(|row| declared(row)[0]).sum();
        (declared > 0).then(|| explained as f64 / declared as f64)
    }

    /// By partner and commune (theo đối tác và đơn vị cấp xã).
    #[graphql(directive = list_size::apply(Some(150), None))]
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only where they differ (chỉ nơi chênh lệch).", default = false)]
        differing: bool,
    ) -> Result<Vec<ReconciliationRow>> {
        let session = Session::of(context);
        let mut rows = Vec::new();
        for row in &self.found.rows {
            let difference = row.differences();
            if differing && difference == [0; 3] {
                continue;
            }
            rows.push(ReconciliationRow {
                partner: ReportingPartner::of(session, &row.partner).await?,
                unit: AdministrativeUnit { id: row.unit, on: self.period.last_day(), as_of: None },
                declared: CertificateCounts::of(declared(row)),
                registered: CertificateCounts::of(registered(row)),
                difference: CertificateCounts::of(difference),
            });
        }
        Ok(rows)
    }

    /// Holders with a certificate of the month who have certificates of several partners (người có
    /// chứng thư của nhiều đối tác) in the whole province, at most 200; told with all they have.
    #[graphql(
        directive = list_size::apply(Some(200), None),
        directive = needs::apply(vec![AccessScope::RegistryRead])
    )]
    async fn shared_holders(&self) -> Vec<SharedCertificateHolder> {
        self.found.shared_holders.iter().cloned().map(Into::into).collect()
    }

    /// The rows as CSV with a header (bảng CSV), for spreadsheets: UTF-8, commas, one row per partner and commune.
    async fn csv(&self, context: &Context<'_>) -> Result<String> {
        let units = Session::of(context).reader.units();
        let line = |row: &Reconciled| {
            let unit = units.get(row.unit);
            let unit = unit.map(|unit| (unit.code.to_string(), unit.name.clone()));
            let (code, name) = unit.unwrap_or_default();
            let counts = [declared(row), registered(row), row.differences()].concat();
            let counts = counts.iter().map(ToString::to_string);
            let texts = [self.period.to_string(), row.partner.to_string(), code, name];
            texts.iter().map(|text| cell(text)).chain(counts).collect::<Vec<_>>().join(",")
        };
        let lines = std::iter::once(CSV_HEADER.to_owned()).chain(self.found.rows.iter().map(line));
        Ok(lines.map(|line| line + "\n").collect())
    }
}

const CSV_HEADER: &str = "period,partner,unit_code,unit_name,declared_issued,declared_renewed,declared_revoked,\
    registered_issued,registered_renewed,registered_revoked,difference_issued,difference_renewed,difference_revoked";

/// A text as a cell (RFC 4180); what a spreadsheet would run as a formula is disarmed.
fn cell(text: &str) -> String {
    let text = spreadsheet::disarmed(text);
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

/// Sets a month's reports against its single certificates.
pub(crate) async fn reconcile(
    session: &Session,
    period: time::YearMonth,
    partner: Option<String>,
    within: Option<UnitRef>,
) -> Result<CertificateReconciliation, ApiError> {
    let partner: Option<PartnerCode> = partner_argument(partner.as_deref())?;
    let within = within.map(|within| within.require(session, "within")).transpose()?;
    let units = session.reader.units();
    let communes = within.map(|unit| units.communes_meeting(unit.id, unit.on));
    let wanted = |unit: UnitId| communes.as_ref().is_none_or(|communes| communes.contains(&unit));
    let ledger = &session.figures().await?.ledger;
    let found = session.reader.reconciliation(ledger, period, partner.as_ref(), &wanted).await?;
    Ok(CertificateReconciliation { period, found })
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        assert_eq!(cell("Xã Vị Thuỷ"), "Xã Vị Thuỷ");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
