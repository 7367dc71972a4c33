//! The costs as lines over the number of households.

use std::fmt::Display;

use plotters::coord::combinators::WithKeyPoints;
use plotters::prelude::{
    BindKeyPoints as _, Cartesian2d, ChartBuilder, ChartContext, Circle, Color as _,
    IntoDrawingArea as _, IntoFont as _, IntoLogRange as _, LineSeries, LogCoord, Palette as _,
    Palette99, SVGBackend, Text, WHITE,
};

use super::table::thousands;
use super::{Grown, Work};
use crate::BenchError;
use crate::peers::contestant::Who;
use crate::peers::results::rounded;
use crate::program::file;

/// Width and height.
const SIZE: (u32, u32) = (900, 560);

const FONT: &str = "sans-serif";

/// How far apart labels must be, as a share of the height.
const APART: f64 = 0.04;

/// Both axes go up by factors.
type Chart<'a> =
    ChartContext<'a, SVGBackend<'a>, Cartesian2d<WithKeyPoints<LogCoord<f64>>, LogCoord<f64>>>;

/// What the file is called.
pub(super) fn name(who: Who) -> &'static str {
    match who {
        Who::Sqlite => "growth-sqlite.svg",
        _ => "growth.svg",
    }
}

/// Writes the picture beside the tables.
pub(super) fn draw(grown: &Grown) -> Result<(), BenchError> {
    let path = file(name(grown.who));
    let root = SVGBackend::new(&path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(failed)?;
    #[expect(clippy::cast_precision_loss, reason = "a few millions")]
    let sizes: Vec<f64> = grown.households.iter().map(|number| *number as f64).collect();
    let (Some(smallest), Some(largest)) = (sizes.first(), sizes.last()) else { return Ok(()) };
    let times = || grown.works.iter().flat_map(|work| (0..sizes.len()).map(|at| work.typical(at)));
    let (least, most) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
    let (least, most) = (least / 1.6, most * 1.6);
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Cost by size, {}", grown.who.name()), (FONT, 20))
        .margin(12)
        .x_label_area_size(48)
        .y_label_area_size(64)
        // On the right there is room for labels.
        .build_cartesian_2d(
            (smallest / 1.2..largest * 2.5).log_scale().with_key_points(sizes.clone()),
            (least..most).log_scale(),
        )
        .map_err(failed)?;
    chart
        .configure_mesh()
        .x_desc("households")
        .y_desc("median server time, ms")
        .x_label_formatter(&|number| thousands(whole(*number)))
        .y_label_formatter(&|time| rounded(*time))
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .draw()
        .map_err(failed)?;
    let labels = labels(&grown.works, sizes.len() - 1, (least, most));
    for (at, (work, height)) in labels.into_iter().enumerate() {
        let points: Vec<_> =
            sizes.iter().enumerate().map(|(at, size)| (*size, work.typical(at))).collect();
        line(&mut chart, &points, at)?;
        // What stands before the description.
        let short = work.told.split(':').next().unwrap_or(work.name);
        let text = format!("{short} {}", work.name);
        let style = (FONT, 14).into_font().color(&Palette99::pick(at));
        let label = Text::new(text, (largest * 1.12, height), style);
        chart.draw_series(std::iter::once(label)).map_err(failed)?;
    }
    root.present().map_err(failed)
}

fn line(chart: &mut Chart<'_>, points: &[(f64, f64)], at: usize) -> Result<(), BenchError> {
    let colour = Palette99::pick(at);
    let series = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
    chart.draw_series(series).map_err(failed)?;
    let dots = points.iter().map(|point| Circle::new(*point, 3, colour.filled()));
    chart.draw_series(dots).map_err(failed)?;
    Ok(())
}

/// The works by what they cost in the largest province, each with the height of its label: beside the end
/// of its line, or above the label below.
fn labels(works: &[Work], largest: usize, (least, most): (f64, f64)) -> Vec<(&Work, f64)> {
    let mut works: Vec<&Work> = works.iter().collect();
    works.sort_by(|left, right| left.typical(largest).total_cmp(&right.typical(largest)));
    let step = (most / least).powf(APART);
    let mut lowest = least;
    let labelled = works.into_iter().map(|work| {
        let height = work.typical(largest).max(lowest);
        lowest = height * step;
        (work, height)
    });
    labelled.collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few millions, and never below 0"
)]
fn whole(number: f64) -> usize {
    number.round() as usize
}

fn failed(error: impl Display) -> BenchError {
    BenchError::failed(format!("the picture: {error}"))
}
