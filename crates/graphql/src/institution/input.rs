//! Registering, changing and closing schools and banks.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::fault::{Faults, Path};
use registry_domain::institution::{
    InstitutionChange, InstitutionClosure, InstitutionCode, InstitutionName, NewInstitution,
};
use registry_persistence::{
    ChangeInstitutions, CloseInstitutions, Command, RegisterInstitutions, Row,
};

use super::object::{Institution, InstitutionKind, one_institution};
use crate::access::{AccessScope, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, is_shown, write};
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::UnitRef;

/// A school or bank to be registered (đăng ký trường học, ngân hàng).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterInstitutionInput {
    /// What it is (loại hình).
    kind: InstitutionKind,
    /// What it is called (tên), NFC, 1…200 characters; unique among those open in the hamlet.
    name: String,
    /// The hamlet it stands in (ấp, khu vực); a bare code is read today.
    hamlet: UnitRef,
    /// Its first day (ngày thành lập), 1900-01-01 up to today.
    opened_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A change to a school or bank (thay đổi trường học, ngân hàng); what is left out stays as it is, and
/// something must become different.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdateInstitutionInput {
    /// Its code (mã tổ chức).
    institution: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// Since when the change holds (ngày hiệu lực): from the last change up to today.
    effective_on: Date,
    /// What it is called now (tên mới).
    name: Option<String>,
    /// The hamlet it stands in now (ấp, khu vực mới); a bare code is read today.
    hamlet: Option<UnitRef>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// The end of a school or bank (ngừng hoạt động).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CloseInstitutionInput {
    /// Its code (mã tổ chức).
    institution: String,
    /// The version that the closure is meant for (phiên bản).
    version: u32,
    /// The first day on which it is closed (ngày ngừng hoạt động): from the last thing recorded of it up to today.
    closed_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change to a school or bank (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct InstitutionPayload {
    /// The school or bank as it stands now (sau thay đổi); null if the input was refused.
    institution: Option<Institution>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was carried out.
    errors: Vec<UserError>,
}

/// Mutations of schools and banks.
#[derive(Default)]
pub(crate) struct InstitutionMutation;

#[Object]
impl InstitutionMutation {
    /// Registers a school or bank (đăng ký trường học, ngân hàng). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn register_institution(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The school or bank (trường học, ngân hàng).")]
        input: RegisterInstitutionInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(Session::of(context));
        let command = command.map(|value| RegisterInstitutions(vec![row(value)]));
        Ok(carry_out(context, command, attempt).await?)
    }

    /// Renames or moves a school or bank (đổi tên, chuyển địa điểm). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn update_institution(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change (thay đổi).")] input: UpdateInstitutionInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(Session::of(context));
        let command = command.map(|value| ChangeInstitutions(vec![row(value)]));
        Ok(carry_out(context, command, attempt).await?)
    }

    /// Closes a school or bank (ngừng hoạt động). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn close_institution(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The closure (ngừng hoạt động).")] input: CloseInstitutionInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| CloseInstitutions(vec![row(value)]));
        Ok(carry_out(context, command, attempt).await?)
    }
}

pub(super) fn root() -> Path {
    Path::root().field("input")
}

pub(super) fn row<T>(value: T) -> Row<T> {
    Row { at: root(), value }
}

/// Carries out a command about one institution, and shows it as it stands then if it is asked for.
pub(super) async fn carry_out<C>(
    context: &Context<'_>,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<InstitutionPayload, ApiError>
where
    C: Command<Outcome = Vec<u32>>,
{
    let session = Session::of(context);
    Ok(match write(session, Scope::Admin, command, attempt).await? {
        Ok(written) => {
            let shown = written.outcome.first().filter(|_| is_shown(context, "institution"));
            InstitutionPayload {
                institution: match shown.copied().and_then(InstitutionCode::new) {
                    Some(code) => one_institution(session, code).await?,
                    None => None,
                },
                replayed: written.replayed,
                errors: Vec::new(),
            }
        }
        Err(errors) => InstitutionPayload { institution: None, replayed: false, errors },
    })
}

/// The code as it was given.
pub(super) fn code(text: &str, faults: &mut Faults) -> Option<InstitutionCode> {
    faults.keep(root().field("institution"), text.parse())
}

impl RegisterInstitutionInput {
    fn parse(&self, session: &Session) -> Result<NewInstitution, Faults> {
        let mut faults = Faults::default();
        let name = faults.keep(root().field("name"), InstitutionName::parse(&self.name));
        let hamlet = self.hamlet.hamlet(session, session.reader.today());
        let hamlet = faults.keep(root().field("hamlet"), hamlet);
        let (kind, opened_on) = (self.kind.into(), self.opened_on.0);
        let new = name.zip(hamlet);
        faults.or(new.map(|(name, hamlet)| NewInstitution { kind, name, hamlet, opened_on }))
    }
}

impl UpdateInstitutionInput {
    fn parse(&self, session: &Session) -> Result<InstitutionChange, Faults> {
        let mut faults = Faults::default();
        let code = code(&self.institution, &mut faults);
        let name = self.name.as_deref().map(InstitutionName::parse).transpose();
        let name = faults.keep(root().field("name"), name).flatten();
        let today = session.reader.today();
        let hamlet = self.hamlet.as_ref().map(|hamlet| hamlet.hamlet(session, today)).transpose();
        let hamlet = faults.keep(root().field("hamlet"), hamlet).flatten();
        let (version, effective_on) = (self.version, self.effective_on.0);
        let change =
            code.map(|code| InstitutionChange { code, version, effective_on, name, hamlet });
        faults.or(change)
    }
}

impl CloseInstitutionInput {
    fn parse(&self) -> Result<InstitutionClosure, Faults> {
        let mut faults = Faults::default();
        let code = code(&self.institution, &mut faults);
        let (version, closed_on) = (self.version, self.closed_on.0);
        faults.or(code.map(|code| InstitutionClosure { code, version, closed_on }))
    }
}
