//! A bar chart with its geometry worked out, so that the template only prints it.
//! Must not know what is counted.

use askama::Template;
use askama::filters::HtmlSafe;

/// The chart's drawing area, in the units of its own coordinate system.
const HEIGHT: u64 = 120;
const SLOT: u64 = 44;

/// Two series of counts over the same steps of time, as bars side by side.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chart.html")]
pub struct Chart {
    pub title: String,
    /// The same in words, for screen readers.
    pub summary: String,
    pub series: [&'static str; 2],
    pub width: u64,
    pub slots: Vec<ChartSlot>,
    /// The value the top line stands for.
    pub top: u64,
}

impl HtmlSafe for Chart {}

/// One step of time with its two bars.
#[derive(Clone, Debug)]
pub struct ChartSlot {
    pub label: String,
    pub label_x: u64,
    pub bars: [ChartBar; 2],
}

/// One bar; coordinates from the top left.
#[derive(Clone, Debug)]
pub struct ChartBar {
    pub x: u64,
    pub y: u64,
    pub height: u64,
    pub title: String,
}

impl Chart {
    /// A chart of `(label, first, second)` counts in order of time.
    #[must_use]
    pub fn new(title: &str, series: [&'static str; 2], counts: &[(String, u64, u64)]) -> Self {
        let top = counts.iter().map(|(_, a, b)| *a.max(b)).max().unwrap_or(0).max(1);
        let mut slots = Vec::with_capacity(counts.len());
        let mut left = 0;
        for (label, first, second) in counts {
            let bar = |x, value, name| bar(x, value, top, &format!("{label}: {value} {name}"));
            slots.push(ChartSlot {
                label: label.clone(),
                label_x: left + SLOT / 2,
                bars: [bar(left + 5, *first, series[0]), bar(left + 23, *second, series[1])],
            });
            left += SLOT;
        }
        let (first, second) = totals(counts);
        let summary = format!("{title}: {first} {}, {second} {}", series[0], series[1]);
        Self { title: title.into(), summary, series, width: left.max(SLOT), slots, top }
    }
}

fn totals(counts: &[(String, u64, u64)]) -> (u64, u64) {
    counts.iter().fold((0, 0), |(a, b), (_, first, second)| (a + first, b + second))
}

/// A count above zero is always visible, however large the others are.
fn bar(x: u64, value: u64, top: u64, title: &str) -> ChartBar {
    let height = if value == 0 { 0 } else { (value * HEIGHT / top).max(2) };
    ChartBar { x, y: HEIGHT - height, height, title: title.into() }
}
