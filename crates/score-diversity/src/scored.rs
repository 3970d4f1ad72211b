//! What is kept of a set in order to measure it: rows in a fixed order, cut, grouped.

use std::borrow::Cow;

use dataset::{Table, columns};
use diversity::{Pair, Reads, Set, Texts};
use numeric::{Groups, Seed, VectorsError, keyed_hash};
use serde::Serialize;
use text::Tokenizer;

/// The order in which rows are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By their ids, so that the order of the file changes nothing
    Id,
    /// As they are in the file, which a few measures depend on
    Given,
}

/// How texts are cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Words {
    /// Unicode words in lower case, without punctuation
    Unicode,
    /// What stands between white space, as Python's str.split
    Whitespace,
    /// Runs of word characters and runs of punctuation, as nltk's wordpunct_tokenize
    Wordpunct,
}

impl Words {
    pub(crate) const fn tokenizer(self) -> Tokenizer {
        match self {
            Self::Unicode => Tokenizer::Unicode,
            Self::Whitespace => Tokenizer::Whitespace,
            Self::Wordpunct => Tokenizer::WordPunct,
        }
    }
}

/// How a set is made of a table.
#[derive(Clone, Debug)]
pub(crate) struct Making<'a> {
    pub(crate) text_column: &'a str,
    pub(crate) vector_column: &'a str,
    pub(crate) words: Words,
    pub(crate) order: Order,
    pub(crate) normalize: bool,
    pub(crate) seed: Seed,
    /// Whether any measure reads vectors, which are large.
    pub(crate) with_vectors: bool,
}

/// A set, with what is told of it in every row of results.
#[derive(Debug)]
pub(crate) struct Scored<'a> {
    /// Its rows.
    pub(crate) set: Set<'a>,
    /// Rows that were made from one row are left out together.
    pub(crate) groups: Groups,
    /// The content hash of the file.
    pub(crate) hash: Option<String>,
    /// How many tokens the texts have.
    pub(crate) n_tokens: Option<i64>,
    /// Which rows of the table these are.
    pub(crate) rows: Vec<usize>,
    /// Why there are no texts or no vectors, by what reads them.
    lacks: Vec<(Reads, String)>,
}

impl<'a> Scored<'a> {
    /// The rows of `table`, or `sample` of them chosen by a hash of their ids.
    pub(crate) fn new(
        table: &'a Table,
        sample: Option<usize>,
        making: &Making<'_>,
    ) -> anyhow::Result<Self> {
        Self::within(table, (0..table.len()).collect(), sample, making)
    }

    /// The same of `rows` of the table alone.
    pub(crate) fn within(
        table: &'a Table,
        rows: Vec<usize>,
        sample: Option<usize>,
        making: &Making<'_>,
    ) -> anyhow::Result<Self> {
        let ids = table.texts(columns::ID.name)?;
        let rows = chosen(&ids, rows, sample, making);
        let families = table.families()?;
        let families: Vec<&String> = rows.iter().map(|row| &families[*row]).collect();
        let mut scored = Self {
            set: Set::of_rows(rows.len()),
            groups: Groups::by_key(&families, making.seed),
            hash: table.hash().map(|hash| hash.to_string()),
            n_tokens: None,
            lacks: Vec::new(),
            rows: Vec::new(),
        };
        scored.read_texts(table, &rows, making)?;
        scored.read_labels(table, &rows)?;
        if making.with_vectors {
            scored.read_vectors(table, &rows, making)?;
        }
        scored.rows = rows;
        Ok(scored)
    }

    fn read_texts(
        &mut self,
        table: &'a Table,
        rows: &[usize],
        making: &Making<'_>,
    ) -> anyhow::Result<()> {
        if !table.has(making.text_column) {
            self.lack(Reads::Texts, table, making.text_column);
            return Ok(());
        }
        let all = table.texts(making.text_column)?;
        let texts = rows.iter().map(|row| all[*row]).collect();
        let texts = Texts::new(texts, making.words.tokenizer());
        self.n_tokens = Some(texts.tokens().total() as i64);
        self.set = std::mem::replace(&mut self.set, Set::of_rows(0)).with_texts(texts);
        Ok(())
    }

    fn read_labels(&mut self, table: &'a Table, rows: &[usize]) -> anyhow::Result<()> {
        let name = columns::LABEL.name;
        if !table.has(name) {
            self.lack(Reads::Labels, table, name);
            return Ok(());
        }
        let all = table.optional_texts(name)?;
        if let Some(row) = rows.iter().find(|row| all[**row].is_none()) {
            let reason = format!("{}: column `{name}` is null in row {row}", table.name());
            self.lacks.push((Reads::Labels, reason));
            return Ok(());
        }
        let labels = rows
            .iter()
            .map(|row| all[*row].unwrap_or_default())
            .collect();
        self.set = std::mem::replace(&mut self.set, Set::of_rows(0)).with_labels(labels);
        Ok(())
    }

    fn read_vectors(
        &mut self,
        table: &'a Table,
        rows: &[usize],
        making: &Making<'_>,
    ) -> anyhow::Result<()> {
        if !table.has(making.vector_column) {
            self.lack(Reads::Vectors, table, making.vector_column);
            return Ok(());
        }
        let mut vectors = table.vectors_at(making.vector_column, rows)?;
        if making.normalize {
            vectors = vectors.normalized().map_err(|error| match error {
                VectorsError::Zero { row } => anyhow::anyhow!(
                    "{}: column `{}` is all zeros in row {}, which has no direction",
                    table.name(),
                    making.vector_column,
                    rows[row]
                ),
                other => other.into(),
            })?;
        }
        self.set =
            std::mem::replace(&mut self.set, Set::of_rows(0)).with_vectors(Cow::Owned(vectors));
        Ok(())
    }

    fn lack(&mut self, reads: Reads, table: &Table, column: &str) {
        let run = if reads == Reads::Vectors {
            "; run `embed` first"
        } else {
            ""
        };
        let reason = format!("{} has no column `{column}`{run}", table.name());
        self.lacks.push((reads, reason));
    }

    /// Why the set cannot be measured by what `reads` that, if so.
    pub(crate) fn lacking(&self, reads: Reads) -> Option<&str> {
        let lack = self.lacks.iter().find(|(lacking, _)| *lacking == reads);
        lack.map(|(_, reason)| reason.as_str())
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }
}

/// The rows to score: all, or those with the smallest keyed hashes, in the order asked for.
fn chosen(
    ids: &[&str],
    mut rows: Vec<usize>,
    sample: Option<usize>,
    making: &Making<'_>,
) -> Vec<usize> {
    if let Some(sample) = sample.filter(|sample| *sample < rows.len()) {
        let key = making.seed.key("sample");
        rows.sort_by_key(|row| (keyed_hash(key, ids[*row].as_bytes()), *row));
        rows.truncate(sample);
        rows.sort_unstable();
    }
    if making.order == Order::Id {
        rows.sort_by_key(|row| ids[*row]);
    }
    rows
}

/// Two parts of a set, both of `n` rows that are drawn from it; `None` where it is too small.
pub(crate) fn two_parts<'a>(whole: &Set<'a>, n: usize, seed: Seed) -> Option<Pair<'a>> {
    let mut rows: Vec<usize> = (0..whole.len()).collect();
    seed.stream("reference halves").shuffle(&mut rows);
    let (one, other) = rows.get_mut(..2 * n)?.split_at_mut(n);
    one.sort_unstable();
    other.sort_unstable();
    Some(Pair::new(whole.select(one), whole.select(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn making(order: Order) -> Making<'static> {
        Making {
            text_column: "text",
            vector_column: "embedding",
            words: Words::Unicode,
            order,
            normalize: false,
            seed: Seed::new(1),
            with_vectors: false,
        }
    }

    fn all(ids: &[&str]) -> Vec<usize> {
        (0..ids.len()).collect()
    }

    #[test]
    fn a_sample_depends_on_the_ids_and_not_on_their_order() {
        let ids = ["d", "b", "e", "a", "c"];
        let turned = ["c", "a", "e", "b", "d"];
        let of = |ids: &[&str]| {
            let chosen = chosen(ids, all(ids), Some(3), &making(Order::Id));
            let chosen = chosen.iter().map(|row| ids[*row].to_owned());
            chosen.collect::<Vec<_>>()
        };
        assert_eq!(of(&ids), of(&turned));
        assert!(of(&ids).is_sorted());
        assert_eq!(
            chosen(&ids, all(&ids), Some(9), &making(Order::Id)).len(),
            5
        );
    }

    #[test]
    fn the_given_order_stays_where_it_is_asked_for() {
        let ids = ["b", "c", "a"];
        assert_eq!(
            chosen(&ids, all(&ids), None, &making(Order::Given)),
            [0, 1, 2]
        );
        assert_eq!(chosen(&ids, all(&ids), None, &making(Order::Id)), [2, 0, 1]);
    }

    #[test]
    fn two_parts_have_no_row_in_common_and_need_enough_rows() {
        let texts: Vec<String> = (0..11).map(|row| row.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let set = Set::of_texts(&texts, Tokenizer::Whitespace);
        let pair = two_parts(&set, 5, Seed::new(1)).expect("enough rows");
        let (one, other) = pair.texts().expect("texts");
        let common = one.rows().iter().filter(|row| other.rows().contains(row));
        assert_eq!((common.count(), one.len(), other.len()), (0, 5, 5));
        assert!(two_parts(&set, 6, Seed::new(1)).is_none());
    }
}
