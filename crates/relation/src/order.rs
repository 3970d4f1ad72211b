//! Rows in the order of their keys.

use polars::prelude::SortMultipleOptions;

use crate::keys::{Key, RelationError, frame, rows_of};

/// The numbers of the rows in ascending order of the first key, ties by the second, and so on.
///
/// Rows that are equal in all keys stay in the order in which they are.
pub fn order_by(keys: &[Key<'_>]) -> Result<Vec<usize>, RelationError> {
    let (frame, names) = frame(keys)?;
    let stable = SortMultipleOptions::default().with_maintain_order(true);
    rows_of(&frame.sort(names, stable)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_next_key_and_then_to_the_row_number() {
        let keys = [
            Key::Text(&["b", "a", "b", "a", "a"]),
            Key::Number(&[1, u64::MAX, 0, 0, 0]),
        ];
        assert_eq!(order_by(&keys).expect("an order"), [3, 4, 1, 2, 0]);
    }

    #[test]
    fn texts_are_ordered_by_their_bytes() {
        // "Z" is 5a, "a" is 61, "é" is c3 a9; the empty text comes first.
        let order = order_by(&[Key::Text(&["é", "a", "Z", ""])]);
        assert_eq!(order.expect("an order"), [3, 2, 1, 0]);
    }

    #[test]
    fn no_rows_are_no_order() {
        assert!(order_by(&[Key::Number(&[])]).expect("an order").is_empty());
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let error = order_by(&[Key::Number(&[1]), Key::Text(&[])]).expect_err("lengths differ");
        assert_eq!(
            error.to_string(),
            "a key column has 0 rows, but the one before it has 1"
        );
    }
}
