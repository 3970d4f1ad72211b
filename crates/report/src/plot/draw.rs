//! Draws the parts of a chart.

use std::fmt::Write as _;

use super::labels::{Rectangle, cut, spread, touch};
use super::scale::Scale;
use super::{
    BOTTOM, HEIGHT, LEFT, LETTER, LINE, Plot, Point, Reference, Series, TOP, Ticks, WIDTH,
};

/// Half the size of a mark.
const MARK: f64 = 4.5;
/// Half the width of the cap of an interval.
const CAP: f64 = 3.0;

/// An `svg` element that is being written.
pub(crate) struct Drawing {
    svg: String,
    taken: Vec<Rectangle>,
}

/// `text` as it may stand in an element or an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' => safe.push('\n'),
            c if cli::steers(c) => safe.extend(c.escape_default()),
            c => safe.push(c),
        }
    }
    safe
}

macro_rules! put {
    ($drawing:expr, $($argument:tt)*) => {
        // Writing to a string cannot fail.
        let _ = writeln!($drawing.svg, $($argument)*);
    };
}

impl Drawing {
    /// An empty drawing, with what it shows for those who cannot see it.
    ///
    /// `style` is what it needs to be a file of its own, and is left out within the page.
    pub(crate) fn new(title: &str, about: &str, style: Option<&str>) -> Self {
        let mut drawing = Self {
            svg: String::new(),
            taken: Vec::new(),
        };
        let (title, about) = (escaped(title), escaped(about));
        let Some(style) = style else {
            put!(
                drawing,
                r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{title}. {about}">"#
            );
            return drawing;
        };
        put!(
            drawing,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">"#
        );
        put!(
            drawing,
            "<title>{title}</title>\n<desc>{about}</desc>\n<style>{style}</style>"
        );
        put!(
            drawing,
            r#"<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>"#
        );
        drawing
    }

    /// The finished element.
    pub(crate) fn finish(self) -> String {
        self.svg + "</svg>"
    }

    /// Grid, ticks and names of both axes.
    pub(crate) fn axes(&mut self, plot: &Plot, x: &Scale, y: &Scale) {
        let (left, right) = x.ends();
        for (value, name) in &y.ticks {
            let at = y.place(*value);
            put!(
                self,
                r#"<line class="grid" x1="{left:.1}" x2="{right:.1}" y1="{at:.1}" y2="{at:.1}"/>"#
            );
            put!(
                self,
                r#"<text class="tick" x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                left - 8.0,
                at + 4.0,
                escaped(name)
            );
        }
        put!(
            self,
            r#"<line class="axis" x1="{left:.1}" x2="{right:.1}" y1="{BOTTOM}" y2="{BOTTOM}"/>"#
        );
        let letters = (x.step() / LETTER) as usize;
        for (value, name) in &x.ticks {
            let at = x.place(*value);
            let shown = if matches!(plot.x.ticks, Ticks::Names(_)) {
                fitted(name, letters)
            } else {
                name.clone()
            };
            put!(
                self,
                r#"<line class="axis" x1="{at:.1}" x2="{at:.1}" y1="{BOTTOM}" y2="{:.1}"/>"#,
                BOTTOM + 5.0
            );
            put!(
                self,
                r#"<text class="tick" x="{at:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
                BOTTOM + 19.0,
                escaped(&shown)
            );
        }
        put!(
            self,
            r#"<text class="name" x="{:.1}" y="18">{}</text>"#,
            LEFT - 50.0,
            escaped(&plot.y.label)
        );
        put!(
            self,
            r#"<text class="name" x="{:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
            f64::midpoint(left, right),
            HEIGHT - 12.0,
            escaped(&plot.x.label)
        );
    }

    /// A level across the chart, with its interval.
    pub(crate) fn reference(&mut self, reference: &Reference, x: &Scale, y: &Scale) {
        let (left, right) = x.ends();
        if let Some((low, high)) = reference.interval {
            let (top, bottom) = (y.place(high), y.place(low));
            put!(
                self,
                r#"<rect class="reference-band" x="{left:.1}" y="{top:.1}" width="{:.1}" height="{:.1}"/>"#,
                right - left,
                bottom - top
            );
        }
        let at = y.place(reference.value);
        put!(
            self,
            r#"<line class="reference" x1="{left:.1}" x2="{right:.1}" y1="{at:.1}" y2="{at:.1}"/>"#
        );
        let label = cut(&reference.label);
        let width = label.chars().count() as f64 * LETTER;
        self.taken
            .push((left + 6.0, at - 5.0 - LINE, left + 6.0 + width, at - 5.0));
        put!(
            self,
            r#"<text class="beside" x="{:.1}" y="{:.1}">{}</text>"#,
            left + 6.0,
            at - 6.0,
            escaped(&label)
        );
    }

    /// The line of a series and the band of its intervals, or the thread through its points.
    pub(crate) fn line(&mut self, nth: usize, series: &Series, class: &str, x: &Scale, y: &Scale) {
        let place = |at: (f64, f64)| format!("{:.1},{:.1}", x.place(at.0), y.place(at.1));
        let path = series
            .points
            .iter()
            .map(|point| place(point.at))
            .collect::<Vec<_>>()
            .join(" ");
        if !series.joined {
            put!(
                self,
                r#"<polyline class="thread {class}" data-series="{nth}" points="{path}"/>"#
            );
            return;
        }
        let known: Vec<(f64, (f64, f64))> = series
            .points
            .iter()
            .filter_map(|p| Some((p.at.0, p.along?)))
            .collect();
        if known.len() > 1 {
            let above = known.iter().map(|(at, interval)| place((*at, interval.1)));
            let below = known
                .iter()
                .rev()
                .map(|(at, interval)| place((*at, interval.0)));
            let outline = above.chain(below).collect::<Vec<_>>().join(" ");
            put!(
                self,
                r#"<polygon class="band {class}" data-series="{nth}" points="{outline}"/>"#
            );
        }
        put!(
            self,
            r#"<polyline class="line {class}" data-series="{nth}" points="{path}"/>"#
        );
    }

    /// The points of a series with their intervals.
    pub(crate) fn points(
        &mut self,
        nth: usize,
        series: &Series,
        class: &str,
        x: &Scale,
        y: &Scale,
    ) {
        for point in &series.points {
            let title = escaped(&point.title);
            put!(
                self,
                r#"<g class="point {class}" data-series="{nth}" role="img" tabindex="-1" aria-label="{}"><title>{title}</title>"#,
                title.replace('\n', "; ")
            );
            self.whiskers(point, x, y);
            let (at_x, at_y) = (x.place(point.at.0), y.place(point.at.1));
            self.mark(series.mark, at_x, at_y);
            put!(self, "</g>");
            self.taken
                .push((at_x - 6.0, at_y - 6.0, at_x + 6.0, at_y + 6.0));
        }
    }

    fn whiskers(&mut self, point: &Point, x: &Scale, y: &Scale) {
        let (at_x, at_y) = (x.place(point.at.0), y.place(point.at.1));
        if let Some((low, high)) = point.along {
            let (low, high) = (y.place(low), y.place(high));
            let (left, right) = (at_x - CAP, at_x + CAP);
            put!(
                self,
                r#"<path class="whisker" d="M{at_x:.1} {low:.1}V{high:.1}M{left:.1} {low:.1}H{right:.1}M{left:.1} {high:.1}H{right:.1}"/>"#
            );
        }
        if let Some((low, high)) = point.across {
            let (low, high) = (x.place(low), x.place(high));
            let (top, bottom) = (at_y - CAP, at_y + CAP);
            put!(
                self,
                r#"<path class="whisker" d="M{low:.1} {at_y:.1}H{high:.1}M{low:.1} {top:.1}V{bottom:.1}M{high:.1} {top:.1}V{bottom:.1}"/>"#
            );
        }
    }

    /// A mark whose form tells the series also without colours.
    fn mark(&mut self, kind: usize, x: f64, y: f64) {
        let m = MARK;
        let path = match kind % 6 {
            0 => {
                put!(
                    self,
                    r#"<circle class="mark" cx="{x:.1}" cy="{y:.1}" r="{m}"/>"#
                );
                return;
            }
            1 => format!("M{:.1} {:.1}h{s}v{s}h-{s}Z", x - m, y - m, s = 2.0 * m),
            2 => format!(
                "M{x:.1} {:.1}L{:.1} {:.1}H{:.1}Z",
                y - 1.2 * m,
                x + 1.2 * m,
                y + m,
                x - 1.2 * m
            ),
            3 => format!(
                "M{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}Z",
                y - 1.3 * m,
                x + 1.3 * m,
                y + 1.3 * m,
                x - 1.3 * m
            ),
            4 => format!(
                "M{x:.1} {:.1}L{:.1} {:.1}H{:.1}Z",
                y + 1.2 * m,
                x + 1.2 * m,
                y - m,
                x - 1.2 * m
            ),
            _ => format!(
                "M{:.1} {:.1}h{w}v-{w}h{w}v{w}h{w}v{w}h-{w}v{w}h-{w}v-{w}h-{w}Z",
                x - m,
                y - m / 3.0,
                w = 2.0 * m / 3.0
            ),
        };
        put!(self, r#"<path class="mark" d="{path}"/>"#);
    }

    /// What is written beside points, where there is room for it.
    pub(crate) fn labels_of_points(&mut self, all: &[Series], x: &Scale, y: &Scale) {
        for point in all.iter().flat_map(|series| &series.points) {
            let Some(label) = point.label.as_deref().map(cut) else {
                continue;
            };
            let (at_x, at_y) = (x.place(point.at.0), y.place(point.at.1));
            let width = label.chars().count() as f64 * LETTER;
            let corners = [
                (at_x + 8.0, at_y - 7.0),
                (at_x - 8.0 - width, at_y - 7.0),
                (at_x + 8.0, at_y + 16.0),
                (at_x - 8.0 - width, at_y + 16.0),
            ];
            let room = |(left, base): &(f64, f64)| {
                let own = (*left, base - 11.0, left + width, base + 3.0);
                let inside = own.0 >= LEFT
                    && own.2 <= x.ends().1 + 10.0
                    && own.1 >= TOP - 8.0
                    && own.3 <= BOTTOM;
                inside && !self.taken.iter().any(|other| touch(own, *other))
            };
            if let Some((left, base)) = corners.into_iter().find(room) {
                self.taken
                    .push((left, base - 11.0, left + width, base + 3.0));
                put!(
                    self,
                    r#"<text class="beside" x="{left:.1}" y="{base:.1}">{}</text>"#,
                    escaped(&label)
                );
            }
        }
    }

    /// The names of the series: at the ends of lines, or one below the other.
    ///
    /// A single series needs none: the axis tells what it is.
    pub(crate) fn labels_of_series(&mut self, plot: &Plot, x: &Scale, y: &Scale) {
        if plot.series.len() < 2 {
            return;
        }
        let right = x.ends().1;
        let ends: Option<Vec<f64>> = plot
            .series
            .iter()
            .map(|series| {
                series
                    .points
                    .last()
                    .filter(|_| series.joined)
                    .map(|point| y.place(point.at.1))
            })
            .collect();
        let stacked = || {
            (0..plot.series.len())
                .map(|nth| LINE.mul_add(nth as f64, TOP + 8.0))
                .collect()
        };
        let at_lines = ends.is_some();
        let wanted: Vec<f64> = ends.unwrap_or_else(stacked);
        let places = spread(&wanted, LINE, (TOP, BOTTOM));
        for (nth, ((series, at), wanted)) in plot.series.iter().zip(places).zip(wanted).enumerate()
        {
            let class = plot.class(series);
            let label = escaped(&series.label);
            put!(
                self,
                r#"<g class="legend {class}" data-series="{nth}" data-label="{label}">"#
            );
            if let Some(last) = series.points.last().filter(|_| at_lines) {
                let from = x.place(last.at.0) + 8.0;
                put!(
                    self,
                    r#"<line class="leader" x1="{from:.1}" y1="{wanted:.1}" x2="{:.1}" y2="{at:.1}"/>"#,
                    right + 12.0
                );
            } else {
                self.mark(series.mark, right + 14.0, at);
            }
            let left = right + if at_lines { 15.0 } else { 24.0 };
            put!(
                self,
                r#"<text class="series" x="{left:.1}" y="{:.1}">{}</text></g>"#,
                at + 4.0,
                escaped(&cut(&series.label))
            );
        }
    }
}

/// `name` cut to so many letters.
fn fitted(name: &str, letters: usize) -> String {
    let letters = letters.max(3);
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    name.chars().take(letters - 1).chain(['…']).collect()
}
