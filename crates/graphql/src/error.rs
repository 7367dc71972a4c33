//! Errors that end a field. The one place where they become `extensions.code` and a message.

use std::sync::Arc;

use async_graphql::resolver_utils::enum_value;
use async_graphql::{ErrorExtensionValues, ServerError};
use registry_domain::access::AccessDenied;
use registry_domain::fault::{Language, Rule};
use registry_persistence::StoreError;

use crate::document::tidy;
use crate::fault::UserErrorCode;
use crate::session::Session;

/// Why a field has no value.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    /// An argument breaks a rule.
    #[error("an argument breaks a rule")]
    Argument { name: &'static str, rule: Rule },
    /// Both ends of a list were asked for.
    #[error("both `first` and `last`")]
    BothEnds,
    /// A page is too large, or not a number of items.
    #[error("page size")]
    PageSize { asked: i64, limit: usize },
    /// A cursor was changed or belongs to another query.
    #[error("cursor")]
    Cursor,
    /// A unit does not exist on the boundaries it should be told on.
    #[error("unit not on boundaries")]
    NotOnBoundaries { explanation: String },
    /// More was asked for than one request may.
    #[error("too many")]
    TooMany { what: &'static str, limit: usize },
    /// The store said no.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<AccessDenied> for ApiError {
    fn from(denied: AccessDenied) -> Self {
        StoreError::from(denied).into()
    }
}

impl ApiError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "INTERNAL",
            _ => "BAD_USER_INPUT",
        }
    }

    fn message(&self, language: Language) -> String {
        let pick = |vietnamese: String, english: String| match language {
            Language::Vietnamese => vietnamese,
            Language::English => english,
        };
        match self {
            Self::Argument { name, rule } => format!("{name}: {}", rule.message(language)),
            Self::BothEnds => pick(
                "chỉ dùng một trong hai: first hoặc last".into(),
                "give either first or last, not both".into(),
            ),
            Self::PageSize { asked, limit } => pick(
                format!("trang phải có từ 1 đến {limit} mục, không phải {asked}"),
                format!("a page has from 1 to {limit} items, not {asked}"),
            ),
            Self::Cursor => pick(
                "con trỏ đã bị sửa hoặc thuộc truy vấn khác; hãy dùng con trỏ của chính danh sách này".into(),
                "the cursor was changed or belongs to another query; use a cursor of this very list".into(),
            ),
            Self::NotOnBoundaries { explanation } => explanation.clone(),
            Self::TooMany { what, limit } => pick(
                format!("{what}: tối đa {limit} trong một yêu cầu"),
                format!("{what}: at most {limit} in one request"),
            ),
            Self::Store(error) => match error.as_ref() {
                StoreError::Denied(denied) => denied.message(language),
                StoreError::Log(fault) => fault.message(language),
                error => error.to_string(),
            },
        }
    }
}

/// Gives an error its code, and its message in the asker's language.
pub(crate) fn explain(error: &mut ServerError, session: &Session) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    let Some(source) = error.source.as_ref().and_then(|source| source.downcast_ref::<ApiError>())
    else {
        // What async-graphql itself finds while running, such as a number out of range, is the asker's.
        extensions.set("code", "BAD_USER_INPUT");
        tidy(&mut error.message);
        return;
    };
    error.message = source.message(session.language);
    extensions.set("code", source.code());
    match source {
        ApiError::Argument { rule, .. } => {
            extensions.set("rule", enum_value(UserErrorCode::from(rule.code())));
        }
        ApiError::PageSize { limit, .. } | ApiError::TooMany { limit, .. } => {
            extensions.set("limit", *limit);
        }
        ApiError::Store(failure) => match failure.as_ref() {
            StoreError::Denied(_) | StoreError::Log(_) => extensions.set("code", failure.code()),
            StoreError::TooSlow => extensions.set("code", "TOO_COMPLEX"),
            failure if failure.is_retryable() => extensions.set("code", "UNAVAILABLE"),
            failure => {
                tracing::error!(request_id = session.request_id, code = failure.code(), error = ?failure, "request failed");
                extensions.set("requestId", session.request_id.as_str());
                error.message = internal(session.language).into();
            }
        },
        _ => {}
    }
}

const fn internal(language: Language) -> &'static str {
    match language {
        Language::Vietnamese => "lỗi nội bộ; hãy báo mã yêu cầu requestId",
        Language::English => "internal fault; report the requestId",
    }
}
