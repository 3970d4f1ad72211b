//! Rows as what a decoder learns from: tokens, and which of them count.

use std::collections::BTreeMap;

use dataset::{Table, columns};
use model::{Config, Example, Tokenizer};

use crate::args::{Args, Condition};

/// What the rows say, before any tokenizer.
pub(crate) enum Rows<'a> {
    /// Texts, which count whole.
    Texts(Vec<String>),
    /// Prompts and their completions, of which the completions count.
    Pairs(Vec<(&'a str, &'a str)>),
}

/// Tokens to learn from, and what became of rows that gave none.
pub(crate) struct Prepared {
    pub(crate) examples: Vec<Example>,
    pub(crate) skipped: BTreeMap<String, u64>,
    /// How many rows were longer than the longest sequence and were cut.
    pub(crate) cut: usize,
}

impl<'a> Rows<'a> {
    /// The rows of `table`: the column asked for, or prompt and completion where it has both, or `text`.
    pub(crate) fn of(args: &Args, table: &'a Table) -> anyhow::Result<Self> {
        let labelled = args.start.condition.unwrap_or_default() == Condition::Label;
        let [prompt, completion] = [columns::PROMPT.name, columns::COMPLETION.name];
        if args.column.is_none() && table.has(prompt) && table.has(completion) {
            anyhow::ensure!(
                !labelled,
                "--condition label is for texts, but {} has prompts",
                table.name()
            );
            let pairs = table
                .texts(prompt)?
                .into_iter()
                .zip(table.texts(completion)?);
            return Ok(Self::Pairs(pairs.collect()));
        }
        let texts = table.texts(args.text_column())?;
        if !labelled {
            return Ok(Self::Texts(texts.into_iter().map(str::to_owned).collect()));
        }
        let labels = table.texts(columns::LABEL.name)?;
        Ok(Self::Texts(
            labels
                .iter()
                .zip(texts)
                .map(|(label, text)| text::render_labelled(label, text))
                .collect(),
        ))
    }

    /// All texts, for a tokenizer to learn from.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Texts(texts) => texts.iter().map(String::as_str).collect(),
            Self::Pairs(pairs) => pairs
                .iter()
                .flat_map(|(prompt, completion)| [*prompt, *completion])
                .collect(),
        }
    }

    /// The rows as tokens, at most `longest` each, between the tokens that begin and end a text.
    pub(crate) fn prepare(
        &self,
        tokenizer: &Tokenizer,
        config: &Config,
        longest: usize,
    ) -> anyhow::Result<Prepared> {
        let mut prepared = Prepared {
            examples: Vec::new(),
            skipped: BTreeMap::new(),
            cut: 0,
        };
        let rows: Vec<(Vec<u32>, Vec<u32>)> = match self {
            Self::Texts(texts) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                tokenizer
                    .encode_all(&texts, true)?
                    .into_iter()
                    .map(|text| (Vec::new(), text))
                    .collect()
            }
            Self::Pairs(pairs) => {
                let (prompts, completions): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
                let prompts = tokenizer.encode_all(&prompts, true)?;
                prompts
                    .into_iter()
                    .zip(tokenizer.encode_all(&completions, false)?)
                    .collect()
            }
        };
        for (prompt, text) in rows {
            prepared.add(prompt, text, config, longest);
        }
        Ok(prepared)
    }
}

impl Prepared {
    fn add(&mut self, prompt: Vec<u32>, text: Vec<u32>, config: &Config, longest: usize) {
        let has_prompt = !prompt.is_empty();
        let mut ids = [prompt, Vec::new()].concat();
        let ends = |id: &u32| config.eos_token_ids.contains(id);
        while ids.last().is_some_and(ends) {
            ids.pop();
        }
        let mut text = text;
        while text.last().is_some_and(ends) {
            text.pop();
        }
        if text.is_empty() {
            return self.skip("no-tokens");
        }
        let first = if has_prompt {
            ids.first()
        } else {
            text.first()
        };
        let begin = config.bos_token_id.filter(|bos| first != Some(bos));
        let mut context: Vec<u32> = begin.into_iter().chain(ids).collect();
        text.extend(config.eos_token_ids.first());
        if context.len() + text.len() > longest {
            self.cut += 1;
        }
        context.truncate(longest);
        text.truncate(longest - context.len());
        let example = if has_prompt {
            Example::completion(&context, &text)
        } else {
            Example::text([context, text].concat())
        };
        if example.counted() == 0 {
            return self.skip("no-token-to-predict");
        }
        self.examples.push(example);
    }

    fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(rows: &Rows<'_>, longest: usize) -> Prepared {
        let tokenizer = Tokenizer::train(&["ab ab"], 300, &["<s>", "</s>"]).expect("a tokenizer");
        let config = Config::preset("tiny")
            .expect("a shape")
            .with_special_tokens(Some(0), vec![1]);
        rows.prepare(&tokenizer, &config, longest).expect("tokens")
    }

    #[test]
    fn a_text_stands_between_its_marks_and_counts_whole() {
        let prepared = prepared(&Rows::Texts(vec!["xyz".to_owned(), String::new()]), 100);
        let example = &prepared.examples[0];
        assert_eq!((example.ids().len(), example.counted()), (5, 4));
        assert_eq!((example.ids()[0], example.ids()[4]), (0, 1));
        assert_eq!(
            prepared.skipped,
            BTreeMap::from([("no-tokens".to_owned(), 1)])
        );
    }

    #[test]
    fn only_the_completion_counts() {
        let prepared = prepared(&Rows::Pairs(vec![("xy", "z")]), 100);
        assert_eq!(
            (
                prepared.examples[0].ids().len(),
                prepared.examples[0].counted()
            ),
            (5, 2)
        );
    }

    #[test]
    fn a_long_row_is_cut_and_one_without_room_for_its_completion_is_skipped() {
        let prepared = prepared(&Rows::Pairs(vec![("xyz", "xyz"), ("xyzxyz", "z")]), 5);
        assert_eq!((prepared.examples.len(), prepared.cut), (1, 2));
        assert_eq!(prepared.examples[0].counted(), 1);
        assert_eq!(
            prepared.skipped,
            BTreeMap::from([("no-token-to-predict".to_owned(), 1)])
        );
    }
}
