//! Schools and banks as clients see them, and pages of them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use registry_domain::institution::{self as domain, Feature, InstitutionCode, KnownFeature};
use registry_domain::time;
use registry_persistence::{self as store, InstitutionPosition};

use super::filter::InstitutionArguments;
use crate::access::{AccessScope, list_size, needs};
use crate::at_once::AtOnce;
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::{FeaturesKey, InstitutionKey, answered};
use crate::node::GlobalId;
use crate::page::{Connection, connection};
use crate::scalar::{Date, RegistryCode};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// What an institution is (loại hình tổ chức).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::InstitutionKind")]
pub(crate) enum InstitutionKind {
    /// Preschool (trường mầm non); the figure of digital schools leaves it out.
    Preschool,
    /// Primary school (trường tiểu học).
    PrimarySchool,
    /// Lower secondary school (trường trung học cơ sở).
    LowerSecondarySchool,
    /// Upper secondary school (trường trung học phổ thông).
    UpperSecondarySchool,
    /// Vocational school (cơ sở giáo dục nghề nghiệp).
    VocationalSchool,
    /// College (trường cao đẳng).
    College,
    /// University (trường đại học).
    University,
    /// A bank or one of its branches (ngân hàng, chi nhánh ngân hàng).
    Bank,
}

/// What a school fulfils to have completed its digital transformation (tiêu chí chuyển đổi số trường học).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SchoolCriterion")]
pub(crate) enum SchoolCriterion {
    /// A model of digital governance (mô hình quản trị số).
    DigitalGovernance,
    /// Digital operation (vận hành số).
    DigitalOperation,
    /// Standardised data (dữ liệu chuẩn hoá).
    StandardData,
    /// An open repository of learning materials (kho học liệu mở).
    OpenLearningMaterials,
}

/// What a bank offers without a visit to its counter (dịch vụ ngân hàng điện tử).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::BankService")]
pub(crate) enum BankService {
    /// Banking by a browser (ngân hàng trực tuyến).
    InternetBanking,
    /// Banking by an app (ngân hàng di động).
    MobileBanking,
    /// Banking by text messages (ngân hàng qua tin nhắn).
    SmsBanking,
    /// Payment by QR code (thanh toán bằng mã QR).
    QrPayment,
    /// Cash without a card (rút tiền không cần thẻ).
    CardlessWithdrawal,
}

/// Whether a school fulfils a criterion (kết quả đánh giá một tiêu chí).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct CriterionAssessment {
    /// Which one (tiêu chí).
    criterion: SchoolCriterion,
    /// Since when it is fulfilled (ngày đạt); null if it is not.
    fulfilled_on: Option<Date>,
    /// What shows it (minh chứng), like the number of a decision; null if it is not fulfilled.
    evidence: Option<String>,
}

/// A service that a bank offers (dịch vụ đang cung cấp).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct OfferedService {
    /// Which one (dịch vụ).
    service: BankService,
    /// Since when (từ ngày).
    offered_since: Date,
}

#[derive(Debug, Clone)]
pub(crate) struct Institution(pub(crate) domain::Institution);

impl AtOnce for Institution {}

impl Institution {
    /// All that it fulfils or offers, or did, and the day to tell it for.
    async fn features(
        &self,
        session: &Session,
        on: Option<Date>,
    ) -> Result<(Arc<[KnownFeature]>, time::Date), ApiError> {
        let features = answered(session.records().load_one(FeaturesKey(self.0.code)).await?)?;
        Ok((features, on.map_or_else(|| session.reader.today(), |on| on.0)))
    }
}

/// A school or a bank (trường học, ngân hàng).
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl Institution {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Institution(self.0.code).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Institution(self.0.code))
    }

    /// The registry code (mã tổ chức), `TC` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.0.code.into()
    }

    /// What it is (loại hình).
    async fn kind(&self) -> InstitutionKind {
        self.0.kind.into()
    }

    /// What it is called (tên), 1…200 characters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The hamlet it stands in (ấp, khu vực), on today's boundaries.
    async fn hamlet(&self, context: &Context<'_>) -> One<AdministrativeUnit> {
        One(AdministrativeUnit {
            id: self.0.hamlet,
            on: Session::of(context).reader.today(),
            as_of: None,
        })
    }

    /// Its first day (ngày thành lập).
    async fn opened_on(&self) -> Date {
        Date(self.0.opened_on)
    }

    /// The first day on which it was closed (ngày ngừng hoạt động); null while it is open.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }

    /// Since when its present state holds (ngày hiệu lực).
    async fn effective_on(&self) -> Date {
        Date(self.0.effective_on)
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// The four criteria of a school (bốn tiêu chí chuyển đổi số), fulfilled or not; none for a bank.
    #[graphql(directive = list_size::apply(Some(4), None))]
    async fn criteria(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On this day (vào ngày); today if not given.")] on: Option<Date>,
    ) -> Result<Vec<CriterionAssessment>> {
        if !self.0.kind.is_school() {
            return Ok(Vec::new());
        }
        let (features, day) = self.features(Session::of(context), on).await?;
        let told = |criterion: &domain::SchoolCriterion| {
            let wanted = Feature::Criterion(*criterion);
            let mut known = features.iter();
            let known = known.find(|known| known.feature == wanted && known.holds(day));
            CriterionAssessment {
                criterion: (*criterion).into(),
                fulfilled_on: known.map(|known| Date(known.from)),
                evidence: known.and_then(|known| known.evidence.clone()),
            }
        };
        Ok(domain::SchoolCriterion::ALL.iter().map(told).collect())
    }

    /// What a bank offers (dịch vụ ngân hàng điện tử); none for a school.
    #[graphql(directive = list_size::apply(Some(5), None))]
    async fn services(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On this day (vào ngày); today if not given.")] on: Option<Date>,
    ) -> Result<Vec<OfferedService>> {
        if self.0.kind.is_school() {
            return Ok(Vec::new());
        }
        let (features, day) = self.features(Session::of(context), on).await?;
        let told = |service: &domain::BankService| {
            let wanted = Feature::Service(*service);
            let mut known = features.iter();
            let known = known.find(|known| known.feature == wanted && known.holds(day))?;
            Some(OfferedService { service: (*service).into(), offered_since: Date(known.from) })
        };
        Ok(domain::BankService::ALL.iter().filter_map(told).collect())
    }

    /// Whether a school fulfils all four criteria (hoàn thành chuyển đổi số); null for a bank.
    async fn digital(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On this day (vào ngày); today if not given.")] on: Option<Date>,
    ) -> Result<Option<bool>> {
        if !self.0.kind.is_school() {
            return Ok(None);
        }
        let (features, day) = self.features(Session::of(context), on).await?;
        Ok(Some(domain::is_digital(&features, day)))
    }
}

pub(crate) type InstitutionConnection =
    One<Connection<InstitutionPosition, Institution, InstitutionCount>>;

/// How many institutions the whole list has; counted only if selected.
pub(crate) struct InstitutionCount(store::InstitutionFilter);

impl AtOnce for InstitutionCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl InstitutionCount {
    /// The number of schools and banks in the whole list (tổng số trường học, ngân hàng); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        let reader = &Session::of(context).reader;
        Ok(reader.institution_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of schools and banks.
pub(crate) async fn institution_page(
    session: &Session,
    arguments: InstitutionArguments,
) -> Result<InstitutionConnection, ApiError> {
    let order = arguments.order();
    let filter = arguments.filter.unwrap_or_default().conditions(session)?;
    let list = List::of(("institutions", &filter, order));
    let request = arguments.page.request::<InstitutionPosition>(list, session)?;
    let page = session.reader.institution_page(&filter, order, &request).await?;
    let page = page.map(|found| (InstitutionPosition::of(&found, order.by), Institution(found)));
    Ok(connection(page, list, InstitutionCount(filter)))
}

/// One institution by its code.
pub(crate) async fn one_institution(
    session: &Session,
    code: InstitutionCode,
) -> Result<Option<Institution>, ApiError> {
    Ok(session.records().load_one(InstitutionKey(code)).await?.map(Institution))
}
