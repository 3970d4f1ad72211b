//! Malformed model files are errors that name the file: never a panic, never a wrong model.

use std::collections::BTreeMap;
use std::path::PathBuf;

use model::{Config, Decoder, Tokenizer};
use numeric::Seed;

/// The names and bytes of a folder of malformed files, or nothing (said aloud) where it is not at hand.
fn bad_files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = std::env::var_os("POLYCULTURE_FIXTURES") else {
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: POLYCULTURE_FIXTURES is not set");
        }
        return Vec::new();
    };
    let folder = PathBuf::from(root).join("bad-data/made").join(folder);
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a readable name");
            (name, std::fs::read(entry.path()).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn no_malformed_weights_make_a_model() {
    let decoder =
        Decoder::initialize(Config::preset("tiny").expect("known"), Seed::new(1)).expect("drawn");
    let good: BTreeMap<String, Vec<u8>> =
        decoder.to_files().expect("written").into_iter().collect();
    for (name, bytes) in bad_files("safetensors") {
        let mut files = good.clone();
        files.insert("model.safetensors".to_owned(), bytes);
        let error = Decoder::load(&files).expect_err(&name).to_string();
        assert!(error.starts_with("model.safetensors: "), "{name}: {error}");
        assert!(!error.contains(char::is_control), "{name}: {error}");
    }
}

#[test]
fn malformed_tokenizers_are_refused_or_work() {
    let refused = [
        "t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t11", "t12", "t13", "t14", "t15",
        "t21", "t22", "t23", "t28", "t30", "t32", "t34", "t37",
    ];
    for (name, bytes) in bad_files("tokenizer") {
        if !name.starts_with('t') {
            continue;
        }
        let loaded = Tokenizer::from_json(&bytes);
        assert!(
            loaded.is_err() || !refused.iter().any(|bad| name.starts_with(bad)),
            "{name} was accepted"
        );
        if let Ok(tokenizer) = loaded {
            for text in [
                "",
                "hello world",
                "aaaa a b ab \u{0} \u{202e} 你好",
                &"a".repeat(50_000),
            ] {
                if let Ok(ids) = tokenizer.encode(text, true) {
                    assert!(
                        ids.iter().all(|id| (*id as usize) < tokenizer.vocab_size()),
                        "{name}"
                    );
                    let _ = tokenizer.decode(&ids);
                }
            }
        }
    }
}
