//! Rows as what a decoder learns from: tokens, which of them count, and what became of each row.

use std::collections::BTreeMap;

use dataset::{Table, columns};
use model::{Config, Example, Seen, Tokenizer};

use crate::args::{Args, Condition};
use crate::packing;

/// What the rows say, before any tokenizer.
pub(crate) enum Rows<'a> {
    /// Texts, which count whole.
    Texts(Vec<String>),
    /// Prompts and their completions, of which the completions count.
    Pairs(Vec<(&'a str, &'a str)>),
}

/// How rows are cut and put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The most tokens of a sequence.
    pub(crate) longest: usize,
    /// Whether sequences are put together into blocks of that many tokens.
    pub(crate) packing: bool,
}

/// What became of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fate {
    /// How many tokens it has, those that begin and end it included.
    pub(crate) tokens: usize,
    /// How many of them were cut off.
    pub(crate) cut: usize,
    /// How many of them count.
    pub(crate) counted: usize,
    /// Why nothing is learnt from it, where that is so.
    pub(crate) skipped: Option<&'static str>,
}

/// Why a row is skipped.
const NO_TOKENS: &str = "no-tokens";
const NOTHING_COUNTS: &str = "no-token-to-predict";

/// Tokens to learn from, and what became of the rows.
pub(crate) struct Prepared {
    pub(crate) examples: Vec<Example>,
    /// The row of each sequence of each example.
    pub(crate) rows: Vec<Vec<usize>>,
    pub(crate) fates: Vec<Fate>,
}

impl<'a> Rows<'a> {
    /// The rows of `table`: the column asked for, or prompt and completion where it has both, or `text`.
    pub(crate) fn of(args: &Args, table: &'a Table) -> anyhow::Result<Self> {
        let labelled = args.form.condition.unwrap_or_default() == Condition::Label;
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

    /// The rows as tokens, between those that begin and end a text, each a sequence or more.
    pub(crate) fn prepare(
        &self,
        tokenizer: &Tokenizer,
        config: &Config,
        shape: Shape,
    ) -> anyhow::Result<Prepared> {
        let sequences = self.sequences(tokenizer, config)?;
        let mut prepared = Prepared {
            examples: Vec::new(),
            rows: Vec::new(),
            fates: Vec::new(),
        };
        for (row, sequence) in sequences.into_iter().enumerate() {
            prepared.add(row, sequence, shape);
        }
        if shape.packing {
            prepared.pack(shape.longest);
        }
        Ok(prepared)
    }

    fn sequences(&self, tokenizer: &Tokenizer, config: &Config) -> anyhow::Result<Vec<Sequence>> {
        let sequences: Vec<Sequence> = match self {
            Self::Texts(texts) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let texts = tokenizer.encode_all(&texts, true)?.into_iter();
                texts
                    .map(|text| Sequence::of(Vec::new(), text, config))
                    .collect()
            }
            Self::Pairs(pairs) => {
                let (prompts, completions): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
                let prompts = tokenizer.encode_all(&prompts, true)?.into_iter();
                let completions = tokenizer.encode_all(&completions, false)?;
                prompts
                    .zip(completions)
                    .map(|(prompt, completion)| Sequence::of(prompt, completion, config))
                    .collect()
            }
        };
        Ok(sequences)
    }
}

/// The tokens of a row, and which of them are to be predicted.
#[derive(Default)]
struct Sequence {
    ids: Vec<u32>,
    counts: Vec<bool>,
}

impl Sequence {
    /// A text after its prompt, if it has one, between the tokens that begin and end a text; empty
    /// where the text is.
    fn of(prompt: Vec<u32>, text: Vec<u32>, config: &Config) -> Self {
        let ends = |id: &u32| config.eos_token_ids.contains(id);
        let [prompt, text] = [prompt, text].map(|mut ids| {
            while ids.last().is_some_and(ends) {
                ids.pop();
            }
            ids
        });
        if text.is_empty() {
            return Self::default();
        }
        let first = prompt.first().or(text.first());
        let begin = config.bos_token_id.filter(|bos| first != Some(bos));
        let mut ids: Vec<u32> = begin.into_iter().chain(prompt.iter().copied()).collect();
        // Without a prompt all of it is the text, which begins with the token that begins a text.
        let context = if prompt.is_empty() { 0 } else { ids.len() };
        ids.extend(text);
        ids.extend(config.eos_token_ids.first());
        let counts = (0..ids.len()).map(|at| at >= context).collect();
        Self { ids, counts }
    }
}

impl Prepared {
    fn add(&mut self, row: usize, sequence: Sequence, shape: Shape) {
        let Sequence { ids, counts } = sequence;
        let mut fate = Fate {
            tokens: ids.len(),
            ..Fate::default()
        };
        let parts = if shape.packing {
            parts(&ids, shape.longest)
        } else {
            let kept = ids.len().min(shape.longest);
            fate.cut = ids.len() - kept;
            std::iter::once(0..kept).collect()
        };
        for part in parts {
            let example = Example::masked(ids[part.clone()].to_vec(), counts[part].to_vec());
            if example.counted() > 0 {
                fate.counted += example.counted();
                self.examples.push(example);
                self.rows.push(vec![row]);
            }
        }
        fate.skipped = match (fate.tokens, fate.counted) {
            (0, _) => Some(NO_TOKENS),
            (_, 0) => Some(NOTHING_COUNTS),
            _ => None,
        };
        self.fates.push(fate);
    }

    /// Puts the sequences together into blocks of at most `room` tokens.
    fn pack(&mut self, room: usize) {
        let sizes: Vec<usize> = self
            .examples
            .iter()
            .map(|example| example.ids().len())
            .collect();
        let blocks = packing::blocks(&sizes, room);
        let packed = |block: &Vec<usize>| {
            let parts: Vec<&Example> = block.iter().map(|at| &self.examples[*at]).collect();
            Example::packed(&parts)
        };
        let examples = blocks.iter().map(packed).collect();
        let rows = blocks
            .iter()
            .map(|block| block.iter().flat_map(|at| self.rows[*at].clone()).collect())
            .collect();
        (self.examples, self.rows) = (examples, rows);
    }

    /// How many rows nothing is learnt from, by reason.
    pub(crate) fn skipped(&self) -> BTreeMap<String, u64> {
        let mut skipped = BTreeMap::new();
        for reason in self.fates.iter().filter_map(|fate| fate.skipped) {
            *skipped.entry(reason.to_owned()).or_default() += 1;
        }
        skipped
    }

    /// How many rows were longer than the longest sequence and were cut.
    pub(crate) fn cut(&self) -> usize {
        self.fates.iter().filter(|fate| fate.cut > 0).count()
    }
}

/// The row that a sequence is of.
pub(crate) fn row_of(rows: &[Vec<usize>], seen: &Seen) -> usize {
    rows[seen.example][seen.sequence]
}

/// Parts of at most `longest` tokens; each begins with the last token of the one before, so that
/// every token but the first is predicted once.
fn parts(ids: &[u32], longest: usize) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let mut from = 0;
    while from + 1 < ids.len() {
        let to = ids.len().min(from + longest);
        parts.push(from..to);
        from = to - 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(rows: &Rows<'_>, longest: usize, packing: bool) -> Prepared {
        let tokenizer = Tokenizer::train(&["ab ab"], 300, &["<s>", "</s>"]).expect("a tokenizer");
        let config = Config::preset("tiny")
            .expect("a shape")
            .with_special_tokens(Some(0), vec![1]);
        let shape = Shape { longest, packing };
        rows.prepare(&tokenizer, &config, shape).expect("tokens")
    }

    fn texts(texts: &[&str]) -> Rows<'static> {
        Rows::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn a_text_stands_between_its_marks_and_counts_whole() {
        let prepared = prepared(&texts(&["xyz", ""]), 100, false);
        let example = &prepared.examples[0];
        assert_eq!((example.ids().len(), example.counted()), (5, 4));
        assert_eq!((example.ids()[0], example.ids()[4]), (0, 1));
        assert_eq!(
            prepared.skipped(),
            BTreeMap::from([("no-tokens".to_owned(), 1)])
        );
    }

    #[test]
    fn only_the_completion_counts() {
        let prepared = prepared(&Rows::Pairs(vec![("xy", "z")]), 100, false);
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
        let prepared = prepared(
            &Rows::Pairs(vec![("xyz", "xyz"), ("xyzxyz", "z")]),
            5,
            false,
        );
        assert_eq!((prepared.examples.len(), prepared.cut()), (1, 2));
        assert_eq!(prepared.examples[0].counted(), 1);
        let [first, second] = &prepared.fates[..] else {
            panic!("two rows")
        };
        assert_eq!((first.tokens, first.cut, first.counted), (8, 3, 1));
        assert_eq!(second.skipped, Some(NOTHING_COUNTS));
    }

    #[test]
    fn packing_cuts_nothing_off_and_keeps_rows_apart() {
        // Of 14, 4 and 5 tokens: the first is cut into 8 and 7, which begins with the last of the 8.
        let prepared = prepared(&texts(&["xyzxyzxyzxyz", "xy", "", "xyz"]), 8, true);
        let predicted = prepared.examples.iter().map(Example::counted);
        assert_eq!(predicted.sum::<usize>(), 13 + 3 + 4);
        assert_eq!(prepared.cut(), 0);
        let counted: Vec<usize> = prepared.fates.iter().map(|fate| fate.counted).collect();
        assert_eq!(counted, [13, 3, 0, 4]);
        for (example, rows) in prepared.examples.iter().zip(&prepared.rows) {
            assert!(example.ids().len() <= 8);
            assert_eq!(example.sequences().count(), rows.len());
        }
        let mut rows = prepared.rows.concat();
        rows.sort_unstable();
        assert_eq!(rows, [0, 0, 1, 3]);
    }
}
