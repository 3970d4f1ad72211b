//! Every file of the fixtures that people's tools wrote, and every bad one, read through the front door.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dataset::{Format, Reading, Source};
use proptest::prelude::*;

fn fixtures() -> Option<PathBuf> {
    let root = std::env::var_os("POLYCULTURE_FIXTURES");
    if root.is_none() {
        eprintln!("skipped: POLYCULTURE_FIXTURES is not set");
    }
    root.map(PathBuf::from)
}

/// How many rows there are, or the message and what caused it.
fn count(path: &Path, format: Option<Format>) -> Result<usize, String> {
    let how = Reading {
        format,
        ..Reading::default()
    };
    let whole = |error: dataset::Error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        format!("{error}{}", cause.unwrap_or_default())
    };
    let rows = dataset::open(&Source::Path(path.to_owned()), &how).map_err(whole)?;
    let mut count = 0;
    for batch in rows {
        count += batch.map_err(whole)?.num_rows();
    }
    Ok(count)
}

/// The files that are not read as the rows that the manifest counts, and why.
const EXCEPTIONS: &[(&str, Result<usize, &str>)] = &[
    // The manifest counts lines of a single space, which are blank.
    ("text/wikitext2_valid.txt", Ok(2461)),
    (
        "odd/blns.json",
        Err("blns.json: line 2: expected an object, found text"),
    ),
    ("classify/trec/TREC.train.all", Err("TREC.train.all: line ")),
    ("classify/subj/subj.all", Err("subj.all: line ")),
];

#[test]
fn every_file_of_the_manifest_is_read_with_its_rows() {
    let Some(root) = fixtures() else { return };
    let manifest = fs::read_to_string(root.join("data/MANIFEST.tsv")).expect("the manifest");
    let mut files = 0;
    for line in manifest.lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let (name, rows) = (fields[0], fields[3].parse().expect("a count of rows"));
        let labelled = ["classify/sst2/stsa", "classify/trec/", "classify/subj/"];
        let labelled = labelled.iter().any(|start| name.starts_with(start));
        let found = count(
            &root.join("data").join(name),
            labelled.then_some(Format::LabelText),
        );
        let exception = EXCEPTIONS.iter().find(|(exception, _)| *exception == name);
        match exception.map_or(Ok(rows), |(_, expected)| *expected) {
            Ok(expected) => assert_eq!(found, Ok(expected), "{name}"),
            Err(start) => {
                let message = found.expect_err(name);
                assert!(message.starts_with(start), "{name}: {message}");
            }
        }
        files += 1;
    }
    assert!(files > 30, "{files} files");
}

/// What each bad file of JSON lines gives, by the number in its name.
const BAD_JSON: &[(&str, Result<usize, &str>)] = &[
    ("j00", Ok(3)),
    ("j01", Ok(0)),
    ("j02", Ok(0)),
    ("j03", Ok(2)),
    ("j04", Ok(2)),
    ("j05", Ok(1)),
    ("j06", Err("line 1: byte 1 (0xff) is not UTF-8")),
    ("j07", Err("line 1: byte 13 (0xe9) is not UTF-8")),
    ("j08", Err("line 1: ")),
    ("j09", Err("line 1: control character")),
    ("j10", Ok(1)),
    ("j11", Err("line 3: it ends in the middle of a value")),
    ("j12", Err("line 2: expected `:`")),
    ("j13", Err("line 2: byte 10 (0xc3) is not UTF-8")),
    ("j14", Ok(2)),
    ("j15", Ok(2)),
    ("j16", Err("line 1: expected an object, found int64")),
    ("j17", Err("line 1: expected an object, found int64")),
    ("j18", Err("line 1: it ends in the middle of a value")),
    ("j19", Err("line 1: trailing characters")),
    ("j20", Err("line 1: trailing comma")),
    ("j21", Err("line 1: key must be a string")),
    ("j22", Err("line 1: expected value")),
    ("j23", Err("line 1: expected value")),
    ("j24", Err("line 1: invalid number")),
    ("j25", Err("line 1: number out of range")),
    (
        "j26",
        Err("line 1: 18446744073709551616 does not fit 64 bits"),
    ),
    ("j27", Ok(1)),
    ("j28", Err("line 1: number out of range")),
    ("j29", Err("line 1: key `text` is there twice")),
    ("j30", Ok(2)),
    ("j31", Ok(1)),
    (
        "j32",
        Err("line 2: field `text` is int64, but text on line 1"),
    ),
    ("j33", Ok(2)),
    ("j34", Ok(2)),
    ("j35", Err("line 1: nested deeper than 64")),
    ("j38", Ok(3)),
    ("j39", Err("could not read")),
    ("j40", Err("unpacks to more than 200 times")),
    ("j41", Ok(2)),
    ("j42", Ok(1)),
    ("j43", Ok(1)),
    ("j44", Ok(1)),
    ("j45", Ok(1)),
    ("j46", Ok(1)),
    ("j47", Ok(1)),
    ("j48", Ok(1)),
    ("j49", Err("has no name")),
];

#[test]
fn every_bad_file_of_json_lines_gives_its_rows_or_says_what_is_wrong() {
    let Some(root) = fixtures() else { return };
    let expected: BTreeMap<_, _> = BAD_JSON.iter().copied().collect();
    let mut problems = Vec::new();
    for entry in fs::read_dir(root.join("bad-data/made/jsonl")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let found = count(&path, Some(Format::Json));
        let fits = match (expected.get(&name[..3]), &found) {
            (Some(Ok(rows)), Ok(found)) => rows == found,
            (Some(Err(part)), Err(message)) => message.contains(part),
            _ => false,
        };
        if !fits {
            problems.push(format!("{name}: {found:?}"));
        }
    }
    problems.sort();
    assert!(problems.is_empty(), "{problems:#?}");
}

fn read_bytes(bytes: &[u8], format: Format) -> Result<usize, String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    count(file.path(), Some(format))
}

/// A piece of JSON or CSV, so that random files come near to valid ones.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: &[&[u8]] = &[
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"\\",
        b"\n",
        b"\r\n",
        b" ",
        b"\t",
        b"null",
        b"true",
        b"-1",
        b"2.5e3",
        b"\"a\":",
        b"\"b\"",
        b"{\"a\":1}\n",
        b"{\"a\":[{}]}",
        b"\\u00e9",
        b"\\ud800",
        b"\xc3",
        b"\x1f\x8b",
        b"a,b\n",
        b"1,\"2\"\n",
    ];
    let known: Vec<Vec<u8>> = known.iter().map(|piece| piece.to_vec()).collect();
    prop_oneof![8 => prop::sample::select(known), 1 => any::<[u8; 1]>().prop_map(|byte| byte.to_vec())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_at_all_make_a_reader_panic(pieces in prop::collection::vec(piece(), 0..24)) {
        let bytes = pieces.concat();
        for format in [Format::Json, Format::Csv, Format::Tsv, Format::Text, Format::LabelText] {
            if let Err(message) = read_bytes(&bytes, format) {
                prop_assert!(!message.is_empty());
            }
        }
    }

    #[test]
    fn text_cells_come_back_from_quoted_csv(cells in prop::collection::vec("[a-z\",\n é]{0,8}", 1..12)) {
        let rows: Vec<_> = cells.iter().map(|cell| format!("\"{}\",x\n", cell.replace('"', "\"\""))).collect();
        prop_assert_eq!(read_bytes(format!("text,n\n{}", rows.concat()).as_bytes(), Format::Csv), Ok(cells.len()));
    }
}
