//! The vectors that an earlier run has made, a piece a part of the set, kept so that none is made twice.
//!
//! A vector follows from its text and the embedder alone: what a piece was made of is told by a
//! hash of its texts, so that nothing of the input has to be read before its turn.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::{ContentHash, Resume, Table};
use embedding::{Embedded, Embedder};
use numeric::Vectors;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Args;
use crate::parts::ROWS;

/// Vectors from an earlier run, and the place for new ones.
pub(crate) struct Journal {
    place: Option<dataset::Journal>,
    /// Pieces that were used or written.
    done: usize,
}

/// What stands in front of the vectors of a piece.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    /// How many vectors there are.
    rows: usize,
    /// A hash of the texts that they are of.
    texts: ContentHash,
    /// How many of the texts were cut.
    truncated: usize,
}

impl Journal {
    /// The journal beside the output; none where making the vectors again is as fast.
    pub(crate) fn open(args: &Args, embedder: &dyn Embedder) -> anyhow::Result<Self> {
        if !embedder.is_slow() {
            anyhow::ensure!(
                args.resume != Resume::Always,
                "{} keeps no journal to go on from: making the vectors again is as fast",
                embedder.describe().embedder
            );
            return Ok(Self {
                place: None,
                done: 0,
            });
        }
        let run = run(args, embedder)?;
        Ok(Self {
            place: dataset::Journal::open(&args.output.output, &run, args.resume)?,
            done: 0,
        })
    }

    /// How many vectors an earlier run has made.
    pub(crate) fn kept(&self) -> anyhow::Result<usize> {
        let place = self.place.as_ref().filter(|place| !place.is_empty());
        let Some(place) = place else { return Ok(0) };
        let before = place.len() - 1;
        let (last, _) = read(&place.piece(before)?)?;
        Ok(before * ROWS + last.rows)
    }

    /// The vectors of the next part, which has these `texts`: those that are kept, or new ones.
    pub(crate) fn vectors(
        &mut self,
        part: &Table,
        texts: &[&str],
        embedder: &dyn Embedder,
    ) -> anyhow::Result<Embedded> {
        let index = self.done;
        self.done += 1;
        let Some(place) = &mut self.place else {
            return crate::embedded(part, texts, embedder);
        };
        if index >= place.len() {
            let embedded = crate::embedded(part, texts, embedder)?;
            place.keep(&piece(texts, &embedded)?)?;
            return Ok(embedded);
        }
        let (head, vectors) = read(&place.piece(index)?)?;
        if head.texts != hash(texts) {
            let first = part.first_row();
            return Err(anyhow::Error::new(place.of_another_run(&format!(
                "the texts from row {first} on, of which it has {}, are others than those of {}",
                head.rows,
                part.name()
            ))));
        }
        Ok(Embedded {
            vectors,
            truncated: head.truncated,
        })
    }

    /// Throws everything away, once the rows are written.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        Ok(self.place.map_or(Ok(()), dataset::Journal::end)?)
    }
}

/// All that vectors follow from but their texts.
fn run(args: &Args, embedder: &dyn Embedder) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut run = cli::arguments(args)?;
    // Where the texts come from is nothing to their vectors.
    run.retain(|name, _| ["embedder", "dimension", "column"].contains(&name.as_str()));
    run.insert("polyculture".to_owned(), json!(env!("CARGO_PKG_VERSION")));
    for (name, said) in embedder.describe().to_map() {
        run.insert(format!("{name} of the vectors"), json!(said));
    }
    if let Some(model) = embedder.input() {
        run.insert("content of the embedder".to_owned(), json!(model.node.hash));
    }
    Ok(run)
}

fn hash(texts: &[&str]) -> ContentHash {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    ContentHash::of_bytes(&bytes)
}

/// A line of JSON, then the numbers, f32 in little-endian order.
fn piece(texts: &[&str], embedded: &Embedded) -> anyhow::Result<Vec<u8>> {
    let head = Head {
        rows: texts.len(),
        texts: hash(texts),
        truncated: embedded.truncated,
    };
    let mut bytes = serde_json::to_vec(&head)?;
    bytes.push(b'\n');
    let numbers = embedded.vectors.values().iter();
    bytes.extend(numbers.flat_map(|number| number.to_le_bytes()));
    Ok(bytes)
}

fn read(piece: &[u8]) -> anyhow::Result<(Head, Vectors)> {
    const WHAT: &str = "a piece of the journal holds no vectors; begin anew with --resume never";
    let end = piece.iter().position(|byte| *byte == b'\n').context(WHAT)?;
    let head: Head = serde_json::from_slice(&piece[..end]).context(WHAT)?;
    let (numbers, rest) = piece[end + 1..].as_chunks::<4>();
    let whole = rest.is_empty() && head.rows > 0 && numbers.len().is_multiple_of(head.rows);
    anyhow::ensure!(whole, WHAT);
    let values = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let vectors = Vectors::new(values.collect(), numbers.len() / head.rows).context(WHAT)?;
    Ok((head, vectors))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Schema;
    use clap::Parser as _;
    use embedding::Description;

    use super::*;

    #[test]
    fn a_piece_comes_back_to_the_bit() {
        let vectors = Vectors::new(vec![0.1, -2.5, f32::MIN_POSITIVE, 3.0], 2).expect("two rows");
        let embedded = Embedded {
            vectors,
            truncated: 1,
        };
        let bytes = piece(&["a", "b\n"], &embedded).expect("written");
        let (head, back) = read(&bytes).expect("read");
        assert_eq!((head.rows, head.truncated, back), (2, 1, embedded.vectors));
        assert_eq!(head.texts, hash(&["a", "b\n"]));
        assert!(read(&bytes[..bytes.len() - 1]).is_err() && read(b"{}").is_err());
    }

    /// The length of a text as its vector; counts how often it is asked.
    #[derive(Debug, Default)]
    struct Lengths(std::cell::Cell<usize>);

    impl Embedder for Lengths {
        fn describe(&self) -> Description {
            Description {
                embedder: "lengths".to_owned(),
                revision: "1".to_owned(),
                pooling: "sum".to_owned(),
                normalised: false,
                dimension: 1,
            }
        }

        fn embed(&self, texts: &[&str]) -> Result<Embedded, embedding::Error> {
            self.0.set(self.0.get() + 1);
            let lengths = texts.iter().map(|text| text.len() as f32);
            Ok(Embedded {
                vectors: Vectors::new(lengths.collect(), 1)?,
                truncated: 0,
            })
        }
    }

    fn args(folder: &tempfile::TempDir, resume: &str) -> Args {
        let output = folder.path().join("out.parquet");
        let output = output.to_string_lossy();
        Args::parse_from(["embed", "--resume", resume, "-o", &output])
    }

    fn part() -> Table {
        Table::new("set", Arc::new(Schema::empty()), Vec::new()).from_row(7)
    }

    #[test]
    fn what_an_earlier_run_made_is_not_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let embedder = Lengths::default();
        let mut first = Journal::open(&args(&folder, "auto"), &embedder).expect("begun");
        let one = first
            .vectors(&part(), &["a", "bcd"], &embedder)
            .expect("made");
        drop(first);
        let mut again = Journal::open(&args(&folder, "always"), &embedder).expect("resumed");
        assert_eq!(again.kept().expect("told"), 2);
        assert_eq!(
            again
                .vectors(&part(), &["a", "bcd"], &embedder)
                .expect("kept"),
            one
        );
        assert_eq!(embedder.0.get(), 1);
        again.vectors(&part(), &["ef"], &embedder).expect("made");
        assert_eq!(embedder.0.get(), 2);
        again.end().expect("removed");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_journal_of_other_texts_or_another_column_is_refused_with_the_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        let embedder = Lengths::default();
        let mut first = Journal::open(&args(&folder, "auto"), &embedder).expect("begun");
        first.vectors(&part(), &["a"], &embedder).expect("made");
        let mut other = Journal::open(&args(&folder, "auto"), &embedder).expect("resumed");
        let error = other
            .vectors(&part(), &["b"], &embedder)
            .expect_err("another text");
        assert_eq!(
            error.to_string(),
            "out.parquet.journal belongs to another run: the texts from row 7 on, of which it has 1, are others than those of set"
        );
        let mut args = args(&folder, "auto");
        args.column = "body".to_owned();
        let error = Journal::open(&args, &embedder)
            .err()
            .expect("another column");
        assert_eq!(
            error.to_string(),
            "out.parquet.journal belongs to another run: its column is `text`, this run's is `body`"
        );
    }

    #[test]
    fn texts_are_told_apart_by_where_they_end() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
