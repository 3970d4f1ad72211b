//! Puts all figures of a study on one page, with pictures, and says what they show and what they do not.

mod ancestry;
mod answers;
mod arms;
mod chains;
mod choice;
mod compare;
mod compared;
mod csv_file;
mod factor;
mod markdown;
mod measure;
mod number;
mod order;
mod origin;
mod page;
mod panel;
mod pictures;
mod plot;
mod policy;
mod samples;
mod section;
mod shown;
mod statistics;
mod tables;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cli::{Common, Console, InputArgs, Outcome, Stage};
use dataset::results::{self, ResultRow};
use dataset::{Input, NewDirectory, RowEquation, Run, Sink, Source, Table, Writer};
use serde::Serialize;

use crate::choice::Wanted;
use crate::page::{Contents, Page};

/// What `report` does to columns: it reads those of results and adds none.
pub const STAGE: Stage = Stage {
    name: "report",
    reads: &[],
    adds: &[],
};

/// Put all figures of a study on one page, with pictures
///
/// Reads results of `score-diversity` and `evaluate`, and writes a page that needs nothing else, the
/// same as Markdown without the pictures, and all rows in one results file. Several studies stand
/// side by side.
#[derive(Debug, clap::Parser, Serialize)]
#[command(name = "report", version)]
pub struct Args {
    /// The results.
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// The page to write, such as out/report.html
    #[arg(short, long, value_name = "FILE")]
    #[serde(skip)]
    pub output: PathBuf,
    /// Where to write all rows as one results file [default: results.parquet beside the page]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub results: Option<PathBuf>,
    /// Where to write the page as Markdown [default: beside the page, ending in .md]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub markdown: Option<PathBuf>,
    /// Where to write all figures as CSV
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub csv: Option<PathBuf>,
    /// The directory to write every picture to, as SVG
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    pub pictures: Option<PathBuf>,
    /// Sets whose texts are shown side by side, by their column `level`; may be given several times
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub texts: Vec<Source>,
    /// How many texts of each level are shown
    #[arg(long, value_name = "N", default_value_t = 4)]
    #[serde(skip)]
    pub texts_each: usize,
    /// Take each input for a study of its own, even where their results name the same study
    #[arg(long)]
    #[serde(skip)]
    pub compare: bool,
    /// The title of the page
    #[arg(long, default_value = "Study report", value_name = "TEXT")]
    #[serde(skip)]
    pub title: String,
    /// The measure of performance that the pictures and answers are about [default: the first there is of accuracy, macro_f1, exact_match, perplexity]
    #[arg(long, value_name = "METRIC")]
    #[serde(skip)]
    pub performance: Option<String>,
    /// The measure of diversity that they are about [default: the first there is of vendi_q1, dcscore_cosine_tau0.1, distinct_2]
    #[arg(long, value_name = "METRIC")]
    #[serde(skip)]
    pub diversity: Option<String>,
    /// Options of every stage.
    #[command(flatten)]
    #[serde(skip)]
    pub common: Common,
}

impl cli::Arguments for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

/// Reads the results and writes the page; without a figure there is no page.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    if let Some(line) = report(args)? {
        console.close(line);
        return Ok(Outcome::Done);
    }
    console.warn("there is no figure to report");
    Ok(Outcome::No)
}

/// Writes the page, and says what is on it; `None` if there is no figure.
fn report(args: &Args) -> anyhow::Result<Option<String>> {
    let results_file = results_file(args)?;
    let beside = args.output.with_extension("md");
    let markdown_file = args.markdown.as_deref().unwrap_or(&beside);
    cli::distinct(&[
        ("-o", Some(&args.output)),
        ("--results", results_file.as_deref()),
        ("--markdown", Some(markdown_file)),
        ("--csv", args.csv.as_deref()),
        ("--pictures", args.pictures.as_deref()),
    ])?;
    let table = args.input.table(&[])?;
    let rows = read(&table)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let wanted = Wanted {
        performance: args.performance.clone(),
        diversity: args.diversity.clone(),
    };
    let apart = args.compare.then(|| told_apart(&rows, table.inputs()));
    let page = Page::new(Contents {
        title: &args.title,
        rows: apart.as_deref().unwrap_or(&rows),
        inputs: table.inputs(),
        wanted: &wanted,
        samples: samples::side_by_side(&args.texts, args.texts_each)?,
    })?;
    let (html, markdown) = (page.html()?, page.markdown()?);
    if let Some(path) = results_file {
        write_results(args, &table, &rows, path)?;
    }
    if let Some(path) = &args.pictures {
        write_pictures(args, &page, &table, path)?;
    }
    if let Some(path) = &args.csv {
        dataset::write_file(path, csv_file::written(page.figures())?.as_bytes())?;
    }
    dataset::write_file(markdown_file, markdown.as_bytes())?;
    dataset::write_file(&args.output, html.as_bytes())?;
    let files = cli::count(table.inputs().len(), "file");
    Ok(Some(format!(
        "{} from {files}",
        cli::count(rows.len(), "figure")
    )))
}

/// The rows, where a study that an earlier input has too is another one, with a number to its name.
fn told_apart(rows: &[ResultRow], inputs: &[Input]) -> Vec<ResultRow> {
    let mut apart = Vec::with_capacity(rows.len());
    let mut seen: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut rest = rows;
    for input in inputs {
        let (own, others) = rest.split_at(rest.len().min(input.node.rows as usize));
        rest = others;
        let names: BTreeSet<Option<&str>> = own.iter().map(|row| row.study.as_deref()).collect();
        names
            .iter()
            .for_each(|name| *seen.entry(*name).or_default() += 1);
        apart.extend(own.iter().map(|row| {
            let nth = seen.get(&row.study.as_deref()).copied().unwrap_or(1);
            let name = row.study.as_deref().unwrap_or("Results");
            let study = (nth > 1).then(|| format!("{name} ({nth})"));
            ResultRow {
                study: study.or_else(|| row.study.clone()),
                ..row.clone()
            }
        }));
    }
    apart
}

/// Every picture as a file, in a directory that is put in its place as a whole.
fn write_pictures(args: &Args, page: &Page, table: &Table, path: &Path) -> anyhow::Result<()> {
    let mut directory = NewDirectory::create(path)?;
    for (name, picture) in page.pictures() {
        directory.add(&format!("{name}.svg"), picture.plot().file().as_bytes())?;
    }
    directory.publish(&run_of(args, table)?)?;
    Ok(())
}

fn read(table: &Table) -> anyhow::Result<Vec<ResultRow>> {
    let mut rows = Vec::with_capacity(table.len());
    for batch in table.batches() {
        rows.extend(results::from_batch(table.name(), batch)?);
    }
    Ok(rows)
}

/// Where all rows go; `None` if that is the only file that is read, which then has them already.
///
/// It may not be among what is read, or would come to be: the next run would read its own rows.
fn results_file(args: &Args) -> anyhow::Result<Option<PathBuf>> {
    anyhow::ensure!(
        args.output
            .extension()
            .is_some_and(|extension| extension == "html"),
        "the page is HTML, but `{}` does not end in .html",
        args.output.display()
    );
    let path = args
        .results
        .clone()
        .unwrap_or_else(|| args.output.with_file_name("results.parquet"));
    let full = cli::resolved(&path);
    let inputs = &args.input.inputs;
    if let [Source::Path(only)] = inputs.as_slice()
        && cli::resolved(only) == full
    {
        return Ok(None);
    }
    let Some(input) = inputs.iter().find(|input| reads(input, &full)) else {
        return Ok(Some(path));
    };
    let error = anyhow::anyhow!(
        "{} would be written, and is among what {input} reads: its rows would count twice",
        path.display()
    );
    Err(cli::with_hint(error, "name another file with --results"))
}

/// Whether `input` has `file`, which need not be there yet.
fn reads(input: &Source, file: &Path) -> bool {
    match input {
        Source::Stdin | Source::Hub(_) => false,
        Source::Path(path) => {
            let path = cli::resolved(path);
            path == file || file.parent() == Some(&path)
        }
        Source::Glob(pattern) => {
            let pattern = cli::resolved(Path::new(pattern));
            let pattern = glob::Pattern::new(&pattern.to_string_lossy());
            pattern.is_ok_and(|pattern| pattern.matches_path(file))
        }
    }
}

fn write_results(
    args: &Args,
    table: &Table,
    rows: &[ResultRow],
    path: PathBuf,
) -> anyhow::Result<()> {
    let mut writer = Writer::create(&Sink::Path(path), &results::schema())?;
    writer.write(&results::to_batch(rows)?)?;
    writer.finish(&run_of(args, table)?)?;
    Ok(())
}

fn run_of(args: &Args, table: &Table) -> anyhow::Result<Run> {
    let count = table.len() as u64;
    Ok(Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: None,
        inputs: table.inputs().to_vec(),
        rows: RowEquation::Same {
            rows_in: count,
            out: count,
        },
        drops: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests;
