//! The limits in force, told to clients.

use async_graphql::SimpleObject;

use crate::access::open;
use crate::connectivity::BATCH_LIMIT;
use crate::session::Session;

/// The limits in force (các giới hạn đang áp dụng).
#[derive(SimpleObject)]
#[allow(clippy::struct_field_names, reason = "the names of the schema")]
#[graphql(directive = open::apply())]
pub(crate) struct ServiceConfig {
    /// The largest page of a list (số mục tối đa mỗi trang).
    max_page: usize,
    /// How deep selections may nest (độ sâu tối đa).
    max_depth: usize,
    /// How many fields a request may ask for, lists counted by their page size (độ phức tạp tối đa).
    max_complexity: usize,
    /// The most rows of a batch mutation (số dòng tối đa mỗi lô).
    max_batch_rows: usize,
}

impl ServiceConfig {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            max_page: session.settings.max_page,
            max_depth: session.settings.max_depth,
            max_complexity: session.settings.max_complexity,
            max_batch_rows: BATCH_LIMIT,
        }
    }
}
