//! Where reading of schools and banks begins.

use async_graphql::{Context, Object, Result};

use super::filter::{InstitutionArguments, InstitutionFilter, InstitutionOrder};
use super::object::{Institution, InstitutionConnection, institution_page, one_institution};
use crate::access::{AccessScope, list_size, needs};
use crate::in_order::One;
use crate::page::{PAGE, PageArguments, paging};
use crate::scalar::RegistryCode;
use crate::session::Session;

/// Reading schools and banks.
#[derive(Default)]
pub(crate) struct InstitutionQuery;

#[Object]
impl InstitutionQuery {
    /// One school or bank (một trường học, ngân hàng) by its code; null if there is none. Needs
    /// `registry:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn institution(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã tổ chức).")] code: RegistryCode,
    ) -> Result<Option<One<Institution>>> {
        Ok(one_institution(Session::of(context), code.read("code")?).await?.map(One))
    }

    /// Schools and banks (các trường học, ngân hàng). Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::RegistryRead]))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn institutions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<InstitutionFilter>,
        #[graphql(desc = "The order (thứ tự); by code if not given.")] order_by: Option<
            InstitutionOrder,
        >,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<InstitutionConnection> {
        let page = PageArguments { first, after, last, before };
        let arguments = InstitutionArguments { filter, order_by, page };
        Ok(institution_page(Session::of(context), arguments).await?)
    }
}
