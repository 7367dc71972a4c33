//! Registering, changing and closing households.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::fault::{Faults, Path};
use registry_domain::household::{
    Closure, Composition, HouseholdChange, HouseholdClosure, HouseholdCode, HouseholdErasure,
    NewHousehold,
};
use registry_domain::personal::Head;
use registry_persistence::{
    ChangeHouseholds, CloseHouseholds, Command, EraseHousehold, RegisterHouseholds, Registered, Row,
};

use super::object::{Household, after_write};
use crate::access::{AccessScope, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, write};
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::UnitRef;

/// Who lives in a household (thành phần hộ): members ≥ adults ≥ people of working age.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CompositionInput {
    /// People in the household (số nhân khẩu), 1…99.
    members: i32,
    /// Members of 18 years and over (số người trưởng thành).
    adults: i32,
    /// Adults of working age (số người trong độ tuổi lao động).
    working_age: i32,
}

/// The head of a household (chủ hộ); stored encrypted.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct HeadInput {
    /// Full name (họ và tên), NFC, 1…100 characters.
    name: String,
    /// Citizen number (số định danh cá nhân), 12 digits.
    citizen_number: Option<String>,
    /// Telephone (điện thoại), as people write it: `0912 345 678`, `+84 912 345 678`.
    phone: Option<String>,
}

/// A household to be registered (đăng ký hộ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterHouseholdInput {
    /// The hamlet it lives in (ấp, khu vực); a bare code is read on `registeredOn`.
    hamlet: UnitRef,
    /// Who lives in it (thành phần hộ).
    composition: CompositionInput,
    /// Its head (chủ hộ).
    head: HeadInput,
    /// Since when it lives there (ngày đăng ký), 2000-01-01 up to today.
    registered_on: Date,
    /// Makes a retry safe (khoá chống trùng): the same key and content give the same answer.
    idempotency_key: Option<String>,
}

/// A change to a household (thay đổi hộ); what is left out stays as it is.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdateHouseholdInput {
    /// The household's code (mã hộ).
    household: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// Since when the change holds (ngày hiệu lực): from the last change up to today.
    effective_on: Date,
    /// The hamlet it lives in now (ấp, khu vực mới).
    hamlet: Option<UnitRef>,
    /// Who lives in it now (thành phần mới).
    composition: Option<CompositionInput>,
    /// Its head now (chủ hộ mới).
    head: Option<HeadInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// Why a household is closed (lý do kết thúc).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Closure")]
pub(crate) enum ClosureReason {
    /// It left the province (chuyển đi).
    MovedAway,
    /// It is no more (giải thể).
    Dissolved,
}

/// The end of a household (kết thúc hộ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CloseHouseholdInput {
    /// The household's code (mã hộ).
    household: String,
    /// The version that the closure is meant for (phiên bản).
    version: u32,
    /// Why (lý do).
    reason: ClosureReason,
    /// Since when (từ ngày): from the last change up to today.
    closed_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// Personal data to be erased (xoá dữ liệu cá nhân).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct EraseHouseholdPersonalDataInput {
    /// The household's code (mã hộ).
    household: String,
    /// The version that the erasure is meant for (phiên bản).
    version: u32,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change to a household (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite, AccessScope::Admin]))]
pub(crate) struct HouseholdPayload {
    /// The household as it stands now (hộ sau thay đổi); null if the input was refused.
    household: Option<Household>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was carried out.
    errors: Vec<UserError>,
}

/// Mutations of households.
#[derive(Default)]
pub(crate) struct HouseholdMutation;

#[Object]
impl HouseholdMutation {
    /// Registers a household (đăng ký hộ). Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn register_household(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The household (hộ).")] input: RegisterHouseholdInput,
    ) -> Result<HouseholdPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command =
            input.parse(Session::of(context)).map(|value| RegisterHouseholds(vec![row(value)]));
        Ok(household(context, Scope::HouseholdsWrite, command, attempt).await?)
    }

    /// Changes a household (thay đổi hộ). Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn update_household(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change (thay đổi).")] input: UpdateHouseholdInput,
    ) -> Result<HouseholdPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command =
            input.parse(Session::of(context)).map(|value| ChangeHouseholds(vec![row(value)]));
        Ok(household(context, Scope::HouseholdsWrite, command, attempt).await?)
    }

    /// Closes a household (kết thúc hộ). Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn close_household(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The closure (kết thúc).")] input: CloseHouseholdInput,
    ) -> Result<HouseholdPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| CloseHouseholds(vec![row(value)]));
        Ok(household(context, Scope::HouseholdsWrite, command, attempt).await?)
    }

    /// Erases the head's name, citizen number and telephone for good (xoá dữ liệu cá nhân), past
    /// versions included; the household and its figures stay. Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn erase_household_personal_data(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose (của hộ nào).")] input: EraseHouseholdPersonalDataInput,
    ) -> Result<HouseholdPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| EraseHousehold(row(value)));
        Ok(household(context, Scope::Admin, command, attempt).await?)
    }
}

fn root() -> Path {
    Path::root().field("input")
}

fn row<T>(value: T) -> Row<T> {
    Row { at: root(), value }
}

async fn household<C>(
    context: &Context<'_>,
    scope: Scope,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<HouseholdPayload, ApiError>
where
    C: Command<Outcome = Vec<Registered>>,
{
    Ok(match write(Session::of(context), scope, command, attempt).await? {
        Ok(written) => HouseholdPayload {
            household: after_write(context, &written.outcome).await?,
            replayed: written.replayed,
            errors: Vec::new(),
        },
        Err(errors) => HouseholdPayload { household: None, replayed: false, errors },
    })
}

impl RegisterHouseholdInput {
    fn parse(&self, session: &Session) -> Result<NewHousehold, Faults> {
        let mut faults = Faults::default();
        let registered_on = self.registered_on.0;
        let hamlet =
            faults.keep(root().field("hamlet"), self.hamlet.hamlet(session, registered_on));
        let composition = gather(&mut faults, self.composition.parse());
        let head = gather(&mut faults, self.head.parse());
        let household = hamlet.zip(composition).zip(head).map(|((hamlet, composition), head)| {
            NewHousehold { hamlet, composition, head, registered_on }
        });
        faults.or(household)
    }
}

impl UpdateHouseholdInput {
    fn parse(&self, session: &Session) -> Result<HouseholdChange, Faults> {
        let mut faults = Faults::default();
        let effective_on = self.effective_on.0;
        let code = faults.keep(root().field("household"), self.household.parse::<HouseholdCode>());
        let hamlet =
            self.hamlet.as_ref().map(|hamlet| hamlet.hamlet(session, effective_on)).transpose();
        let hamlet = faults.keep(root().field("hamlet"), hamlet).flatten();
        let composition = self.composition.as_ref().map(CompositionInput::parse);
        let composition = composition.and_then(|parsed| gather(&mut faults, parsed));
        let head = self.head.as_ref().map(HeadInput::parse);
        let head = head.and_then(|parsed| gather(&mut faults, parsed));
        let version = self.version;
        let change = code.map(|code| HouseholdChange {
            code,
            version,
            effective_on,
            hamlet,
            composition,
            head,
        });
        faults.or(change)
    }
}

impl CloseHouseholdInput {
    fn parse(&self) -> Result<HouseholdClosure, Faults> {
        let mut faults = Faults::default();
        let code = faults.keep(root().field("household"), self.household.parse::<HouseholdCode>());
        let closure = code.map(|code| HouseholdClosure {
            code,
            version: self.version,
            reason: self.reason.into(),
            closed_on: self.closed_on.0,
        });
        faults.or(closure)
    }
}

impl EraseHouseholdPersonalDataInput {
    fn parse(&self) -> Result<HouseholdErasure, Faults> {
        let mut faults = Faults::default();
        let code = faults.keep(root().field("household"), self.household.parse::<HouseholdCode>());
        faults.or(code.map(|code| HouseholdErasure { code, version: self.version }))
    }
}

impl CompositionInput {
    fn parse(&self) -> Result<Composition, Faults> {
        Composition::parse(
            self.members,
            self.adults,
            self.working_age,
            &root().field("composition"),
        )
    }
}

impl HeadInput {
    fn parse(&self) -> Result<Head, Faults> {
        let citizen_number = self.citizen_number.as_deref();
        Head::parse(&self.name, citizen_number, self.phone.as_deref(), &root().field("head"))
    }
}

/// The parsed part, or its faults added to the others.
fn gather<T>(faults: &mut Faults, parsed: Result<T, Faults>) -> Option<T> {
    parsed.map_err(|found| faults.extend(found)).ok()
}
