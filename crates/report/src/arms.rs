//! Figures by arm: which seeds gave which values of which measure.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dataset::results::ResultRow;

use crate::factor::Factor;
use crate::measure::{Kind, Measure};
use crate::statistics::{OverSeeds, over_seeds};

/// The level, or the arm, of human rows that were scored for comparison.
const HUMAN: &str = "human";
/// Rows whose params have one of these are details of a figure, such as the score of one class.
const DETAILS: &[&str] = &["class", "group", "label"];

/// What sets an arm apart from the others; in the order in which arms are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ArmKey {
    /// The share of the human rows that is there.
    pub(crate) real_fraction: Option<Factor>,
    /// How the mix was made.
    pub(crate) design: Option<Factor>,
    /// The synthetic share of the training set; none for a set that was generated and not mixed.
    pub(crate) proportion: Option<Factor>,
    /// The diversity level.
    pub(crate) level: Option<Factor>,
    /// How many models of the chain came before, in a study of collapse.
    pub(crate) generation: Option<Factor>,
    /// The name that the study gave it.
    pub(crate) arm: Option<String>,
}

/// One value of a measure: that of one seed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfSeed {
    /// The value.
    pub(crate) value: f64,
    /// Its interval within the seed, and how that was computed.
    pub(crate) interval: Option<(f64, f64, String)>,
}

/// An arm with its figures.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    /// What sets it apart.
    pub(crate) key: ArmKey,
    /// By measure, then by seed.
    pub(crate) figures: BTreeMap<String, BTreeMap<Option<i64>, OfSeed>>,
}

/// A study: its measures and its arms.
#[derive(Clone, Debug)]
pub(crate) struct Study {
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its measures, by kind and name.
    pub(crate) measures: Vec<Measure>,
    /// Its arms, in the order of their keys; levels in the order of [`levels`](Self::levels).
    pub(crate) arms: Vec<Arm>,
    /// Its levels: by number where every one has a number, and otherwise as they first came.
    pub(crate) levels: Vec<Factor>,
    /// Figures beyond the first of an arm, a measure and a seed; they are only in the table of all.
    pub(crate) repeated: usize,
}

/// A mean and the interval that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mean {
    /// The mean over seeds.
    pub(crate) value: f64,
    /// The interval over seeds, or of one seed the one within it.
    pub(crate) interval: Option<(f64, f64)>,
    /// How many seeds there are.
    pub(crate) seeds: usize,
}

/// The studies that `rows` belong to, in the order of their names.
pub(crate) fn studies(rows: &[ResultRow]) -> Vec<Study> {
    let mut by_name: BTreeMap<Option<&str>, Vec<&ResultRow>> = BTreeMap::new();
    for row in rows {
        by_name.entry(row.study.as_deref()).or_default().push(row);
    }
    by_name
        .into_iter()
        .map(|(name, rows)| Study::new(name, &rows))
        .collect()
}

impl Study {
    fn new(name: Option<&str>, rows: &[&ResultRow]) -> Self {
        let mut measures: BTreeMap<(Kind, &str), Measure> = BTreeMap::new();
        let mut arms: BTreeMap<ArmKey, Arm> = BTreeMap::new();
        let mut repeated = 0;
        for row in rows
            .iter()
            .filter(|row| !DETAILS.iter().any(|name| row.params.get(name).is_some()))
        {
            let measure = Measure::of(row);
            measures
                .entry((measure.kind, &row.metric))
                .or_insert(measure);
            let Some(value) = row.value else { continue };
            let key = ArmKey::of(row);
            let arm = arms.entry(key.clone()).or_insert_with(|| Arm {
                key,
                figures: BTreeMap::new(),
            });
            let seeds = arm.figures.entry(row.metric.clone()).or_default();
            let interval = row.low.zip(row.high);
            let method = row
                .interval_method
                .clone()
                .unwrap_or_else(|| "method not told".to_owned());
            let of_seed = OfSeed {
                value,
                interval: interval.map(|(low, high)| (low, high, method)),
            };
            match seeds.entry(row.seed) {
                Entry::Vacant(place) => {
                    place.insert(of_seed);
                }
                Entry::Occupied(_) => repeated += 1,
            }
        }
        let levels = levels(rows);
        let mut arms: Vec<Arm> = arms.into_values().collect();
        arms.sort_by(|one, other| by_level(&levels, &one.key, &other.key));
        let name = name.map(str::to_owned);
        Self {
            name,
            measures: measures.into_values().collect(),
            arms,
            levels,
            repeated,
        }
    }

    /// The measures of this kind.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Measure> {
        self.measures
            .iter()
            .filter(move |measure| measure.kind == kind)
    }

    /// The human rows as they were scored: the set called so, or the human-only arm.
    pub(crate) fn human_set(&self, measure: &str) -> Option<&Arm> {
        let measured = || self.arms.iter().filter(|arm| arm.has(measure));
        measured()
            .find(|arm| arm.key.is_human_set())
            .or_else(|| measured().find(|arm| arm.key.is_human_only()))
    }

    /// The place of `level` among the levels.
    pub(crate) fn rank(&self, level: Option<&Factor>) -> usize {
        rank(&self.levels, level)
    }
}

fn levels(rows: &[&ResultRow]) -> Vec<Factor> {
    let mut levels: Vec<Factor> = Vec::new();
    for level in rows
        .iter()
        .filter_map(|row| Factor::of(&row.params, "level"))
    {
        if !is_human(&level) && !levels.contains(&level) {
            levels.push(level);
        }
    }
    if levels.iter().all(|level| level.number().is_some()) {
        levels.sort_by(|one, other| {
            let number = |level: &Factor| level.number().unwrap_or(f64::NAN);
            number(one)
                .total_cmp(&number(other))
                .then_with(|| one.cmp(other))
        });
    }
    levels
}

fn is_human(level: &Factor) -> bool {
    matches!(level, Factor::Name(name) if name == HUMAN)
}

fn rank(levels: &[Factor], level: Option<&Factor>) -> usize {
    level.map_or(0, |level| {
        1 + levels
            .iter()
            .position(|known| known == level)
            .unwrap_or(levels.len())
    })
}

fn by_level(levels: &[Factor], one: &ArmKey, other: &ArmKey) -> Ordering {
    let before = |key: &ArmKey| {
        (
            key.real_fraction.clone(),
            key.design.clone(),
            key.proportion.clone(),
        )
    };
    let after = |key: &ArmKey| {
        (
            rank(levels, key.level.as_ref()),
            key.generation.clone(),
            key.arm.clone(),
        )
    };
    before(one)
        .cmp(&before(other))
        .then_with(|| after(one).cmp(&after(other)))
}

impl ArmKey {
    fn of(row: &ResultRow) -> Self {
        let factor = |name| Factor::of(&row.params, name);
        Self {
            real_fraction: factor("real_fraction"),
            design: factor("design"),
            proportion: factor("proportion"),
            level: factor("level"),
            generation: factor("generation"),
            arm: row.arm.clone(),
        }
    }

    /// Whether nothing but human rows were trained on.
    pub(crate) fn is_human_only(&self) -> bool {
        self.share() == Some(0.0)
    }

    /// Whether it is a set of human rows that was scored for comparison.
    fn is_human_set(&self) -> bool {
        self.proportion.is_none()
            && (self.level.as_ref().is_some_and(is_human) || self.arm.as_deref() == Some(HUMAN))
    }

    /// The synthetic share as a number.
    pub(crate) fn share(&self) -> Option<f64> {
        self.proportion.as_ref().and_then(Factor::number)
    }

    /// Its name: the study's own, or what sets it apart.
    pub(crate) fn name(&self) -> String {
        if let Some(arm) = &self.arm {
            return arm.clone();
        }
        let factors = [
            ("level", &self.level),
            ("proportion", &self.proportion),
            ("design", &self.design),
            ("real fraction", &self.real_fraction),
            ("generation", &self.generation),
        ];
        let given = factors
            .iter()
            .filter_map(|(name, factor)| Some(format!("{name} {}", factor.as_ref()?)));
        let name = given.collect::<Vec<_>>().join(", ");
        if name.is_empty() {
            "all rows".to_owned()
        } else {
            name
        }
    }
}

impl Arm {
    /// The mean of `measure` over seeds.
    pub(crate) fn mean(&self, measure: &str) -> Option<Mean> {
        let seeds = self.figures.get(measure)?;
        let values: Vec<f64> = seeds.values().map(|of_seed| of_seed.value).collect();
        let OverSeeds {
            mean,
            interval,
            seeds: count,
            ..
        } = over_seeds(&values)?;
        let within = || {
            let only = seeds.values().next().filter(|_| count == 1)?;
            only.interval.as_ref().map(|(low, high, _)| (*low, *high))
        };
        Some(Mean {
            value: mean,
            interval: interval.or_else(within),
            seeds: count,
        })
    }

    /// Whether it has a value of `measure`.
    pub(crate) fn has(&self, measure: &str) -> bool {
        self.figures.contains_key(measure)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(arm: &str, seed: i64, value: f64, params: serde_json::Value) -> ResultRow {
        ResultRow {
            arm: Some(arm.to_owned()),
            seed: Some(seed),
            metric: "accuracy".to_owned(),
            value: Some(value),
            direction: Some("higher_is_better".to_owned()),
            params,
            ..ResultRow::default()
        }
    }

    #[test]
    fn seeds_of_an_arm_come_together_and_details_stay_out() {
        let rows = [
            row("a", 1, 0.5, json!({"proportion": 0.5})),
            row("a", 2, 0.7, json!({"proportion": 0.5})),
            row("a", 2, 0.9, json!({"proportion": 0.5})),
            row("a", 1, 0.1, json!({"proportion": 0.5, "class": "praise"})),
            row("h", 1, 0.4, json!({"proportion": 0.0})),
        ];
        let study = &studies(&rows)[0];
        let names: Vec<_> = study.arms.iter().map(|arm| arm.key.name()).collect();
        assert_eq!(
            (names, study.repeated),
            (vec!["h".to_owned(), "a".to_owned()], 1)
        );
        let mean = study.arms[1].mean("accuracy").expect("a mean");
        assert!((mean.value - 0.6).abs() < 1e-12 && mean.seeds == 2);
        assert!(study.arms[0].key.is_human_only());
    }

    #[test]
    fn levels_are_ordered_by_their_numbers_or_as_they_came() {
        let of = |names: &[&str]| {
            let rows: Vec<_> = names
                .iter()
                .map(|level| row("a", 1, 0.5, json!({"level": level})))
                .collect();
            studies(&rows)[0]
                .levels
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["t-1.5", "t-0.7", "t-1"]), ["t-0.7", "t-1", "t-1.5"]);
        assert_eq!(of(&["warm", "cold", "hot"]), ["warm", "cold", "hot"]);
    }

    #[test]
    fn one_seed_shows_the_interval_within_it() {
        let mut only = row("a", 1, 0.5, json!({}));
        (only.low, only.high) = (Some(0.4), Some(0.6));
        let mean = studies(&[only])[0].arms[0]
            .mean("accuracy")
            .expect("a mean");
        assert_eq!((mean.interval, mean.seeds), (Some((0.4, 0.6)), 1));
    }
}
