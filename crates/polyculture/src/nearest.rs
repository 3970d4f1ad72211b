//! Which known name somebody may have meant.

/// The known name that takes the fewest edits to reach from `given`; `None` where that is more
/// than a third of its letters, and no name begins with what was given.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let close = known.filter_map(|name| {
        let begun = given.chars().count() >= 3 && name.starts_with(&given);
        let edits = if begun { 0 } else { edits(&given, name) };
        (edits <= name.chars().count().div_ceil(3)).then_some((edits, name))
    });
    close.min().map(|(_, name)| name)
}

/// The optimal string alignment distance: letters put in, taken out, exchanged, or two neighbours
/// swapped.
fn edits(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut table: Vec<Vec<usize>> = (0..=one.len())
        .map(|i| (i..=i + other.len()).collect())
        .collect();
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let exchanged = table[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = exchanged.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = least;
        }
    }
    table[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        // kitten -> sitting: two letters exchanged, one put in; mxi -> mix: one swap.
        assert_eq!((edits("kitten", "sitting"), edits("mxi", "mix")), (3, 1));
        assert_eq!(
            (edits("", "mix"), edits("mix", ""), edits("mix", "mix")),
            (3, 3, 0)
        );
    }

    #[test]
    fn a_slip_or_a_beginning_is_understood_and_a_guess_is_not_made() {
        let names = ["mix", "train", "score-diversity"];
        let near = |given| nearest(given, names.into_iter());
        assert_eq!(near("trian"), Some("train"));
        assert_eq!(near("Mx"), Some("mix"));
        assert_eq!(near("score"), Some("score-diversity"));
        assert_eq!(near("score_diversity"), Some("score-diversity"));
        assert_eq!(near("deploy"), None);
    }
}
