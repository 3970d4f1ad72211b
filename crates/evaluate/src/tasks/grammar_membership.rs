//! The share of rows that the grammar derives at all, under whatever label.

use super::{Figure, HIGHER, Measure, Task};
use crate::interval::share;
use crate::judges::Truths;

pub(super) const TASK: Task = Task {
    name: "grammar_membership",
    unit: "share",
    direction: HIGHER,
    measure: Measure::Truths(measure),
};

fn measure(truths: &Truths) -> Figure {
    let members = truths.derived.iter().flatten().count();
    Figure::new(share(members, truths.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_under_another_label_belongs_to_it() {
        let truths = Truths {
            labels: vec!["a".to_owned(), "b".to_owned()],
            derived: vec![None, Some("a".to_owned())],
        };
        assert_eq!(measure(&truths).estimate.expect("a figure").value, 0.5);
    }
}
