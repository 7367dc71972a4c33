//! The household as clients see it, and pages of households.

use std::sync::Arc;

use async_graphql::{Context, ID, Lookahead, Object, Result, SelectionField, SimpleObject};
use registry_domain::household::{self as domain, HeadState, HouseholdState};
use registry_domain::page::PageRequest;
use registry_domain::personal::Clarity;
use registry_domain::time::{self, Instant};
use registry_persistence::{
    self as store, HouseholdExtent, HouseholdKey, HouseholdQuery, HouseholdScope,
};

use super::HouseholdArguments;
use super::filter::HouseholdStatus;
use crate::access::{AccessScope, list_size, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::audit::Audited;
use crate::connectivity::{ConnectivitySurvey, SurveyConnection, survey_page};
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::{self, HouseholdCountKey, HouseholdPageKey, SurveyKey, answered};
use crate::mutation::is_shown;
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::scalar::{Date, HouseholdCode};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// A household, and the moment as of which it is told; none for now.
#[derive(Debug, Clone)]
pub(crate) struct Household(pub(crate) domain::Household, pub(crate) Option<Instant>);

/// The head of a household (chủ hộ); personal data.
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct HouseholdHead {
    /// Full name (họ và tên); masked: `Nguyễn V. ***`.
    name: String,
    /// Citizen number (số định danh cá nhân), 12 digits; masked: `093*******12`. Null if not known.
    citizen_number: Option<String>,
    /// Telephone (điện thoại) as written in Vietnam, `0912 345 678`; masked: `**** *** 678`. Null if
    /// not known.
    phone: Option<String>,
    /// Whether most of it is hidden (đã che bớt).
    masked: bool,
}

impl Household {
    fn own_hamlet(&self, on: time::Date) -> One<AdministrativeUnit> {
        One(AdministrativeUnit { id: self.0.hamlet, on, as_of: self.1 })
    }

    async fn state(&self, context: &Context<'_>) -> Result<HouseholdState> {
        if let Some(state) = self.0.state {
            return Ok(state);
        }
        Ok(answered(self.read_on(context, HouseholdExtent::State).await?.state)?)
    }

    /// More of it, for whoever reached it by a way that could not look ahead.
    async fn read_on(
        &self,
        context: &Context<'_>,
        extent: HouseholdExtent,
    ) -> Result<domain::Household, ApiError> {
        let key = loader::HouseholdKey(self.0.number, extent, self.1);
        answered(Session::of(context).records().load_one(key).await?)
    }
}

/// A household (hộ gia đình).
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl Household {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Household(self.0.number).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Household(self.0.number))
    }

    /// The registry code (mã hộ).
    async fn code(&self) -> HouseholdCode {
        HouseholdCode(self.0.number.code())
    }

    /// The hamlet it lives in (ấp, khu vực), on today's boundaries, or those of the day of `asOf`.
    async fn hamlet(&self, context: &Context<'_>) -> One<AdministrativeUnit> {
        self.own_hamlet(Session::of(context).day(self.1))
    }

    /// People in the household (số nhân khẩu), 1…99.
    async fn members(&self, context: &Context<'_>) -> Result<u16> {
        Ok(self.state(context).await?.composition.members())
    }

    /// Members of 18 years and over (số người trưởng thành).
    async fn adults(&self, context: &Context<'_>) -> Result<u16> {
        Ok(self.state(context).await?.composition.adults())
    }

    /// Adults of working age (số người trong độ tuổi lao động).
    async fn working_age(&self, context: &Context<'_>) -> Result<u16> {
        Ok(self.state(context).await?.composition.working_age())
    }

    /// Whether it still is one (tình trạng).
    async fn status(&self, context: &Context<'_>) -> Result<HouseholdStatus> {
        Ok(self.state(context).await?.status.into())
    }

    /// Since when it lives in the province by the records (ngày đăng ký).
    async fn registered_on(&self, context: &Context<'_>) -> Result<Date> {
        Ok(Date(self.state(context).await?.registered_on))
    }

    /// Since when its present state holds (ngày hiệu lực).
    async fn effective_on(&self, context: &Context<'_>) -> Result<Date> {
        Ok(Date(self.state(context).await?.effective_on))
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self, context: &Context<'_>) -> Result<u32> {
        Ok(self.state(context).await?.version)
    }

    /// The date of the newest survey (ngày khảo sát mới nhất); null if never surveyed.
    async fn surveyed_on(&self) -> Option<Date> {
        self.0.surveyed_on.map(Date)
    }

    /// The head (chủ hộ). Personal data: masked, unless the token has `pii:read` for this household's
    /// unit and the header `X-Purpose` says what it is read for; each such reading is noted. Null
    /// once it was erased. As of a past moment the head of then, by today's access and erasures.
    async fn head(&self, context: &Context<'_>) -> Result<Option<HouseholdHead>> {
        let head = if self.0.head == HeadState::NotRead {
            self.read_on(context, HouseholdExtent::Head).await?.head
        } else {
            self.0.head.clone()
        };
        Ok(match head {
            HeadState::NotRead | HeadState::Erased => None,
            HeadState::Seen(head) => Some(HouseholdHead {
                name: head.name,
                citizen_number: head.citizen_number,
                phone: head.phone,
                masked: head.clarity == Clarity::Masked,
            }),
        })
    }

    /// What the newest survey found (kết quả khảo sát mới nhất); null if there is none.
    async fn connectivity(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The newest on or before this date (tính đến ngày); today if not given.")]
        on: Option<Date>,
    ) -> Result<Option<One<ConnectivitySurvey>>> {
        if self.0.surveyed_on.is_none() {
            return Ok(None);
        }
        let key = SurveyKey(self.0.number, on.map(|on| on.0), self.1);
        let found = Session::of(context).records().load_one(key).await?;
        Ok(found.map(|found| One(ConnectivitySurvey(found, self.1))))
    }

    /// All surveys (lịch sử khảo sát), newest first.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())))]
    async fn connectivity_history(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<SurveyConnection> {
        let arguments = PageArguments { first, after, last, before };
        Ok(survey_page(Session::of(context), (self.0.number, self.1), arguments).await?)
    }
}

impl AtOnce for Household {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "id" => to.put(field, &GlobalId::Household(self.0.number).write()),
            "code" => to.put(field, &HouseholdCode(self.0.number.code())),
            "hamlet" => {
                let on = to.day(self.1);
                to.put(field, &self.own_hamlet(on))
            }
            "surveyedOn" => to.put(field, &self.0.surveyed_on.map(Date)),
            "members" => to.put(field, &self.0.state?.composition.members()),
            "adults" => to.put(field, &self.0.state?.composition.adults()),
            "workingAge" => to.put(field, &self.0.state?.composition.working_age()),
            "status" => to.word(HouseholdStatus::from(self.0.state?.status)),
            "registeredOn" => to.put(field, &Date(self.0.state?.registered_on)),
            "effectiveOn" => to.put(field, &Date(self.0.state?.effective_on)),
            "version" => to.put(field, &self.0.state?.version),
            _ => None,
        }
    }
}

pub(crate) type HouseholdConnection = One<Connection<HouseholdKey, Household, HouseholdCount>>;

/// How many households the whole list has; counted only if selected.
pub(crate) struct HouseholdCount(HouseholdCountKey);

impl AtOnce for HouseholdCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl HouseholdCount {
    /// The number of households in the whole list (tổng số hộ); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(answered(Session::of(context).records().load_one(self.0.clone()).await?)?)
    }
}

/// How much is selected below a field that leads to a household.
pub(crate) fn extent(household: &Lookahead<'_>) -> HouseholdExtent {
    let of_field = |name: &str| match name {
        "head" => HouseholdExtent::Head,
        "members" | "adults" | "workingAge" | "status" | "registeredOn" | "effectiveOn"
        | "version" => HouseholdExtent::State,
        _ => HouseholdExtent::Place,
    };
    let households = household.selection_fields();
    let fields = households.iter().flat_map(SelectionField::selection_set);
    fields.map(|field| of_field(field.name())).max().unwrap_or(HouseholdExtent::Place)
}

/// One household by its number, as known at a moment or now.
pub(crate) async fn one(
    session: &Session,
    number: domain::HouseholdNumber,
    extent: HouseholdExtent,
    as_of: Option<Instant>,
) -> Result<Option<Household>, ApiError> {
    let found = session.reader.households(&[number], extent, as_of).await?;
    Ok(found.into_iter().next().map(|found| Household(found, as_of)))
}

/// A page of the households of a unit, or of the whole registry.
pub(crate) async fn household_page(
    context: &Context<'_>,
    unit: Option<AdministrativeUnit>,
    arguments: HouseholdArguments,
) -> Result<HouseholdConnection, ApiError> {
    let session = Session::of(context);
    let order = arguments.order();
    let filter = arguments.filter.unwrap_or_default();
    let as_of = session.as_of(arguments.as_of)?.or(unit.and_then(|unit| unit.as_of));
    let conditions = filter.conditions(as_of)?;
    let scope = scope(session, unit, &filter)?;
    let list = List::of(("households", &scope, &conditions, order));
    let page: PageRequest<HouseholdKey> = arguments.page.request(list, session)?;
    let look_ahead = context.look_ahead();
    let extent =
        extent(&look_ahead.field("edges").field("node")).max(extent(&look_ahead.field("nodes")));
    let query = Arc::new(HouseholdQuery { filter: conditions.clone(), order, page, extent });
    let page = match unit {
        // Many units of a list ask together.
        Some(_) => {
            let key = HouseholdPageKey(scope.clone(), query);
            answered(session.records().load_one(key).await?)?
        }
        None => session.reader.household_page(&scope, &query).await?,
    };
    let page = page.map(|found| (HouseholdKey::of(&found, order.by), Household(found, as_of)));
    Ok(connection(page, list, HouseholdCount(HouseholdCountKey(scope, conditions))))
}

/// The hamlets that are both in `unit` and in the filter's `within`.
fn scope(
    session: &Session,
    unit: Option<AdministrativeUnit>,
    filter: &super::HouseholdFilter,
) -> Result<HouseholdScope, ApiError> {
    let units = session.reader.units();
    let within =
        filter.within.as_ref().map(|within| within.require(session, "within")).transpose()?;
    let outer = unit.and_then(|unit| unit.scope(&units));
    let inner = within.and_then(|within| within.scope(&units));
    Ok(match (outer, inner) {
        (Some(outer), Some(inner)) => {
            Some(outer.iter().copied().filter(|hamlet| inner.contains(hamlet)).collect())
        }
        (outer, inner) => outer.or(inner),
    })
}

/// Whoever changed a household and asks for it is shown it as it stands now.
pub(super) async fn after_write(
    context: &Context<'_>,
    registered: &[store::Registered],
) -> Result<Option<Household>, ApiError> {
    let registered = registered.first().filter(|_| is_shown(context, "household"));
    let Some(registered) = registered else { return Ok(None) };
    let extent = extent(&context.look_ahead().field("household"));
    one(Session::of(context), registered.number, extent, None).await
}
