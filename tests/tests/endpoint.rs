//! `generate --endpoint` against a server that fails in every way that servers fail.

use std::collections::BTreeSet;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dataset::{Reading, RowEquation, Source, Table};
use suite::{ModelServer, Reply, Scratch, Served};

/// Texts that differ by the seed of the request and by nothing else.
fn text_of(served: &Served) -> String {
    let seed = served.body["seed"].as_u64().unwrap_or_default();
    format!("text number {seed} of a server")
}

fn honest(served: &Served) -> Reply {
    Reply::text(served, &text_of(served))
}

/// A server that answers its first requests as `fault` says, and all others well.
fn faulty(first: usize, fault: impl Fn(&Served) -> Reply + Send + Sync + 'static) -> ModelServer {
    ModelServer::start(move |served| {
        if served.number < first {
            fault(served)
        } else {
            honest(served)
        }
    })
}

fn generate(scratch: &Scratch, server: &ModelServer, more: &str) -> Output {
    scratch.run(&format!(
        "generate --endpoint {} --model-name m --seed 1 -o out.parquet {more}",
        server.url()
    ))
}

fn told(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

fn table(scratch: &Scratch, name: &str) -> Table {
    let source = Source::Path(scratch.file(name));
    Table::read(&source, &Reading::default(), "input", &[]).expect("readable")
}

fn texts(table: &Table) -> Vec<String> {
    let texts = table.texts("text").expect("a column of texts");
    texts.into_iter().map(str::to_owned).collect()
}

/// Runs against the faulty server, which must not keep the rows from coming, and returns how many requests it took.
fn overcomes(first: usize, fault: impl Fn(&Served) -> Reply + Send + Sync + 'static) -> usize {
    let scratch = Scratch::new();
    let server = faulty(first, fault);
    let ran = generate(&scratch, &server, "-n 3 --timeout 5");
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    assert_eq!(table(&scratch, "out.parquet").len(), 3);
    assert!(!scratch.file("out.parquet.answers").exists());
    server.served().len()
}

#[test]
fn what_may_pass_is_asked_again_until_it_has_passed() {
    let wait = |seconds: &str| vec![("retry-after", seconds.to_owned())];
    let too_much = wait("0.1");
    assert_eq!(
        overcomes(2, move |_| Reply::Whole(
            429,
            too_much.clone(),
            String::new()
        )),
        5
    );
    assert_eq!(overcomes(1, |_| Reply::error(429, "slow down")), 4);
    assert_eq!(overcomes(1, |_| Reply::error(500, "oh")), 4);
    assert_eq!(
        overcomes(1, |_| Reply::CutOff("{\"choices\": [".to_owned())),
        4
    );
}

#[test]
fn a_reply_that_is_no_answer_is_asked_for_again() {
    for body in [
        "{\"choices\": [",
        "{\"choices\": []}",
        "{\"choices\": [{\"message\": {\"content\": 3}}]}",
        "<html>",
    ] {
        assert_eq!(
            overcomes(1, move |_| Reply::Whole(200, Vec::new(), body.to_owned())),
            4,
            "{body}"
        );
    }
}

#[test]
fn a_server_that_is_silent_is_given_up_after_its_tries() {
    let scratch = Scratch::new();
    let server = ModelServer::start(|_| Reply::Silence);
    let ran = generate(&scratch, &server, "-n 1 --timeout 0.2 --retries 1");
    assert_eq!(ran.status.code(), Some(2), "{}", told(&ran));
    assert!(
        told(&ran).contains("does not answer after 2 tries"),
        "{}",
        told(&ran)
    );
    assert_eq!(server.served().len(), 2);
    assert!(!scratch.file("out.parquet").exists());
}

#[test]
fn what_is_final_is_not_asked_again_and_no_key_is_told() {
    for (status, hint) in [
        (401, "--api-key-env"),
        (404, "--endpoint"),
        (400, "no such"),
    ] {
        let scratch = Scratch::new();
        let server =
            ModelServer::start(move |_| Reply::error(status, "no such thing for sk-secret"));
        let ran = scratch
            .shell(&format!(
                "generate --endpoint {} --model-name m -n 1 --api-key-env KEY -o out.parquet",
                server.url()
            ))
            .env("KEY", "sk-secret")
            .output()
            .expect("bash runs");
        let told = told(&ran);
        assert_eq!(ran.status.code(), Some(2), "{told}");
        assert!(told.contains(hint) && !told.contains("sk-secret"), "{told}");
        let served = server.served();
        assert_eq!(served.len(), 1);
        assert_eq!(served[0].header("authorization"), Some("Bearer sk-secret"));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let scratch = Scratch::new();
    let other = ModelServer::start(honest);
    let target = format!("{}/chat/completions", other.url());
    let server = ModelServer::start(move |_| {
        Reply::Whole(307, vec![("location", target.clone())], String::new())
    });
    let ran = generate(&scratch, &server, "-n 1");
    assert_eq!(ran.status.code(), Some(2));
    assert!(
        told(&ran).contains("which is not followed"),
        "{}",
        told(&ran)
    );
    assert!(other.served().is_empty());
}

#[test]
fn one_request_that_is_refused_is_counted_and_made_up_for() {
    let scratch = Scratch::new();
    let server = ModelServer::start(|served| match served.number {
        1 => Reply::error(400, "this prompt is too long"),
        2 => Reply::json(&serde_json::json!({"choices": [
            {"message": {"content": "bad words"}, "finish_reason": "content_filter"}]})),
        _ => honest(served),
    });
    let ran = generate(
        &scratch,
        &server,
        "-n 4 --concurrency 1 --rejects rejects.parquet",
    );
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    let table = table(&scratch, "out.parquet");
    assert_eq!(table.len(), 4);
    let input = &table.inputs()[0];
    let provenance = input.provenance.as_ref().expect("made by generate");
    let run = provenance.made_by().expect("a run");
    let wanted = RowEquation::Generated {
        attempts: 6,
        accepted: 4,
        rejected: 1,
        failed: 1,
    };
    assert_eq!(run.rows, wanted);
    assert!(
        told(&ran).contains("1 rejected (1 content-filter), 1 failed (1 status-400)"),
        "{}",
        told(&ran)
    );
    let shown = scratch.must("show -q rejects.parquet --columns text,reject_stage,reject_rule");
    assert_eq!(
        shown.trim(),
        r#"{"text":"bad words","reject_stage":"generate","reject_rule":"content-filter"}"#
    );
}

#[test]
fn where_the_number_cannot_be_reached_nothing_is_written_and_nothing_paid_is_lost() {
    let scratch = Scratch::new();
    let server = ModelServer::start(|served| Reply::text(served, "always the same"));
    let few = "-n 3 --accept novelty=0.7 --max-attempts 5";
    let ran = generate(&scratch, &server, few);
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
    assert!(told(&ran).contains("4 novelty"), "{}", told(&ran));
    assert!(!scratch.file("out.parquet").exists());
    assert_eq!(server.served().len(), 5);
    let ran = generate(&scratch, &server, &format!("{few} --allow-fewer"));
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    assert_eq!(server.served().len(), 5, "all answers were there");
    assert_eq!(table(&scratch, "out.parquet").len(), 1);
}

#[test]
fn a_run_of_other_arguments_does_not_take_the_answers_of_this_one() {
    let scratch = Scratch::new();
    let server = ModelServer::start(|served| Reply::text(served, "always the same"));
    let few = "-n 2 --accept novelty=0.7 --max-attempts 2";
    assert_eq!(generate(&scratch, &server, few).status.code(), Some(1));
    let ran = generate(&scratch, &server, &format!("{few} --temperature 0.5"));
    assert_eq!(ran.status.code(), Some(2));
    assert!(
        told(&ran).contains("its temperature is none, this run's is 0.5"),
        "{}",
        told(&ran)
    );
    let ran = generate(&scratch, &server, &format!("{few} --explain-cache"));
    assert!(
        told(&ran).contains("2 of the first 2 requests are answered"),
        "{}",
        told(&ran)
    );
}

#[test]
fn a_budget_ends_a_run_before_the_next_request() {
    let scratch = Scratch::new();
    let server = ModelServer::start(honest);
    let ran = generate(
        &scratch,
        &server,
        "-n 50 --concurrency 1 --max-tokens-total 60",
    );
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
    assert!(
        told(&ran).contains("--max-tokens-total is 60"),
        "{}",
        told(&ran)
    );
    let served = server.served().len();
    assert!((2..50).contains(&served), "{served}");
    let ran = generate(&scratch, &server, "-n 50 --concurrency 1");
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    assert_eq!(server.served().len(), 50);
}

/// Kills a run with -9 at its k-th request, over and over, then lets it end.
#[test]
fn a_run_killed_again_and_again_asks_for_nothing_twice_and_writes_the_same_bytes() {
    const ROWS: usize = 60;
    const CONCURRENCY: usize = 3;
    let line = |url: &str, name: &str| {
        format!(
            "generate -q --endpoint {url} --model-name m --seed 1 -n {ROWS} --concurrency {CONCURRENCY} -o {name}/out.parquet"
        )
    };
    let scratch = Scratch::new();
    let whole = ModelServer::start(honest);
    // The address is part of a request, so both runs must have the same one.
    let child: Arc<Mutex<Option<std::process::Child>>> = Arc::default();
    let (victim, at) = (Arc::clone(&child), Arc::new(AtomicUsize::new(usize::MAX)));
    let moment = Arc::clone(&at);
    drop(whole);
    let server = ModelServer::start(move |served| {
        if served.number == moment.load(Ordering::Acquire)
            && let Some(child) = victim.lock().expect("not poisoned").as_mut()
        {
            let _ = child.kill();
        }
        honest(served)
    });
    scratch.must(&line(&server.url(), "undisturbed"));
    let undisturbed = server.served().len();
    assert_eq!(undisturbed, ROWS);
    let mut kills = 0;
    let mut seed: usize = 7;
    loop {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        let next = server.served().len() + seed % 11;
        at.store(
            if kills < 10 { next } else { usize::MAX },
            Ordering::Release,
        );
        let started = scratch
            .shell(&format!("exec {}", line(&server.url(), "killed")))
            .stderr(Stdio::null())
            .spawn()
            .expect("bash runs");
        *child.lock().expect("not poisoned") = Some(started);
        let ended = loop {
            let ended = child
                .lock()
                .expect("not poisoned")
                .as_mut()
                .map(std::process::Child::try_wait);
            if let Some(Ok(Some(status))) = ended {
                break status;
            }
            std::thread::yield_now();
        };
        if ended.success() {
            break;
        }
        kills += 1;
        assert!(!scratch.file("killed/out.parquet").exists());
    }
    assert!(kills > 0, "no run was killed");
    let asked = server.served().len() - undisturbed;
    assert!(
        asked <= ROWS + kills * CONCURRENCY,
        "{asked} requests, {kills} kills"
    );
    scratch.must("cmp undisturbed/out.parquet killed/out.parquet");
}

#[test]
fn a_batch_is_written_and_its_results_are_the_rows() {
    let scratch = Scratch::new();
    let line =
        "generate --endpoint http://127.0.0.1:9/v1 --model-name m -n 2 --seed 1 -o out.parquet";
    let ran = scratch.run(&format!("{line} --batch-file batch.jsonl"));
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
    let batch = std::fs::read_to_string(scratch.file("batch.jsonl")).expect("written");
    let results: String = batch
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let request: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(request["url"], "/v1/chat/completions");
            let body =
                serde_json::json!({"choices": [{"message": {"content": format!("row {at}")}}]});
            let response = serde_json::json!({"status_code": 200, "body": body});
            serde_json::json!({"custom_id": request["custom_id"], "response": response}).to_string()
                + "\n"
        })
        .collect();
    std::fs::write(scratch.file("results.jsonl"), results).expect("written");
    scratch.must(&format!("{line} --batch-results results.jsonl"));
    assert_eq!(texts(&table(&scratch, "out.parquet")), ["row 0", "row 1"]);
}

#[test]
fn topics_are_proposed_once_for_all_levels_and_a_longer_list_begins_with_a_shorter() {
    let scratch = Scratch::new();
    let server = ModelServer::start(|served| {
        if served.prompt().contains("different topics") {
            let known = served.prompt().matches(';').count();
            Reply::text(served, &format!("1. topic {known}\n2. topic x{known}\n"))
        } else {
            honest(served)
        }
    });
    scratch.must(&format!(
        "generate -q --endpoint {} --model-name m --method topic --levels 1,2,4 -n 8 --seed 1 -o 'sets/{{level}}.parquet'",
        server.url()
    ));
    let topics = |level: &str| {
        let table = table(&scratch, &format!("sets/{level}.parquet"));
        assert_eq!(table.len(), 8);
        let topics = table.texts("topic").expect("topics");
        topics
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let (one, two, four) = (topics("1"), topics("2"), topics("4"));
    assert_eq!([one.len(), two.len(), four.len()], [1, 2, 4]);
    assert!(one.is_subset(&two) && two.is_subset(&four));
    let proposals = server
        .served()
        .iter()
        .filter(|served| served.prompt().contains("different topics"))
        .count();
    assert!(proposals <= 3, "{proposals} proposals");
    let shown = scratch.must("show -q sets/2.parquet --columns level,knob,knob_value --head 1");
    assert_eq!(
        shown.trim(),
        r#"{"level":"2","knob":"topics","knob_value":2.0}"#
    );
}

#[test]
fn a_rising_share_of_paraphrases_replaces_more_of_the_same_rows() {
    let scratch = Scratch::new();
    std::fs::write(
        scratch.file("human.jsonl"),
        "{\"context\": \"It rains in {{ Oslo }}.\", \"question\": \"Where?\", \"answer\": \"Oslo\"}\n",
    )
    .expect("written");
    let server = ModelServer::start(|served| {
        let seed = served.body["seed"].as_u64().unwrap_or_default();
        let asked = served.prompt();
        assert!(!asked.contains("Read this") || asked.contains("It rains in {{ Oslo }}."));
        Reply::text(
            served,
            &format!("<question>Question {seed}?</question><answer>Oslo</answer>"),
        )
    });
    scratch.must(&format!(
        "generate -q human.jsonl --endpoint {} --model-name m --method paraphrase --levels 0,0.25,0.5 -n 12 --seed 1 -o 'sets/{{level}}.parquet'",
        server.url()
    ));
    let questions = |level: &str| {
        let table = table(&scratch, &format!("sets/{level}.parquet"));
        let questions = table.texts("question").expect("questions");
        questions
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let (none, quarter, half) = (questions("0"), questions("0.25"), questions("0.5"));
    assert_eq!([none.len(), quarter.len(), half.len()], [12, 12, 12]);
    assert_eq!(none.intersection(&quarter).count(), 9);
    assert_eq!(none.intersection(&half).count(), 6);
    assert_eq!(
        quarter.intersection(&half).count(),
        9,
        "paraphrases of a lower share stay"
    );
    assert_eq!(server.served().len(), 12 + 6, "each was asked for once");
}
