//! Connections: page arguments in, Relay connections out.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::{Object, OutputType, SimpleObject, TypeName};
use registry_domain::page::{Page, PageRequest, Take};

use crate::at_once::{AtOnce, Field, Teller};
use crate::cursor::{CursorKey, List};
use crate::error::ApiError;
use crate::in_order::{One, Rows};
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
        let open =
            |cursor: Option<String>| cursor.map(|cursor| K::from_cursor(list, &cursor)).transpose();
        Ok(PageRequest { take, after: open(self.after)?, before: open(self.before)? })
    }
}

/// A page of a list whose members `N` have the places `K`, with what the whole list says.
pub(crate) struct Connection<K, N, A, Named = AfterNode> {
    list: List,
    page: Page<(K, N)>,
    whole: A,
    named: PhantomData<Named>,
}

/// A page of `list`; `whole` has the fields beside those of every connection.
pub(crate) fn connection<K, N, A, Named>(
    page: Page<(K, N)>,
    list: List,
    whole: A,
) -> One<Connection<K, N, A, Named>> {
    One(Connection { list, page, whole, named: PhantomData })
}

/// What a connection and its edges are named after.
pub(crate) trait Naming: Send + Sync {
    /// The name for members of this kind, without `Connection` or `Edge`.
    fn name<N: OutputType>() -> String;
}

/// They are named after their members.
pub(crate) struct AfterNode;

impl Naming for AfterNode {
    fn name<N: OutputType>() -> String {
        N::type_name().into_owned()
    }
}

/// Where a page is in its list (vị trí của trang trong danh sách).
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether there is more before it (còn trang trước).
    has_previous_page: bool,
    /// Whether there is more after it (còn trang sau).
    has_next_page: bool,
    /// The cursor of its first member (con trỏ đầu trang); null if it is empty.
    start_cursor: Option<String>,
    /// The cursor of its last member (con trỏ cuối trang); null if it is empty.
    end_cursor: Option<String>,
}

impl AtOnce for PageInfo {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "hasPreviousPage" => to.put(field, &self.has_previous_page),
            "hasNextPage" => to.put(field, &self.has_next_page),
            "startCursor" => to.put(field, &self.start_cursor),
            "endCursor" => to.put(field, &self.end_cursor),
            _ => None,
        }
    }
}

impl<K: CursorKey, N, A, Named> Connection<K, N, A, Named> {
    fn place(&self) -> One<PageInfo> {
        let items = &self.page.items;
        let cursor = |(key, _): &(K, N)| key.to_cursor(self.list);
        One(PageInfo {
            has_previous_page: self.page.has_previous,
            has_next_page: self.page.has_next,
            start_cursor: items.first().map(cursor),
            end_cursor: items.last().map(cursor),
        })
    }

    fn placed(&self) -> Rows<Edge<'_, K, N, Named>> {
        let items = self.page.items.iter();
        items.map(|(key, node)| Edge { list: self.list, key, node, named: PhantomData }).collect()
    }

    fn members(&self) -> Rows<&N> {
        self.page.items.iter().map(|(_, node)| node).collect()
    }
}

#[Object(name_type)]
impl<K, N, A, Named> Connection<K, N, A, Named>
where
    K: CursorKey + Send + Sync,
    N: AtOnce,
    A: AtOnce,
    Named: Naming,
{
    /// Where the page is in the list (vị trí của trang).
    async fn page_info(&self) -> One<PageInfo> {
        self.place()
    }

    /// The members of the page, each with its cursor (các mục kèm con trỏ).
    async fn edges(&self) -> Rows<Edge<'_, K, N, Named>> {
        self.placed()
    }

    /// The members of the page (các mục).
    async fn nodes(&self) -> Rows<&N> {
        self.members()
    }

    #[graphql(flatten)]
    async fn whole(&self) -> &A {
        &self.whole
    }
}

impl<K, N, A, Named> AtOnce for Connection<K, N, A, Named>
where
    K: CursorKey + Send + Sync,
    N: AtOnce,
    A: AtOnce,
    Named: Naming,
{
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "pageInfo" => to.put(field, &self.place()),
            "edges" => to.put(field, &self.placed()),
            "nodes" => to.put(field, &self.members()),
            _ => self.whole.tell(field, to),
        }
    }
}

impl<K, N, A, Named> TypeName for Connection<K, N, A, Named>
where
    K: Send + Sync,
    N: OutputType,
    A: Send + Sync,
    Named: Naming,
{
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", Named::name::<N>()).into()
    }
}

pub(crate) struct Edge<'page, K, N, Named> {
    list: List,
    key: &'page K,
    node: &'page N,
    named: PhantomData<Named>,
}

/// A member of a list and its place (một mục và con trỏ của nó).
#[Object(name_type)]
impl<K, N, Named> Edge<'_, K, N, Named>
where
    K: CursorKey + Send + Sync,
    N: AtOnce,
    Named: Naming,
{
    /// The member (mục).
    async fn node(&self) -> One<&N> {
        One(self.node)
    }

    /// The cursor (con trỏ): what `after` and `before` take.
    async fn cursor(&self) -> String {
        self.key.to_cursor(self.list)
    }
}

impl<K, N, Named> AtOnce for Edge<'_, K, N, Named>
where
    K: CursorKey + Send + Sync,
    N: AtOnce,
    Named: Naming,
{
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "node" => to.put(field, &One(self.node)),
            "cursor" => to.put(field, &self.key.to_cursor(self.list)),
            _ => None,
        }
    }
}

impl<K, N, Named> TypeName for Edge<'_, K, N, Named>
where
    K: Send + Sync,
    N: OutputType,
    Named: Naming,
{
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", Named::name::<N>()).into()
    }
}
