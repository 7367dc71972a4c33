//! What partners declared of a month against what is registered of it one by one.

use std::collections::BTreeMap;

use registry_domain::access::PartnerCode;
use registry_domain::certificate::{
    Certificate, CertificateStatus, Counts, Line, Reconciled, SharedHolder,
};
use registry_domain::time::YearMonth;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::LedgerSnapshot;
use super::single::of_holders;
use crate::entity::certificate::{Column, Entity};
use crate::{Reader, StoreError};

/// The most holders that are told with their certificates.
const HOLDERS_LIMIT: u64 = 200;

/// A month, declared and registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// By partner and commune, those where both say nothing left out.
    pub rows: Vec<Reconciled>,
    /// Holders with a certificate of the month who have certificates of several partners, at most
    /// 200; none for a partner's token.
    pub shared_holders: Vec<SharedHolder>,
}

type Counted = BTreeMap<(PartnerCode, UnitId), (Counts, [u64; 3])>;

impl Reader {
    /// Sets what was declared of `period` against what is registered, in the communes that `wanted`
    /// names and of one partner if only that is asked for.
    pub async fn reconciliation(
        &self,
        ledger: &LedgerSnapshot,
        period: YearMonth,
        partner: Option<&PartnerCode>,
        wanted: &(dyn Fn(UnitId) -> bool + Sync),
    ) -> Result<Reconciliation, StoreError> {
        let only = self.only_partner()?;
        let seen = |code: &PartnerCode| {
            only.is_none_or(|only| only == code) && partner.is_none_or(|asked| asked == code)
        };
        let mut counted = Counted::new();
        let statements = ledger.ledger().statements.iter();
        for statement in statements.filter(|statement| statement.period == period) {
            for Line { unit, counts } in &statement.lines {
                counted.entry((statement.partner.clone(), *unit)).or_default().0 = *counts;
            }
        }
        for (code, unit, kind, count) in self.registered_in(period).await? {
            // What was issued earlier may be revoked on other boundaries.
            let unit = self.units().commune_on(unit, period.last_day()).unwrap_or(unit);
            let place = counted.entry((code, unit)).or_default();
            place.1[kind] += count;
        }
        let told = |((partner, unit), (declared, registered)): (_, (Counts, [u64; 3]))| {
            Reconciled { partner, unit, declared, registered }
        };
        let silent =
            |row: &Reconciled| row.declared == Counts::default() && row.registered == [0; 3];
        let rows = counted.into_iter().map(told);
        let rows = rows.filter(|row| seen(&row.partner) && wanted(row.unit) && !silent(row));
        let rows = rows.collect();
        let shared_holders =
            if only.is_none() { self.shared_holders(period).await? } else { Vec::new() };
        Ok(Reconciliation { rows, shared_holders })
    }

    /// Registered certificates of the month: of which partner and commune, issued (0), renewed (1)
    /// or revoked (2), and how many.
    async fn registered_in(
        &self,
        period: YearMonth,
    ) -> Result<Vec<(PartnerCode, UnitId, usize, u64)>, StoreError> {
        let grouped = |select: sea_orm::Select<Entity>| {
            select
                .select_only()
                .column(Column::Partner)
                .column(Column::UnitId)
                .column(Column::IsRenewal)
                .column_as(Column::Serial.count(), "certificates")
                .group_by(Column::Partner)
                .group_by(Column::UnitId)
                .group_by(Column::IsRenewal)
                .into_tuple::<(String, i32, bool, i64)>()
        };
        let issued = grouped(Entity::find().filter(Column::Month.eq(period.index())));
        let revoked = Entity::find()
            .filter(Column::Status.eq(CertificateStatus::Revoked.code()))
            .filter(Column::StatusOn.between(period.first_day(), period.last_day()));
        let issued = issued.all(&self.connection).await?.into_iter();
        let issued = issued
            .map(|(partner, unit, renewal, count)| (partner, unit, usize::from(renewal), count));
        let revoked = grouped(revoked).all(&self.connection).await?.into_iter();
        let revoked = revoked.map(|(partner, unit, _, count)| (partner, unit, 2, count));
        let counted = issued.chain(revoked).map(|(partner, unit, kind, count)| {
            let partner = partner.parse();
            let partner = partner.map_err(|_| StoreError::damaged("the partner of a certificate"));
            Ok((partner?, UnitId::new(unit), kind, count.cast_unsigned()))
        });
        counted.collect()
    }

    async fn shared_holders(&self, period: YearMonth) -> Result<Vec<SharedHolder>, StoreError> {
        let mut of_the_month = Query::select();
        of_the_month.column(Column::HolderHash).from(Entity);
        of_the_month.and_where(Expr::col(Column::Month).eq(period.index()));
        let shared: Vec<Vec<u8>> = Entity::find()
            .select_only()
            .column(Column::HolderHash)
            .filter(Column::HolderHash.in_subquery(of_the_month))
            .filter(Column::Month.lte(period.index()))
            .group_by(Column::HolderHash)
            .having(Expr::col(Column::Partner).count_distinct().gt(1))
            .order_by_asc(Column::HolderHash)
            .limit(HOLDERS_LIMIT)
            .into_tuple()
            .all(&self.connection)
            .await?;
        let mut holders: Vec<SharedHolder> = Vec::new();
        for certificate in of_holders(&self.connection, shared).await? {
            match holders.last_mut() {
                Some(last) if last.pseudonym == certificate.pseudonym => {
                    last.certificates.push(certificate);
                }
                _ => {
                    let Certificate { pseudonym, .. } = certificate.clone();
                    holders.push(SharedHolder { pseudonym, certificates: vec![certificate] });
                }
            }
        }
        Ok(holders)
    }
}
