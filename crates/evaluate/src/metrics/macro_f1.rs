//! The mean over classes of F1, the harmonic mean of precision and recall.
//!
//! As scikit-learn's `f1_score(average="macro")`: a class counts where some row has it or was taken
//! for it, and one that was never found has an F1 of 0.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;

pub(super) const METRIC: Metric = Metric {
    name: "macro_f1",
    unit: "share",
    direction: Direction::Higher,
    forms: &[Form::Classification],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let classes = Classes::of(said)?;
    let counts = Counts::of(&classes, &vec![1; classes.truth.len()]);
    let told = json!({
        "classes": counts.by_class(&classes.names),
        "confusion": confusion(&classes),
    });
    let statistic = move |weights: &[u32]| {
        let counts = Counts::of(&classes, weights);
        let f1: Vec<f64> = counts.present().map(|class| counts.f1(class)).collect();
        numeric::mean(&f1).unwrap_or(f64::NAN)
    };
    Ok(Score::Whole(Box::new(statistic), told))
}

/// For each row its class and the one that it was taken for, both as numbers of names.
struct Classes {
    /// Every class that a row has or was taken for, sorted.
    names: Vec<String>,
    truth: Vec<usize>,
    predicted: Vec<usize>,
}

impl Classes {
    fn of(said: &Predictions) -> anyhow::Result<Self> {
        let truth = said.table.texts("label")?;
        let predicted = said.table.texts("predicted")?;
        let names: BTreeSet<&str> = truth.iter().chain(&predicted).copied().collect();
        let names: Vec<&str> = names.into_iter().collect();
        let numbers = |labels: &[&str]| {
            let numbers = labels.iter();
            numbers
                .map(|label| names.partition_point(|name| name < label))
                .collect()
        };
        Ok(Self {
            truth: numbers(&truth),
            predicted: numbers(&predicted),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        })
    }
}

/// For each class, how many rows were rightly taken for it, have it, and were taken for it.
struct Counts {
    hits: Vec<u64>,
    truth: Vec<u64>,
    predicted: Vec<u64>,
}

impl Counts {
    fn of(classes: &Classes, weights: &[u32]) -> Self {
        let none = vec![0; classes.names.len()];
        let mut counts = Self {
            hits: none.clone(),
            truth: none.clone(),
            predicted: none,
        };
        let rows = classes.truth.iter().zip(&classes.predicted).zip(weights);
        for ((truth, predicted), weight) in rows {
            let weight = u64::from(*weight);
            counts.truth[*truth] += weight;
            counts.predicted[*predicted] += weight;
            if truth == predicted {
                counts.hits[*truth] += weight;
            }
        }
        counts
    }

    fn present(&self) -> impl Iterator<Item = usize> {
        (0..self.hits.len()).filter(|class| self.truth[*class] + self.predicted[*class] > 0)
    }

    /// 2 · hits / (rows of the class + rows taken for it).
    fn f1(&self, class: usize) -> f64 {
        2.0 * self.hits[class] as f64 / (self.truth[class] + self.predicted[class]) as f64
    }

    /// Precision is null of a class that no row was taken for, recall of one that no row has.
    fn by_class(&self, names: &[String]) -> Map<String, Value> {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let classes = self.present().map(|class| {
            let told = json!({
                "precision": share(self.hits[class], self.predicted[class]),
                "recall": share(self.hits[class], self.truth[class]),
                "f1": self.f1(class),
                "n": self.truth[class],
            });
            (names[class].clone(), told)
        });
        classes.collect()
    }
}

/// How many rows of each class were taken for each class, those of none left out.
fn confusion(classes: &Classes) -> Value {
    let mut confusion = json!({});
    for (truth, predicted) in classes.truth.iter().zip(&classes.predicted) {
        let cell = &mut confusion[&classes.names[*truth]][&classes.names[*predicted]];
        *cell = json!(cell.as_u64().unwrap_or(0) + 1);
    }
    confusion
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::predictions::{flags, floats, tests::of_columns, texts};

    /// Predictions of rows whose classes are these and were taken for those.
    pub(in crate::metrics) fn of_classes(truth: &[&str], predicted: &[&str]) -> Predictions {
        let hits = truth.iter().zip(predicted).map(|(a, b)| a == b);
        let columns = vec![
            ("label", texts(truth.iter().copied())),
            ("predicted", texts(predicted.iter().copied())),
            ("probability", floats(truth.iter().map(|_| 1.0))),
            ("correct", flags(hits)),
        ];
        of_columns(Form::Classification, columns)
    }

    fn measured(truth: &[&str], predicted: &[&str]) -> (f64, Value) {
        let score = (METRIC.score)(&of_classes(truth, predicted)).expect("a score");
        let value = score.value(&vec![1; truth.len()]);
        let Score::Whole(_, told) = score else {
            panic!("it is no mean over rows");
        };
        (value, told)
    }

    #[test]
    fn it_is_the_mean_over_classes_as_in_scikit_learn() {
        // a: 2 hits of 3 rows, 3 taken: 4 / 6. b: 1 of 2, 1 taken: 2 / 3. c: no row has it, 1 taken: 0.
        // f1_score(average="macro") is their mean, 4 / 9; d, which is neither, would not count.
        let (value, told) = measured(&["a", "a", "a", "b", "b"], &["a", "a", "c", "a", "b"]);
        assert!((value - 4.0 / 9.0).abs() < 1e-15);
        let classes = &told["classes"];
        assert_eq!(classes["b"]["precision"], json!(1.0));
        assert_eq!(classes["b"]["recall"], json!(0.5));
        assert_eq!(
            classes["c"],
            json!({"precision": 0.0, "recall": null, "f1": 0.0, "n": 0})
        );
        let confusion = json!({"a": {"a": 2, "c": 1}, "b": {"a": 1, "b": 1}});
        assert_eq!(told["confusion"], confusion);
    }

    #[test]
    fn a_class_that_is_never_found_counts_as_zero() {
        // a: 2 of 2, 3 taken: 4 / 5. b: never taken: 0.
        let (value, told) = measured(&["a", "a", "b"], &["a", "a", "a"]);
        assert_eq!(value, 0.4);
        assert_eq!(told["classes"]["b"]["precision"], Value::Null);
    }
}
