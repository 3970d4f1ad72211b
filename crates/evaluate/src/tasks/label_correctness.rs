//! The share of rows whose own label is one under which the grammar derives their text.

use super::{Figure, HIGHER, Measure, Task};
use crate::interval::share;
use crate::judges::Truths;

pub(super) const TASK: Task = Task {
    name: "label_correctness",
    unit: "share",
    direction: HIGHER,
    measure: Measure::Truths(measure),
};

fn measure(truths: &Truths) -> Figure {
    let right = truths.right().filter(|right| *right).count();
    Figure::new(share(right, truths.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_outside_the_grammar_is_wrong() {
        let truths = Truths {
            labels: vec!["a".to_owned(), "a".to_owned(), "b".to_owned()],
            derived: vec![Some("a".to_owned()), None, Some("a".to_owned())],
        };
        let estimate = measure(&truths).estimate.expect("a figure");
        assert_eq!((estimate.value, estimate.n), (1.0 / 3.0, 3));
    }
}
