//! Progress bars: on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` rows; invisible unless standard error is a terminal.
pub(super) fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} rows, {eta} left");
    let bar = ProgressBar::new(total);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
