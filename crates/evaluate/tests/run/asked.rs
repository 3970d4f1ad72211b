//! What a decoder is asked besides perplexity, by models that are drawn and not trained.

use model::{Config, Decoder, Tokenizer};
use numeric::Seed;

use crate::support::Place;

const LINES: [&str; 3] = [
    "praise: the tea is hot",
    "complaint: the lamp broke again",
    "question: is the tea good",
];

/// A decoder with weights of this seed, and labels that it is said to have learnt.
fn decoder(place: &Place, name: &str, seed: u64, labels: &str) {
    let tokenizer = Tokenizer::train(&LINES, 300, &["<s>", "</s>"]).expect("trained");
    let mut config = Config::preset("tiny").expect("a shape");
    config.initializer_range = 0.2;
    let config = config.with_special_tokens(Some(0), vec![1]);
    let decoder = Decoder::initialize(config, Seed::new(seed)).expect("drawn");
    let mut files = decoder.to_files().expect("written");
    files.push((
        "tokenizer.json".to_owned(),
        tokenizer.to_json().expect("written"),
    ));
    if !labels.is_empty() {
        files.push(("labels.json".to_owned(), labels.as_bytes().to_vec()));
    }
    place.model(name, &files);
}

fn place() -> Place {
    let place = Place::new();
    decoder(&place, "model", 1, r#"["complaint", "praise"]"#);
    let rows = "text,label\nthe tea is hot,praise\nthe lamp broke,complaint\ngood tea,praise\n";
    place.write("test.csv", rows);
    place
}

fn losses(place: &Place, arguments: &str) -> Vec<f64> {
    let ended = place.run(&format!(
        "{arguments} -o out.parquet --predictions said.parquet"
    ));
    assert_eq!(ended.code, 0, "{}", ended.said);
    let said = place
        .table("said.parquet")
        .floats("nll_nats")
        .expect("losses");
    said.into_iter().flatten().collect()
}

#[test]
fn a_text_after_its_label_costs_what_the_line_costs_without_the_label() {
    let place = place();
    let given = losses(
        &place,
        "model --test test.csv --condition label --add-bos-token",
    );
    let metrics = place.results("out.parquet");
    let metrics: Vec<&str> = metrics.iter().map(|row| row.metric.as_str()).collect();
    assert_eq!(
        metrics[..2],
        ["perplexity_given_label", "bits_per_byte_given_label"]
    );
    place.write(
        "lines.csv",
        "text\npraise: the tea is hot\ncomplaint: the lamp broke\npraise: good tea\n",
    );
    place.write("labels.csv", "text\npraise:\ncomplaint:\npraise: \n");
    let lines = losses(&place, "model --test lines.csv");
    place.write("labels.csv", "text\npraise:\ncomplaint:\n");
    let labels = losses(&place, "model --test labels.csv");
    for (row, label) in [(0, 0), (1, 1), (2, 0)] {
        let expected = lines[row] - labels[label];
        assert!(
            (given[row] - expected).abs() < 1e-4,
            "{row}: {} {expected}",
            given[row]
        );
    }
}

#[test]
fn a_decoder_with_labels_tells_classes_apart() {
    let place = place();
    let ended = place.run(
        "model --task classification --test test.csv -o out.parquet --predictions said.parquet",
    );
    assert!(
        ended
            .said
            .starts_with("evaluate: 3 in, 3 used, 0 skipped; accuracy "),
        "{}",
        ended.said
    );
    let said = place.table("said.parquet");
    let chances = said.floats("probability").expect("numbers");
    assert!(
        chances
            .iter()
            .flatten()
            .all(|chance| (0.5..=1.0).contains(chance))
    );
    decoder(&place, "bare", 1, "");
    for (arguments, expected) in [
        (
            "bare --task classification",
            "the model bare was not trained with labels",
        ),
        (
            "bare --condition label",
            "the model bare was not trained with labels",
        ),
        (
            "model --condition label --task generation",
            "--condition is for perplexity alone",
        ),
        (
            "model --task dance",
            "no task is called `dance`; known are perplexity, ",
        ),
        (
            "model --max-length 1",
            "--max-length is 1; it must be from 2",
        ),
        ("model --task multiple-choice", "row 0 cannot be asked"),
    ] {
        let ended = place.run(&format!("{arguments} --test test.csv -o out.parquet"));
        assert!(
            ended.code == 2 && ended.said.contains(expected),
            "{arguments}: {}",
            ended.said
        );
    }
}

#[test]
fn answers_are_written_and_scored_alike_on_any_number_of_threads() {
    let place = place();
    place.write(
        "prompts.jsonl",
        "{\"prompt\": \"praise: the\", \"completion\": \" tea is hot\"}\n\
         {\"prompt\": \"question: is\", \"completion\": \" the lamp good\"}\n",
    );
    place.write("answer.yaml", "doc_to_text: prompt\ndoc_to_target: completion\n\
        generation_kwargs:\n  until: [\"e\"]\n  max_gen_toks: 12\n  temperature: 0.8\n  do_sample: true\n");
    let written = |threads: u32| {
        let ended = place.run(&format!(
            "model --task answer.yaml --test prompts.jsonl --seed 3 --threads {threads} \
             -o out.parquet --predictions said.parquet --results-json out.json"
        ));
        assert_eq!(ended.code, 0, "{}", ended.said);
        ["out.parquet", "said.parquet", "out.json"].map(|name| place.bytes(name))
    };
    assert_eq!(written(1), written(3));
    let said = place.table("said.parquet");
    let texts = said.texts("predicted").expect("answers");
    assert!(texts.iter().all(|text| !text.contains('e')));
    let metrics: Vec<String> = place
        .results("out.parquet")
        .into_iter()
        .map(|row| row.metric)
        .collect();
    let expected = [
        "exact_match",
        "numeric_match",
        "rouge1",
        "rouge2",
        "rougeL",
        "bleu",
        "chrf",
    ];
    assert_eq!(metrics, expected);
    let json: serde_json::Value = serde_json::from_slice(&place.bytes("out.json")).expect("JSON");
    assert!(json["results"]["generation"]["rougeL,none"].is_number());
    assert_eq!(json["configs"]["generation"]["doc_to_text"], "prompt");
}

#[test]
fn models_of_several_seeds_have_one_figure_and_are_compared_seed_by_seed() {
    let place = place();
    let rows: String = (0..40)
        .map(|row| {
            format!(
                "{} {} tea,praise\n",
                ["the", "a", "my"][row % 3],
                "hot ".repeat(row % 5)
            )
        })
        .collect();
    place.write("test.csv", format!("text,label\n{rows}"));
    for (arm, first) in [("a", 10), ("b", 20)] {
        for seed in 0..3 {
            decoder(&place, &format!("{arm}{seed}"), first + seed, "");
        }
        let ended = place.run(&format!(
            "{arm}0 {arm}1 {arm}2 --test test.csv --arm {arm} -o {arm}.parquet --predictions said-{arm}.parquet"
        ));
        assert_eq!(ended.code, 0, "{}", ended.said);
    }
    let figures = place.results("a.parquet");
    let row = figures
        .iter()
        .find(|row| row.metric == "bits_per_byte")
        .expect("a figure");
    assert_eq!(
        row.interval_method.as_deref(),
        Some("two_level_bootstrap_95")
    );
    let by_seed = row.params["by_seed"].as_object().expect("values").clone();
    let values: Vec<f64> = by_seed
        .values()
        .filter_map(serde_json::Value::as_f64)
        .collect();
    assert_eq!(by_seed.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
    let mean = values.iter().sum::<f64>() / 3.0;
    assert!((row.value.expect("a value") - mean).abs() < 1e-12);
    assert_eq!(place.table("said-a.parquet").len(), 120);

    let ended = place.run("--compare said-a.parquet said-b.parquet -o compared.parquet");
    assert!(
        ended
            .said
            .starts_with("evaluate: 240 in, 240 used, 0 skipped; b against a: "),
        "{}",
        ended.said
    );
    let compared = place.results("compared.parquet");
    let bits = compared
        .iter()
        .find(|row| row.metric == "bits_per_byte_difference")
        .expect("a figure");
    assert_eq!((bits.arm.as_deref(), bits.n), (Some("b"), Some(40)));
    assert_eq!(
        bits.interval_method.as_deref(),
        Some("paired_two_level_bootstrap_95")
    );
    assert!(bits.params["bootstrap_p_holm"].as_f64() >= bits.params["bootstrap_p"].as_f64());
    let other = place.results("b.parquet");
    let other = other
        .iter()
        .find(|row| row.metric == "bits_per_byte")
        .expect("a figure");
    let difference = other.value.expect("a value") - row.value.expect("a value");
    assert!((bits.value.expect("a value") - difference).abs() < 1e-12);

    place.write("less.csv", "text,label\nthe tea,praise\na hot tea,praise\n");
    assert_eq!(
        place
            .run("a0 --test less.csv --arm c -o c.parquet --predictions said-c.parquet")
            .code,
        0
    );
    let ended = place.run("--compare said-a.parquet said-c.parquet -o compared.parquet");
    let expected = "a and c were not asked of the same examples: 40 only of the first, 2 only of the second, 0 of both";
    assert!(
        ended.code == 2 && ended.said.contains(expected),
        "{}",
        ended.said
    );
}

#[test]
fn what_a_model_writes_by_itself_is_measured_as_its_training_data_is() {
    let place = place();
    let written = |threads: u32| {
        let ended = place.run(&format!(
            "model --task samples --samples 12 --max-new-tokens 16 --test test.csv --training test.csv \
             --seed 5 --threads {threads} -o out.parquet --predictions said.parquet"
        ));
        assert_eq!(ended.code, 0, "{}", ended.said);
        assert!(
            ended.said.starts_with("evaluate: 12 in, "),
            "{}",
            ended.said
        );
        ["out.parquet", "said.parquet"].map(|name| place.bytes(name))
    };
    assert_eq!(written(1), written(3));
    let rows = place.results("out.parquet");
    let value = |metric: &str| {
        let row = rows.iter().find(|row| row.metric == metric);
        row.expect(metric).value
    };
    // the tea is hot / the lamp broke / good tea: 7 kinds of 9 tokens.
    assert_eq!(value("training_distinct_1"), Some(7.0 / 9.0));
    assert!(value("samples_distinct_1").is_some() && value("samples_vendi_q1").is_some());
    let said = place.table("said.parquet");
    let labels = said.texts("label").expect("labels");
    assert!(labels.contains(&"praise") && labels.contains(&"complaint"));
    assert!(
        said.texts("text")
            .expect("texts")
            .iter()
            .all(|text| !text.contains('\n'))
    );
}

#[test]
fn worked_examples_are_part_of_every_prompt() {
    let place = place();
    let row = |question: &str, answer: u32| {
        format!(
            "{{\"question\": \"{question}\", \"choices\": [\"hot\", \"cold\"], \"answer\": {answer}}}\n"
        )
    };
    place.write("test.jsonl", row("the tea is", 0) + &row("the lamp is", 1));
    place.write(
        "examples.jsonl",
        row("my tea is", 1) + &row("a lamp is", 0) + &row("tea is", 0),
    );
    // The same two examples, written into the question by hand.
    let before =
        r"Question: my tea is\nAnswer: cold\n\nQuestion: a lamp is\nAnswer: hot\n\nQuestion: ";
    let by_hand = |question: &str| format!("{before}{question}\\nAnswer:");
    place.write(
        "hand.jsonl",
        row(&by_hand("the tea is"), 0) + &row(&by_hand("the lamp is"), 1),
    );
    place.write(
        "hand.yaml",
        "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_choice: choices\ndoc_to_target: answer\n",
    );
    let said = |arguments: &str| {
        let options = "-o out.parquet --predictions said.parquet";
        let ended = place.run(&format!("model {arguments} {options}"));
        assert_eq!(ended.code, 0, "{}", ended.said);
        let said = place.table("said.parquet").to_batch().expect("one batch");
        format!(
            "{:?}",
            said.column_by_name("loglikelihoods").expect("a column")
        )
    };
    let task = "--task multiple-choice --test test.jsonl";
    let with = said(&format!("{task} --num-fewshot 2 --fewshot examples.jsonl"));
    assert_eq!(with, said("--task hand.yaml --test hand.jsonl"));
    assert_ne!(with, said(task));
    for (options, expected) in [
        (
            "--num-fewshot 2",
            "2 examples are asked for, but --fewshot has 0",
        ),
        (
            "--num-fewshot 4 --fewshot examples.jsonl",
            "4 examples are asked for, but --fewshot has 3",
        ),
        (
            "--num-fewshot 1 --fewshot test.jsonl",
            "is an example and a test row",
        ),
    ] {
        let ended = place.run(&format!("model {task} {options} -o out.parquet"));
        assert!(
            ended.code == 2 && ended.said.contains(expected),
            "{}",
            ended.said
        );
    }
}
