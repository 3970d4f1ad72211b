//! The share of rows whose class was found.

use super::{Figure, HIGHER, Measure, Task};
use crate::interval::Resampling;
use crate::judges::Classes;

pub(super) const TASK: Task = Task {
    name: "accuracy",
    unit: "share",
    direction: HIGHER,
    measure: Measure::Classes(measure),
};

fn measure(classes: &Classes, resampling: &Resampling) -> Figure {
    let rows = classes.truth.iter().zip(&classes.predicted);
    let hits: Vec<bool> = rows.map(|(truth, predicted)| truth == predicted).collect();
    Figure::new(resampling.share(&hits))
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::judges::classes_of;

    #[test]
    fn hits_are_counted() {
        let classes = classes_of(&["a", "b", "c", "a"], &["a", "b", "a", "b"]);
        let figure = measure(&classes, &Resampling::new(&[0, 1, 2, 3], Seed::new(1)));
        let estimate = figure.estimate.expect("a figure");
        assert_eq!((estimate.value, estimate.n), (0.5, 4));
    }
}
