//! Marketplaces: reading and changing them.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::commerce::{
    self as domain, MarketplaceChange, MarketplaceCode, MarketplaceName, NewMarketplace,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::page::Page;
use registry_domain::unit::Validity;
use registry_persistence::{Command, RegisterMarketplace, UpdateMarketplace};

use super::{MarketplaceFilter, readers};
use crate::access::{AccessScope, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::cursor::List;
use crate::error::ApiError;
use crate::fault::UserError;
use crate::in_order::One;
use crate::mutation::{Attempt, is_shown, write};
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::Date;
use crate::session::Session;

/// A marketplace as the registry knows it.
#[derive(Debug, Clone)]
pub(crate) struct Marketplace(pub(crate) Arc<domain::Marketplace>);

/// A marketplace (sàn thương mại điện tử).
#[Object(directive = needs::apply(readers()))]
impl Marketplace {
    /// Its code (mã sàn), like `POSTMART`.
    async fn code(&self) -> &str {
        self.0.code.as_str()
    }

    /// What it is called (tên).
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The first day on which it can be sold on (hoạt động từ ngày); null if older than the records.
    async fn valid_from(&self) -> Option<Date> {
        self.0.validity.from.map(Date)
    }

    /// The day after the last (ngừng hoạt động từ ngày); null while it is open.
    async fn valid_to(&self) -> Option<Date> {
        self.0.validity.until.map(Date)
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self) -> u32 {
        self.0.version
    }
}

impl AtOnce for Marketplace {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "code" => to.put(field, self.0.code.as_str()),
            "name" => to.put(field, &self.0.name),
            "validFrom" => to.put(field, &self.0.validity.from.map(Date)),
            "validTo" => to.put(field, &self.0.validity.until.map(Date)),
            "version" => to.put(field, &self.0.version),
            _ => None,
        }
    }
}

pub(crate) type MarketplaceConnection =
    One<Connection<MarketplaceCode, Marketplace, MarketplaceCount>>;

/// How many marketplaces the whole list has.
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct MarketplaceCount {
    /// The number of marketplaces in the whole list (tổng số sàn).
    total_count: usize,
}

impl AtOnce for MarketplaceCount {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "totalCount" => to.put(field, &self.total_count),
            _ => None,
        }
    }
}

/// A page of marketplaces, by code; there are few, so all of them are read.
pub(super) async fn marketplace_page(
    session: &Session,
    filter: Option<MarketplaceFilter>,
    page: PageArguments,
) -> Result<MarketplaceConnection, ApiError> {
    let open_on = filter.unwrap_or_default().open_on.map(|day| day.0);
    let list = List::of(("marketplaces", open_on));
    let request = page.request::<MarketplaceCode>(list, session)?;
    let all = session.reader.marketplaces().await?;
    let open =
        |known: &&Arc<domain::Marketplace>| open_on.is_none_or(|day| known.validity.holds(day));
    let found: Vec<_> = all.iter().filter(open).cloned().collect();
    let count = MarketplaceCount { total_count: found.len() };
    let page = Page::from_sorted(found.into_iter(), &request, |known| known.code.clone());
    let page = page.map(|known| (known.code.clone(), Marketplace(known)));
    Ok(connection(page, list, count))
}

/// When a marketplace can be sold on (thời gian hoạt động).
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct MarketplaceValidity {
    /// The first day (từ ngày), if known.
    from: Option<Date>,
    /// The day after the last (đến trước ngày), if there is one.
    to: Option<Date>,
}

/// A marketplace to be made known (sàn mới).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterMarketplaceInput {
    /// Its code (mã sàn): 2…20 capital letters, digits or underscores.
    code: String,
    /// What it is called (tên), 1…100 characters.
    name: String,
    /// When it can be sold on (thời gian hoạt động); always, if not given.
    validity: Option<MarketplaceValidity>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What changes of a marketplace (thay đổi về sàn); what is not given stays.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdateMarketplaceInput {
    /// Its code (mã sàn).
    code: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// What it is called now (tên), 1…100 characters.
    name: Option<String>,
    /// When it can be sold on (thời gian hoạt động), in place of what was said before.
    validity: Option<MarketplaceValidity>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change of a marketplace (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct MarketplacePayload {
    /// The marketplace as it is now (sàn); null if the input was refused.
    marketplace: Option<Marketplace>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// Mutations of marketplaces.
#[derive(Default)]
pub(crate) struct MarketplaceMutation;

#[Object]
impl MarketplaceMutation {
    /// Makes a marketplace known (đăng ký sàn thương mại điện tử). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn register_marketplace(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The marketplace (sàn).")] input: RegisterMarketplaceInput,
    ) -> Result<MarketplacePayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(change(context, input.parse(), attempt).await?)
    }

    /// Changes a marketplace's name, or when it can be sold on (cập nhật sàn). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn update_marketplace(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes (thay đổi).")] input: UpdateMarketplaceInput,
    ) -> Result<MarketplacePayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(change(context, input.parse(), attempt).await?)
    }
}

/// Carries out a command whose outcome is the marketplace's code, and shows the marketplace.
async fn change<C: Command<Outcome = String>>(
    context: &Context<'_>,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<MarketplacePayload, ApiError> {
    let session = Session::of(context);
    Ok(match write(session, Scope::Admin, command, attempt).await? {
        Ok(written) => {
            session.forget_marketplaces().await;
            let code = written.outcome.parse::<MarketplaceCode>().ok();
            let code = code.filter(|_| is_shown(context, "marketplace"));
            let marketplace = match code {
                Some(code) => Some(Marketplace(session.marketplace(&code).await?)),
                None => None,
            };
            MarketplacePayload { marketplace, replayed: written.replayed, errors: Vec::new() }
        }
        Err(errors) => MarketplacePayload { marketplace: None, replayed: false, errors },
    })
}

impl MarketplaceValidity {
    fn parse(self, at: &Path, faults: &mut Faults) -> Validity {
        let (from, until) = (self.from.map(|from| from.0), self.to.map(|to| to.0));
        if let Some((from, until)) = from.zip(until)
            && until <= from
        {
            let earliest = from.succ_opt().unwrap_or(from);
            faults.push(at.field("to"), Rule::DateTooEarly { earliest });
        }
        Validity { from, until }
    }
}

impl RegisterMarketplaceInput {
    fn parse(self) -> Result<RegisterMarketplace, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let code = faults.keep(at.field("code"), self.code.parse::<MarketplaceCode>());
        let name = faults.keep(at.field("name"), MarketplaceName::parse(&self.name));
        let given = self.validity;
        let validity = given.map(|given| given.parse(&at.field("validity"), &mut faults));
        let validity = validity.unwrap_or_default();
        let new = code.zip(name).map(|(code, name)| NewMarketplace { code, name, validity });
        faults.or(new.map(RegisterMarketplace))
    }
}

impl UpdateMarketplaceInput {
    fn parse(self) -> Result<UpdateMarketplace, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let version = self.version;
        let code = faults.keep(at.field("code"), self.code.parse::<MarketplaceCode>());
        let name = self.name.as_deref().map(MarketplaceName::parse).transpose();
        let name = faults.keep(at.field("name"), name);
        let given = self.validity;
        let validity = given.map(|given| given.parse(&at.field("validity"), &mut faults));
        let change = code.zip(name);
        let change = change.map(|(code, name)| MarketplaceChange { code, version, name, validity });
        faults.or(change.map(UpdateMarketplace))
    }
}
