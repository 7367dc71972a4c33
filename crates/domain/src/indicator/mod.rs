//! Indicators: what each says, of which measures it is made, and how it is told for a unit.

mod code;
mod totals;

pub use code::{Counted, IndicatorCode};
pub use totals::{
    Audience, Coverage, Figure, FigureStatus, PUBLIC_MINIMUM, Quality, Reached, Totals,
};

use crate::time::Date;
use crate::unit::UnitId;

/// How a published statement compares the truth with its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// "80 %".
    Equal,
    /// "over 76 %".
    MoreThan,
}

/// A figure that somebody stated in public. It stands beside what the registry counts, never in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedFigure {
    /// The indicator stated.
    pub code: IndicatorCode,
    /// The unit it was stated for.
    pub unit: UnitId,
    /// The figure: a ratio 0…1, or a plain number for a plain number.
    pub value: f64,
    /// Exactly, or at least.
    pub comparison: Comparison,
    /// When it was stated.
    pub as_of: Date,
    /// Where.
    pub source: String,
}

/// What a plan wants an indicator to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The indicator.
    pub code: IndicatorCode,
    /// The ratio wanted, 0…1.
    pub value: f64,
    /// By when.
    pub due_on: Date,
    /// The plan.
    pub source: String,
}
