//! Asks in words: fills a template with the rows, says what form the answer has, and reads it back.

use std::collections::BTreeMap;
use std::rc::Rc;

use minijinja::Value;
use numeric::{Seed, Stream};

use crate::answer::{Format, PAIR, Shape, TEXT};
use crate::args::Args;
use crate::prompts::{Prompts, values};
use crate::request::{Answer, Draft, Qa, Request, trimmed};

/// The templates of a run, with the task and the form of answers that they all speak of.
#[derive(Clone)]
pub(crate) struct Instruct {
    prompts: Rc<Prompts>,
    task: Option<String>,
    format: Option<Format>,
}

impl Instruct {
    pub(crate) fn new(args: &Args) -> anyhow::Result<Self> {
        Ok(Self {
            prompts: Rc::new(Prompts::read(&args.method.prompt_template)?),
            task: args.method.task_description.clone(),
            format: args.method.answer_format,
        })
    }

    /// The source of a template, to be shown.
    pub(crate) fn source(&self, template: &str) -> &str {
        self.prompts.source(template)
    }

    /// The form of an answer that is one text.
    pub(crate) fn text(&self) -> Shape {
        Shape::of(self.format.unwrap_or(Format::Plain), TEXT)
    }

    /// The form of an answer that is a question with its answer; two parts need marks.
    pub(crate) fn pair(&self) -> Shape {
        match self.format {
            Some(Format::Json) => Shape::of(Format::Json, PAIR),
            _ => Shape::of(Format::Tagged, PAIR),
        }
    }

    /// The form of an answer that is a list.
    pub(crate) fn list(&self) -> Shape {
        Shape::list(self.format.unwrap_or(Format::Plain))
    }

    /// The request by a template that is filled with these values.
    pub(crate) fn request(
        &self,
        template: &str,
        shape: Shape,
        given: impl IntoIterator<Item = (&'static str, Value)>,
        request: Request,
    ) -> anyhow::Result<Request> {
        let mut all: BTreeMap<_, _> = values(given);
        all.insert("task", Value::from(self.task.clone()));
        all.insert("label", Value::from(request.label.clone()));
        all.insert("answer_form", Value::from(shape.instruction()));
        Ok(Request {
            prompt: self.prompts.render(template, &all)?,
            template: Some(template.to_owned()),
            shape,
            ..request
        })
    }
}

/// The row that an answer of the asked form is.
pub(crate) fn row(request: &Request, draft: Draft) -> Answer {
    let mut parts = request.shape.read(&draft.text)?;
    let mut part = |name| parts.remove(name).unwrap_or_default();
    let Some(context) = &request.context else {
        return trimmed(Draft {
            text: part("text"),
            ..draft
        });
    };
    let qa = Qa {
        context: context.clone(),
        question: part("question"),
        answer: part("answer"),
    };
    Ok(Draft {
        text: qa.text(),
        qa: Some(qa),
        ..draft
    })
}

/// `count` different numbers below `bound`, in random order (Floyd's algorithm, then shuffled); all
/// of them where there are no more.
pub(crate) fn drawn(count: usize, bound: usize, stream: &mut Stream) -> Vec<usize> {
    let count = count.min(bound);
    let mut drawn = Vec::with_capacity(count);
    for last in bound - count..bound {
        let candidate = stream.below(last + 1);
        drawn.push(if drawn.contains(&candidate) {
            last
        } else {
            candidate
        });
    }
    stream.shuffle(&mut drawn);
    drawn
}

/// All of `items` in an order that follows from the seed and the item alone, so that a longer list
/// keeps the order of a shorter one.
pub(crate) fn in_stable_order<T>(items: &mut [T], seed: Seed, name: impl Fn(&T) -> &str) {
    let key = seed.key("order");
    items.sort_by_cached_key(|item| {
        let name = name(item);
        (numeric::keyed_hash(key, name.as_bytes()), name.to_owned())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_in_every_order_comes_about_equally_often() {
        let mut stream = Seed::new(1).stream("pairs");
        let mut counts = BTreeMap::new();
        for _ in 0..6000 {
            *counts.entry(drawn(2, 3, &mut stream)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(
            counts.values().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(drawn(5, 1, &mut stream), [0]);
    }

    #[test]
    fn a_question_and_its_answer_become_a_row_of_their_context() {
        let mut request = Request::any(Seed::new(1));
        request.context = Some("It rains.".to_owned());
        request.shape = Shape::of(Format::Tagged, PAIR);
        let draft = Draft {
            text: "<question>What falls?</question><answer>rain</answer>".to_owned(),
            ..Draft::default()
        };
        let row = row(&request, draft).expect("a row");
        assert_eq!(row.text, "It rains. What falls? rain");
        assert_eq!(row.qa.expect("a pair").question, "What falls?");
    }

    #[test]
    fn a_longer_list_keeps_the_order_of_a_shorter_one() {
        let mut short = ["a", "b", "c"].map(str::to_owned);
        let mut long = ["d", "a", "b", "e", "c"].map(str::to_owned);
        for list in [&mut short[..], &mut long[..]] {
            in_stable_order(list, Seed::new(3), |item| item);
        }
        let kept: Vec<_> = long.iter().filter(|item| short.contains(item)).collect();
        assert_eq!(kept, short.iter().collect::<Vec<_>>());
    }
}
