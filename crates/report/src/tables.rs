//! The tables of the page, as text in cells; the templates know nothing of studies.

use dataset::results::ResultRow;
use serde::Serialize;

use crate::arms::{Arm, ArmKey, Study};
use crate::compare::{Difference, Verdict};
use crate::factor::Factor;
use crate::measure::{Kind, Measure};
use crate::number::{decimals_of_half_width, decimals_of_value, fixed, p_value, short, signed};

/// Params longer than this are cut, such as a whole confusion matrix.
const LONGEST_PARAMS: usize = 120;

/// A table.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Table {
    /// Its columns.
    pub(crate) head: Vec<Head>,
    /// Its rows.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    /// Its name.
    pub(crate) name: String,
    /// What is to be known of it.
    pub(crate) note: String,
    /// Whether it holds numbers.
    pub(crate) number: bool,
}

/// A cell.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Cell {
    /// What stands in it.
    pub(crate) text: String,
    /// What stands below, smaller.
    pub(crate) below: String,
    /// Whether it is a number.
    pub(crate) number: bool,
    /// What it says of an arm: better or worse, or nothing.
    pub(crate) verdict: &'static str,
    /// The place on the page that it leads to, if any.
    pub(crate) link: String,
}

impl Table {
    /// A table with these columns: name and whether it holds numbers.
    pub(crate) fn new(columns: &[(&str, bool)]) -> Self {
        let head = columns.iter().map(|(name, number)| Head {
            name: (*name).to_owned(),
            note: String::new(),
            number: *number,
        });
        Self {
            head: head.collect(),
            rows: Vec::new(),
        }
    }
}

/// Text in a cell.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        ..Cell::default()
    }
}

/// A number in a cell.
pub(crate) fn number(text: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        number: true,
        ..Cell::default()
    }
}

/// A factor that may set arms apart.
type FactorOf = (&'static str, fn(&ArmKey) -> Option<&Factor>);

const FACTORS: &[FactorOf] = &[
    ("level", |key| key.level.as_ref()),
    ("proportion", |key| key.proportion.as_ref()),
    ("generation", |key| key.generation.as_ref()),
    ("design", |key| key.design.as_ref()),
    ("real fraction", |key| key.real_fraction.as_ref()),
];

/// Every arm with a figure of one of `kinds`, a column a measure.
pub(crate) fn of_arms(study: &Study, kinds: &[Kind]) -> Table {
    let measures: Vec<&Measure> = study
        .measures
        .iter()
        .filter(|measure| kinds.contains(&measure.kind))
        .collect();
    let arms: Vec<&Arm> = study
        .arms
        .iter()
        .filter(|arm| measures.iter().any(|m| arm.has(&m.name)))
        .collect();
    let measures: Vec<&Measure> = measures
        .into_iter()
        .filter(|m| arms.iter().any(|arm| arm.has(&m.name)))
        .collect();
    let factors: Vec<&FactorOf> = FACTORS
        .iter()
        .filter(|(_, get)| arms.iter().any(|arm| get(&arm.key).is_some()))
        .collect();
    let mut table = Table::new(&[("arm", false)]);
    table.head.extend(factors.iter().map(|(name, _)| Head {
        name: (*name).to_owned(),
        note: String::new(),
        number: false,
    }));
    table.head.extend(measures.iter().map(|measure| Head {
        name: measure.name.clone(),
        note: note(measure).to_owned(),
        number: true,
    }));
    let decimals: Vec<usize> = measures
        .iter()
        .map(|measure| decimals(&arms, measure))
        .collect();
    table.rows =
        arms.iter()
            .map(|arm| {
                let mut row = vec![Cell {
                    below: if arm.key.is_human_only() {
                        "human rows only".to_owned()
                    } else {
                        String::new()
                    },
                    ..text(arm.key.name())
                }];
                row.extend(factors.iter().map(|(_, get)| {
                    text(get(&arm.key).map(ToString::to_string).unwrap_or_default())
                }));
                row.extend(
                    measures
                        .iter()
                        .zip(&decimals)
                        .map(|(measure, decimals)| mean(arm, measure, *decimals)),
                );
                row
            })
            .collect();
    table
}

fn note(measure: &Measure) -> &'static str {
    match (measure.kind, measure.rising) {
        (Kind::Performance | Kind::Quality, Some(true)) => "higher is better",
        (Kind::Performance | Kind::Quality, Some(false)) => "lower is better",
        (Kind::Diversity, Some(true)) => "higher is more varied",
        (Kind::Diversity, Some(false)) => "lower is more varied",
        (Kind::Shift, _) => "higher is farther",
        _ => "",
    }
}

/// One number of decimals for a column: what the median of its intervals allows.
fn decimals(arms: &[&Arm], measure: &Measure) -> usize {
    let means = arms.iter().filter_map(|arm| arm.mean(&measure.name));
    decimals_of(
        &means
            .map(|mean| (mean.value, mean.interval))
            .collect::<Vec<_>>(),
    )
}

/// One number of decimals for values and their intervals: what the median interval allows.
fn decimals_of(values: &[(f64, Option<(f64, f64)>)]) -> usize {
    let halves = values
        .iter()
        .filter_map(|(_, interval)| interval.map(|(low, high)| (high - low) / 2.0));
    let mut halves: Vec<f64> = halves.filter(|half| *half > 0.0).collect();
    halves.sort_by(f64::total_cmp);
    match halves.get(halves.len() / 2) {
        Some(half) => decimals_of_half_width(*half),
        None => decimals_of_value(
            values
                .iter()
                .map(|(value, _)| value.abs())
                .fold(0.0, f64::max),
        ),
    }
}

fn mean(arm: &Arm, measure: &Measure, decimals: usize) -> Cell {
    let Some(mean) = arm.mean(&measure.name) else {
        return number("–");
    };
    let seeds = cli::count(mean.seeds, "seed");
    let below = match mean.interval {
        Some((low, high)) => format!(
            "{} to {}, {seeds}",
            fixed(low, decimals),
            fixed(high, decimals)
        ),
        None => seeds,
    };
    Cell {
        below,
        ..number(fixed(mean.value, decimals))
    }
}

/// The differences to the human-only arm.
pub(crate) fn of_differences(differences: &[Difference<'_>]) -> Table {
    let mut table = Table::new(&[
        ("arm", false),
        ("against", false),
        ("difference [95 % interval]", true),
        ("seeds", true),
        ("p (Holm)", true),
        ("shown", false),
    ]);
    let decimals = decimals_of(
        &differences
            .iter()
            .map(|one| (one.mean, one.interval))
            .collect::<Vec<_>>(),
    );
    table.rows = differences
        .iter()
        .map(|one| of_difference(one, decimals))
        .collect();
    table
}

fn of_difference(one: &Difference<'_>, decimals: usize) -> Vec<Cell> {
    let show = |value| signed(value, decimals);
    let interval = one
        .interval
        .map(|(low, high)| format!(" [{}, {}]", show(low), show(high)));
    let (shown, verdict) = match one.verdict {
        Verdict::Better => ("better", "better"),
        Verdict::Worse => ("worse", "worse"),
        Verdict::NotShown => ("not shown", ""),
    };
    vec![
        text(one.arm.key.name()),
        text(one.human.key.name()),
        number(format!(
            "{}{}",
            show(one.mean),
            interval.unwrap_or_default()
        )),
        number(one.seeds.to_string()),
        number(one.p.map_or_else(|| "–".to_owned(), p_value)),
        Cell {
            verdict,
            ..text(shown)
        },
    ]
}

/// Params as they fit into a cell; whole ones are in the results file.
fn shortened(params: &str) -> String {
    match params.char_indices().nth(LONGEST_PARAMS) {
        Some((end, _)) => format!("{}…", &params[..end]),
        None => params.to_owned(),
    }
}

/// Every figure, one a row.
pub(crate) fn of_figures(rows: &[ResultRow]) -> Table {
    let mut table = Table::new(&[
        ("study", false),
        ("arm", false),
        ("seed", true),
        ("metric", false),
        ("value", true),
        ("low", true),
        ("high", true),
        ("interval", false),
        ("n", true),
        ("unit", false),
        ("params", false),
    ]);
    table.rows = rows.iter().map(of_figure).collect();
    table
}

fn of_figure(row: &ResultRow) -> Vec<Cell> {
    let words = |field: &Option<String>| text(field.clone().unwrap_or_default());
    let value = |field: Option<f64>| number(field.map(short).unwrap_or_default());
    let count = |field: Option<i64>| number(field.map(|n| n.to_string()).unwrap_or_default());
    let params = if row.params.is_null() {
        String::new()
    } else {
        shortened(&row.params.to_string())
    };
    let interval = row.interval_method.clone().unwrap_or_default();
    vec![
        words(&row.study),
        words(&row.arm),
        count(row.seed),
        text(row.metric.clone()),
        Cell {
            below: row.reason.clone().unwrap_or_default(),
            ..value(row.value)
        },
        value(row.low),
        value(row.high),
        text(interval),
        count(row.n),
        words(&row.unit),
        text(params),
    ]
}
