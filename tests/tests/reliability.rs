//! What a stage does when it is interrupted, when its reader or its disk goes away, or when another writes the same file.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};

use suite::Scratch;

use crate::killed::{hidden, sets, start};

/// `ingest` that has written the first half of its input and waits for the other half, which is
/// returned: whatever comes now comes in the midst of writing, on any machine.
fn half_way(scratch: &Scratch) -> (Child, Vec<u8>) {
    scratch.must("generate -q --grammar \"$WORLD\" -n 40000 --seed 1 -o - > stream.arrow");
    let mut stream = fs::read(scratch.file("stream.arrow")).expect("a stream");
    let rest = stream.split_off(stream.len() / 2);
    let mut child = start(scratch, "ingest - -o out.parquet");
    child
        .stdin
        .as_mut()
        .expect("a pipe")
        .write_all(&stream)
        .expect("taken");
    while hidden(scratch).is_empty() {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended before it wrote"
        );
        std::thread::yield_now();
    }
    (child, rest)
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(sent.success());
}

#[test]
fn an_interrupted_stage_takes_its_unfinished_file_away_and_says_so_by_its_code() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let scratch = Scratch::new();
        let (mut child, _) = half_way(&scratch);
        // Kept open, so that the signal is all that comes.
        let _input = child.stdin.take();
        send(signal, &child);
        let ended = child.wait_with_output().expect("it ended");
        assert_eq!(ended.status.code(), Some(code), "{signal}");
        assert!(
            hidden(&scratch).is_empty() && !scratch.file("out.parquet").exists(),
            "{signal} left files"
        );
    }
}

#[test]
fn a_stage_killed_half_way_leaves_nothing_that_the_next_run_minds() {
    let scratch = Scratch::new();
    fs::write(scratch.file("out.parquet"), b"former").expect("written");
    let (mut child, _) = half_way(&scratch);
    child.kill().expect("killed");
    child.wait().expect("it ended");
    assert_eq!(
        fs::read(scratch.file("out.parquet")).expect("there"),
        b"former"
    );
    scratch
        .must("ingest -q stream.arrow -o out.parquet; ingest -q - -o other.parquet < stream.arrow");
    assert!(hidden(&scratch).is_empty());
    let rows = |name: &str| scratch.must(&format!("show -q {name} | cksum"));
    assert_eq!(rows("out.parquet"), rows("other.parquet"));
}

#[test]
fn the_second_of_two_writers_is_refused_and_the_first_is_not_disturbed() {
    let scratch = Scratch::new();
    let (mut first, rest) = half_way(&scratch);
    let second = scratch.run("ingest stream.arrow -o out.parquet");
    let told = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(2), "{told}");
    assert!(
        told.starts_with("error: out.parquet is being written by another process\n"),
        "{told}"
    );
    first
        .stdin
        .take()
        .expect("a pipe")
        .write_all(&rest)
        .expect("taken");
    let ended = first.wait_with_output().expect("it ended");
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(scratch.must("show -q out.parquet | wc -l").trim(), "40000");
}

/// Stages that write to standard output by default, with more than a pipe holds.
const STREAMS: &[&str] = &[
    "ingest human.parquet",
    "generate --grammar $WORLD -n 20000",
    "filter human.parquet --exact-duplicate",
    "embed human.parquet --embedder hashed-ngrams --dimension 16",
    "mix --real human.parquet --synthetic made.parquet --total 20000 --proportion 0.5",
    "show human.parquet",
];

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = sets();
    for line in STREAMS {
        let mut child = start(&scratch, line);
        let mut reader = child.stdout.take().expect("a pipe");
        reader.read_exact(&mut [0; 10]).expect("ten bytes");
        drop(reader);
        let ended = child.wait_with_output().expect("it ended");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{line}: {told}");
        assert!(
            !told.contains("error") && !told.contains("panicked"),
            "{line}: {told}"
        );
    }
}

#[test]
fn a_full_disk_is_one_error_and_a_two() {
    let scratch = sets();
    for line in STREAMS
        .iter()
        .chain(&["score-diversity human.parquet --metric mean_words"])
    {
        let quoted = line.replace("$WORLD", "\"$WORLD\"");
        let ran = scratch.run(&format!("{quoted} > /dev/full"));
        let told = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{line}: {told}");
        let errors = told.lines().filter(|line| line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{line}: {told}");
        assert!(told.contains("No space left on device"), "{line}: {told}");
    }
}

#[test]
fn a_stream_that_was_cut_off_is_an_error_wherever_it_was_cut() {
    let scratch = Scratch::new();
    scratch.must("generate -q --grammar \"$WORLD\" -n 300 --seed 1 -o - > stream.arrow");
    let stream = fs::read(scratch.file("stream.arrow")).expect("a stream");
    // The trailer with the provenance may be missing in a stream of another tool, but not be cut.
    for eighth in 1..8 {
        fs::write(
            scratch.file("cut.arrow"),
            &stream[..stream.len() * eighth / 8],
        )
        .expect("written");
        let ran = scratch.run("ingest - -o out.parquet < cut.arrow");
        assert_eq!(ran.status.code(), Some(2), "{eighth}/8");
        assert!(!scratch.file("out.parquet").exists(), "{eighth}/8");
    }
}
