//! Blocks of a fixed size filled with whole texts, so that steps are of like size.

use std::collections::BTreeSet;

/// Puts items of these sizes into blocks of at most `room`, the largest items first, each into the
/// fullest block that still has room for it (best fit decreasing, as in Ding et al. 2024).
///
/// No size is above `room`. Returns the items of each block in their order.
pub(crate) fn blocks(sizes: &[usize], room: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|item| (std::cmp::Reverse(sizes[*item]), *item));
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    // Of each block what is left of it, and its number: equally full ones go by number.
    let mut left: BTreeSet<(usize, usize)> = BTreeSet::new();
    for item in order {
        let best = left.range((sizes[item], 0)..).next().copied();
        let (has, block) = best.unwrap_or((room, blocks.len()));
        if best.is_none() {
            blocks.push(Vec::new());
        }
        left.remove(&(has, block));
        left.insert((has.saturating_sub(sizes[item]), block));
        blocks[block].push(item);
    }
    blocks.iter_mut().for_each(|block| block.sort_unstable());
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_packed_as_worked_by_hand() {
        // 7 begins a block, 6 another; 4 fits beside 6 exactly; 3 beside 7; 2 begins a third.
        assert_eq!(
            blocks(&[3, 7, 2, 6, 4], 10),
            [vec![0, 1], vec![3, 4], vec![2]]
        );
        assert!(blocks(&[], 10).is_empty());
    }

    #[test]
    fn every_item_is_in_one_block_and_no_block_overflows() {
        let mut stream = numeric::Seed::new(1).stream("sizes");
        for room in [1, 5, 64] {
            let sizes: Vec<usize> = (0..200).map(|_| 1 + stream.below(room)).collect();
            let blocks = blocks(&sizes, room);
            let mut items: Vec<usize> = blocks.concat();
            items.sort_unstable();
            assert_eq!(items, (0..200).collect::<Vec<_>>());
            for block in &blocks {
                assert!(block.iter().map(|item| sizes[*item]).sum::<usize>() <= room);
            }
            // Best fit decreasing needs at most 11/9 of the best, and one more.
            let least = sizes.iter().sum::<usize>().div_ceil(room);
            assert!(blocks.len() <= 1 + least.max(1) * 2);
        }
    }
}
