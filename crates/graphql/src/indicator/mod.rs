//! Indicators: figures of units by month, told from the rollups in memory.

mod code;

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use futures_util::{Stream, StreamExt as _, future, stream};
use registry_domain::access::Scope;
use registry_domain::certificate::LedgerView;
use registry_domain::indicator::{
    self as domain, Audience, Comparison, Coverage, Figure, FigureStatus, Quality, Reached, Totals,
};
use registry_domain::time;
use registry_domain::unit::{Level, Portion, UnitId, UnitTree, Units};
use registry_persistence::Figures;

use code::CODES;
pub(crate) use code::IndicatorCode;

use crate::access::open;
use crate::at_once::{AtOnce, Field, Teller};
use crate::error::ApiError;
use crate::scalar::{Date, YearMonth};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// The longest series, in months.
const SERIES_LIMIT: usize = 240;

/// Whether a figure may still change in the ordinary course (trạng thái số liệu).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "FigureStatus")]
pub(crate) enum IndicatorStatus {
    /// Surveys of the month are still coming in (tạm tính).
    Provisional,
    /// The month and the two months for late surveys are over (chính thức).
    Final,
}

/// Whether a figure was counted (cách tính số liệu).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Quality")]
pub(crate) enum FigureQuality {
    /// All hamlets count whole (chính xác).
    Exact,
    /// A hamlet was split between units and divided by share (ước tính).
    Estimated,
}

/// How much of a unit its figure covers (phạm vi số liệu). Whoever lacks `registry:read` sees no figure,
/// and no difference of figures, that is about fewer than 5 households.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Coverage")]
pub(crate) enum FigureCoverage {
    /// All of it (toàn bộ).
    Whole,
    /// All but hamlets with fewer than 5 surveyed households (trừ các ấp, khu vực có dưới 5 hộ).
    WithoutSmallHamlets,
    /// Nothing, since it has such hamlets only (không công bố).
    Suppressed,
}

/// How a statement compares the truth with its figure (so sánh).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Comparison")]
pub(crate) enum PublishedComparison {
    /// Just that (bằng).
    Equal,
    /// Over that (trên).
    MoreThan,
}

/// A figure that was stated in public (số liệu đã công bố); never computed by the registry.
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct PublishedFigure {
    /// The ratio (tỷ lệ), 0…1, or the number.
    value: f64,
    /// Just that, or over that (so sánh).
    comparison: PublishedComparison,
    /// When it was stated (ngày công bố).
    as_of: Date,
    /// Where it was stated (nguồn).
    source: String,
}

/// What a plan wants (chỉ tiêu).
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct IndicatorTarget {
    /// The ratio wanted (tỷ lệ), 0…1.
    value: f64,
    /// By when (thời hạn).
    due_on: Date,
    /// The plan (nguồn).
    source: String,
}

/// One indicator of one unit at the end of one month (giá trị chỉ số).
#[derive(SimpleObject)]
#[graphql(serial, complex, directive = open::apply())]
pub(crate) struct IndicatorValue {
    #[graphql(skip)]
    domain: domain::IndicatorCode,
    #[graphql(skip)]
    unit: UnitId,
    /// The day of the moment asked about, or today.
    #[graphql(skip)]
    known_on: time::Date,
    /// Which indicator (mã chỉ số).
    code: IndicatorCode,
    /// What is counted (tử số); null if suppressed.
    numerator: Option<i64>,
    /// Out of how many (mẫu số): those in surveyed, active households, or all communes, hamlets, schools
    /// or banks, as the code says; 1 for a plain number; null if suppressed.
    denominator: Option<i64>,
    /// numerator / denominator (tỷ lệ), 0…1, or the number, or per 100 as the code says; null if
    /// nothing was surveyed, or if suppressed.
    value: Option<f64>,
    /// Whether it may still change (trạng thái).
    status: IndicatorStatus,
    /// Counted or estimated (cách tính).
    quality: FigureQuality,
    /// How much of the unit it covers (phạm vi).
    coverage: FigureCoverage,
    /// The date asked for (ngày).
    on: Date,
    /// The month at whose end the figure stands (tháng).
    month: YearMonth,
    /// The date of the boundaries (ngày của địa giới).
    boundaries_on: Date,
}

/// What is told beside the figure; made only if selected.
#[ComplexObject]
impl IndicatorValue {
    /// What it says (định nghĩa), in the language of the request.
    async fn definition(&self, context: &Context<'_>) -> String {
        self.domain.definition(Session::of(context).language)
    }

    /// What a plan wants (chỉ tiêu), if one does.
    async fn target(&self, context: &Context<'_>) -> Option<IndicatorTarget> {
        target(Session::of(context), self.domain)
    }

    /// The newest figure stated in public by the end of the month, and by the day of `asOf` (số liệu đã công
    /// bố), if any.
    async fn published(&self, context: &Context<'_>) -> Option<PublishedFigure> {
        let by = self.known_on.min(self.month.0.last_day());
        published(Session::of(context), self.unit, self.domain, by)
    }
}

/// One month of a series (một điểm của chuỗi).
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct IndicatorPoint {
    /// The month at whose end the figure stands (tháng).
    month: YearMonth,
    /// What is counted (tử số); null if suppressed.
    numerator: Option<i64>,
    /// Out of how many (mẫu số); null if suppressed.
    denominator: Option<i64>,
    /// numerator / denominator (tỷ lệ), 0…1; null if nothing was surveyed, or if suppressed.
    value: Option<f64>,
    /// Whether it may still change (trạng thái).
    status: IndicatorStatus,
    /// Counted or estimated (cách tính).
    quality: FigureQuality,
    /// How much of the unit it covers (phạm vi).
    coverage: FigureCoverage,
}

impl AtOnce for IndicatorValue {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "code" => to.word(self.code),
            "numerator" => to.put(field, &self.numerator),
            "denominator" => to.put(field, &self.denominator),
            "value" => to.put(field, &self.value),
            "status" => to.word(self.status),
            "quality" => to.word(self.quality),
            "coverage" => to.word(self.coverage),
            "on" => to.put(field, &self.on),
            "month" => to.put(field, &self.month),
            "boundariesOn" => to.put(field, &self.boundaries_on),
            _ => None,
        }
    }
}

impl AtOnce for IndicatorPoint {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "month" => to.put(field, &self.month),
            "numerator" => to.put(field, &self.numerator),
            "denominator" => to.put(field, &self.denominator),
            "value" => to.put(field, &self.value),
            "status" => to.word(self.status),
            "quality" => to.word(self.quality),
            "coverage" => to.word(self.coverage),
            _ => None,
        }
    }
}

/// The hamlets that make up a unit on the boundaries of a date.
struct Boundaries {
    on: time::Date,
    tree: Arc<UnitTree>,
    portions: Vec<Portion>,
}

impl Boundaries {
    fn of(
        units: &Units,
        unit: UnitId,
        on: time::Date,
        asked: Option<Date>,
    ) -> Result<Self, ApiError> {
        let validity = units.get(unit).map(|unit| unit.validity).unwrap_or_default();
        let boundaries_on = asked.map_or_else(|| validity.nearest(on), |asked| asked.0);
        if !validity.holds(boundaries_on) {
            return Err(ApiError::NotOnBoundaries {
                explanation: explanation(units, unit, boundaries_on),
            });
        }
        let (on, tree) = (boundaries_on, units.tree(boundaries_on));
        Ok(Self { on, tree, portions: units.portions(unit, on) })
    }
}

/// Which units to ask for instead.
pub(crate) fn explanation(units: &Units, unit: UnitId, on: time::Date) -> String {
    let describe = |id: UnitId| units.get(id).map(|unit| format!("{} ({})", unit.name, unit.code));
    let name = describe(unit).unwrap_or_default();
    let before = units.predecessors(unit).filter_map(|succession| describe(succession.old));
    let after = units.successors(unit).filter_map(|succession| describe(succession.new));
    let kin: Vec<_> = before.chain(after).collect();
    let instead = if units.get(unit).is_some_and(|unit| unit.level() == Level::District) {
        "the district level ended on 2025-07-01 / cấp huyện kết thúc ngày 2025-07-01".to_owned()
    } else {
        format!("ask for / hãy hỏi: {}", kin.join(", "))
    };
    format!("{name} does not exist on / không tồn tại vào ngày {on}; {instead}")
}

/// What indicators are asked with.
#[derive(Debug, Default)]
pub(crate) struct IndicatorArguments {
    pub(crate) on: Option<Date>,
    pub(crate) boundaries_on: Option<Date>,
    pub(crate) codes: Option<Vec<IndicatorCode>>,
    pub(crate) as_of: Option<time::Instant>,
}

/// The indicators of one unit.
pub(crate) async fn values(
    session: &Session,
    unit: UnitId,
    IndicatorArguments { on, boundaries_on, codes, as_of }: IndicatorArguments,
) -> Result<Vec<IndicatorValue>, ApiError> {
    let units = session.reader.units();
    let today = session.day(as_of);
    let on = on.map_or(today, |on| on.0);
    let month = time::YearMonth::of(on);
    let boundaries = Boundaries::of(&units, unit, on, boundaries_on)?;
    let wanted = |code: &IndicatorCode| codes.as_ref().is_none_or(|codes| codes.contains(code));
    let wanted: Vec<_> = CODES.iter().filter(|(code, _)| wanted(code)).collect();
    let figures = &session.figures_at(as_of).await?;
    let certificates = wanted.iter().any(|(_, domain)| domain.counts_certificates());
    let certificates = certificates.then(|| Certificates::of(figures, &units, unit, boundaries.on));
    let issued = certificates.as_ref().and_then(|certificates| certificates.issued_by(month));
    let cube = &figures.rollups;
    let reached = wanted.iter().any(|(_, domain)| *domain == domain::IndicatorCode::MobileCoverage);
    let reached = reached.then(|| Reached::count(cube, &units, &boundaries.tree, unit, month));
    let totals = Totals::add_up(cube, &boundaries.portions, month, audience(session));
    let totals = totals.with_certificates(issued).with_reached(reached.flatten());
    let values = wanted.into_iter().filter_map(|(code, domain)| {
        let figure = totals.figure(*domain)?;
        Some(IndicatorValue {
            domain: *domain,
            unit,
            known_on: today,
            code: *code,
            numerator: told(&figure, figure.numerator),
            denominator: told(&figure, figure.denominator),
            value: figure.value(),
            coverage: figure.coverage.into(),
            status: status(*domain, certificates.as_ref(), month, today).into(),
            quality: figure.quality.into(),
            on: Date(on),
            month: YearMonth(month),
            boundaries_on: Date(boundaries.on),
        })
    });
    Ok(values.collect())
}

/// The indicators of one unit at present, then again whenever its figures changed.
pub(crate) fn live_values(
    session: Session,
    unit: UnitId,
    codes: Option<Vec<IndicatorCode>>,
) -> impl Stream<Item = Result<Vec<IndicatorValue>>> + Send + use<> {
    // Listening begins before the first look, so that no change falls between the two.
    let changes = session.store.changes();
    let moments = stream::once(future::ready(())).chain(changes);
    let looks = moments.then(move |()| {
        let (session, codes) = (session.at_a_new_moment(), codes.clone());
        let arguments = IndicatorArguments { codes, ..Default::default() };
        async move { values(&session, unit, arguments).await }
    });
    let mut told = None;
    let news = looks.filter(move |look| {
        let figures = look.as_ref().ok().map(|values| figures(values));
        let is_news = figures.is_none() || figures != told;
        told = figures;
        future::ready(is_news)
    });
    news.map(|look| Ok(look?))
}

/// What has to differ for a listener to be told again.
fn figures(values: &[IndicatorValue]) -> Vec<(Option<i64>, Option<i64>)> {
    values.iter().map(|value| (value.numerator, value.denominator)).collect()
}

/// One indicator of one unit, month by month.
pub(crate) async fn series(
    session: &Session,
    code: IndicatorCode,
    unit: AdministrativeUnit,
    (from, to): (time::YearMonth, time::YearMonth),
    as_of: Option<time::Instant>,
) -> Result<Vec<IndicatorPoint>, ApiError> {
    let months = usize::try_from(to.index() - from.index() + 1).unwrap_or_default();
    if months > SERIES_LIMIT {
        return Err(ApiError::TooMany { what: "months (tháng)", limit: SERIES_LIMIT });
    }
    let Some((_, code)) = CODES.into_iter().find(|(api, _)| *api == code) else {
        return Ok(Vec::new());
    };
    let units = session.reader.units();
    let boundaries = Boundaries::of(&units, unit.id, unit.on, None)?;
    let figures = &session.figures_at(as_of).await?;
    let certificates = code.counts_certificates();
    let certificates =
        certificates.then(|| Certificates::of(figures, &units, unit.id, boundaries.on));
    let months = std::iter::successors(Some(from), |month| Some(month.next())).take(months);
    let point = |month: time::YearMonth| {
        let issued = certificates.as_ref().and_then(|certificates| certificates.issued_by(month));
        let cube = &figures.rollups;
        let reached = (code == domain::IndicatorCode::MobileCoverage)
            .then(|| Reached::count(cube, &units, &boundaries.tree, unit.id, month));
        let totals = Totals::add_up(cube, &boundaries.portions, month, audience(session));
        let totals = totals.with_certificates(issued).with_reached(reached.flatten());
        let figure = totals.figure(code)?;
        Some(IndicatorPoint {
            month: YearMonth(month),
            numerator: told(&figure, figure.numerator),
            denominator: told(&figure, figure.denominator),
            value: figure.value(),
            coverage: figure.coverage.into(),
            status: status(code, certificates.as_ref(), month, session.day(as_of)).into(),
            quality: figure.quality.into(),
        })
    };
    Ok(months.filter_map(point).collect())
}

fn audience(session: &Session) -> Audience {
    match session.reader.principal().require(Scope::RegistryRead) {
        Ok(()) => Audience::Trusted,
        Err(_) => Audience::Public,
    }
}

/// Certificates are final once their periods are closed, everything else once its time is over.
fn status(
    code: domain::IndicatorCode,
    certificates: Option<&Certificates>,
    month: time::YearMonth,
    today: time::Date,
) -> FigureStatus {
    match certificates {
        Some(certificates) if code.counts_certificates() => certificates.view.status(month),
        _ => FigureStatus::of(month, today),
    }
}

/// A count, unless the figure is suppressed.
fn told(figure: &Figure, count: i64) -> Option<i64> {
    (figure.coverage != Coverage::Suppressed).then_some(count)
}

/// The certificates of one unit on the boundaries of one date.
struct Certificates {
    view: Arc<LedgerView>,
    tree: Arc<UnitTree>,
    unit: UnitId,
}

impl Certificates {
    fn of(figures: &Figures, units: &Units, unit: UnitId, on: time::Date) -> Self {
        Self { view: figures.ledger.view(units, on), tree: units.tree(on), unit }
    }

    /// Those issued up to the end of `month`; none below communes.
    fn issued_by(&self, month: time::YearMonth) -> Option<(u64, Quality)> {
        let members = self.tree.subtree(self.unit);
        (members.len() > 1).then(|| self.view.issued_by(members, month))
    }
}

fn target(session: &Session, code: domain::IndicatorCode) -> Option<IndicatorTarget> {
    let targets = session.reader.targets().iter().filter(|target| target.code == code);
    targets.max_by_key(|target| target.due_on).map(|target| IndicatorTarget {
        value: target.value,
        due_on: Date(target.due_on),
        source: target.source.clone(),
    })
}

fn published(
    session: &Session,
    unit: UnitId,
    code: domain::IndicatorCode,
    by: time::Date,
) -> Option<PublishedFigure> {
    let stated = session.reader.published_figures().iter();
    let stated = stated.filter(|figure| figure.code == code && figure.unit == unit);
    let newest = stated.filter(|figure| figure.as_of <= by).max_by_key(|figure| figure.as_of);
    newest.map(|figure| PublishedFigure {
        value: figure.value,
        comparison: figure.comparison.into(),
        as_of: Date(figure.as_of),
        source: figure.source.clone(),
    })
}
