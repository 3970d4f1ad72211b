//! Options that mean the same in every stage.

use clap::Args;
use dataset::{Column, Format, Reading, Sink, Source, Stacked, Table};
use numeric::Seed;
use serde::Serialize;

use crate::console::LogFormat;

/// Options of every stage that do not change its result.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Print no closing line and no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// How messages on stderr are written
    #[arg(long, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Threads to use; the result does not depend on it [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

impl Common {
    pub(crate) fn set_threads(&self) -> anyhow::Result<()> {
        if let Some(threads) = self.threads {
            anyhow::ensure!(threads > 0, "--threads is 0; at least 1 is needed");
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build_global()?;
        }
        Ok(())
    }
}

/// How files of other tools are read.
#[derive(Args, Clone, Debug, Default, Serialize)]
pub struct ReadingArgs {
    /// The format of the input: parquet, arrow, feather, json, csv, tsv, text, label-text [default: told from its first bytes or its extension]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The column to read as `text`
    #[arg(long, value_name = "COLUMN")]
    pub text_column: Option<String>,
    /// The column to read as `label`
    #[arg(long, value_name = "COLUMN")]
    pub label_column: Option<String>,
    /// The split to read of a data set on the Hub, such as train
    #[arg(long, value_name = "NAME")]
    pub from_split: Option<String>,
}

impl ReadingArgs {
    /// The same for the reader.
    pub fn reading(&self) -> Reading {
        Reading {
            format: self.format,
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            split: self.from_split.clone(),
            ..Reading::default()
        }
    }
}

/// The set that a stage works on.
#[derive(Args, Clone, Debug, Serialize)]
pub struct InputArgs {
    /// What to read: files, folders or globs of shards, hf://datasets/OWNER/NAME, or - for standard input
    #[arg(value_name = "INPUT", default_value = "-")]
    #[serde(rename = "input")]
    pub inputs: Vec<Source>,
    /// How to read it.
    #[command(flatten)]
    #[serde(flatten)]
    pub reading: ReadingArgs,
}

impl InputArgs {
    /// Opens all inputs, each of which has the columns `reads`, as one set.
    pub fn rows(&self, reads: &[&Column]) -> dataset::Result<Stacked> {
        dataset::open_each(&self.inputs, &self.reading.reading(), reads)
    }

    /// Reads all inputs as [`rows`](Self::rows) opens them.
    pub fn table(&self, reads: &[&Column]) -> dataset::Result<Table> {
        Table::collect(self.rows(reads)?, "input")
    }
}

/// Where a stage writes its set.
#[derive(Args, Clone, Debug)]
pub struct OutputArgs {
    /// The Parquet file to write, or - for an Arrow stream on standard output
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    pub output: Sink,
}

/// What random choices follow from.
#[derive(Args, Clone, Copy, Debug, Serialize)]
pub struct SeedArgs {
    /// The number that all random choices follow from
    #[arg(long, default_value = "0", value_name = "N")]
    pub seed: Seed,
}

/// Which arm of which study a figure belongs to.
#[derive(Args, Clone, Debug, Default, Serialize)]
pub struct ArmArgs {
    /// The study that the figures belong to
    #[arg(long, value_name = "NAME")]
    pub study: Option<String>,
    /// The arm of the study
    #[arg(long, value_name = "NAME")]
    pub arm: Option<String>,
    /// The seed of the arm
    #[arg(long, value_name = "N")]
    pub arm_seed: Option<i64>,
    /// A factor of the arm, such as proportion=0.5 or level=hot; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<Param>,
}

/// A factor of an arm: a name, and a value that is a number where it reads as one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Param {
    /// The name of the factor.
    pub name: String,
    /// Its value.
    pub value: serde_json::Value,
}

impl std::str::FromStr for Param {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
        let number = value
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite());
        let value = number.map_or_else(|| value.into(), serde_json::Value::from);
        Ok(Self {
            name: name.to_owned(),
            value,
        })
    }
}

impl ArmArgs {
    /// Fills in what these options say of a figure, its own params first.
    pub fn describe(&self, row: &mut dataset::results::ResultRow) {
        row.study.clone_from(&self.study);
        row.arm.clone_from(&self.arm);
        row.seed = self.arm_seed;
        if self.params.is_empty() {
            return;
        }
        if !row.params.is_object() {
            row.params = serde_json::json!({});
        }
        for param in &self.params {
            row.params[&param.name] = param.value.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_a_number_where_it_reads_as_one() {
        let factor = |text: &str| text.parse::<Param>().expect("a factor").value;
        assert_eq!(factor("proportion=0.5"), serde_json::json!(0.5));
        assert_eq!(factor("level=hot"), serde_json::json!("hot"));
        assert!("level".parse::<Param>().is_err() && "=1".parse::<Param>().is_err());
    }
}
