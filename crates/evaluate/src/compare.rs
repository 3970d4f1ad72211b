//! `--compare`: what two or more systems said of the same rows, paired row by row and seed by seed.
//!
//! The first system is what the others are held against. Each metric gets one figure a pair: the
//! difference, with the interval of a paired bootstrap over rows, or over seeds and rows; beside it
//! the p-values of that bootstrap, of `McNemar`'s test where a row is right or wrong, and of a mixed
//! model of rows and seeds where the metric is a mean over rows; each also adjusted by Holm for all
//! comparisons of the run, and effect sizes.

mod systems;

use cli::{Console, Outcome};
use dataset::results::{self, ResultRow};
use dataset::{RowEquation, Run, Table, Writer};
use numeric::{Bootstrap, Discordant, bootstrap_p, crossed, holm, quantile_sorted};
use serde_json::{Value, json};

use crate::args::Args;
use crate::figures;
use crate::metrics::{self, Metric, Score};
use systems::System;

/// The p-values of a difference, under these names; each is adjusted among its own kind.
const TESTS: [&str; 3] = ["bootstrap_p", "mcnemar_p", "mixed_p"];

/// Compares the predictions in the files.
pub(crate) fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    let how = args.reading.reading();
    let tables = Table::read_each(&args.compare, &how, "predictions", &[])?;
    let systems = systems::of_tables(&tables)?;
    let mut rows = Vec::new();
    for other in &systems[1..] {
        rows.extend(pair(&systems[0], other, args)?);
    }
    adjust(&mut rows);
    for row in &mut rows {
        let arm = row.arm.take();
        args.arm.describe(row);
        row.arm = row.arm.take().or(arm);
    }
    let used: u64 = tables.iter().map(|table| table.len() as u64).sum();
    let run = Run {
        stage: crate::STAGE.name,
        arguments: cli::arguments(args)?,
        seed: Some(args.seed.seed.number()),
        inputs: tables.iter().flat_map(Table::inputs).cloned().collect(),
        rows: RowEquation::Used {
            rows_in: used,
            used,
            skipped: 0,
        },
        drops: std::collections::BTreeMap::new(),
    };
    let mut writer = Writer::create(&args.output.output, &results::schema())?;
    writer.write(&results::to_batch(&rows)?)?;
    writer.finish(&run)?;
    console.close(closing_line(&run, &rows));
    Ok(Outcome::Done)
}

/// One figure for each metric of two systems.
fn pair(first: &System, other: &System, args: &Args) -> anyhow::Result<Vec<ResultRow>> {
    first.check_alike(other)?;
    let groups = first.of_seeds[0].groups()?;
    let bootstrap = Bootstrap::over_seeds(&groups, first.seeds.len(), args.seed.seed);
    let wanted = metrics::wanted(first.of_seeds[0].form, None);
    wanted
        .map(|metric| difference(metric, first, other, &bootstrap))
        .collect()
}

fn difference(
    metric: &Metric,
    first: &System,
    other: &System,
    bootstrap: &Bootstrap,
) -> anyhow::Result<ResultRow> {
    let (before, after) = (first.scores(metric)?, other.scores(metric)?);
    let mut row = ResultRow {
        arm: Some(other.name.clone()),
        metric: format!("{}_difference", figures::name(metric, &first.of_seeds[0])),
        unit: Some(metric.unit.to_owned()),
        direction: Some(metric.direction.name().to_owned()),
        subject: other.hash.clone(),
        reference: first.hash.clone(),
        n: Some(bootstrap.rows() as i64),
        ..ResultRow::default()
    };
    let value = |scores: &[Score]| bootstrap.value(|seed, weights| scores[seed].value(weights));
    let (from, to) = (value(&before), value(&after));
    row.params = json!({
        "system": other.name,
        "against": first.name,
        "system_value": number(to),
        "against_value": number(from),
        "seeds": first.seeds.len(),
    });
    let none = before.iter().chain(&after).find_map(|score| match score {
        Score::None(reason) => Some(reason.clone()),
        _ => None,
    });
    let gap =
        |seed: usize, weights: &[u32]| after[seed].value(weights) - before[seed].value(weights);
    let difference = bootstrap.value(gap);
    if none.is_some() || !difference.is_finite() {
        row.reason = Some(none.unwrap_or_else(|| format!("it is {difference}")));
        return Ok(row);
    }
    row.value = Some(difference);
    let draws = bootstrap.draws(gap);
    let ends = quantile_sorted(&draws, 0.025).zip(quantile_sorted(&draws, 0.975));
    if let Some((low, high)) = ends.filter(|(low, high)| low.is_finite() && high.is_finite()) {
        (row.low, row.high) = (Some(low), Some(high));
        row.interval_method = Some(format!("paired_{}", bootstrap.method()));
    }
    row.params["bootstrap_p"] = json!(bootstrap_p(&draws));
    tell_mcnemar(&mut row.params, &before, &after, bootstrap);
    tell_mixed(&mut row.params, &before, &after, bootstrap);
    Ok(row)
}

fn number(value: f64) -> Value {
    if value.is_finite() {
        json!(value)
    } else {
        Value::Null
    }
}

/// `McNemar`'s test, of one seed and of rows that are each on their own.
fn tell_mcnemar(params: &mut Value, before: &[Score], after: &[Score], bootstrap: &Bootstrap) {
    if let ([Score::Share(before)], [Score::Share(after)]) = (before, after) {
        let counts = Discordant::of(before, after);
        params["only_against"] = counts.only_first.into();
        params["only_system"] = counts.only_second.into();
        params["cohens_g"] = json!(counts.cohens_g());
        if !bootstrap.is_grouped() {
            params["mcnemar_p"] = json!(counts.p());
        }
    }
}

/// The mixed model and Cohen's d of the paired differences, of metrics that are means over rows.
///
/// Rows that belong together are one unit, which has their mean.
fn tell_mixed(params: &mut Value, before: &[Score], after: &[Score], bootstrap: &Bootstrap) {
    let units = |(before, after): (&Score, &Score)| -> Option<Vec<f64>> {
        let (before, after) = (before.of_rows()?, after.of_rows()?);
        let of_group = |rows: &Vec<usize>| {
            let differences = rows.iter().map(|row| after[*row] - before[*row]);
            numeric::sum(differences) / rows.len() as f64
        };
        Some(bootstrap.members().iter().map(of_group).collect())
    };
    let units: Option<Vec<Vec<f64>>> = before.iter().zip(after).map(units).collect();
    let Some(units) = units else { return };
    let over_seeds = |unit: usize| {
        let values = units.iter().map(|of_seed| of_seed[unit]);
        numeric::sum(values) / units.len() as f64
    };
    let means: Vec<f64> = (0..bootstrap.groups()).map(over_seeds).collect();
    let spread = numeric::variance(&means).map(f64::sqrt);
    let size = numeric::mean(&means).zip(spread.filter(|spread| *spread > 0.0));
    params["cohens_dz"] = json!(size.map(|(mean, spread)| mean / spread));
    if let Some(found) = crossed(&units) {
        params["mixed_p"] = json!(found.p);
        params["mixed_low"] = json!(found.low);
        params["mixed_high"] = json!(found.high);
        params["mixed_freedom"] = json!(found.freedom);
        params["units"] = bootstrap.groups().into();
    }
}

/// Adds to each p-value the one adjusted for all comparisons by the same test.
fn adjust(rows: &mut [ResultRow]) {
    for test in TESTS {
        let ps: Vec<Option<f64>> = rows.iter().map(|row| row.params[test].as_f64()).collect();
        let made: Vec<Option<f64>> = ps.iter().flatten().map(|p| Some(*p)).collect();
        let mut adjusted = holm(&made).into_iter();
        for (row, p) in rows.iter_mut().zip(ps) {
            if p.is_some() {
                row.params[format!("{test}_holm")] = json!(adjusted.next().flatten());
            }
        }
    }
}

/// Such as `200 in, 200 used, 0 skipped; b against a: accuracy_difference 0.050 (p 0.021)`.
fn closing_line(run: &Run, rows: &[ResultRow]) -> String {
    let mut told = run.rows.to_string();
    let mut pair = String::new();
    for row in rows {
        let text = |key: &str| row.params[key].as_str().unwrap_or_default().to_owned();
        let of = format!("{} against {}", text("system"), text("against"));
        told += if of == pair { ", " } else { "; " };
        if of != pair {
            told += &format!("{of}: ");
            pair = of;
        }
        let p = row.params["bootstrap_p_holm"].as_f64();
        told += &match (row.value, p) {
            (Some(value), Some(p)) => format!("{} {value:.3} (p {p:.3})", row.metric),
            (Some(value), None) => format!("{} {value:.3}", row.metric),
            (None, _) => format!("{} has no value", row.metric),
        };
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_adjusted_among_their_own_test() {
        let row = |params: Value| ResultRow {
            params,
            ..ResultRow::default()
        };
        let mut rows = vec![
            row(json!({"bootstrap_p": 0.01, "mcnemar_p": 0.03})),
            row(json!({"bootstrap_p": 0.04})),
        ];
        adjust(&mut rows);
        assert_eq!(rows[0].params["bootstrap_p_holm"], 0.02);
        assert_eq!(rows[1].params["bootstrap_p_holm"], 0.04);
        assert_eq!(rows[0].params["mcnemar_p_holm"], 0.03);
        assert!(rows[1].params.get("mcnemar_p_holm").is_none());
    }
}
