//! Which files of a data set's repository are the rows that were asked for.

use std::collections::BTreeMap;

use glob::{MatchOptions, Pattern};
use serde_json::Value;

use super::listing::Listing;
use super::path::HubPath;
use super::splits::{Shard, by_convention, same_split};
use crate::error::{Error, Result, listed, shown};

/// Formats of rows, the preferred one first where a folder holds several.
const FORMATS: [&str; 6] = ["parquet", "jsonl", "ndjson", "json", "csv", "tsv"];
/// Descriptions that tools leave beside the rows.
const DESCRIPTIONS: [&str; 4] = [
    "dataset_infos.json",
    "dataset_info.json",
    "dataset_dict.json",
    "state.json",
];
const STRICT: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A file of rows, with its split where the repository says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) split: Option<String>,
}

/// Why nothing was chosen: only the first reason is one that the Hub's converted files can help.
pub(crate) enum NoChoice {
    NoRows,
    Other(Error),
}

impl From<Error> for NoChoice {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// The files that the address and the split mean, in order of their names.
pub(crate) fn choose(
    address: &HubPath,
    listing: &Listing,
    split: Option<&str>,
) -> Result<Vec<Choice>, NoChoice> {
    let mut chosen = match address.path() {
        Some(path) => under(address, listing, path)?,
        None => whole(address, listing)?,
    };
    if chosen.is_empty() {
        return Err(NoChoice::NoRows);
    }
    if let Some(wanted) = split {
        chosen = of_split(address, chosen, wanted)?;
    }
    chosen.sort_by(|one, other| one.name.cmp(&other.name));
    chosen.dedup_by(|one, other| one.name == other.name);
    Ok(chosen)
}

/// What a path means: a file, a pattern, a folder or a configuration, in this order.
fn under(address: &HubPath, listing: &Listing, path: &str) -> Result<Vec<Choice>> {
    if listing.files.contains_key(path) {
        return Ok(vec![Choice {
            name: path.to_owned(),
            split: None,
        }]);
    }
    let unnamed = |name: &str| Choice {
        name: name.to_owned(),
        split: None,
    };
    if path.contains(['*', '?', '[']) {
        let found: Vec<_> = matching(listing, path)?.into_iter().map(unnamed).collect();
        return if found.is_empty() {
            Err(nothing_under(address, listing, path))
        } else {
            Ok(found)
        };
    }
    let folder = conventional(listing, &format!("{path}/"));
    if !folder.is_empty() {
        return Ok(folder);
    }
    match configurations(listing)
        .into_iter()
        .find(|(name, _)| name == path)
    {
        Some((_, configuration)) => configured(listing, configuration),
        None => Err(nothing_under(address, listing, path)),
    }
}

fn nothing_under(address: &HubPath, listing: &Listing, path: &str) -> Error {
    let rows: Vec<&str> = rows(listing, "");
    let (repository, revision) = (address.repository(), shown(address.revision()));
    let error = Error::new(format!(
        "{repository} holds no rows under {} at revision {revision}",
        shown(path)
    ));
    match rows.len() {
        0 => error,
        1..=20 => error.with_hint(format!("it holds {}", listed(rows))),
        more => error.with_hint(format!(
            "it holds {} and {} more",
            listed(rows.into_iter().take(20)),
            more - 20
        )),
    }
}

/// What an address without a path means: the card's default configuration, or the names' conventions.
fn whole(address: &HubPath, listing: &Listing) -> Result<Vec<Choice>> {
    let mut configurations = configurations(listing);
    let preferred = configurations
        .iter()
        .position(|(_, value)| value["default"] == Value::Bool(true))
        .or_else(|| {
            configurations
                .iter()
                .position(|(name, _)| name == "default")
        });
    match (preferred, configurations.len()) {
        (_, 0) => Ok(conventional(listing, "")),
        (Some(at), _) => configured(listing, configurations.swap_remove(at).1),
        (None, 1) => configured(listing, configurations.swap_remove(0).1),
        (None, _) => {
            let known = listed(configurations.iter().map(|(name, _)| name.as_str()));
            let plain = HubPath::to_string(address);
            Err(Error::new(format!(
                "{} has several configurations: {known}",
                address.repository()
            ))
            .with_hint(format!(
                "name one, such as {plain}/{}",
                shown(&configurations[0].0)
            )))
        }
    }
}

fn configurations(listing: &Listing) -> Vec<(String, &Value)> {
    let all = listing.configs.as_array().into_iter().flatten();
    all.filter_map(|value| Some((value["config_name"].as_str()?.to_owned(), value)))
        .collect()
}

/// The files of one configuration of the card, whose `data_files` has one of five forms.
fn configured(listing: &Listing, configuration: &Value) -> Result<Vec<Choice>> {
    let folder = configuration["data_dir"]
        .as_str()
        .map(|folder| folder.trim_matches('/'));
    let base = folder
        .filter(|folder| !matches!(*folder, "" | "."))
        .map_or(String::new(), |folder| format!("{folder}/"));
    let mut chosen = Vec::new();
    let mut add = |split: Option<&str>, patterns: &Value| -> Result<()> {
        for pattern in texts(patterns) {
            let pattern = format!("{base}{}", pattern.trim_start_matches("./"));
            let names = matching(listing, &pattern)?;
            chosen.extend(names.into_iter().map(|name| Choice {
                name: name.to_owned(),
                split: split.map(str::to_owned),
            }));
        }
        Ok(())
    };
    match &configuration["data_files"] {
        Value::Null => return Ok(conventional(listing, &base)),
        Value::Object(splits) => {
            splits
                .iter()
                .try_for_each(|(split, patterns)| add(Some(split), patterns))?;
        }
        Value::Array(items) => {
            for item in items {
                match item["split"].as_str() {
                    Some(split) => add(Some(split), &item["path"])?,
                    None => add(Some("train"), item)?,
                }
            }
        }
        patterns => add(Some("train"), patterns)?,
    }
    Ok(chosen)
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

fn matching<'a>(listing: &'a Listing, pattern: &str) -> Result<Vec<&'a str>> {
    let compiled = Pattern::new(pattern).map_err(|cause| {
        Error::new(format!("{} is no pattern", shown(pattern))).caused_by(cause)
    })?;
    let rows = rows(listing, "").into_iter();
    Ok(rows
        .filter(|name| compiled.matches_with(name, STRICT))
        .collect())
}

/// The files under `base` by the names' conventions, all of the format that most of them have.
fn conventional(listing: &Listing, base: &str) -> Vec<Choice> {
    let mut by_format: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for name in rows(listing, base) {
        if let Some(format) = format_of(name) {
            by_format.entry(format).or_default().push(name);
        }
    }
    // The last of equals is kept, so the order is turned to keep the preferred format.
    let most = by_format
        .into_iter()
        .rev()
        .max_by_key(|(_, names)| names.len());
    let names = most.map(|(_, names)| names).unwrap_or_default();
    let found = by_convention(&names, base).into_iter();
    found
        .map(|(name, split)| Choice {
            name,
            split: Some(split),
        })
        .collect()
}

/// The files under `base` that look like rows; hidden ones and descriptions do not.
fn rows<'a>(listing: &'a Listing, base: &str) -> Vec<&'a str> {
    let hidden = |part: &str| {
        (part.starts_with('.') && !matches!(part, "." | "..")) || part.starts_with("__")
    };
    let names = listing.files.keys().map(String::as_str);
    names
        .filter(|name| name.starts_with(base) && format_of(name).is_some())
        .filter(|name| !name.split('/').any(hidden))
        .filter(|name| {
            !name
                .rsplit('/')
                .next()
                .is_some_and(|file| DESCRIPTIONS.contains(&file))
        })
        .collect()
}

fn format_of(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let (_, ending) = name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.')?;
    FORMATS.iter().position(|format| *format == ending)
}

fn of_split(address: &HubPath, chosen: Vec<Choice>, wanted: &str) -> Result<Vec<Choice>> {
    let mut known: Vec<String> = chosen
        .iter()
        .filter_map(|choice| choice.split.clone())
        .collect();
    if known.is_empty() {
        // A named file or pattern is what was asked for, whatever its split.
        return Ok(chosen);
    }
    let is_wanted = |choice: &Choice| {
        choice
            .split
            .as_deref()
            .is_some_and(|split| same_split(split, wanted))
    };
    let found: Vec<Choice> = chosen.into_iter().filter(is_wanted).collect();
    if found.is_empty() {
        known.sort();
        known.dedup();
        let known = listed(known.iter().map(String::as_str));
        let (repository, wanted) = (address.repository(), shown(wanted));
        return Err(Error::new(format!(
            "{repository} has no split {wanted}; it has {known}"
        )));
    }
    Ok(found)
}

/// Refuses a choice of which the names themselves say that files are missing.
///
/// A cache filled by another program may hold a part, and a part of the rows looks like all of them.
pub(crate) fn check_complete(chosen: &[Choice]) -> Result<()> {
    let mut present: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for shard in chosen.iter().filter_map(|choice| Shard::of(&choice.name)) {
        *present.entry((shard.stem, shard.count)).or_default() += 1;
    }
    match present
        .into_iter()
        .find(|((_, count), found)| found != count)
    {
        Some(((stem, count), found)) => Err(Error::new(format!(
            "only {found} of the {count} files of {} are in the local cache",
            shown(stem)
        ))
        .with_hint("run once with the Hub in reach")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(names: &[&str], configs: &str) -> Listing {
        Listing {
            commit: "c".repeat(40),
            files: names
                .iter()
                .map(|name| ((*name).to_owned(), super::super::listing::Entry::default()))
                .collect(),
            configs: serde_json::from_str(configs).expect("JSON"),
        }
    }

    fn chosen(
        address: &str,
        listing: &Listing,
        split: Option<&str>,
    ) -> Result<Vec<String>, String> {
        let address: HubPath = address.parse().expect("an address");
        match choose(&address, listing, split) {
            Ok(chosen) => Ok(chosen.into_iter().map(|choice| choice.name).collect()),
            Err(NoChoice::NoRows) => Err("no rows".to_owned()),
            Err(NoChoice::Other(error)) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_split_of_the_usual_layout_is_its_shards() {
        let all = listing(
            &[
                ".gitattributes",
                "README.md",
                "data/test-00000-of-00001.parquet",
                "data/train-00000-of-00002.parquet",
                "data/train-00001-of-00002.parquet",
                "dataset_infos.json",
            ],
            "null",
        );
        let train = chosen("hf://datasets/o/n", &all, Some("train")).expect("chosen");
        assert_eq!(
            train,
            [
                "data/train-00000-of-00002.parquet",
                "data/train-00001-of-00002.parquet"
            ]
        );
        assert_eq!(
            chosen("hf://datasets/o/n", &all, None)
                .expect("chosen")
                .len(),
            3
        );
        let unknown = chosen("hf://datasets/o/n", &all, Some("dev")).expect_err("refused");
        assert_eq!(unknown, "o/n has no split dev; it has test, train");
    }

    #[test]
    fn the_same_rows_in_two_formats_are_read_once() {
        let both = listing(&["train.csv", "train.parquet"], "null");
        assert_eq!(
            chosen("hf://datasets/o/n", &both, None),
            Ok(vec!["train.parquet".to_owned()])
        );
        let more = listing(&["a.csv", "b.csv", "a.parquet"], "null");
        assert_eq!(
            chosen("hf://datasets/o/n", &more, None).expect("chosen"),
            ["a.csv", "b.csv"]
        );
    }

    #[test]
    fn the_card_names_the_files_of_a_configuration() {
        let names = ["main/a.jsonl", "main/b.jsonl", "other/x.jsonl"];
        let configs = r#"[{"config_name":"main","data_files":[{"split":"train","path":"main/a*"},{"split":"test","path":["main/b.jsonl"]}]},
                          {"config_name":"rest","data_dir":"other"}]"#;
        let all = listing(&names, configs);
        let several = chosen("hf://datasets/o/n", &all, None).expect_err("refused");
        assert_eq!(several, "o/n has several configurations: main, rest");
        assert_eq!(
            chosen("hf://datasets/o/n/rest", &all, None).expect("chosen"),
            ["other/x.jsonl"]
        );
        let alone = listing(
            &names,
            r#"[{"config_name":"main","data_files":{"train":"main/a*","test":"main/b*"}}]"#,
        );
        assert_eq!(
            chosen("hf://datasets/o/n", &alone, Some("test")).expect("chosen"),
            ["main/b.jsonl"]
        );
        let marked = listing(
            &names,
            r#"[{"config_name":"a","data_files":"main/*"},{"config_name":"b","default":true,"data_files":"other/*"}]"#,
        );
        assert_eq!(
            chosen("hf://datasets/o/n", &marked, None).expect("chosen"),
            ["other/x.jsonl"]
        );
    }

    #[test]
    fn a_path_is_a_file_a_pattern_or_a_folder() {
        let all = listing(&["a.csv", "sub/b.csv", "sub/deep/c.csv"], "null");
        assert_eq!(
            chosen("hf://datasets/o/n/a.csv", &all, Some("test")).expect("chosen"),
            ["a.csv"]
        );
        assert_eq!(
            chosen("hf://datasets/o/n/sub/*.csv", &all, None).expect("chosen"),
            ["sub/b.csv"]
        );
        assert_eq!(
            chosen("hf://datasets/o/n/**/*.csv", &all, None)
                .expect("chosen")
                .len(),
            3
        );
        assert_eq!(
            chosen("hf://datasets/o/n/sub", &all, None)
                .expect("chosen")
                .len(),
            2
        );
        let none = chosen("hf://datasets/o/n/zzz", &all, None).expect_err("refused");
        assert_eq!(none, "o/n holds no rows under zzz at revision main");
        assert_eq!(
            chosen("hf://datasets/o/n", &listing(&["n.py"], "null"), None),
            Err("no rows".to_owned())
        );
    }

    #[test]
    fn a_choice_that_lacks_a_shard_is_refused() {
        let choice = |name: &str| Choice {
            name: name.to_owned(),
            split: None,
        };
        let half = [choice("data/train-00000-of-00002.parquet")];
        let error = check_complete(&half).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "only 1 of the 2 files of data/train are in the local cache"
        );
        let both = [half[0].clone(), choice("data/train-00001-of-00002.parquet")];
        assert!(check_complete(&both).is_ok());
    }
}
