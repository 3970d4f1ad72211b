//! Rows as what a decoder learns from: tokens, which of them count, and what became of each row.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::{Message, Table, columns};
use model::{ChatTemplate, Config, Example, MarkedTokenizer, Seen, Tokenizer};

use crate::args::{Args, Condition};
use crate::packing;
use crate::start::Start;

/// What the rows say, before any tokenizer.
pub(crate) enum Rows<'a> {
    /// Texts, which count whole.
    Texts(Vec<String>),
    /// Prompts and their completions, of which the completions count.
    Pairs(Vec<(&'a str, &'a str)>),
    /// Conversations, which a chat template makes texts of.
    Chats(Vec<Vec<Message>>),
}

/// How rows are cut and put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The most tokens of a sequence.
    pub(crate) longest: usize,
    /// Whether sequences are put together into blocks of that many tokens.
    pub(crate) packing: bool,
    /// Whether of conversations only what the assistant says counts.
    pub(crate) spoken_only: bool,
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
/// A text of a conversation spells out a special token, and would be taken for one.
const SPELLS_MARK: &str = "special-token-in-text";
/// The template does not leave earlier turns as they were, so that the assistant's cannot be told.
const TURNS_CHANGE: &str = "template-changes-turns";

/// Tokens to learn from, and what became of the rows.
pub(crate) struct Prepared {
    pub(crate) examples: Vec<Example>,
    /// The row of each sequence of each example.
    pub(crate) rows: Vec<Vec<usize>>,
    pub(crate) fates: Vec<Fate>,
}

impl<'a> Rows<'a> {
    /// The rows of `table`: the column asked for, or prompt and completion where it has both, or
    /// `text`, or `messages`.
    pub(crate) fn of(args: &Args, table: &'a Table) -> anyhow::Result<Self> {
        let messages = columns::MESSAGES.name;
        let is_chat = match &args.column {
            Some(column) => column == messages,
            None => table.has(messages) && !table.has(columns::TEXT.name),
        };
        if is_chat {
            return Ok(Self::Chats(table.messages()?));
        }
        let spoken_only = args.form.assistant_only_loss;
        anyhow::ensure!(
            !spoken_only,
            "--assistant-only-loss is for conversations, but nothing is read from a column `{messages}` of {}",
            table.name()
        );
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
            Self::Chats(chats) => chats
                .iter()
                .flatten()
                .map(|turn| turn.content.as_str())
                .collect(),
        }
    }

    /// The rows of the set `name` as tokens, between those that begin and end a text, each a sequence or more.
    pub(crate) fn prepare(
        &self,
        name: &str,
        start: &Start,
        shape: Shape,
    ) -> anyhow::Result<Prepared> {
        let sequences = match self {
            Self::Chats(chats) => spoken(name, chats, start, shape)?,
            _ => self.sequences(&start.tokenizer, start.decoder.config())?,
        };
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
            Self::Chats(_) => Vec::new(),
        };
        Ok(sequences)
    }
}

/// Conversations as the model's template writes them; which marks begin and end a text is its own business.
fn spoken(
    name: &str,
    chats: &[Vec<Message>],
    start: &Start,
    shape: Shape,
) -> anyhow::Result<Vec<Sequence>> {
    let Some(template) = &start.chat else {
        let error = anyhow::anyhow!("the model has no chat template to write conversations with");
        return Err(cli::with_hint(error, "give one with --chat-template-path"));
    };
    let tokenizer = start.tokenizer.marked();
    let sequences = chats.iter().enumerate().map(|(row, turns)| {
        let turns: Vec<(&str, &str)> = turns
            .iter()
            .map(|turn| (turn.role.as_str(), turn.content.as_str()))
            .collect();
        Sequence::spoken(&turns, template, &tokenizer, shape)
            .with_context(|| format!("row {row} of {name}"))
    });
    sequences.collect()
}

/// The tokens of a row, and which of them are to be predicted.
#[derive(Default)]
struct Sequence {
    ids: Vec<u32>,
    counts: Vec<bool>,
    /// Why there are none, where that has a reason of its own.
    skipped: Option<&'static str>,
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
        Self {
            ids,
            counts,
            skipped: None,
        }
    }

    /// A conversation, of which all counts, or what the assistant says.
    fn spoken(
        turns: &[(&str, &str)],
        template: &ChatTemplate,
        tokenizer: &MarkedTokenizer,
        shape: Shape,
    ) -> anyhow::Result<Self> {
        let skipped = |reason| Self {
            skipped: Some(reason),
            ..Self::default()
        };
        let mut texts = turns.iter().flat_map(|(role, content)| [role, content]);
        if turns.is_empty() {
            return Ok(Self::default());
        }
        if texts.any(|text| tokenizer.mark_in(text).is_some()) {
            return Ok(skipped(SPELLS_MARK));
        }
        let (text, counted) = if shape.spoken_only {
            let rendered = template.render(turns)?;
            match rendered.spoken {
                Some(spoken) => (rendered.text, spoken),
                None => return Ok(skipped(TURNS_CHANGE)),
            }
        } else {
            let text = template.text(turns, false)?;
            let all = 0..text.len();
            (text, std::iter::once(all).collect())
        };
        let (ids, counts) = tokenizer.encode(&text, &counted)?;
        Ok(Self {
            ids,
            counts,
            skipped: None,
        })
    }
}

impl Prepared {
    fn add(&mut self, row: usize, sequence: Sequence, shape: Shape) {
        let Sequence {
            ids,
            counts,
            skipped,
        } = sequence;
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
        fate.skipped = skipped.or(match (fate.tokens, fate.counted) {
            (0, _) => Some(NO_TOKENS),
            (_, 0) => Some(NOTHING_COUNTS),
            _ => None,
        });
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
    use model::Decoder;

    use super::*;

    fn start(template: Option<&str>) -> Start {
        let tokenizer = Tokenizer::train(&["ab ab"], 300, &["<s>", "</s>"]).expect("a tokenizer");
        let config = Config::preset("tiny")
            .expect("a shape")
            .with_special_tokens(Some(0), vec![1]);
        let template = template.map(|source| ChatTemplate::new(source, &BTreeMap::new()));
        Start {
            decoder: Decoder::initialize(config, numeric::Seed::new(1)).expect("drawn"),
            tokenizer,
            files: Vec::new(),
            inputs: Vec::new(),
            chat: template.map(|template| template.expect("a template")),
            base: None,
        }
    }

    fn shape(longest: usize) -> Shape {
        Shape {
            longest,
            packing: false,
            spoken_only: false,
        }
    }

    fn prepared(rows: &Rows<'_>, longest: usize, packing: bool) -> Prepared {
        let shape = Shape {
            packing,
            ..shape(longest)
        };
        rows.prepare("a.csv", &start(None), shape).expect("tokens")
    }

    fn chats(turns: &[&[(&str, &str)]]) -> Rows<'static> {
        let message = |(role, content): &(&str, &str)| Message {
            role: (*role).to_owned(),
            content: (*content).to_owned(),
        };
        let chats = turns
            .iter()
            .map(|turns| turns.iter().map(message).collect());
        Rows::Chats(chats.collect())
    }

    #[test]
    fn of_a_conversation_all_counts_or_what_the_assistant_says() {
        let plain = "{% for m in messages %}<s>{{ m.role[0] }}:{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<s>a:{% endif %}";
        let rows = chats(&[
            &[("user", "x"), ("assistant", "yz")],
            &[("user", "</s>"), ("assistant", "y")],
            &[("user", "x")],
            &[],
        ]);
        let counted = |spoken_only| -> Vec<(usize, usize, Option<&str>)> {
            let shape = Shape {
                spoken_only,
                ..shape(100)
            };
            let prepared = rows.prepare("a.csv", &start(Some(plain)), shape);
            let fates = prepared.expect("tokens").fates.into_iter();
            fates
                .map(|fate| (fate.tokens, fate.counted, fate.skipped))
                .collect()
        };
        // <s> u : x </s> <s> a : y z </s>, of which y z </s> is said by the assistant.
        let spelt = (0, 0, Some(SPELLS_MARK));
        let empty = (0, 0, Some(NO_TOKENS));
        assert_eq!(
            counted(true),
            [(11, 3, None), spelt, (5, 0, Some(NOTHING_COUNTS)), empty]
        );
        assert_eq!(counted(false), [(11, 10, None), spelt, (5, 4, None), empty]);
    }

    #[test]
    fn a_conversation_that_cannot_be_written_is_named() {
        let rows = chats(&[&[("user", "x")]]);
        let said = |template: Option<&str>| {
            let prepared = rows.prepare("a.csv", &start(template), shape(9));
            format!("{:#}", prepared.err().expect("refused"))
        };
        assert_eq!(
            said(None),
            "the model has no chat template to write conversations with"
        );
        assert_eq!(
            said(Some("{{ raise_exception('no system turn') }}")),
            "row 0 of a.csv: the chat template: no system turn (line 1)"
        );
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
