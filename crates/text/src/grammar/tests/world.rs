//! What the built-in world promises.

use std::collections::{BTreeMap, BTreeSet};

use numeric::Seed;

use super::super::{Grammar, Knobs, QaTruth, Truth};
use super::{knobs, small, stream};

const WORLD: &str = include_str!("../../../../../data/world.grammar");

fn world() -> Grammar {
    Grammar::parse(WORLD).expect("the built-in world is a grammar")
}

#[test]
fn the_same_seed_draws_the_same_texts() {
    let (grammar, texts) = (world(), |grammar: &Grammar, seed: u64| {
        let mut stream = Seed::new(seed).stream("texts");
        let sampler = grammar.sampler(knobs(0.7, 0.2));
        let draw = |_| sampler.sample(None, &mut stream).expect("a text");
        (0..50).map(draw).collect::<Vec<_>>()
    });
    assert_eq!(texts(&grammar, 1), texts(&world(), 1));
    assert_ne!(texts(&grammar, 1), texts(&grammar, 2));
}

#[test]
fn every_sampled_text_belongs_to_its_own_class_and_to_no_other() {
    let grammar = world();
    for (diversity, shift) in [(1.0, 0.0), (0.3, 0.0), (2.0, 0.0), (1.0, 0.5), (1.0, 1.0)] {
        let sampler = grammar.sampler(knobs(diversity, shift));
        let mut stream = stream("members");
        for _ in 0..1000 {
            let drawn = sampler.sample(None, &mut stream).expect("a text");
            let labels = vec![drawn.label.clone()];
            assert_eq!(
                grammar.classify(&drawn.text),
                Truth::Member { labels },
                "{drawn:?}"
            );
            let templates = grammar.templates_of(&drawn.text);
            assert!(
                templates.contains(&(drawn.label.clone(), drawn.template.clone())),
                "{drawn:?}"
            );
        }
    }
}

#[test]
fn scrambled_texts_are_almost_never_members() {
    let (grammar, mut stream) = (world(), stream("scrambled"));
    let sampler = grammar.sampler(Knobs::HUMAN);
    let mut members = 0;
    for _ in 0..500 {
        let text = sampler.sample(None, &mut stream).expect("a text").text;
        let mut words: Vec<&str> = text.split(' ').collect();
        stream.shuffle(&mut words);
        members += usize::from(grammar.classify(&words.join(" ")) != Truth::NotMember);
    }
    assert!(members < 5, "{members} of 500");
}

#[test]
fn the_entropy_of_the_world_rises_with_diversity() {
    let grammar = world();
    for label in grammar.labels() {
        let at = |diversity| {
            grammar
                .entropy(label, knobs(diversity, 0.0))
                .expect("a class")
        };
        let levels = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0].map(at);
        assert!(levels.is_sorted_by(|a, b| a < b), "{label}: {levels:?}");
    }
    let levels = [0.1, 0.5, 1.0].map(|diversity| different_texts(&grammar, knobs(diversity, 0.0)));
    assert!(levels.is_sorted_by(|a, b| a < b), "{levels:?}");
}

fn different_texts(grammar: &Grammar, knobs: Knobs) -> usize {
    let (sampler, mut stream) = (grammar.sampler(knobs), stream("different"));
    let texts = (0..1000).map(|_| sampler.sample(None, &mut stream).expect("a text").text);
    texts.collect::<BTreeSet<_>>().len()
}

#[test]
fn the_templates_move_away_from_the_human_ones_with_shift() {
    let grammar = world();
    let start = template_shares(&grammar, Knobs::HUMAN);
    let moved = [0.25, 0.5, 1.0].map(|shift| {
        let shares = template_shares(&grammar, knobs(1.0, shift));
        let all: BTreeSet<&String> = start.keys().chain(shares.keys()).collect();
        let share = |of: &BTreeMap<String, f64>, name| of.get(name).copied().unwrap_or(0.0);
        let gaps = all
            .iter()
            .map(|name| (share(&start, *name) - share(&shares, *name)).abs());
        gaps.sum::<f64>() / 2.0
    });
    assert!(
        moved.is_sorted_by(|a, b| a < b) && moved[2] > 0.3,
        "{moved:?}"
    );
}

fn template_shares(grammar: &Grammar, knobs: Knobs) -> BTreeMap<String, f64> {
    let (sampler, mut stream) = (grammar.sampler(knobs), stream("templates"));
    let mut shares = BTreeMap::new();
    for _ in 0..20_000 {
        let template = sampler.sample(None, &mut stream).expect("a text").template;
        *shares.entry(template).or_insert(0.0) += 1.0 / 20_000.0;
    }
    shares
}

#[test]
fn a_text_about_a_topic_speaks_of_no_other() {
    let (grammar, mut stream) = (world(), stream("topic"));
    let sampler = grammar.sampler(Knobs::HUMAN);
    for topic in grammar.topics() {
        for _ in 0..20 {
            let drawn = sampler
                .sample_about(None, &topic, &mut stream)
                .expect("a text");
            assert_eq!(drawn.topic.as_deref(), Some(topic.as_str()));
        }
    }
    let error = small()
        .sampler(Knobs::HUMAN)
        .sample_about(None, "pets", &mut stream);
    let error = error.expect_err("no such topic").to_string();
    assert_eq!(
        error,
        "the grammar has no topic `pets`; its topics are garden, kitchen"
    );
}

#[test]
fn every_sampled_answer_is_right_and_is_the_only_one() {
    let grammar = world();
    for knobs in [
        Knobs::HUMAN,
        knobs(0.0, 0.0),
        knobs(2.0, 0.0),
        knobs(1.0, 1.0),
    ] {
        let (sampler, mut stream) = (grammar.sampler(knobs), stream("answers"));
        for _ in 0..300 {
            let drawn = sampler.sample_qa(&mut stream).expect("a question");
            let truth = |answer| grammar.classify_qa(&drawn.context, &drawn.question, answer);
            assert_eq!(truth(&drawn.answer), QaTruth::Right, "{drawn:?}");
            let expected = vec![drawn.answer.clone()];
            assert_eq!(truth("never"), QaTruth::Wrong { expected }, "{drawn:?}");
        }
    }
}

#[test]
fn the_world_is_as_large_as_its_readme_says() {
    let grammar = world();
    let labels = [
        "complaint",
        "praise",
        "question",
        "request",
        "promise",
        "report",
    ];
    assert_eq!(grammar.labels(), labels);
    let sizes = (
        grammar.templates(),
        grammar.productions(),
        grammar.vocabulary(),
    );
    assert_eq!(sizes, (148, 897, 919));
    let entropies = labels.map(|label| grammar.entropy(label, Knobs::HUMAN).expect("a class"));
    let mean = entropies.iter().sum::<f64>() / 6.0;
    assert!((mean - 20.29).abs() < 0.005, "{mean}");
}

#[test]
fn the_example_of_the_readme_is_a_grammar() {
    let readme = include_str!("../../../../../data/README.md");
    let example = readme.split("```text\n").last();
    let example = example.and_then(|rest| rest.split("```").next());
    assert_eq!(
        Grammar::parse(example.unwrap_or_default()).map(|_| ()),
        Ok(())
    );
}
