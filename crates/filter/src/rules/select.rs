//! Keeps a number of rows that are chosen together: the most varied, the best, or those most like a target.

use std::num::NonZeroUsize;

use anyhow::Context as _;
use arrow::array::{Array as _, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float32Type};
use clap::ValueEnum;
use dataset::{Source, Table, columns};
use numeric::{Seed, Share, Vectors, keyed_hash};
use serde::Serialize;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeSet, Observed, Rejection};
use crate::priority::numbers;
use crate::selection::{Importance, dpp, facility_location, farthest, marginal_relevance, unlike};

/// A way to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Method {
    /// By a hash of the id.
    #[default]
    Random,
    /// Each next row the farthest from those chosen, the first the nearest to the mean (Gonzalez 1985).
    KCenter,
    /// Rows that all rows have a like one among (greedy on the sum of greatest similarities).
    FacilityLocation,
    /// Rows whose vectors span the largest volume (greedy MAP of a DPP; Chen et al. 2018).
    Dpp,
    /// Best against most alike to those chosen (maximal marginal relevance; Carbonell and Goldstein 1998).
    Mmr,
    /// Best first, those too like a chosen one left out (DEITA; Liu et al. 2024).
    Deita,
    /// Most like --select-target in its words and word pairs (importance resampling, DSIR; Xie et al. 2023).
    Dsir,
}

/// Rows are compared by the cosine of the column `embedding`.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "a field is called as its option, and the options of one rule begin alike"
)]
pub(crate) struct Select {
    /// Keep this many rows, chosen together by --select-by; fewer is exit status 1
    #[arg(long, value_name = "ROWS")]
    select: Option<NonZeroUsize>,
    /// How rows are chosen [default: random]
    #[arg(long, value_enum, value_name = "METHOD", requires = "select")]
    select_by: Option<Method>,
    /// The column of numbers that says how good a row is (mmr, deita, dpp) [default: all alike; mmr: the cosine to the mean]
    #[arg(long, value_name = "COLUMN", requires = "select")]
    select_quality: Option<String>,
    /// How much quality counts against variety, a fraction from 0 to 1 (mmr) [default: 0.5]
    #[arg(long, value_name = "SHARE", requires = "select")]
    select_weight: Option<Share>,
    /// The greatest cosine to a chosen row (deita) [default: 0.9]
    #[arg(long, value_name = "COSINE", requires = "select")]
    select_similarity: Option<f64>,
    /// The set that rows are to be like (dsir)
    #[arg(long, value_name = "TARGET", requires = "select")]
    select_target: Option<Source>,
    /// The number that the choice follows from (random, dsir) [default: 0]
    #[arg(long, value_name = "N", requires = "select")]
    select_seed: Option<Seed>,
}

impl Select {
    /// How many rows are asked for beyond `kept`.
    pub(crate) fn missing(&self, kept: usize) -> Option<usize> {
        let asked = self.select?.get();
        (kept < asked).then(|| asked - kept)
    }
}

impl Rule for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn options(&self) -> &'static [&'static str] {
        &[
            "select",
            "select_by",
            "select_quality",
            "select_weight",
            "select_similarity",
            "select_target",
            "select_seed",
        ]
    }

    fn asked(&self) -> bool {
        self.select.is_some()
    }

    fn prepare<'a>(&'a self, files: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        let method = self.select_by.unwrap_or_default();
        let target = match &self.select_target {
            Some(source) if method == Method::Dsir => {
                let table = Table::read(source, &files.reading, "target", &[])?;
                files.inputs.extend_from_slice(table.inputs());
                Some(table)
            }
            Some(_) => anyhow::bail!("--select-target means nothing but to --select-by dsir"),
            None if method == Method::Dsir => {
                anyhow::bail!(
                    "--select-by dsir needs --select-target, the set that rows are to be like"
                )
            }
            None => None,
        };
        anyhow::ensure!(
            method != Method::Deita || self.select_quality.is_some(),
            "--select-by deita needs --select-quality, the column that says how good a row is"
        );
        Ok(Judge::Set(Box::new(Choice {
            asked: self,
            method,
            target: target
                .map(|table| {
                    let texts = table.optional_texts(files.column)?;
                    let texts: Vec<&str> = texts.into_iter().flatten().collect();
                    anyhow::Ok(Importance::of_target(&texts))
                })
                .transpose()?,
        })))
    }
}

/// A choice to be made when all rows are known.
struct Choice<'a> {
    asked: &'a Select,
    method: Method,
    target: Option<Importance>,
}

/// What is looked at of the rows that are left.
#[derive(Default)]
struct Seen {
    numbers: Vec<usize>,
    ids: Vec<String>,
    texts: Vec<String>,
    vectors: Vec<f32>,
    dim: usize,
    quality: Option<Vec<f64>>,
}

impl JudgeSet for Choice<'_> {
    fn observe(&mut self, _: &Candidates<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    /// No single row is to blame for a row that was not chosen, and there is no score.
    fn resolve(&mut self, set: &Observed<'_>) -> anyhow::Result<Vec<(usize, Rejection)>> {
        let mut seen = Seen::default();
        set.each(|rows| self.see(rows, &mut seen))?;
        let asked = self.asked.select.map_or(usize::MAX, NonZeroUsize::get);
        if asked >= seen.numbers.len() {
            return Ok(Vec::new());
        }
        let mut chosen = vec![false; seen.numbers.len()];
        self.choose(&seen, asked)?
            .into_iter()
            .for_each(|row| chosen[row] = true);
        let rows = seen.numbers.iter().zip(chosen);
        let dropped = rows.filter(|(_, chosen)| !chosen);
        Ok(dropped
            .map(|(row, _)| (*row, Rejection::default()))
            .collect())
    }
}

impl Choice<'_> {
    fn see(&self, rows: &Candidates<'_>, seen: &mut Seen) -> anyhow::Result<()> {
        seen.numbers.extend(rows.numbers());
        match self.method {
            Method::Random | Method::Dsir => {
                let ids = dataset::optional_texts(rows.set, rows.batch, columns::ID.name)?;
                let of = |place: &usize| ids[*place].unwrap_or_default().to_owned();
                seen.ids.extend(rows.places.iter().map(of));
            }
            _ => see_vectors(rows, seen)?,
        }
        if self.method == Method::Dsir {
            seen.texts
                .extend(rows.texts.iter().map(|&text| text.to_owned()));
        }
        if let Some(column) = &self.asked.select_quality {
            let values = numbers(rows, column)?;
            let known = seen.quality.get_or_insert_default();
            for (value, row) in values.into_iter().zip(rows.numbers()) {
                known.push(value.with_context(|| {
                    format!("{}: column `{column}` has no number in row {row}", rows.set)
                })?);
            }
        }
        Ok(())
    }

    /// The places among the rows seen of those that are chosen.
    fn choose(&self, seen: &Seen, n: usize) -> anyhow::Result<Vec<usize>> {
        let seed = self.asked.select_seed.unwrap_or(Seed::new(0));
        let key = seed.key("filter/select");
        let hashes = || seen.ids.iter().map(|id| keyed_hash(key, id.as_bytes()));
        if self.method == Method::Random {
            let mut order: Vec<(u64, usize)> = hashes().zip(0..).collect();
            order.sort_unstable();
            return Ok(order.into_iter().take(n).map(|(_, row)| row).collect());
        }
        if let Some(target) = &self.target {
            let texts: Vec<&str> = seen.texts.iter().map(String::as_str).collect();
            return Ok(target.resample(&texts, &hashes().collect::<Vec<_>>(), n));
        }
        let vectors = Vectors::new(seen.vectors.clone(), seen.dim)?;
        let vectors = vectors.normalized()?;
        let quality = seen.quality.as_deref();
        let chosen = match self.method {
            Method::KCenter => farthest(&vectors, n),
            Method::FacilityLocation => facility_location(&vectors, n),
            Method::Dpp => dpp(&vectors, quality, n),
            Method::Mmr => {
                let weight = self.asked.select_weight.map_or(0.5, Share::fraction);
                marginal_relevance(&vectors, quality, weight, n)
            }
            _ => {
                let most = self.asked.select_similarity.unwrap_or(0.9);
                unlike(&vectors, quality.unwrap_or_default(), most, n)
            }
        };
        anyhow::ensure!(
            chosen.len() == n,
            "{n} rows are asked for, but only {} can be chosen: the others are too like those",
            chosen.len()
        );
        Ok(chosen)
    }
}

fn see_vectors(rows: &Candidates<'_>, seen: &mut Seen) -> anyhow::Result<()> {
    let name = columns::EMBEDDING.name;
    let Some(column) = rows.batch.column_by_name(name) else {
        let known = dataset::column_names(rows.batch.schema_ref());
        return Err(cli::with_hint(
            anyhow::anyhow!(
                "{} has no column `{name}`, by which rows are compared",
                rows.set
            ),
            format!("`polyculture embed` adds it; its columns are: {known}"),
        ));
    };
    let DataType::FixedSizeList(_, dim) = column.data_type() else {
        anyhow::bail!(
            "{}: column `{name}` is {}, but vectors are needed",
            rows.set,
            column.data_type()
        );
    };
    seen.dim = *dim as usize;
    let item = Field::new("item", DataType::Float32, true);
    let lists = cast(column, &DataType::FixedSizeList(item.into(), *dim))?;
    let lists = lists.as_fixed_size_list();
    for place in &rows.places {
        anyhow::ensure!(
            lists.is_valid(*place),
            "{}: column `{name}` is null in row {}",
            rows.set,
            rows.first + place
        );
        let vector = lists.value(*place);
        seen.vectors
            .extend_from_slice(vector.as_primitive::<Float32Type>().values());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::judged;
    use super::*;

    fn kept(select: &Select, texts: &[&str]) -> Vec<usize> {
        let verdicts = judged(select, texts);
        let rows = verdicts.iter().enumerate();
        rows.filter(|(_, verdict)| verdict.is_none())
            .map(|(row, _)| row)
            .collect()
    }

    fn asked(n: usize) -> Select {
        Select {
            select: NonZeroUsize::new(n),
            ..Select::default()
        }
    }

    #[test]
    fn a_random_choice_follows_from_the_seed_and_grows_nested() {
        let texts: Vec<String> = (0..40).map(|row| format!("text {row}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (ten, twenty) = (kept(&asked(10), &texts), kept(&asked(20), &texts));
        assert!(ten.len() == 10 && ten.iter().all(|row| twenty.contains(row)));
        let seed = Select {
            select_seed: Some(Seed::new(1)),
            ..asked(10)
        };
        assert_ne!(kept(&seed, &texts), ten);
    }

    #[test]
    fn fewer_rows_than_asked_stay_and_are_missing() {
        assert_eq!(kept(&asked(3), &["a", "b"]), [0, 1]);
        assert_eq!((asked(3).missing(2), asked(3).missing(3)), (Some(1), None));
    }
}
