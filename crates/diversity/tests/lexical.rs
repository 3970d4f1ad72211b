//! What other programs count in the same texts, and how far ours agree.
//!
//! Inputs and values lie under `$POLYCULTURE_FIXTURES/goldens`.

#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs::File;
use std::path::PathBuf;

use arrow::array::AsArray;
use diversity::metrics::{
    homogenization_rouge_l, mattr, msttr, ngram_diversity_joined, self_repetition,
};
use diversity::{Context, Options, Set};
use numeric::Seed;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use text::{TokenIds, Tokenizer};

/// Counts bind to this relative error.
const EXACT: f64 = 1e-9;

/// The goldens, each with the texts of its input.
struct Goldens {
    folder: PathBuf,
    goldens: Vec<Value>,
}

impl Goldens {
    /// The goldens, or `None` with a word about it.
    fn open() -> Option<Self> {
        let Some(folder) = std::env::var_os("POLYCULTURE_FIXTURES") else {
            println!("skipped: POLYCULTURE_FIXTURES is not set");
            return None;
        };
        let folder = PathBuf::from(folder).join("goldens");
        let file = File::open(folder.join("goldens.json")).expect("goldens.json is there");
        let goldens: Value = serde_json::from_reader(file).expect("goldens.json is JSON");
        let goldens = goldens["goldens"].as_array().expect("a list").clone();
        Some(Self { folder, goldens })
    }

    /// The goldens of one metric by one peer with the texts they are of.
    fn of(&self, metric: &str, peer: &str) -> Vec<(&Value, Vec<String>)> {
        let is_of = |golden: &&Value| {
            let by = golden["peer"].as_str().expect("a peer");
            golden["metric"] == metric && by.starts_with(peer)
        };
        let found = self.goldens.iter().filter(is_of);
        found.map(|golden| (golden, self.texts(golden))).collect()
    }

    fn texts(&self, golden: &Value) -> Vec<String> {
        let input = golden["input"][0].as_str().expect("an input");
        let path = self.folder.join("inputs").join(input);
        let file = File::open(path.with_extension("parquet")).expect("the input is there");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
        let mut texts = Vec::new();
        for batch in reader.build().expect("Parquet") {
            let batch = batch.expect("a batch");
            let column = batch.column_by_name("text").expect("texts");
            let of_batch = column.as_string::<i32>().iter();
            texts.extend(of_batch.map(|text| text.unwrap_or("").to_owned()));
        }
        let rows = golden["params"]["rows"].as_u64();
        texts.truncate(rows.map_or(usize::MAX, |rows| rows as usize));
        texts
    }
}

fn slices(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The value of a metric of texts that are cut at white space.
fn value(metric: &str, texts: &[String]) -> f64 {
    let set = Set::of_texts(&slices(texts), Tokenizer::Whitespace);
    let context = Context::new(&Options::new(Seed::new(1)));
    let metric = diversity::metric(metric).expect("known");
    metric.measure(&set, &context).expect("a value").value
}

fn tokens(texts: &[String]) -> TokenIds {
    TokenIds::new(&slices(texts), Tokenizer::Whitespace)
}

fn assert_close(found: f64, expected: &Value, tolerance: f64, what: &Value) {
    let expected = expected.as_f64().expect("a number");
    let error = (found - expected).abs() / expected.abs();
    assert!(
        error <= tolerance,
        "{found} is not {expected} (relative error {error:e}): {what}"
    );
}

/// A value that the peer rounds to 3 digits.
fn assert_rounded(found: f64, golden: &Value) {
    let expected = golden["value"].as_f64().expect("a number");
    let rounded = (found * 1000.0).round() / 1000.0;
    assert!((rounded - expected).abs() < 1e-12, "{found}: {golden}");
}

/// The tokens of `lexicalrichness`, with one space between them.
fn richness_words(text: &str) -> String {
    let kept = |c: &char| !c.is_ascii_digit() && !matches!(c, '-' | '\u{2013}' | '\u{2014}');
    let lower = text.to_lowercase();
    let spaced = lower.chars().filter(kept);
    spaced
        .map(|c| if c.is_ascii_punctuation() { ' ' } else { c })
        .collect()
}

/// The tokens of `lexical-diversity`, an empty one at an end as the letter ø.
fn diversity_words(texts: &[String]) -> String {
    let removed = "`` '' ' . , ? ! ) ( % / - _ -LRB- -RRB- SYM : ;";
    let mut text = texts.join(" ");
    for part in removed.split(' ') {
        text = text.replace(part, "");
    }
    let words: Vec<&str> = text::whitespace_tokens(&text).collect();
    let outer = |at_end: bool| if at_end { "ø" } else { "" };
    let starts = text.starts_with(char::is_whitespace);
    let ends = text.ends_with(char::is_whitespace);
    format!(
        "{} {} {}",
        outer(starts),
        words.join(" ").to_lowercase(),
        outer(ends)
    )
}

#[test]
fn vocabulary_measures_are_those_of_lexicalrichness() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let names = [
        ("ttr", "ttr"),
        ("rttr", "root_ttr"),
        ("cttr", "corrected_ttr"),
        ("Herdan", "log_ttr"),
        ("Maas", "maas"),
        ("mtld", "mtld"),
        ("hdd", "hdd_42"),
        ("yulek", "yule_k"),
        ("simpsond", "simpson"),
    ];
    let mut checked = 0;
    for (theirs, ours) in names {
        for (golden, texts) in goldens.of(theirs, "lexicalrichness") {
            let words: Vec<String> = texts.iter().map(|text| richness_words(text)).collect();
            assert_close(value(ours, &words), &golden["value"], EXACT, golden);
            checked += 1;
        }
    }
    // Its windows are of 100 tokens.
    for (golden, texts) in goldens.of("mattr", "lexicalrichness") {
        let words: Vec<String> = texts.iter().map(|text| richness_words(text)).collect();
        let found = mattr(&tokens(&words), 100).expect("100 tokens");
        assert_close(found, &golden["value"], EXACT, golden);
        checked += 1;
    }
    for (golden, texts) in goldens.of("msttr", "lexicalrichness") {
        let words: Vec<String> = texts.iter().map(|text| richness_words(text)).collect();
        let found = msttr(&tokens(&words), 100).expect("100 tokens");
        assert_close(found, &golden["value"], EXACT, golden);
        checked += 1;
    }
    assert!(checked >= 33, "{checked}");
}

#[test]
fn vocabulary_measures_are_those_of_lexical_diversity() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let names = [
        ("ttr", "ttr"),
        ("root_ttr", "root_ttr"),
        ("log_ttr", "log_ttr"),
        ("maas_ttr", "maas_lexical_diversity"),
        ("mtld", "mtld_min_10"),
        ("hdd", "hdd_42"),
        ("mattr", "mattr_50"),
        ("msttr", "msttr_50"),
    ];
    let mut checked = 0;
    for (theirs, ours) in names {
        for (golden, texts) in goldens.of(theirs, "lexical-diversity") {
            let words = [diversity_words(&texts)];
            assert_close(value(ours, &words), &golden["value"], EXACT, golden);
            checked += 1;
        }
    }
    assert!(checked >= 24, "{checked}");
}

#[test]
fn n_gram_diversity_joined_is_that_of_diversity() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let mut checked = 0;
    for (golden, texts) in goldens.of("ngram_diversity_score", "diversity") {
        let n = golden["params"]["num_n"].as_u64().expect("n") as usize;
        let found = ngram_diversity_joined(&slices(&texts), n).expect("long enough");
        assert_rounded(found, golden);
        checked += 1;
    }
    for (golden, texts) in goldens.of("ngram_diversity_unrounded", "python") {
        let found = value("ngram_diversity_4_cshaib", &texts);
        assert_close(found, &golden["value"], EXACT, golden);
        checked += 1;
    }
    assert!(checked >= 18, "{checked}");
}

#[test]
fn self_repetition_is_that_of_diversity() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let mut checked = 0;
    for (golden, texts) in goldens.of("self_repetition_score", "diversity") {
        let n = golden["params"]["n"].as_u64().expect("n") as usize;
        let found = self_repetition(&tokens(&texts), n).expect("long enough");
        assert_close(found, &golden["value"], EXACT, golden);
        checked += 1;
    }
    assert!(checked >= 6, "{checked}");
}

#[test]
fn homogenization_is_that_of_rouge_score_and_of_diversity() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let mut checked = 0;
    for (golden, texts) in goldens.of("homogenization_rougel_unrounded", "rouge-score") {
        let found = value("homogenization_rouge_l_cshaib", &texts);
        assert_close(found, &golden["value"], EXACT, golden);
        let drawn = homogenization_rouge_l(&tokens(&texts), 20_000, Seed::new(2));
        assert!(drawn.expect("pairs").value > 0.0);
        checked += 1;
    }
    for (golden, texts) in goldens.of("homogenization_score", "diversity") {
        assert_rounded(value("homogenization_rouge_l_cshaib", &texts), golden);
        checked += 1;
    }
    assert!(checked >= 6, "{checked}");
}

#[test]
fn compression_ratios_are_those_of_python_and_of_diversity() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let mut checked = 0;
    for (golden, texts) in goldens.of("compressed_sizes", "python") {
        if golden["params"]["join"] != " " {
            continue;
        }
        let size = |name: &str| golden["value"][name].as_f64().expect("a size");
        for (codec, ours) in [("gzip9", "gzip"), ("xz", "xz")] {
            let found = value(&format!("compression_ratio_{ours}"), &texts);
            assert_close(found, &(size("raw") / size(codec)).into(), EXACT, golden);
        }
        checked += 1;
    }
    for (golden, texts) in goldens.of("compression_ratio", "diversity") {
        let ours = match golden["params"]["algorithm"].as_str() {
            Some("gzip") => "cr_gzip_cshaib",
            _ => "compression_ratio_xz",
        };
        assert_rounded(value(ours, &texts), golden);
        checked += 1;
    }
    assert!(checked >= 9, "{checked}");
}

#[test]
fn entropies_and_duplicates_are_those_of_python() {
    let Some(goldens) = Goldens::open() else {
        return;
    };
    let mut checked = 0;
    for (golden, texts) in goldens.of("ngram_entropy_nats", "python") {
        let name = format!("entropy_{}", golden["params"]["n"]);
        assert_close(value(&name, &texts), &golden["value"], EXACT, golden);
        checked += 1;
    }
    for (golden, texts) in goldens.of("exact_dedup_kept", "python") {
        let kept = 1.0 - value("duplicate_share_exact", &texts);
        assert_close(kept * texts.len() as f64, &golden["value"], EXACT, golden);
        checked += 1;
    }
    assert!(checked >= 8, "{checked}");
}
