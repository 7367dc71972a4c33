//! Answers that follow from figures alone, kept as they were written: told again for as long as the
//! figures, the units, the partners and the day are those they were told of.
//!
//! Nothing of a single record is ever kept: an answer that took any statement but the one that tells which
//! figures hold is made anew each time. Whoever asks gets no answer that was made for someone else.

use std::sync::{Arc, Weak};

use async_graphql::{Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::HeaderValue;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use registry_domain::access::Principal;
use registry_domain::fault::Language;
use registry_domain::rollup::RollupCube;
use registry_domain::time::Date;
use registry_domain::unit::Units;
use registry_persistence::{DocumentHash, Figures, LedgerSnapshot, Standing};
use sha2::{Digest as _, Sha256};

use crate::session::Session;

/// The longest variables, as JSON, of a question whose answer is kept, in bytes.
const VARIABLES_LIMIT: usize = 4 << 10;

/// About how many bytes an answer takes beside its text and its question.
const BESIDE: u64 = 512;

/// How many bytes an answer has, as far as nobody knows yet.
const USUAL: u64 = 4 << 10;

/// How much of a hash names an answer, in bytes.
const TAG_BYTES: usize = 12;

/// An answer as it goes out.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The JSON.
    pub body: Bytes,
    /// Names this very answer: a weak entity tag (RFC 9110, 8.8.3), since it goes out by two media types.
    pub tag: HeaderValue,
}

/// All that an answer follows from beside what the registry knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) document: DocumentHash,
    operation: Option<String>,
    variables: String,
    principal: Principal,
    language: Language,
}

/// What the registry knew when an answer was made. Holds none of it in memory.
#[derive(Debug)]
struct Known {
    rollups: Weak<RollupCube>,
    ledger: Weak<LedgerSnapshot>,
    units: Weak<Units>,
    standing: Weak<Standing>,
    day: Date,
}

impl Known {
    fn new(figures: &Figures, standing: &Arc<Standing>, session: &Session) -> Self {
        Self {
            rollups: Arc::downgrade(&figures.rollups),
            ledger: Arc::downgrade(&figures.ledger),
            units: Arc::downgrade(&session.reader.units()),
            standing: Arc::downgrade(standing),
            day: session.reader.today(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.rollups.ptr_eq(&other.rollups)
            && self.ledger.ptr_eq(&other.ledger)
            && self.units.ptr_eq(&other.units)
            && self.standing.ptr_eq(&other.standing)
            && self.day == other.day
    }
}

#[derive(Debug)]
struct Entry {
    kept: Kept,
    known: Known,
}

#[derive(Debug, Clone)]
struct BySize;

impl Weighter<Question, Arc<Entry>> for BySize {
    fn weight(&self, question: &Question, entry: &Arc<Entry>) -> u64 {
        (question.variables.len() + entry.kept.body.len()) as u64 + BESIDE
    }
}

/// The answers that are kept, if any are.
pub(crate) struct KeptAnswers(Option<Cache<Question, Arc<Entry>, BySize>>);

impl KeptAnswers {
    /// Keeps so many bytes of answers; none if 0.
    pub(crate) fn new(bytes: u64) -> Self {
        let answers = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX).max(1);
        Self((bytes > 0).then(|| Cache::with_weighter(answers, bytes, BySize)))
    }

    /// What is asked, if its answer might be kept.
    pub(crate) fn question(
        &self,
        request: &Request,
        (principal, language): (&Principal, Language),
        document: DocumentHash,
    ) -> Option<Question> {
        self.0.as_ref()?;
        let variables = serde_json::to_string(&request.variables).ok()?;
        (variables.len() <= VARIABLES_LIMIT).then(|| Question {
            document,
            operation: request.operation_name.clone(),
            variables,
            principal: principal.clone(),
            language,
        })
    }

    /// The answer that was kept, if it still holds.
    pub(crate) async fn find(&self, question: &Question, session: &Session) -> Option<Kept> {
        let entry = self.0.as_ref()?.get(question)?;
        // If these can't be had, whoever makes the answer will say so.
        let standing = session.store.standing().await.ok()?;
        let figures = session.figures().await.ok()?;
        let now = Known::new(figures, &standing, session);
        entry.known.is_same(&now).then(|| entry.kept.clone())
    }

    /// Keeps an answer, if it follows from figures alone. `standing` is from before it was made: an answer
    /// must never pass for newer than it is.
    pub(crate) fn keep(
        &self,
        question: Question,
        standing: &Arc<Standing>,
        session: &Session,
        response: &Response,
    ) -> Option<Kept> {
        let cache = self.0.as_ref()?;
        let figures = session.known_figures()?;
        if response.is_err() || session.reader.statements() != 1 {
            return None;
        }
        let body = Bytes::from(serde_json::to_vec(response).ok()?);
        let hash = Sha256::digest(&body);
        let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..TAG_BYTES]));
        let kept = Kept { body, tag: HeaderValue::try_from(tag).ok()? };
        let known = Known::new(figures, standing, session);
        cache.insert(question, Arc::new(Entry { kept: kept.clone(), known }));
        Some(kept)
    }
}
