//! A stage that is killed at any moment leaves all of its output or nothing, and runs again to the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};

use suite::{Scratch, contents, stage};

/// Rows of the sets that are worked on while a run is killed.
const ROWS: &str = "60000";

/// A stage, how it is called, and the outputs it leaves.
struct Job {
    line: &'static str,
    outputs: &'static [&'static str],
}

/// Stages that make sets from [`sets`].
const JOBS_ON_SETS: &[Job] = &[
    Job {
        line: "ingest human.parquet -o out.parquet",
        outputs: &["out.parquet"],
    },
    Job {
        line: "generate --grammar $WORLD -n 60000 --seed 5 -o out.parquet",
        outputs: &["out.parquet"],
    },
    Job {
        line: "filter made.parquet --against test.parquet --exact-duplicate --rejects rejects.parquet -o out.parquet",
        outputs: &["out.parquet", "rejects.parquet"],
    },
    Job {
        line: "embed made.parquet --embedder hashed-ngrams --dimension 16 -o out.parquet",
        outputs: &["out.parquet"],
    },
    Job {
        line: "score-diversity made.parquet --metric distinct_2 --metric mean_words -o out.parquet",
        outputs: &["out.parquet"],
    },
    Job {
        line: "mix --real human.parquet --synthetic made.parquet --total 50000 --proportion 0.5 -o out.parquet",
        outputs: &["out.parquet"],
    },
];

/// Stages that make models and figures from [`models`].
const JOBS_ON_MODELS: &[Job] = &[
    Job {
        line: "train test.parquet --method tfidf -o out",
        outputs: &["out"],
    },
    Job {
        line: "evaluate model --test test.parquet --predictions predictions.parquet -o out.parquet",
        outputs: &["out.parquet", "predictions.parquet"],
    },
    Job {
        line: "report results.parquet --results all.parquet --markdown out.md -o out.html",
        outputs: &["out.html", "all.parquet", "out.md"],
    },
];

/// Two large sets and a small one.
pub(crate) fn sets() -> Scratch {
    let scratch = Scratch::new();
    scratch.must(&format!(
        r#"
generate -q --grammar "$WORLD" -n {ROWS} --seed 1 -o human.parquet
generate -q --grammar "$WORLD" -n {ROWS} --seed 2 -o made.parquet
generate -q --grammar "$WORLD" -n 3000 --seed 3 -o test.parquet
"#
    ));
    scratch
}

/// A small set, a model of it, and its figures.
fn models() -> Scratch {
    let scratch = Scratch::new();
    scratch.must(
        r#"
generate -q --grammar "$WORLD" -n 3000 --seed 3 -o test.parquet
train -q test.parquet --method tfidf -o model
evaluate -q model --test test.parquet -o results.parquet
"#,
    );
    scratch
}

/// A stage that was started by name, without a shell between it and a signal.
pub(crate) fn start(scratch: &Scratch, line: &str) -> Child {
    let world = suite::root().join("data/world.grammar");
    let mut words = line.split_whitespace();
    let mut command = stage(words.next().expect("a stage"));
    for word in words {
        if word == "$WORLD" {
            command.arg(&world)
        } else {
            command.arg(word)
        };
    }
    command
        .current_dir(scratch.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the stage starts")
}

/// The files of each output by its name.
type Outputs = BTreeMap<&'static str, BTreeMap<String, Vec<u8>>>;

fn outputs(scratch: &Scratch, job: &Job) -> Outputs {
    job.outputs
        .iter()
        .map(|name| (*name, contents(&scratch.file(name))))
        .collect()
}

fn remove(path: &Path) {
    let _ = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
}

/// Ticks of processor time that `child` has used, 100 a second; `None` once it ended.
fn used_ticks(child: &Child) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    // State, then the 14th and 15th field of proc(5), counted from the state, which is the 3rd.
    let number = |at: usize| fields.get(at - 3)?.parse::<u64>().ok();
    (fields.first() != Some(&"Z")).then_some(number(14)? + number(15)?)
}

/// Kills `child` as soon as `is_now` says so, or lets it end; what matters is told by neither.
fn kill_when(mut child: Child, is_now: impl Fn(&Child) -> bool) -> Output {
    while child.try_wait().expect("a child").is_none() && !is_now(&child) {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait_with_output().expect("it ended")
}

#[test]
fn a_killed_stage_leaves_its_former_set_or_none_and_runs_again_to_the_same_bytes() {
    kill_each(JOBS_ON_SETS, &sets());
}

#[test]
fn a_killed_stage_leaves_its_former_model_or_none_and_runs_again_to_the_same_bytes() {
    kill_each(JOBS_ON_MODELS, &models());
}

fn kill_each(jobs: &[Job], scratch: &Scratch) {
    for job in jobs {
        let whole = finished(scratch, job);
        for ticks in [0, 1, 2, 4, 8, 12, 16, 24, 32] {
            // Every other time there is nothing to begin with.
            let former = if ticks % 8 == 0 {
                former(&whole)
            } else {
                Outputs::new()
            };
            replace(scratch, job, &former);
            kill_when(start(scratch, job.line), |child| {
                used_ticks(child).is_some_and(|used| used >= ticks)
            });
            for (name, files) in outputs(scratch, job) {
                // A directory is swapped by two renames, between which it is away.
                let away = files.is_empty() && (former.is_empty() || name == "out");
                let intact = files == whole[name] || former.get(name) == Some(&files) || away;
                assert!(intact, "{}: {name} after {ticks} ticks", job.line);
            }
        }
        assert!(
            finished(scratch, job) == whole,
            "{}: other bytes after it was killed",
            job.line
        );
        replace(scratch, job, &Outputs::new());
        assert_eq!(hidden(scratch), Vec::<String>::new(), "{}", job.line);
    }
}

/// What an undisturbed run leaves.
fn finished(scratch: &Scratch, job: &Job) -> Outputs {
    let ended = start(scratch, job.line)
        .wait_with_output()
        .expect("it ended");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}: {told}", job.line);
    outputs(scratch, job)
}

/// What may have been there before: other files, but whole directories, since only those with a
/// manifest are replaced.
fn former(whole: &Outputs) -> Outputs {
    let mut former = whole.clone();
    let files = former.values_mut().filter_map(|files| files.get_mut(""));
    files.for_each(|bytes| *bytes = b"former".to_vec());
    former
}

/// Makes the outputs of `job` what `files` says, and takes away those that it does not name.
fn replace(scratch: &Scratch, job: &Job, files: &Outputs) {
    job.outputs
        .iter()
        .for_each(|name| remove(&scratch.file(name)));
    for (name, files) in files {
        for (inner, bytes) in files {
            let path = if inner.is_empty() {
                scratch.file(name)
            } else {
                scratch.file(name).join(inner)
            };
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, bytes).expect("written");
        }
    }
}

/// The hidden files of a folder: what is being written, or was left.
pub(crate) fn hidden(scratch: &Scratch) -> Vec<String> {
    let names = contents(scratch.path()).into_keys();
    names
        .filter(|name| name.split('/').any(|part| part.starts_with('.')))
        .collect()
}

#[test]
fn a_generation_that_was_killed_goes_on_from_its_journal_to_the_same_bytes() {
    let scratch = Scratch::new();
    scratch.must(
        r#"
generate -q --grammar "$WORLD" -n 300 --seed 1 -o human.parquet
train -q human.parquet --method scratch --preset 1m --max-steps 1 --seed 1 -o model
"#,
    );
    // What the run follows from, and a first answer.
    let has_begun =
        |file: &Path| fs::read_to_string(file).is_ok_and(|lines| lines.lines().count() >= 2);
    goes_on(
        &scratch,
        "generate --model model -n 900 --allow-fewer --max-attempts 900 --max-new-tokens 32",
        ("answers", has_begun),
    );
}

#[test]
fn an_embedding_that_was_killed_goes_on_from_its_journal_to_the_same_bytes() {
    let Some(fixtures) = suite::fixtures() else {
        return;
    };
    let scratch = Scratch::new();
    scratch.must(r#"generate -q --grammar "$WORLD" -n 3000 --seed 1 -o human.parquet"#);
    let encoder = fixtures.join("models/minilm");
    let line = format!("embed human.parquet --embedder {}", encoder.display());
    // What the run follows from, and two pieces.
    let has_begun = |folder: &Path| fs::read_dir(folder).is_ok_and(|files| files.count() >= 3);
    goes_on(&scratch, &line, ("journal", has_begun));
}

/// Kills what `line` starts once what it keeps beside its output says that it has begun, and lets it go on.
fn goes_on(scratch: &Scratch, line: &str, (kept, has_begun): (&str, fn(&Path) -> bool)) {
    scratch.must(&format!("{line} -o undisturbed.parquet"));
    let line = format!("{line} -o out.parquet");
    let journal = scratch.file(&format!("out.parquet.{kept}"));
    let killed = kill_when(start(scratch, &line), |_| has_begun(&journal));
    assert_eq!(
        killed.status.code(),
        None,
        "{}",
        String::from_utf8_lossy(&killed.stderr)
    );
    assert!(!scratch.file("out.parquet").exists());
    let again = start(scratch, &line).wait_with_output().expect("it ended");
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(told.contains("going on after"), "{told}");
    let whole = contents(&scratch.file("undisturbed.parquet"));
    assert!(
        contents(&scratch.file("out.parquet")) == whole,
        "other bytes after it was killed"
    );
    assert!(!journal.exists() && hidden(scratch).is_empty());
}

/// The last step of which the journal of `out` has a checkpoint.
fn last_checkpoint(scratch: &Scratch) -> Option<u64> {
    let entries = fs::read_dir(scratch.file("out.journal")).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| name.strip_prefix("step-")?.parse().ok())
        .max()
}

#[test]
fn a_training_that_was_killed_again_and_again_goes_on_to_the_same_model() {
    let scratch = Scratch::new();
    scratch.must(
        r#"
generate -q --grammar "$WORLD" -n 300 --seed 1 -o human.parquet
train -q human.parquet --method scratch --preset tiny --max-steps 1 --seed 1 -o model
"#,
    );
    for method in [
        "--method scratch --preset tiny",
        "--method full --model model",
        "--method lora --model model",
    ] {
        let train = format!("train human.parquet {method} --max-steps 100 --seed 4");
        scratch.must(&format!("{train} -q -o undisturbed"));
        let whole = contents(&scratch.file("undisturbed"));
        // The threads change from one run to the next; the steps were drawn once.
        for (threads, step) in [(1, 7), (2, 8), (1, 41), (2, 73)] {
            let line = format!("{train} --checkpoint-every 1 --threads {threads} -o out");
            let killed = kill_when(start(&scratch, &line), |_| {
                last_checkpoint(&scratch).is_some_and(|last| last >= step)
            });
            let told = String::from_utf8_lossy(&killed.stderr);
            assert_eq!(killed.status.code(), None, "{method}: {told}");
            assert!(!scratch.file("out").exists(), "{method}");
        }
        let other = start(&scratch, &format!("{train} --learning-rate 0.5 -o out"));
        let refused = other.wait_with_output().expect("it ended");
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(told.contains("belongs to another run"), "{told}");
        let again = start(&scratch, &format!("{train} --resume always -o out"));
        let again = again.wait_with_output().expect("it ended");
        let told = String::from_utf8_lossy(&again.stderr);
        assert!(told.contains("going on after step"), "{method}: {told}");
        assert!(contents(&scratch.file("out")) == whole, "{method}");
        remove(&scratch.file("out"));
        remove(&scratch.file("undisturbed"));
        assert!(last_checkpoint(&scratch).is_none() && hidden(&scratch).is_empty());
    }
}
