//! The mean over classes of F1, the harmonic mean of precision and recall.
//!
//! As scikit-learn's `f1_score(average="macro")`: a class counts where some row has it or was taken
//! for it, and one that was never found has an F1 of 0.

use serde_json::{Map, Value, json};

use super::{Figure, HIGHER, Measure, Task};
use crate::interval::Resampling;
use crate::judges::Classes;

pub(super) const TASK: Task = Task {
    name: "macro_f1",
    unit: "share",
    direction: HIGHER,
    measure: Measure::Classes(measure),
};

fn measure(classes: &Classes, resampling: &Resampling) -> Figure {
    let estimate = resampling.estimate(|weights| {
        let counts = Counts::of(classes, weights);
        let f1: Vec<f64> = counts.present().map(|class| counts.f1(class)).collect();
        numeric::mean(&f1).unwrap_or(f64::NAN)
    });
    let counts = Counts::of(classes, &vec![1; classes.len()]);
    let mut figure = Figure::new(estimate);
    figure.params = json!({
        "classes": counts.by_class(&classes.names),
        "confusion": confusion(classes),
    });
    figure
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
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::judges::classes_of;

    fn measured(truth: &[&str], predicted: &[&str]) -> Figure {
        let rows: Vec<usize> = (0..truth.len()).collect();
        let resampling = Resampling::new(&rows, Seed::new(1));
        measure(&classes_of(truth, predicted), &resampling)
    }

    #[test]
    fn it_is_the_mean_over_classes_as_in_scikit_learn() {
        // a: 2 hits of 3 rows, 3 taken: 4 / 6. b: 1 of 2, 1 taken: 2 / 3. c: no row has it, 1 taken: 0.
        // f1_score(average="macro") is their mean, 4 / 9; d, which is neither, would not count.
        let figure = measured(&["a", "a", "a", "b", "b"], &["a", "a", "c", "a", "b"]);
        let estimate = figure.estimate.expect("a figure");
        assert!((estimate.value - 4.0 / 9.0).abs() < 1e-15);
        let classes = &figure.params["classes"];
        assert_eq!(classes["b"]["precision"], json!(1.0));
        assert_eq!(classes["b"]["recall"], json!(0.5));
        assert_eq!(
            classes["c"],
            json!({"precision": 0.0, "recall": null, "f1": 0.0, "n": 0})
        );
        let confusion = json!({"a": {"a": 2, "c": 1}, "b": {"a": 1, "b": 1}});
        assert_eq!(figure.params["confusion"], confusion);
    }

    #[test]
    fn a_class_that_is_never_found_counts_as_zero() {
        // a: 2 of 2, 3 taken: 4 / 5. b: never taken: 0.
        let figure = measured(&["a", "a", "b"], &["a", "a", "a"]);
        assert_eq!(figure.estimate.expect("a figure").value, 0.4);
        assert_eq!(figure.params["classes"]["b"]["precision"], Value::Null);
    }

    #[test]
    fn its_interval_is_a_bootstrap_around_it() {
        let truth: Vec<&str> = (0..90).map(|row| ["a", "b", "c"][row % 3]).collect();
        let predicted: Vec<&str> = (0..90).map(|row| ["a", "b", "a"][row % 3]).collect();
        let estimate = measured(&truth, &predicted).estimate.expect("a figure");
        let interval = estimate.interval.expect("an interval");
        assert_eq!(interval.method, "bootstrap_95");
        assert!(interval.low < estimate.value && estimate.value < interval.high);
    }
}
