//! Why a grammar file, or what is asked of a grammar, is refused.

use std::fmt;

use thiserror::Error;

/// Where in the file something stands, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a grammar could not be read or could not do what was asked.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum GrammarError {
    /// The file is wrong at one place.
    #[error("{place}, in `{block}`: {problem}")]
    Block {
        /// Where.
        place: Place,
        /// The class, rule or qa block it stands in.
        block: String,
        /// What is wrong.
        problem: Problem,
    },
    /// The file is wrong outside every block.
    #[error("{place}: {problem}")]
    File {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: Problem,
    },
    /// There is no such class.
    #[error("the grammar has no class `{name}`; its classes are {known}")]
    UnknownLabel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// There is no such topic.
    #[error("the grammar has no topic `{name}`; its topics are {known}")]
    UnknownTopic {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// No text of the class speaks of a topic.
    #[error("no text of `{label}` came out about `{topic}` in {tries} tries")]
    TopicNotReached {
        /// The class, or `any class`.
        label: String,
        /// The topic.
        topic: String,
        /// How many texts were drawn.
        tries: usize,
    },
    /// The file has no `qa` block.
    #[error("the grammar has no qa block, so it cannot write questions")]
    NoQuestions,
    /// A knob is outside its range.
    #[error("{knob} is {value}, outside {low} to {high}")]
    Knob {
        /// Which knob.
        knob: &'static str,
        /// What was given.
        value: f64,
        /// The lowest value allowed.
        low: f64,
        /// The highest value allowed.
        high: f64,
    },
}

/// What is wrong at a place of a grammar file.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Problem {
    /// An unindented line is no header.
    #[error("`{0}` starts no block; a block starts with class, rule, topic or qa")]
    UnknownBlock(String),
    /// A header has no name.
    #[error("`{0}` needs a name")]
    NoName(String),
    /// A name has other letters than a name may have.
    #[error("`{0}` is no name; a name is made of letters, digits, _ and -")]
    BadName(String),
    /// Something follows a header that does not belong there.
    #[error(
        "`{0}` does not belong here; after the name comes [WEIGHT] (class, qa) or zipf EXPONENT (class, rule, topic)"
    )]
    BadHeader(String),
    /// An indented line comes before the first header.
    #[error("an indented line belongs to a block, and no block was started")]
    NoBlock,
    /// Two blocks have one name.
    #[error("`{name}` is defined twice, first on line {first}")]
    DefinedTwice {
        /// The name.
        name: String,
        /// Where it was defined first.
        first: usize,
    },
    /// There is more than one topic block.
    #[error("a grammar has one topic block at most, and line {first} starts one already")]
    SecondTopic {
        /// Where the first one starts.
        first: usize,
    },
    /// A weight is no positive number.
    #[error("weight `{0}` is not a number above 0")]
    BadWeight(String),
    /// A Zipf exponent is negative or no number.
    #[error("zipf exponent `{0}` is not a number from 0 to 10")]
    BadExponent(String),
    /// A weight stands in a block whose weights follow Zipf's law.
    #[error("weight `{0}` in a zipf block, where the k-th alternative weighs 1 / k^exponent")]
    WeightInZipf(String),
    /// A mark of the format stands where a word was expected.
    #[error("`{0}` is neither a word nor a <rule>; the letters < > [ ] | are reserved")]
    BadWord(String),
    /// An alternative has no word.
    #[error("an alternative is empty; write _ for the empty text")]
    EmptyAlternative,
    /// A block has no alternative.
    #[error("no alternative follows")]
    NoAlternatives,
    /// Two alternatives are the same.
    #[error("alternative `{text}` repeats the one on line {first}")]
    Duplicate {
        /// The alternative.
        text: String,
        /// Where it stands first.
        first: usize,
    },
    /// A reference to a rule that is nowhere.
    #[error("no rule is called `{name}`; known rules: {known}")]
    Undefined {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A rule that no class and no qa block uses.
    #[error("no class or qa block reaches this rule")]
    Unreachable,
    /// A rule reaches itself, so its expansion need not end.
    #[error("the rule reaches itself: {0}")]
    Recursive(String),
    /// Rules are nested too deeply.
    #[error("rules are nested deeper than {0}")]
    TooDeep(usize),
    /// A text can be longer than can be recognised.
    #[error("a text of {words} words can be derived; the longest allowed is {longest}")]
    TooLong {
        /// The longest text.
        words: usize,
        /// The longest allowed.
        longest: usize,
    },
    /// A text can take too many expansions, most of which are empty.
    #[error("a text can take more than {0} expansions")]
    TooManySteps(usize),
    /// A line of a qa block is neither a context nor a question.
    #[error("`{0}` does not belong in a qa block; its lines start with context or ask")]
    BadQaLine(String),
    /// A qa block has no context, or more than one.
    #[error("a qa block has one context line, this one has {0}")]
    Contexts(usize),
    /// A qa block has no question.
    #[error("a qa block needs a line `ask QUESTION => ANSWER`")]
    NoAsk,
    /// A question without its answer.
    #[error("a question and its answer are joined by one =>, this line has {0}")]
    Arrows(usize),
    /// A slot outside a qa block.
    #[error("slot `{0}` outside a qa block")]
    SlotOutsideQa(String),
    /// One slot name for two rules.
    #[error("slot `{slot}` is drawn from `{first}` and from `{second}`")]
    SlotOfTwoRules {
        /// The slot.
        slot: String,
        /// The rule it was first drawn from.
        first: String,
        /// The rule of this use.
        second: String,
    },
    /// A question or answer uses a slot that the context does not.
    #[error("slot `{slot}` does not occur in the context; its slots are {known}")]
    SlotNotInContext {
        /// The slot.
        slot: String,
        /// The slots of the context.
        known: String,
    },
    /// A slot's rule derives too many texts to list.
    #[error("slots of `{rule}` need a list of its texts, and there are more than {most}")]
    SlotTooWide {
        /// The rule.
        rule: String,
        /// The most that can be listed.
        most: usize,
    },
    /// A slot's rule derives fewer texts than there are slots.
    #[error("{slots} different texts of `{rule}` are needed, and there are {values}")]
    SlotTooNarrow {
        /// The rule.
        rule: String,
        /// How many slots draw from it.
        slots: usize,
        /// How many texts it derives.
        values: usize,
    },
    /// The file has neither a class nor a qa block.
    #[error("the grammar has neither a class nor a qa block")]
    NoStart,
}
