//! Why a document is not executed, and how that is told: shortly, without quoting it.

use async_graphql::{ErrorExtensionValues, Name, Pos, ServerError, Value};
use registry_domain::access::{AccessDenied, Scope, Scopes};
use registry_domain::fault::Language;
use registry_persistence::StoreError;

use crate::session::Visit;

/// The longest message, in characters: names in it can be as long as the document.
const MESSAGE_LIMIT: usize = 300;

/// The longest name told in a path.
const NAME_LIMIT: usize = 64;

/// About how many bytes the errors of a refused request may take together.
const BUDGET: usize = 800;

/// Why a request is not executed.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It holds neither a document nor the hash of one.
    NothingToExecute,
    /// The text is no document.
    Unreadable { at: Option<Pos> },
    /// Fragments include each other.
    CircularFragments,
    /// It asks for something the schema doesn't have.
    Invalid(ServerError),
    /// There is more of something than is allowed.
    TooMuch { what: Measure, limit: usize, found: usize },
    /// The asker may not have what is at this place of the answer.
    Denied { denied: AccessDenied, needs: Scopes, path: Vec<Name> },
    /// Nobody may, for the schema doesn't say who may.
    Undeclared { path: Vec<Name> },
    /// The document has several operations and the request doesn't say which.
    OperationNotNamed,
    /// The document has no such operation.
    UnknownOperation,
    /// It would change something and came by a way that only reads.
    OnlyQueries,
    /// The hash in the extensions is none.
    MalformedHash,
    /// The text has another hash than the request says.
    HashMismatch,
    /// The hash is not known; the client should send the text with it.
    PersistedQueryNotFound,
    /// Only listed documents are executed, and this is none of them.
    NotTrusted,
    /// The list of trusted documents can't be read.
    Store(StoreError),
}

/// What documents are measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Bytes,
    Tokens,
    Nesting,
    Aliases,
    Directives,
    Depth,
    RootFields,
    Selections,
    Complexity,
}

impl Measure {
    /// Refuses what is over a limit.
    pub(super) const fn within(self, limit: usize, found: usize) -> Result<(), Refused> {
        if found > limit { Err(Refused::TooMuch { what: self, limit, found }) } else { Ok(()) }
    }

    /// The name that clients read, and the words for people.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Bytes => ("bytes", "bytes of the document", "số byte của truy vấn"),
            Self::Tokens => ("tokens", "tokens", "số từ tố"),
            Self::Nesting => ("nesting", "levels of brackets", "số cấp ngoặc lồng nhau"),
            Self::Aliases => ("aliases", "aliases", "số bí danh"),
            Self::Directives => ("directives", "directives", "số chỉ thị"),
            Self::Depth => ("depth", "levels of fields", "độ sâu"),
            Self::RootFields => ("rootFields", "root fields", "số trường gốc"),
            Self::Selections => ("selections", "selections", "số trường được chọn"),
            Self::Complexity => ("complexity", "points of complexity", "độ phức tạp"),
        }
    }
}

impl Refused {
    const fn code(&self) -> &'static str {
        match self {
            Self::TooMuch { .. } => "TOO_COMPLEX",
            Self::Denied { denied: AccessDenied::Unauthenticated { .. }, .. } => "UNAUTHENTICATED",
            Self::Denied { .. } | Self::Undeclared { .. } => "FORBIDDEN",
            Self::OnlyQueries => "METHOD_NOT_ALLOWED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::NotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::Store(_) => "UNAVAILABLE",
            _ => "BAD_USER_INPUT",
        }
    }

    pub(super) fn message(&self, language: Language) -> String {
        let (english, vietnamese) = match self {
            Self::NothingToExecute => ("query is missing", "thiếu query"),
            Self::Unreadable { at } => {
                let (line, column) = at.map_or((0, 0), |at| (at.line, at.column));
                return match language {
                    Language::English => {
                        format!("the document can't be read at line {line}, column {column}")
                    }
                    Language::Vietnamese => {
                        format!("không đọc được truy vấn tại dòng {line}, cột {column}")
                    }
                };
            }
            Self::Invalid(error) => return error.message.clone(),
            Self::TooMuch { what, limit, found } => {
                let (_, english, vietnamese) = what.names();
                return match language {
                    Language::English => {
                        format!("the request has {found} {english}; at most {limit} are allowed")
                    }
                    Language::Vietnamese => {
                        format!("yêu cầu có {vietnamese} là {found}; tối đa {limit}")
                    }
                };
            }
            Self::Denied { denied, .. } => return denied.message(language),
            Self::CircularFragments => {
                ("fragments include each other in a circle", "các fragment lồng nhau thành vòng")
            }
            Self::Undeclared { .. } => ("this is open to nobody", "mục này chưa mở cho ai"),
            Self::OperationNotNamed => (
                "the document has several operations; name one in operationName",
                "truy vấn có nhiều thao tác; hãy nêu tên trong operationName",
            ),
            Self::UnknownOperation => {
                ("the document has no operation of this name", "truy vấn không có thao tác tên này")
            }
            Self::OnlyQueries => (
                "only queries come this way; send mutations by POST",
                "chỉ nhận truy vấn; hãy gửi thay đổi bằng POST",
            ),
            Self::MalformedHash => (
                "persistedQuery holds version 1 and a sha256Hash of 64 hexadecimal digits",
                "persistedQuery gồm version 1 và sha256Hash 64 chữ số thập lục phân",
            ),
            Self::HashMismatch => {
                ("sha256Hash is not the hash of query", "sha256Hash không khớp với query")
            }
            // The text that clients of the protocol look for.
            Self::PersistedQueryNotFound => ("PersistedQueryNotFound", "PersistedQueryNotFound"),
            Self::NotTrusted => (
                "only documents that were added to the registry are executed",
                "chỉ thực hiện các truy vấn đã đăng ký với hệ thống",
            ),
            Self::Store(_) => ("the registry is busy; try again", "hệ thống đang bận, hãy thử lại"),
        };
        match language {
            Language::English => english.to_owned(),
            Language::Vietnamese => vietnamese.to_owned(),
        }
    }

    fn told(self, visit: &Visit) -> ServerError {
        let mut message = self.message(visit.language);
        tidy(&mut message);
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        extensions.set("requestId", visit.request_id.as_str());
        let mut error = ServerError::new(message, None);
        match self {
            Self::TooMuch { what, limit, found } => {
                extensions.set("what", what.names().0);
                extensions.set("limit", limit);
                extensions.set("found", found);
            }
            Self::Denied { needs, path, .. } => {
                extensions.set(
                    "needs",
                    needs.iter().map(Scope::name).map(Value::from).collect::<Vec<_>>(),
                );
                extensions.set("path", told_path(&path));
            }
            Self::Undeclared { path } => extensions.set("path", told_path(&path)),
            Self::Unreadable { at } => error.locations = at.into_iter().collect(),
            Self::Invalid(invalid) => {
                error.locations = invalid.locations.into_iter().take(2).collect();
            }
            Self::Store(failure) => {
                tracing::error!(request_id = visit.request_id, code = failure.code(), error = ?failure, "trusted documents can't be read");
            }
            _ => {}
        }
        error.extensions = Some(extensions);
        error
    }
}

/// The errors of a request that is not executed. Places that were denied are all told; of the rest,
/// as many as fit into a short answer.
pub(super) fn told(refused: Vec<Refused>, visit: &Visit) -> Vec<ServerError> {
    let mut room = BUDGET;
    let mut told = Vec::new();
    for refused in refused {
        let is_place = matches!(refused, Refused::Denied { .. } | Refused::Undeclared { .. });
        let error = refused.told(visit);
        // What stands around the message: code, request id, locations.
        let size = error.message.len() + 150;
        if !is_place && !told.is_empty() && size > room {
            break;
        }
        room = room.saturating_sub(size);
        told.push(error);
    }
    told
}

fn told_path(path: &[Name]) -> Vec<Value> {
    let shortened = path.iter().map(|name| name.chars().take(NAME_LIMIT).collect::<String>());
    shortened.map(Value::from).collect()
}

/// Cuts a message that could be as long as the request, and writes out its control characters.
pub(crate) fn tidy(message: &mut String) {
    if message.len() <= MESSAGE_LIMIT && !message.contains(char::is_control) {
        return;
    }
    let escaped = message.chars().take(MESSAGE_LIMIT).flat_map(|letter| {
        let escaped = letter.is_control().then(|| letter.escape_default());
        let plain = (!letter.is_control()).then_some(letter);
        escaped.into_iter().flatten().chain(plain)
    });
    let mut short: String = escaped.take(MESSAGE_LIMIT).collect();
    if message.chars().nth(MESSAGE_LIMIT).is_some() {
        short.push('…');
    }
    *message = short;
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        Self::Invalid(error)
    }
}
