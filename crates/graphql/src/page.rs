//! Connections: page arguments in, Relay connections out.

use async_graphql::connection::{Connection, ConnectionNameType, Edge, EdgeNameType, EmptyFields};
use async_graphql::{ObjectType, OutputType};
use registry_domain::page::{Page, PageRequest, Take};

use crate::cursor::{Cursor, CursorKey, List};
use crate::error::ApiError;
use crate::session::Session;

/// The size of a page if none is asked for.
const DEFAULT_PAGE: u8 = 20;

/// The same, as the schema tells it.
pub(crate) const PAGE: Option<i32> = Some(DEFAULT_PAGE as i32);

/// The arguments that tell the size of a page.
pub(crate) fn paging() -> Vec<String> {
    vec!["first".into(), "last".into()]
}

/// The four arguments of every connection.
#[derive(Debug, Default)]
pub(crate) struct PageArguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl PageArguments {
    pub(crate) fn request<K: CursorKey>(
        self,
        list: List,
        session: &Session,
    ) -> Result<PageRequest<K>, ApiError> {
        let limit = session.settings.max_page;
        let size = |asked: i32| match usize::try_from(asked) {
            Ok(size) if (1..=limit).contains(&size) => Ok(size),
            _ => Err(ApiError::PageSize { asked: asked.into(), limit }),
        };
        let take = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(ApiError::BothEnds),
            (None, Some(last)) => Take::Last(size(last)?),
            (Some(first), None) => Take::First(size(first)?),
            (None, None) => Take::First(usize::from(DEFAULT_PAGE).min(limit)),
        };
        let open = |cursor: Option<String>| cursor.map(|cursor| list.open(&cursor)).transpose();
        Ok(PageRequest { take, after: open(self.after)?, before: open(self.before)? })
    }
}

/// A connection with `additional` fields.
pub(crate) fn connection<K, N, A, Name, EdgeName>(
    page: Page<(K, N)>,
    list: List,
    additional: A,
) -> Connection<Cursor, N, A, EmptyFields, Name, EdgeName>
where
    K: CursorKey,
    N: OutputType,
    A: ObjectType,
    Name: ConnectionNameType,
    EdgeName: EdgeNameType,
{
    let mut connection =
        Connection::with_additional_fields(page.has_previous, page.has_next, additional);
    connection
        .edges
        .extend(page.items.into_iter().map(|(key, node)| Edge::new(list.cursor(&key), node)));
    connection
}
