//! Several studies on one page: what each found, in one table and one picture.

use serde::Serialize;

use crate::answers::with_interval;
use crate::arms::Study;
use crate::choice::{Wanted, primary};
use crate::compare::{Verdict, differences};
use crate::measure::Kind;
use crate::number::{fixed, signed};
use crate::pictures::side_by_side;
use crate::shown::Shown;
use crate::tables::{Cell, Table, number, text};

/// The studies side by side.
#[derive(Debug, Serialize)]
pub(crate) struct Compared {
    /// A row a study.
    table: Table,
    /// The differences to human rows alone.
    pub(crate) picture: Option<Shown>,
}

impl Compared {
    /// What `studies` found; `None` of fewer than two.
    pub(crate) fn new(studies: &[Study], wanted: &Wanted) -> anyhow::Result<Option<Self>> {
        if studies.len() < 2 {
            return Ok(None);
        }
        let mut table = Table::new(&[
            ("study", false),
            ("measure", false),
            ("arms", true),
            ("human rows only", true),
            ("best difference [95 % interval]", true),
            ("of arm", false),
            ("better, worse, not shown", true),
        ]);
        let mut measured = Vec::new();
        for study in studies {
            let measure = primary(study, Kind::Performance, wanted)?;
            table.rows.push(row(study, measure));
            measured.extend(measure.map(|measure| (study, measure)));
        }
        let picture = side_by_side(&measured).map(Shown::from);
        Ok(Some(Self { table, picture }))
    }
}

fn row(study: &Study, measure: Option<&crate::measure::Measure>) -> Vec<Cell> {
    let name = study.name.clone().unwrap_or_else(|| "Results".to_owned());
    let mut row = vec![
        text(name),
        text(
            measure
                .map(|measure| measure.name.clone())
                .unwrap_or_default(),
        ),
        number(study.arms.len().to_string()),
    ];
    let found = measure.map(|measure| (measure, differences(study, measure)));
    let Some((measure, found)) = found.filter(|(_, found)| !found.is_empty()) else {
        row.extend([number(""), number(""), text(""), number("")]);
        return row;
    };
    let best = found.iter().max_by(|one, other| {
        measure
            .oriented(one.mean)
            .total_cmp(&measure.oriented(other.mean))
    });
    if let Some(best) = best {
        let human = best.human.mean(&measure.name);
        row.push(number(human.map_or_else(String::new, |human| {
            with_interval(human.value, human.interval, fixed)
        })));
        row.push(number(with_interval(best.mean, best.interval, signed)));
        row.push(text(best.arm.key.name()));
    }
    let verdicts = [Verdict::Better, Verdict::Worse, Verdict::NotShown];
    let counts = verdicts.map(|verdict| {
        let of = found.iter().filter(|one| one.verdict == verdict);
        of.count().to_string()
    });
    row.push(number(counts.join(", ")));
    row
}
