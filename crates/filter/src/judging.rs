//! What a rule judges, and how: row by row as they are read, or when all rows are known.

use arrow::array::RecordBatch;
use dataset::{Input, Reading, Replay, columns};

/// How a rule is asked.
pub(crate) enum Judge<'a> {
    /// What becomes of a row depends on that row alone.
    Rows(Box<dyn JudgeRows + 'a>),
    /// What becomes of a row depends on other rows.
    Set(Box<dyn JudgeSet + 'a>),
}

/// Judges a row by itself.
pub(crate) trait JudgeRows {
    /// A verdict a row, in the order of `rows`.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>>;
}

/// Judges rows by all rows.
pub(crate) trait JudgeSet {
    /// Takes note of rows, some of which other rules before this one may still drop.
    fn observe(&mut self, rows: &Candidates<'_>) -> anyhow::Result<()>;

    /// The rows that are dropped, each with its reason, in any order.
    fn resolve(&mut self, set: &Observed<'_>) -> anyhow::Result<Vec<(usize, Rejection)>>;
}

/// Why a row is dropped; `None` keeps it.
pub(crate) type Verdict = Option<Rejection>;

/// What is told of a row that is dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rejection {
    /// The figure on which the rule decided, if it is one.
    pub(crate) score: Option<f64>,
    /// The row that it was too like, if any.
    pub(crate) like: Like,
}

/// A row that another one is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Like {
    /// No row is to blame.
    #[default]
    None,
    /// A row of this set, by its number.
    Row(u32),
    /// A row of another set, by its id.
    Other(Box<str>),
}

impl Rejection {
    /// Dropped for this figure.
    pub(crate) fn scored(score: f64) -> Self {
        Self {
            score: Some(score),
            like: Like::None,
        }
    }

    /// Dropped for the row of the set with this number.
    pub(crate) fn like(row: usize, score: Option<f64>) -> Self {
        Self {
            score,
            like: Like::Row(row as u32),
        }
    }
}

/// The rows that a rule judges: some of one batch.
#[derive(Clone, Debug)]
pub(crate) struct Candidates<'a> {
    /// The name of the set, for messages.
    pub(crate) set: &'a str,
    /// The batch that the rows are in.
    pub(crate) batch: &'a RecordBatch,
    /// The number in the set of the first row of the batch.
    pub(crate) first: usize,
    /// Where in the batch the rows are.
    pub(crate) places: Vec<usize>,
    /// A text a row; empty where it is null.
    pub(crate) texts: Vec<&'a str>,
    /// Whether the text of a row is null.
    pub(crate) null: Vec<bool>,
    /// A label a row; none where the set has no such column, or the row no label.
    pub(crate) labels: Vec<Option<&'a str>>,
}

impl<'a> Candidates<'a> {
    /// All rows of `batch`, judged by their `column`.
    pub(crate) fn of(
        set: &'a str,
        batch: &'a RecordBatch,
        first: usize,
        column: &str,
    ) -> dataset::Result<Self> {
        let label = columns::LABEL.name;
        let labels = match batch.column_by_name(label) {
            Some(_) => dataset::optional_texts(set, batch, label)?,
            None => vec![None; batch.num_rows()],
        };
        let texts = dataset::optional_texts(set, batch, column)?;
        Ok(Self {
            set,
            batch,
            first,
            places: (0..batch.num_rows()).collect(),
            null: texts.iter().map(Option::is_none).collect(),
            texts: texts.into_iter().map(Option::unwrap_or_default).collect(),
            labels,
        })
    }

    /// Those of these rows for which `keep` says so.
    pub(crate) fn kept(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|row| keep(*row)).collect();
        Self {
            places: rows.iter().map(|row| self.places[*row]).collect(),
            texts: rows.iter().map(|row| self.texts[*row]).collect(),
            null: rows.iter().map(|row| self.null[*row]).collect(),
            labels: rows.iter().map(|row| self.labels[*row]).collect(),
            ..*self
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The numbers in the set of all these rows.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.places.iter().map(|place| self.first + place)
    }
}

/// All rows, when a rule judges that needs to know them all.
pub(crate) struct Observed<'a> {
    /// The rows, to go through once more.
    pub(crate) replay: &'a Replay,
    /// The column that is judged.
    pub(crate) column: &'a str,
    /// Whether the rules before this one kept a row.
    pub(crate) alive: &'a [bool],
    /// All rows, those that rather stay first.
    pub(crate) order: Order<'a>,
}

/// The order in which rows rather stay.
#[derive(Clone, Copy)]
pub(crate) enum Order<'a> {
    /// As they were read.
    Read,
    /// As these numbers say.
    Given(&'a [u32]),
}

impl Observed<'_> {
    /// The numbers of the rows that the rules before kept, those that rather stay first.
    pub(crate) fn in_order(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        let alive = |row: &usize| self.alive[*row];
        match self.order {
            Order::Read => Box::new((0..self.alive.len()).filter(alive)),
            Order::Given(rows) => Box::new(rows.iter().map(|row| *row as usize).filter(alive)),
        }
    }

    /// Hands those rows to `visit` once more, batch after batch as they were read.
    pub(crate) fn each(
        &self,
        mut visit: impl FnMut(&Candidates<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.replay.each(|batch, first| {
            let rows = Candidates::of(self.replay.name(), batch, first, self.column)?;
            visit(&rows.kept(|row| self.alive[first + row]))
        })
    }
}

/// How a rule reads the files it compares with, which ones were read, and what memory it may use.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    /// The column that is judged.
    pub(crate) column: &'a str,
    /// How sets are read.
    pub(crate) reading: Reading,
    /// Bytes that one rule may keep of all rows before it has to go through them again.
    pub(crate) memory: usize,
    /// What was read, for the provenance.
    pub(crate) inputs: Vec<Input>,
}

impl<'a> Files<'a> {
    /// No file was read yet.
    pub(crate) fn new(column: &'a str, reading: Reading, memory: usize) -> Self {
        Self {
            column,
            reading,
            memory,
            inputs: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Sets for tests.

    use std::fmt::Write as _;

    use dataset::Source;
    use tempfile::TempDir;

    /// A file with rows of (text, label), as long as its folder is kept.
    pub(crate) fn set(rows: &[(&str, Option<&str>)]) -> (TempDir, Source) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("set.jsonl");
        let mut lines = String::new();
        for (text, label) in rows {
            let label = label.map_or("null".to_owned(), |label| format!("{label:?}"));
            writeln!(lines, "{{\"text\":{},\"label\":{label}}}", json(text)).expect("a line");
        }
        std::fs::write(&path, lines).expect("written");
        (folder, Source::Path(path))
    }

    fn json(text: &str) -> String {
        let mut quoted = "\"".to_owned();
        for character in text.chars() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                control if (control as u32) < 32 => {
                    write!(quoted, "\\u{:04x}", control as u32).expect("a character");
                }
                other => quoted.push(other),
            }
        }
        quoted + "\""
    }
}
