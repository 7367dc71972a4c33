//! Answers that follow from figures alone, kept as they were written: told again for as long as the
//! figures, the units, the partners and the day are those they were told of.
//!
//! Nothing of a single record is ever kept: an answer that took any statement but the one that tells which
//! figures hold is made anew each time. Whoever asks gets no answer that was made for someone else.

use std::sync::{Arc, Weak};

use async_graphql::{Name, Request, Response};
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

use crate::at_once::written;
use crate::document::Ready;
use crate::session::Session;

/// The entry points that can be answered from figures alone. What begins otherwise is never asked about here.
const OF_FIGURES: [&str; 5] =
    ["certificateTotals", "indicatorSeries", "indicators", "unit", "units"];

/// The longest question whose answer is kept, in bytes.
const QUESTION_LIMIT: usize = 4 << 10;

/// Whether a query that begins by these fields may be answered from figures alone.
pub(crate) fn of_figures<'name>(mut entry_points: impl Iterator<Item = &'name Name>) -> bool {
    entry_points.all(|entry| OF_FIGURES.contains(&entry.as_str()))
}

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
    document: DocumentHash,
    operation: Option<String>,
    variables: String,
    principal: Principal,
    language: Language,
}

impl Question {
    /// How many bytes of text it has.
    fn length(&self) -> usize {
        let operation = self.operation.as_deref().unwrap_or_default();
        operation.len() + self.variables.len() + self.principal.actor().len()
    }
}

/// What nothing holds still while an answer is made. Noted before: an answer must never pass for newer than
/// it is.
#[derive(Debug)]
pub(crate) struct Before {
    standing: Arc<Standing>,
    day: Date,
}

impl Before {
    /// `None` if it can't be had; whoever makes the answer will say so.
    pub(crate) async fn note(session: &Session) -> Option<Self> {
        let day = session.reader.today();
        Some(Self { standing: session.store.standing().await.ok()?, day })
    }
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
    fn new(figures: &Figures, before: &Before, session: &Session) -> Self {
        Self {
            rollups: Arc::downgrade(&figures.rollups),
            ledger: Arc::downgrade(&figures.ledger),
            units: Arc::downgrade(&session.reader.units()),
            standing: Arc::downgrade(&before.standing),
            day: before.day,
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
        (question.length() + entry.kept.body.len()) as u64 + BESIDE
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

    /// What is asked, if its answer might be kept: that of a query that begins like this.
    pub(crate) fn question(
        &self,
        request: &Request,
        (principal, language): (&Principal, Language),
        ready: &Ready,
    ) -> Option<Question> {
        self.0.as_ref().filter(|_| ready.of_figures)?;
        let question = Question {
            document: ready.document,
            operation: request.operation_name.clone(),
            variables: serde_json::to_string(&request.variables).ok()?,
            principal: principal.clone(),
            language,
        };
        (question.length() <= QUESTION_LIMIT).then_some(question)
    }

    /// The answer that was kept, if it still holds.
    pub(crate) async fn find(&self, question: &Question, session: &Session) -> Option<Kept> {
        let entry = self.0.as_ref()?.get(question)?;
        let now = Before::note(session).await?;
        let now = Known::new(session.figures().await.ok()?, &now, session);
        entry.known.is_same(&now).then(|| entry.kept.clone())
    }

    /// Keeps an answer, if it follows from figures alone.
    pub(crate) fn keep(
        &self,
        question: Question,
        before: &Before,
        session: &Session,
        response: &Response,
    ) -> Option<Kept> {
        let cache = self.0.as_ref()?;
        let figures = session.known_figures()?;
        // One that was made around midnight may be of either day, or of both.
        let of_one_day = session.reader.today() == before.day;
        if response.is_err() || session.reader.statements() != 1 || !of_one_day {
            return None;
        }
        let body = Bytes::from(written(response).ok()?.into_boxed_slice());
        let hash = Sha256::digest(&body);
        let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..TAG_BYTES]));
        let kept = Kept { body, tag: HeaderValue::try_from(tag).ok()? };
        let known = Known::new(figures, before, session);
        cache.insert(question, Arc::new(Entry { kept: kept.clone(), known }));
        Some(kept)
    }
}
