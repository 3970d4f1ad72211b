//! A small chart as inline SVG: axes, points with intervals, lines with bands, labels beside them.
//!
//! Colours are classes of the page's style sheet, so that a chart follows its light and its dark
//! form. Every text is escaped here, and only here.

mod draw;
mod labels;
mod scale;
mod style;

use draw::Drawing;
use scale::Scale;

/// Width of the drawing in its own units.
pub(crate) const WIDTH: f64 = 760.0;
/// Height of the drawing.
pub(crate) const HEIGHT: f64 = 400.0;
/// Where the plot itself begins and ends.
const TOP: f64 = 40.0;
const BOTTOM: f64 = 346.0;
const LEFT: f64 = 62.0;
/// The mean width of a letter, and the height of a line.
const LETTER: f64 = 6.4;
const LINE: f64 = 16.0;
/// A label longer than this is cut; its whole text is in the chart's titles.
const LONGEST_LABEL: usize = 24;
/// How many colours the style sheet has, of either kind.
pub(crate) const COLOURS: usize = 8;

/// A chart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plot {
    /// What it shows, in a few words.
    pub(crate) title: String,
    /// What is to be seen in it, for those who cannot see it.
    pub(crate) about: String,
    /// The axis from left to right.
    pub(crate) x: Axis,
    /// The axis from bottom to top.
    pub(crate) y: Axis,
    /// What is drawn.
    pub(crate) series: Vec<Series>,
    /// A level to compare with.
    pub(crate) reference: Option<Reference>,
    /// Whether the series have an order that their colours are to show.
    pub(crate) ordered: bool,
}

/// An axis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axis {
    /// What it measures.
    pub(crate) label: String,
    /// Where its ticks are.
    pub(crate) ticks: Ticks,
}

/// Where the ticks of an axis are.
#[derive(Clone, Debug, Default)]
pub(crate) enum Ticks {
    /// At round numbers.
    #[default]
    Round,
    /// At these numbers.
    At(Vec<f64>),
    /// At 0, 1, 2 …, which are these names.
    Names(Vec<String>),
}

/// Points that belong together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// What they are.
    pub(crate) label: String,
    /// Its points, from left to right where they are joined.
    pub(crate) points: Vec<Point>,
    /// Whether they are a line with a band for its intervals, and not single points on a thread.
    pub(crate) joined: bool,
    /// Which colour it has.
    pub(crate) colour: usize,
    /// Which mark its points have.
    pub(crate) mark: usize,
}

/// A point and what is known of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    /// Its place.
    pub(crate) at: (f64, f64),
    /// The interval from left to right.
    pub(crate) across: Option<(f64, f64)>,
    /// The interval from bottom to top.
    pub(crate) along: Option<(f64, f64)>,
    /// What is told when it is pointed at.
    pub(crate) title: String,
    /// What is written beside it.
    pub(crate) label: Option<String>,
}

/// A level across the whole chart.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// What it is.
    pub(crate) label: String,
    /// The level.
    pub(crate) value: f64,
    /// Its interval.
    pub(crate) interval: Option<(f64, f64)>,
}

impl Plot {
    /// The chart as an `svg` element of a page that has the style sheet.
    pub(crate) fn svg(&self) -> String {
        self.drawn(None)
    }

    /// The chart as an SVG file of its own, in the light colours of the style sheet.
    pub(crate) fn file(&self) -> String {
        self.drawn(Some(&style::of_file()))
    }

    fn drawn(&self, style: Option<&str>) -> String {
        let right = WIDTH - self.margin();
        let (xs, ys) = (self.extent_x(), self.extent_y());
        let x = Scale::new(xs, (LEFT, right), &self.x.ticks);
        let y = Scale::new(ys, (BOTTOM, TOP), &self.y.ticks);
        let mut drawing = Drawing::new(&self.title, &self.about, style);
        drawing.axes(self, &x, &y);
        if let Some(reference) = &self.reference {
            drawing.reference(reference, &x, &y);
        }
        for (nth, series) in self.series.iter().enumerate() {
            drawing.line(nth, series, &self.class(series), &x, &y);
        }
        for (nth, series) in self.series.iter().enumerate() {
            drawing.points(nth, series, &self.class(series), &x, &y);
        }
        drawing.labels_of_points(&self.series, &x, &y);
        drawing.labels_of_series(self, &x, &y);
        drawing.finish()
    }

    /// The class that colours a series.
    fn class(&self, series: &Series) -> String {
        let kind = if self.ordered { 'o' } else { 'c' };
        format!("{kind}{}", series.colour % COLOURS)
    }

    /// What the labels at the right need.
    fn margin(&self) -> f64 {
        if self.series.len() < 2 {
            return 20.0;
        }
        let longest = self
            .series
            .iter()
            .map(|series| labels::cut(&series.label).chars().count())
            .max();
        longest.map_or(20.0, |letters| (letters as f64).mul_add(LETTER, 36.0))
    }

    fn extent_x(&self) -> (f64, f64) {
        let points = self.series.iter().flat_map(|series| &series.points);
        let places = points.flat_map(|point| {
            [
                Some(point.at.0),
                point.across.map(|i| i.0),
                point.across.map(|i| i.1),
            ]
        });
        extent(places.flatten())
    }

    fn extent_y(&self) -> (f64, f64) {
        let points = self.series.iter().flat_map(|series| &series.points);
        let places = points.flat_map(|point| {
            [
                Some(point.at.1),
                point.along.map(|i| i.0),
                point.along.map(|i| i.1),
            ]
        });
        let level = self.reference.iter().flat_map(|r| {
            [
                Some(r.value),
                r.interval.map(|i| i.0),
                r.interval.map(|i| i.1),
            ]
        });
        extent(places.chain(level).flatten())
    }
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(label: &str) -> Plot {
        let point = |x: f64, y: f64| Point {
            at: (x, y),
            along: Some((y - 0.1, y + 0.1)),
            ..Point::default()
        };
        let series = Series {
            label: label.to_owned(),
            points: vec![point(0.0, 0.5), point(1.0, 0.7)],
            joined: true,
            ..Series::default()
        };
        Plot {
            title: "t".to_owned(),
            series: vec![series],
            ..Plot::default()
        }
    }

    #[test]
    fn names_of_others_cannot_leave_their_text() {
        let mut plot = plot("</text><script>alert(1)</script>");
        plot.title = "\"><img src=x>".to_owned();
        plot.series[0].points[0].title = "<b>&".to_owned();
        let svg = plot.svg();
        assert!(
            !svg.contains("<script") && !svg.contains("<img") && !svg.contains("<b>"),
            "{svg}"
        );
        assert!(svg.contains("&lt;b&gt;&amp;"));
    }

    #[test]
    fn every_number_is_finite_whatever_the_points() {
        let mut one = plot("one");
        one.series[0].points.truncate(1);
        one.series[0].points[0].along = None;
        let empty = Plot::default();
        for plot in [one, empty, plot("two")] {
            let svg = plot.svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        }
    }

    #[test]
    fn the_same_chart_is_the_same_bytes() {
        assert_eq!(plot("a").svg(), plot("a").svg());
    }
}
