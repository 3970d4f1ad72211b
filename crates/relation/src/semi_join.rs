//! Which rows of one set have a key that another set has too.

use polars::prelude::{DataFrameJoinOps as _, JoinArgs, JoinType};

use crate::keys::{Key, RelationError, frame, rows_of};

/// The numbers of the rows of `left` whose key stands in `right`, ascending.
pub fn rows_in(left: Key<'_>, right: Key<'_>) -> Result<Vec<usize>, RelationError> {
    let ((left, on), (right, _)) = (frame(&[left])?, frame(&[right])?);
    let shared = left.join(&right, &on, &on, JoinArgs::new(JoinType::Semi), None)?;
    let mut rows = rows_of(&shared)?;
    rows.sort_unstable();
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_a_partner_are_named_once_each() {
        let (left, right) = (["a", "b", "c", "b"], ["b", "x", "b", "a"]);
        assert_eq!(
            rows_in(Key::Text(&left), Key::Text(&right)).expect("rows"),
            [0, 1, 3]
        );
        assert!(
            rows_in(Key::Text(&left), Key::Text(&[]))
                .expect("rows")
                .is_empty()
        );
    }

    #[test]
    fn keys_of_different_types_are_an_error() {
        assert!(rows_in(Key::Text(&["1"]), Key::Number(&[1])).is_err());
    }
}
