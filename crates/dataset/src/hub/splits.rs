//! Which split a file belongs to, by the Hub's conventions for folder and file names.

/// The Hub's words for the three usual splits.
const KEYWORDS: [(&str, &[&str]); 3] = [
    ("train", &["train", "training"]),
    ("validation", &["validation", "valid", "dev", "val"]),
    ("test", &["test", "testing", "eval", "evaluation"]),
];

/// Whether two names mean the same split: `dev` is `validation`.
pub(crate) fn same_split(one: &str, other: &str) -> bool {
    one == other || canonical(one).is_some_and(|split| canonical(other) == Some(split))
}

fn canonical(word: &str) -> Option<&'static str> {
    let known = KEYWORDS.iter().find(|(_, words)| words.contains(&word));
    known.map(|(split, _)| *split)
}

/// The files among `names` that the Hub would show, each with its split; `base` is the folder looked at.
///
/// The first convention that any file follows decides, and leaves out the files that do not follow it:
/// `data/SPLIT-00000-of-00001.*`, then a folder named after a split, then a file, then all are `train`.
pub(crate) fn by_convention(names: &[&str], base: &str) -> Vec<(String, String)> {
    let conventions: [fn(&str) -> Option<String>; 3] = [sharded, in_folder, in_file];
    for convention in conventions {
        let found: Vec<_> = names
            .iter()
            .filter_map(|name| {
                let split = convention(name.strip_prefix(base).unwrap_or(name))?;
                Some(((*name).to_owned(), split))
            })
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    names
        .iter()
        .map(|name| ((*name).to_owned(), "train".to_owned()))
        .collect()
}

fn sharded(name: &str) -> Option<String> {
    let file = name.strip_prefix("data/").unwrap_or(name);
    let shard = Shard::of(file)?;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    (!shard.stem.is_empty() && shard.stem.chars().all(word)).then(|| shard.stem.to_owned())
}

fn in_folder(name: &str) -> Option<String> {
    let (folders, _) = name.rsplit_once('/')?;
    keyword(folders)
}

fn in_file(name: &str) -> Option<String> {
    keyword(name.rsplit('/').next()?)
}

/// The split whose keyword stands in `text` between separators.
fn keyword(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphabetic()).collect();
    let found = words.iter().find_map(|word| canonical(word))?;
    Some(found.to_owned())
}

/// A file that says of how many it is one: `train-00000-of-00003.parquet`.
pub(crate) struct Shard<'a> {
    /// What stands before the numbers, folders included.
    pub(crate) stem: &'a str,
    /// Of how many files this is one.
    pub(crate) count: usize,
}

impl<'a> Shard<'a> {
    /// What the name says, if it says it.
    pub(crate) fn of(name: &'a str) -> Option<Self> {
        let (before, after) = name.rsplit_once("-of-")?;
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        let (stem, number) = before.rsplit_once('-')?;
        let numbered = number.len() >= 5 && number.bytes().all(|b| b.is_ascii_digit());
        let count = after[..digits].parse().ok()?;
        (numbered && digits >= 5).then_some(Self { stem, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(names: &[&str]) -> Vec<(String, String)> {
        by_convention(names, "")
    }

    fn pair(name: &str, split: &str) -> (String, String) {
        (name.to_owned(), split.to_owned())
    }

    #[test]
    fn shards_name_their_split_even_an_unusual_one() {
        let names = [
            "data/train-00000-of-00002.parquet",
            "data/hard_tail-00000-of-00001.parquet",
            "data/notes.parquet",
        ];
        assert_eq!(
            splits(&names),
            [pair(names[0], "train"), pair(names[1], "hard_tail")]
        );
    }

    #[test]
    fn a_folder_named_after_a_split_decides_before_the_file() {
        let names = ["default/train/0000.parquet", "default/val/0000.parquet"];
        assert_eq!(
            splits(&names),
            [pair(names[0], "train"), pair(names[1], "validation")]
        );
    }

    #[test]
    fn a_keyword_counts_only_between_separators() {
        assert_eq!(
            splits(&["my_dev_1.csv"]),
            [pair("my_dev_1.csv", "validation")]
        );
        assert_eq!(splits(&["contest.csv"]), [pair("contest.csv", "train")]);
    }

    #[test]
    fn dev_and_validation_are_one_split() {
        assert!(same_split("dev", "validation") && same_split("eval", "test"));
        assert!(same_split("hard", "hard") && !same_split("hard", "train"));
    }

    #[test]
    fn a_shard_says_of_how_many_it_is_one() {
        let shard = Shard::of("data/train-00001-of-00012-abc.parquet").expect("a shard");
        assert_eq!((shard.stem, shard.count), ("data/train", 12));
        assert!(Shard::of("train-1-of-2.parquet").is_none());
    }
}
