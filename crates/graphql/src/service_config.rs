//! The limits in force, told to clients.

use async_graphql::SimpleObject;

use crate::access::open;
use crate::mutation::BATCH_LIMIT;
use crate::session::Session;
use crate::{DocumentPolicy, SchemaSettings};

/// The limits in force (các giới hạn đang áp dụng).
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct ServiceConfig {
    /// The largest page of a list (số mục tối đa mỗi trang).
    max_page: usize,
    /// How deep fields may nest, fragments written out (độ sâu tối đa).
    max_depth: usize,
    /// How many fields a request may ask for, lists counted by their length (độ phức tạp tối đa).
    max_complexity: usize,
    /// The most rows of a batch mutation (số dòng tối đa mỗi lô).
    max_batch_rows: usize,
    /// Which documents are executed (truy vấn nào được thực hiện).
    documents: DocumentPolicy,
    /// How long a document may be, in bytes (độ dài tối đa của truy vấn).
    max_document_bytes: usize,
    /// How many tokens a document may have (số từ tố tối đa).
    max_tokens: usize,
    /// How deep brackets and written-out fragments may nest (số cấp lồng nhau tối đa).
    max_nesting: usize,
    /// How many aliases a document may have (số bí danh tối đa).
    max_aliases: usize,
    /// How many directives a document may have (số chỉ thị tối đa).
    max_directives: usize,
    /// How many fields an operation may begin with (số trường gốc tối đa).
    max_root_fields: usize,
    /// How many selections a document may have, fragments written out (số trường được chọn tối đa).
    max_selections: usize,
    /// How long variables may be as JSON, in bytes (độ dài tối đa của biến).
    max_variables_bytes: usize,
    /// How many errors an answer tells; a batch's own errors are all told (số lỗi tối đa được báo).
    max_errors: usize,
}

impl ServiceConfig {
    pub(crate) fn of(session: &Session) -> Self {
        let SchemaSettings {
            introspection: _,
            documents,
            max_depth,
            max_complexity,
            max_page,
            max_document_bytes,
            max_tokens,
            max_nesting,
            max_aliases,
            max_directives,
            max_root_fields,
            max_selections,
            max_variables_bytes,
            max_errors,
        } = session.settings;
        Self {
            max_page,
            max_depth,
            max_complexity,
            max_batch_rows: BATCH_LIMIT,
            documents,
            max_document_bytes,
            max_tokens,
            max_nesting,
            max_aliases,
            max_directives,
            max_root_fields,
            max_selections,
            max_variables_bytes,
            max_errors,
        }
    }
}
