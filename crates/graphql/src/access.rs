//! What each field needs, declared with the field and told in the schema.
//!
//! A type's declaration holds for its fields; a field may narrow it by one of its own. What is
//! declared nowhere is denied, and a test of the schema finds it.

use async_graphql::{Enum, TypeDirective};
use registry_domain::access::Scope;

/// A permission of a token (quyền của mã truy cập).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Scope")]
pub(crate) enum AccessScope {
    /// `registry:read`: everything but personal data in clear (đọc dữ liệu).
    RegistryRead,
    /// `households:write`: households, surveys and what community teams do (ghi hộ, khảo sát và hoạt
    /// động của tổ công nghệ số cộng đồng).
    HouseholdsWrite,
    /// `certificates:report`: certificate counts of one partner (báo cáo chứng thư số).
    CertificatesReport,
    /// `listings:write`: sellers, products and listings (ghi gian hàng).
    ListingsWrite,
    /// `audit:read`: who did what (đọc nhật ký).
    AuditRead,
    /// `pii:read`: personal data in clear, for a stated purpose (đọc dữ liệu cá nhân).
    PiiRead,
    /// `admin`: reference data, partners, tokens (quản trị).
    Admin,
}

/// Open to everyone, with or without a token (mở cho mọi người).
#[TypeDirective(location = "FieldDefinition", location = "Object", location = "Interface")]
pub(crate) fn open() {}

/// Needs a token with one of these scopes (cần mã truy cập có một trong các quyền).
#[TypeDirective(
    location = "FieldDefinition",
    location = "Object",
    location = "Interface",
    location = "InputObject"
)]
pub(crate) fn needs(
    #[graphql(desc = "The scopes, any of which will do (một trong các quyền).")] any_of: Vec<
        AccessScope,
    >,
) {
}

/// What it costs beside the fields it gives (chi phí thêm), for an argument whenever it is given and not
/// null. The name is that of the GraphQL cost specification.
#[TypeDirective(location = "ArgumentDefinition")]
pub(crate) fn cost(
    #[graphql(desc = "As many fields as it costs (số trường tương đương).")] weight: String,
) {
}

/// What is asked as of a past moment is read from the records, not from what is kept of the present.
pub(crate) fn as_of_weight() -> String {
    "100".into()
}

/// How long a list is (độ dài danh sách), which is what makes it cost. The names are those of the
/// GraphQL cost specification; lists that don't say it are short and count once.
#[TypeDirective(name = "listSize", location = "FieldDefinition")]
pub(crate) fn list_size(
    #[graphql(desc = "The length if no argument tells it (độ dài giả định).")] assumed_size: Option<
        i32,
    >,
    #[graphql(
        desc = "The arguments that tell the length, by a number or by their own length; the first that is given counts (các tham số cho biết độ dài)."
    )]
    slicing_arguments: Option<Vec<String>>,
) {
}
