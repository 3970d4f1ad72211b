//! What is refused of a grammar file, and how.

use proptest::prelude::*;

use super::super::{Grammar, GrammarError, Knobs, Truth};
use super::{knobs, small, stream};

fn refusal(text: &str) -> String {
    Grammar::parse(text).expect_err("not a grammar").to_string()
}

/// Rules r0, r1, …, each made of the next in the way that `body` says.
fn chain(rules: usize, body: fn(usize) -> String) -> String {
    let each = (0..rules).map(|k| format!("rule r{k}\n  {}\n", body(k + 1)));
    each.collect::<Vec<_>>().concat()
}

#[test]
fn an_unknown_class_is_refused_with_the_known_ones() {
    let error = small().sample(Some("prais"), Knobs::HUMAN, &mut stream("label"));
    let error = error.expect_err("no such class").to_string();
    assert_eq!(
        error,
        "the grammar has no class `prais`; its classes are complaint, praise"
    );
}

#[test]
fn a_grammar_without_questions_says_so() {
    let grammar = Grammar::parse("class a\n  x").expect("a grammar");
    let error = grammar.sample_qa(Knobs::HUMAN, &mut stream("qa"));
    assert_eq!(error, Err(GrammarError::NoQuestions));
}

#[test]
fn an_unknown_rule_is_refused_with_its_place_and_the_known_ones() {
    assert_eq!(
        refusal("class a\n  one <thng> .\nrule thing\n  x"),
        "line 2, column 7, in `a`: no rule is called `thng`; known rules: a, thing"
    );
}

#[test]
fn what_cannot_be_expanded_or_drawn_is_refused() {
    let cases = [
        (
            "class a\n  <b>\nrule b\n  x | y <b>",
            "line 3, column 6, in `b`: the rule reaches itself: b -> b",
        ),
        (
            "class a\n  <b>\nrule b\n  <a>",
            "line 1, column 7, in `a`: the rule reaches itself: a -> b -> a",
        ),
        (
            "class a\n  x\nrule b\n  y",
            "line 3, column 6, in `b`: no class or qa block reaches this rule",
        ),
        (
            "class a\n  [0] x",
            "line 2, column 3, in `a`: weight `0` is not a number above 0",
        ),
        (
            "class a\n  [1e999] x",
            "line 2, column 3, in `a`: weight `1e999` is not a number above 0",
        ),
        (
            "class a\n  x | y\n  [2] x",
            "line 3, column 7, in `a`: alternative `x` repeats the one on line 2",
        ),
        (
            "class a\n  x |",
            "line 2, column 5, in `a`: an alternative is empty; write _ for the empty text",
        ),
        (
            "class a\nclass b\n  x",
            "line 1, column 7, in `a`: no alternative follows",
        ),
        (
            "class a\n  x\nclass a\n  y",
            "line 3, column 7, in `a`: `a` is defined twice, first on line 1",
        ),
        (
            "class a zipf -1\n  x",
            "line 1, column 14, in `a`: zipf exponent `-1` is not a number from 0 to 10",
        ),
        (
            "class a\n  x <b",
            "line 2, column 5, in `a`: `<b` is neither a word nor a <rule>; the letters < > [ ] | are reserved",
        ),
        (
            "klass a",
            "line 1, column 1: `klass` starts no block; a block starts with class, rule, topic or qa",
        ),
        (
            "  x",
            "line 1, column 3: an indented line belongs to a block, and no block was started",
        ),
        (
            "# nothing",
            "line 1, column 1: the grammar has neither a class nor a qa block",
        ),
        (
            "class a\n  <n:x>\nrule n\n  b",
            "line 2, column 3, in `a`: slot `x` outside a qa block",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(refusal(text), message);
    }
}

#[test]
fn a_qa_block_that_cannot_be_answered_is_refused() {
    let rules = "rule n\n  ann | bo\n";
    let cases = [
        (
            "  context <n:a> came .\n  ask who ? => <n:b>",
            "line 5, column 16, in `q`: slot `b` does not occur in the context; its slots are a",
        ),
        (
            "  context <n:a> <n:b> <n:c>\n  ask who ? => x",
            "line 3, column 4, in `q`: 3 different texts of `n` are needed, and there are 2",
        ),
        (
            "  context <n:a>\n  ask who ?",
            "line 5, column 3, in `q`: a question and its answer are joined by one =>, this line has 0",
        ),
        (
            "  ask who ? => x",
            "line 3, column 4, in `q`: a qa block has one context line, this one has 0",
        ),
    ];
    for (body, message) in cases {
        assert_eq!(refusal(&format!("{rules}qa q\n{body}")), message);
    }
}

#[test]
fn a_grammar_that_grows_without_bound_is_refused_before_it_is_expanded() {
    let doubling = chain(100, |next| format!("<r{next}> <r{next}>"));
    let error = refusal(&format!("class a\n  <r0>\n{doubling}rule r100\n  x"));
    assert!(error.contains("the longest allowed is 126"), "{error}");
    let chain = chain(5000, |next| format!("<r{next}>"));
    let error = refusal(&format!("class a\n  <r0>\n{chain}rule r5000\n  x"));
    assert!(
        error.ends_with("rules are nested deeper than 200"),
        "{error}"
    );
}

#[test]
fn texts_of_nothing_in_too_many_steps_are_refused() {
    let doubling = chain(100, |next| format!("<r{next}> <r{next}>"));
    let error = refusal(&format!("class a\n  <r0>\n{doubling}rule r100\n  _"));
    assert!(
        error.ends_with("a text can take more than 10000 expansions"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn no_file_makes_reading_it_panic(pieces in prop::collection::vec(pieces(), 0..40)) {
        if let Ok(grammar) = Grammar::parse(&pieces.concat()) {
            let drawn = grammar.sample(None, knobs(0.5, 0.5), &mut stream("any"));
            prop_assert!(drawn.is_err() || grammar.classify(&drawn.expect("a text").text) != Truth::NotMember);
            grammar.sample_qa(Knobs::HUMAN, &mut stream("any")).ok();
        }
    }
}

/// What a grammar file is made of, right and wrong.
fn pieces() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "class a",
        "rule b",
        "topic c",
        "qa d",
        "\n",
        "\n  ",
        "\n  ",
        " ",
        " | ",
        "[2] ",
        " zipf 1",
        "x",
        "é.",
        "<b>",
        "<c>",
        " <b:s> ",
        " => ",
        "ask ",
        "context ",
        "_",
        "#",
        "[",
        ">",
        "y ",
        "\n  x <b>",
        "\nrule b\n  y",
    ])
}
