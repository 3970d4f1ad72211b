//! What a grammar promises, checked on a small one.

mod refused;
mod world;

use numeric::{Seed, Stream};

use super::{Grammar, Knobs, QaTruth, Truth};

const SMALL: &str = "
class complaint [3]
  [3] the <item> came late .      # a comment
  <open> i sent the <item> back
class praise
  <open> the <item> came early .
rule open
  _ | hello ,
topic item zipf 1
  <garden> | <kitchen>
rule garden
  rake
  [2] spade
rule kitchen
  bread knife | kettle
rule name
  ann | bo | cy
qa purchase
  context <name:buyer> bought the <item:bought> from <name:seller> .
  ask [2] who bought the <item:bought> ? => <name:buyer>
  ask who sold it ? => <name:seller>
";

fn small() -> Grammar {
    Grammar::parse(SMALL).expect("a grammar")
}

fn stream(purpose: &str) -> Stream {
    Seed::new(1).stream(purpose)
}

fn knobs(diversity: f64, shift: f64) -> Knobs {
    Knobs::new(diversity, shift).expect("in range")
}

#[test]
fn a_grammar_names_its_classes_and_topics_in_the_order_of_the_file() {
    let grammar = small();
    assert_eq!(grammar.labels(), ["complaint", "praise"]);
    assert_eq!(grammar.topics(), ["garden", "kitchen"]);
    // 2 + 1 templates, and open, item, garden, kitchen with 2 each, name with 3.
    assert_eq!((grammar.templates(), grammar.productions()), (3, 14));
}

#[test]
fn a_text_is_classified_by_how_it_can_be_derived() {
    let grammar = small();
    let member = |label: &str| Truth::Member {
        labels: vec![label.to_owned()],
    };
    assert_eq!(
        grammar.classify("the bread knife came late."),
        member("complaint")
    );
    assert_eq!(
        grammar.classify(" hello,  the rake came early ."),
        member("praise")
    );
    for other in [
        "the rake came late",
        "The rake came late.",
        "the bread came late.",
        "",
        "ann",
    ] {
        assert_eq!(grammar.classify(other), Truth::NotMember, "{other}");
    }
    assert!(grammar.classify("i sent the rake back").allows("complaint"));
    let templates = grammar.templates_of("i sent the rake back");
    assert_eq!(
        templates,
        [("complaint".to_owned(), "complaint/2".to_owned())]
    );
}

#[test]
fn an_ambiguous_text_has_all_its_labels() {
    let grammar = Grammar::parse("class a\n  x <y>\nclass b\n  x y | x <y> z\nrule y\n  y | z | _");
    let grammar = grammar.expect("a grammar");
    let labels = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(
        grammar.classify("x y"),
        Truth::Member {
            labels: labels.clone()
        }
    );
    // "x z" is x <y> with y = z, and x <y> z with y empty.
    assert_eq!(grammar.classify("x z"), Truth::Member { labels });
    assert_eq!(grammar.classify("x z z z"), Truth::NotMember);
}

#[test]
fn classes_are_drawn_by_their_weight_whatever_the_knobs() {
    let grammar = small();
    for knobs in [Knobs::HUMAN, knobs(0.0, 1.0)] {
        let (sampler, mut stream) = (grammar.sampler(knobs), stream("classes"));
        let labels = (0..2000).map(|_| sampler.sample(None, &mut stream).expect("a text").label);
        let complaints = labels.filter(|label| label == "complaint").count();
        assert!(
            (1420..1580).contains(&complaints),
            "{complaints} of 2000 at 3 : 1"
        );
    }
}

#[test]
fn entropy_is_that_of_the_choices() {
    // complaint: p = 3/4 and 1/4; item 2/3 and 1/3, then 1/3 and 2/3 or 1/2 and 1/2; open 1/2 and 1/2.
    let of = |p: &[f64]| p.iter().map(|p| -p * p.ln()).sum::<f64>();
    let third = of(&[1.0 / 3.0, 2.0 / 3.0]);
    let item = third + third * 2.0 / 3.0 + 2f64.ln() / 3.0;
    let expected = of(&[0.75, 0.25]) + item + 2f64.ln() / 4.0;
    let entropy = small().entropy("complaint", Knobs::HUMAN).expect("a class");
    assert!((entropy - expected).abs() < 1e-12);
}

#[test]
fn a_right_answer_is_told_from_a_wrong_one() {
    let grammar = small();
    let context = "ann bought the bread knife from bo.";
    let truth = |question, answer| grammar.classify_qa(context, question, answer);
    assert_eq!(truth("who bought the bread knife?", "ann"), QaTruth::Right);
    assert_eq!(truth("who sold it?", "bo"), QaTruth::Right);
    let expected = vec!["ann".to_owned()];
    for wrong in ["bo", "nobody", ""] {
        let verdict = truth("who bought the bread knife?", wrong);
        assert_eq!(
            verdict,
            QaTruth::Wrong {
                expected: expected.clone()
            }
        );
    }
    assert_eq!(truth("who bought the rake?", "ann"), QaTruth::NotMember);
    let selfish = grammar.classify_qa("ann bought the rake from ann.", "who sold it?", "ann");
    assert_eq!(selfish, QaTruth::NotMember);
}
