//! What a figure measures, told from the direction that its stage gave it.

use dataset::results::ResultRow;

/// What kind of thing is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// How well the model of an arm does.
    Performance,
    /// How right the labels and texts of an arm are.
    Quality,
    /// How varied a set is.
    Diversity,
    /// How far a set is from another.
    Shift,
    /// Anything else.
    Other,
}

/// Figures of the rows of an arm, not of its model, though higher is better for them too.
const QUALITY: &[&str] = &["label_correctness", "grammar_membership"];

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Its name, which pins its parameters.
    pub(crate) name: String,
    /// What kind of thing it measures.
    pub(crate) kind: Kind,
    /// Whether more of it is better or more varied; `None` where neither is.
    pub(crate) rising: Option<bool>,
}

impl Measure {
    /// The measure of `row`.
    pub(crate) fn of(row: &ResultRow) -> Self {
        let direction = row.direction.as_deref().unwrap_or_default();
        let kind = if QUALITY.contains(&row.metric.as_str()) {
            Kind::Quality
        } else if direction.contains("varied") {
            Kind::Diversity
        } else if direction.contains("farther") {
            Kind::Shift
        } else if direction.starts_with("higher") || direction.starts_with("lower") {
            Kind::Performance
        } else {
            Kind::Other
        };
        let rising = match kind {
            Kind::Shift | Kind::Other => None,
            _ => Some(direction.starts_with("higher")),
        };
        Self {
            name: row.metric.clone(),
            kind,
            rising,
        }
    }

    /// `value` turned so that more is better or more varied.
    pub(crate) fn oriented(&self, value: f64) -> f64 {
        if self.rising == Some(false) {
            -value
        } else {
            value
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(metric: &str, direction: Option<&str>) -> Measure {
        let direction = direction.map(str::to_owned);
        Measure::of(&ResultRow {
            metric: metric.to_owned(),
            direction,
            ..ResultRow::default()
        })
    }

    #[test]
    fn the_direction_tells_the_kind() {
        let kind = |metric, direction| measure(metric, direction).kind;
        assert_eq!(
            kind("accuracy", Some("higher is better")),
            Kind::Performance
        );
        assert_eq!(
            kind("label_correctness", Some("higher_is_better")),
            Kind::Quality
        );
        assert_eq!(
            kind("self_bleu_4", Some("lower_is_more_varied")),
            Kind::Diversity
        );
        assert_eq!(kind("frechet", Some("higher_is_farther")), Kind::Shift);
        assert_eq!(
            (kind("mean_words", Some("neutral")), kind("x", None)),
            (Kind::Other, Kind::Other)
        );
    }

    #[test]
    fn a_measure_that_should_be_low_is_turned() {
        assert_eq!(
            measure("perplexity", Some("lower_is_better")).oriented(3.0),
            -3.0
        );
        assert_eq!(
            measure("accuracy", Some("higher_is_better")).oriented(3.0),
            3.0
        );
    }
}
