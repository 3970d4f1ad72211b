//! Which files of a model's repository make the model: weights as safetensors, configuration, tokenizer; never a pickle.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::listing::Listing;
use super::path::HubPath;
use crate::error::{Error, Result, listed, shown};

const DESCRIPTIONS: [&str; 10] = [
    "config.json",
    "generation_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "adapter_config.json",
];
const ONE_FILE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const ADAPTER: &str = "adapter_model.safetensors";

/// The files of a model, but for shards that an index names.
#[derive(Debug)]
pub(crate) struct ModelFiles {
    /// The wanted files, by their names from the repository's root.
    pub(crate) names: Vec<String>,
    /// The index among them, if its shards are the weights.
    pub(crate) index: Option<String>,
}

/// The files that make the model in the address's folder.
pub(crate) fn model_files(address: &HubPath, listing: &Listing) -> Result<ModelFiles> {
    let base = address
        .path()
        .map_or(String::new(), |path| format!("{path}/"));
    let inside: Vec<&str> = listing
        .files
        .keys()
        .filter_map(|name| name.strip_prefix(&base))
        .collect();
    let mut wanted: Vec<&str> = inside
        .iter()
        .copied()
        .filter(|name| is_description(name) || is_module(name))
        .collect();
    if !wanted.iter().any(|name| {
        matches!(
            *name,
            "config.json" | "adapter_config.json" | "modules.json"
        )
    }) {
        let error = Error::new(format!("{address} holds no model: there is no config.json"));
        return Err(error.with_hint(format!("it holds {}", listed(inside.into_iter().take(20)))));
    }
    let (weights, index) = weights(&inside);
    wanted.extend(weights);
    if !wanted.iter().any(|name| is_safetensors(name)) && index.is_none() {
        return Err(no_weights(address, &inside));
    }
    wanted.sort_unstable();
    wanted.dedup();
    Ok(ModelFiles {
        names: wanted
            .into_iter()
            .map(|name| format!("{base}{name}"))
            .collect(),
        index: index.map(|name| format!("{base}{name}")),
    })
}

/// The weights beside the configuration. One file comes before shards, and shards before files of other names,
/// because repositories offer the same weights more than once.
fn weights<'a>(inside: &[&'a str]) -> (Vec<&'a str>, Option<&'a str>) {
    let named = |wanted: &str| inside.iter().copied().find(|name| *name == wanted);
    let adapter = named(ADAPTER);
    if let Some(one) = named(ONE_FILE) {
        return (adapter.into_iter().chain([one]).collect(), None);
    }
    if let Some(index) = named(INDEX) {
        return (adapter.into_iter().chain([index]).collect(), Some(index));
    }
    let beside = |name: &&str| is_safetensors(name) && !name.contains('/');
    (inside.iter().copied().filter(beside).collect(), None)
}

fn is_description(name: &str) -> bool {
    DESCRIPTIONS.contains(&name)
        || (name.starts_with("tokenizer") && has_ending(name, "json") && !name.contains('/'))
}

/// A part of a sentence-transformers model, such as `1_Pooling/config.json`.
fn is_module(name: &str) -> bool {
    let Some((folder, file)) = name.split_once('/') else {
        return false;
    };
    let numbered = folder.split_once('_').is_some_and(|(number, _)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    });
    numbered && !file.contains('/') && (is_description(file) || is_safetensors(file))
}

fn is_safetensors(name: &str) -> bool {
    has_ending(name, "safetensors")
}

fn has_ending(name: &str, wanted: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending == wanted)
}

fn no_weights(address: &HubPath, inside: &[&str]) -> Error {
    let pickles = ["bin", "pt", "pth", "pkl", "ckpt", "msgpack", "h5"];
    let is_other = |name: &&str| pickles.iter().any(|ending| has_ending(name, ending));
    let others: Vec<&str> = inside.iter().copied().filter(is_other).take(5).collect();
    let error = Error::new(format!("{address} holds no safetensors weights"));
    if others.is_empty() {
        return error;
    }
    error.with_hint(format!(
        "{} can run code when read and is not fetched; look for a converted revision",
        listed(others)
    ))
}

/// The shards that an index names, by their names from the repository's root.
pub(crate) fn shards(index: &str, content: &[u8], listing: &Listing) -> Result<Vec<String>> {
    let refuse = |what: &str| Error::new(format!("{} {what}", shown(index)));
    let value: Value =
        serde_json::from_slice(content).map_err(|cause| refuse("is no JSON").caused_by(cause))?;
    let map = value["weight_map"]
        .as_object()
        .ok_or_else(|| refuse("has no weight_map"))?;
    let folder = index.strip_suffix(INDEX).unwrap_or_default();
    let named: BTreeSet<&str> = map.values().filter_map(Value::as_str).collect();
    if named.is_empty() {
        return Err(refuse("names no weights"));
    }
    named
        .into_iter()
        .map(|shard| {
            let name = format!("{folder}{shard}");
            let is_known = listing.files.contains_key(&name) && is_safetensors(&name);
            is_known.then_some(name).ok_or_else(|| {
                refuse(&format!(
                    "names {}, which is no safetensors file of the repository",
                    shown(shard)
                ))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::listing::Entry;
    use super::*;

    fn listing(names: &[&str]) -> Listing {
        Listing {
            commit: "c".repeat(40),
            files: names
                .iter()
                .map(|name| ((*name).to_owned(), Entry::default()))
                .collect(),
            configs: Value::Null,
        }
    }

    fn files(address: &str, names: &[&str]) -> Result<ModelFiles> {
        model_files(&address.parse().expect("an address"), &listing(names))
    }

    #[test]
    fn a_sentence_encoder_comes_with_its_modules_and_without_other_formats() {
        let names = [
            "1_Pooling/config.json",
            "README.md",
            "config.json",
            "model.safetensors",
            "modules.json",
            "onnx/model.onnx",
            "openvino/config.json",
            "pytorch_model.bin",
            "sentence_bert_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "train_script.py",
        ];
        let files = files("hf://o/n", &names).expect("files");
        assert_eq!(
            files.names,
            [
                "1_Pooling/config.json",
                "config.json",
                "model.safetensors",
                "modules.json",
                "sentence_bert_config.json",
                "tokenizer.json",
                "tokenizer_config.json",
            ]
        );
    }

    #[test]
    fn weights_offered_twice_are_fetched_once() {
        let names = [
            "config.json",
            "consolidated.safetensors",
            INDEX,
            "model-00001-of-00001.safetensors",
        ];
        let files = files("hf://o/n", &names).expect("files");
        assert_eq!(files.names, ["config.json", INDEX]);
        assert_eq!(files.index.as_deref(), Some(INDEX));
    }

    #[test]
    fn a_model_may_lie_in_a_folder() {
        let files = files(
            "hf://o/n/step-10",
            &[
                "step-10/config.json",
                "step-10/model.safetensors",
                "config.json",
            ],
        );
        assert_eq!(
            files.expect("files").names,
            ["step-10/config.json", "step-10/model.safetensors"]
        );
    }

    #[test]
    fn pickles_are_named_and_not_fetched() {
        let error = files("hf://o/n", &["config.json", "pytorch_model.bin"]).expect_err("refused");
        assert_eq!(error.to_string(), "hf://o/n holds no safetensors weights");
        assert!(
            error
                .hint()
                .expect("a hint")
                .starts_with("pytorch_model.bin can run code")
        );
        let error = files("hf://o/n", &["README.md"]).expect_err("refused");
        assert_eq!(
            error.to_string(),
            "hf://o/n holds no model: there is no config.json"
        );
    }

    #[test]
    fn an_index_names_only_files_of_its_repository() {
        let all = listing(&["s/a.safetensors", "s/b.safetensors", "secret.bin"]);
        let index = format!("s/{INDEX}");
        let good =
            br#"{"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"a.safetensors"}}"#;
        assert_eq!(
            shards(&index, good, &all).expect("shards"),
            ["s/a.safetensors", "s/b.safetensors"]
        );
        for bad in [
            &br#"{"weight_map":{"x":"../secret.bin"}}"#[..],
            br#"{"weight_map":{}}"#,
            b"{}",
            b"<html>",
        ] {
            assert!(shards(&index, bad, &all).is_err());
        }
    }
}
