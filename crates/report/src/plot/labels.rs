//! Labels that do not lie on one another.

use super::LONGEST_LABEL;

/// `text` as it fits beside a chart.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_LABEL) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Places for labels that want to be at `wanted`: at least `gap` apart, in the same order, as near
/// as that allows, and within `within` if there is room.
pub(crate) fn spread(wanted: &[f64], gap: f64, within: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    // Labels that touch become a block around the mean of what they want.
    let mut blocks: Vec<(f64, Vec<usize>)> = Vec::new();
    for at in order {
        blocks.push((wanted[at], vec![at]));
        while let [.., before, last] = &blocks[..] {
            let room = gap * (before.1.len() + last.1.len()) as f64 / 2.0;
            if last.0 - before.0 >= room {
                break;
            }
            let members = [before.1.clone(), last.1.clone()].concat();
            let middle = members.iter().map(|at| wanted[*at]).sum::<f64>() / members.len() as f64;
            blocks.truncate(blocks.len() - 2);
            blocks.push((
                kept(middle, gap * (members.len() - 1) as f64, within),
                members,
            ));
        }
    }
    let mut places = vec![0.0; wanted.len()];
    for (middle, members) in &blocks {
        let first = middle - gap * (members.len() - 1) as f64 / 2.0;
        for (nth, at) in members.iter().enumerate() {
            places[*at] = gap.mul_add(nth as f64, first);
        }
    }
    places
}

/// The middle of a block of this height that is kept within the ends.
fn kept(middle: f64, height: f64, (low, high): (f64, f64)) -> f64 {
    middle.min(high - height / 2.0).max(low + height / 2.0)
}

/// A rectangle: left, top, right, bottom.
pub(crate) type Rectangle = (f64, f64, f64, f64);

/// Whether two rectangles have a point in common.
pub(crate) fn touch(one: Rectangle, other: Rectangle) -> bool {
    one.0 < other.2 && other.0 < one.2 && one.1 < other.3 && other.1 < one.3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_that_touch_move_apart_around_their_middle() {
        assert_eq!(
            spread(&[10.0, 12.0, 50.0], 10.0, (0.0, 100.0)),
            [6.0, 16.0, 50.0]
        );
        assert_eq!(spread(&[99.0, 98.0], 10.0, (0.0, 100.0)), [100.0, 90.0]);
    }

    proptest! {
        #[test]
        fn no_two_labels_touch(wanted in proptest::collection::vec(0.0..300.0f64, 0..12)) {
            let mut places = spread(&wanted, 16.0, (0.0, 300.0));
            places.sort_by(f64::total_cmp);
            prop_assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 16.0 - 1e-6), "{places:?}");
        }
    }
}
