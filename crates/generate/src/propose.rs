//! Lists that the model proposes before it writes: topics, values of an attribute, people.

use std::collections::BTreeSet;

use minijinja::Value;
use numeric::Seed;
use text::{Form, normalise};

use crate::args::Args;
use crate::driver::Driver;
use crate::instruct::Instruct;
use crate::methods::Ask;
use crate::request::{Answer, Draft, Request};

/// Requests for a list before it is given up.
const MOST: u64 = 32;
/// How many are asked for at once.
const AT_ONCE: usize = 10;

/// Asks for one list, until enough different items are there.
pub(crate) struct Proposals {
    instruct: Instruct,
    /// The name of the template, which is that of the phase too.
    template: &'static str,
    values: Vec<(&'static str, String)>,
    known: Vec<String>,
}

impl Proposals {
    /// A list by this template, with what it has to be told besides.
    pub(crate) fn new(
        args: &Args,
        template: &'static str,
        values: &[(&'static str, &str)],
    ) -> anyhow::Result<Self> {
        Ok(Self {
            instruct: Instruct::new(args)?,
            template,
            values: values
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            known: Vec::new(),
        })
    }

    /// `count` different items; fewer where the model finds no more. A longer list begins with a shorter one.
    pub(crate) fn make(
        &self,
        driver: &mut Driver<'_>,
        count: usize,
    ) -> anyhow::Result<Vec<String>> {
        let mut list = List::default();
        // Each request names what is there already, so it is another one although the phase is one.
        for round in 0..MOST {
            if list.items.len() >= count {
                break;
            }
            let ask = Self {
                instruct: self.instruct.clone(),
                template: self.template,
                values: self.values.clone(),
                known: list.items.clone(),
            };
            let before = list.items.len();
            if let Some(draft) = driver.consult(self.template, &ask, round)? {
                let items = self.instruct.list().read_list(&draft.text);
                items.into_iter().flatten().for_each(|item| list.add(&item));
            }
            if !driver.goes_on() || (list.items.len() == before && round > count as u64) {
                break;
            }
        }
        list.items.truncate(count);
        if list.items.len() < count && driver.tally.stopped.is_none() {
            driver.tally.stopped = Some(format!(
                "only {} of {count} {} were proposed",
                list.items.len(),
                self.template
            ));
        }
        Ok(list.items)
    }
}

impl Ask for Proposals {
    fn request(&self, _: u64, seed: Seed) -> anyhow::Result<Request> {
        let told = self
            .values
            .iter()
            .map(|(name, value)| (*name, Value::from(value.clone())));
        let known = (!self.known.is_empty()).then(|| Value::from(self.known.clone()));
        let values = told
            .chain([("count", Value::from(AT_ONCE))])
            .chain(known.map(|known| ("known", known)));
        let shape = self.instruct.list();
        self.instruct
            .request(self.template, shape, values, Request::any(seed))
    }

    fn read(&self, _: &Request, answer: Draft) -> Answer {
        Ok(answer)
    }
}

/// Items of which no two say the same.
#[derive(Default)]
struct List {
    items: Vec<String>,
    seen: BTreeSet<String>,
}

impl List {
    fn add(&mut self, item: &str) {
        let item = item.trim_end_matches(['.', ';', ',']).to_owned();
        if !item.is_empty() && self.seen.insert(normalise(&item, Form::Nfkc)) {
            self.items.push(item);
        }
    }
}

/// The different lines of a text, in their order.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let mut list = List::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        list.add(line);
    }
    list.items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_is_there_once() {
        assert_eq!(
            lines("Old ships.\n\n  old   ships\nsnow\n"),
            ["Old ships", "snow"]
        );
    }
}
