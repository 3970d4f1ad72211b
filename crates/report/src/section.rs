//! A study on the page: its answer first, then its pictures, then its tables.

use serde::Serialize;

use crate::arms::Study;
use crate::choice::{Wanted, primary};
use crate::compare::differences;
use crate::measure::{Kind, Measure};
use crate::panel::{Panel, panels};
use crate::pictures::{self, Picture};
use crate::shown::Shown;
use crate::tables::Table;
use crate::{answers, order, tables};

/// A study on the page.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Section {
    name: String,
    headline: String,
    /// The picture of the first screen.
    first: Option<Shown>,
    answers: Vec<String>,
    notes: Vec<String>,
    pictures: Vec<Shown>,
    /// Pictures about measures that the study did not name before.
    exploratory: Vec<Shown>,
    performance: Table,
    measure: String,
    differences: Table,
    diversity: Table,
}

impl Section {
    /// What is shown of `study`.
    pub(crate) fn new(study: &Study, wanted: &Wanted) -> anyhow::Result<Self> {
        let performance = primary(study, Kind::Performance, wanted)?;
        let diversity = primary(study, Kind::Diversity, wanted)?;
        let mut section = Self {
            name: study.name.clone().unwrap_or_else(|| "Results".to_owned()),
            performance: tables::of_arms(study, &[Kind::Performance]),
            measure: performance
                .map(|measure| measure.name.clone())
                .unwrap_or_default(),
            diversity: tables::of_arms(
                study,
                &[Kind::Quality, Kind::Diversity, Kind::Shift, Kind::Other],
            ),
            ..Self::default()
        };
        if let Some(performance) = performance {
            section.add_performance(study, performance, diversity);
        }
        if let Some(diversity) = diversity {
            section.add_diversity(study, diversity);
        }
        if let (Some(performance), Some(diversity)) = (performance, diversity) {
            section.add_exploratory(study, performance, diversity);
        }
        section.answers.extend(answers::of_quality(study));
        section.add_notes(study);
        section.put_first();
        Ok(section)
    }

    /// Its pictures, in the order of the page.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &Shown> {
        let others = self.pictures.iter().chain(&self.exploratory);
        self.first.iter().chain(others)
    }

    fn add_performance(
        &mut self,
        study: &Study,
        performance: &Measure,
        diversity: Option<&Measure>,
    ) {
        let differences = differences(study, performance);
        self.answers
            .extend(answers::of_performance(study, performance, &differences));
        self.differences = tables::of_differences(&differences);
        let panels = panels(study, performance);
        if let Some(diversity) = diversity {
            self.add_by_diversity(study, &panels, performance, diversity);
        }
        let each =
            |draw: &dyn Fn(&Panel<'_>) -> Option<Picture>| panels.iter().filter_map(draw).collect();
        self.add_pictures(each(&|panel| {
            pictures::of_differences(study, panel, performance, &differences)
        }));
        self.add_pictures(each(&|panel| {
            pictures::by_proportion(study, panel, performance)
        }));
        let scarce = pictures::by_real_fraction(study, performance);
        self.add_pictures(scarce.into_iter().collect());
        if let Some(shift) = shift(study) {
            self.add_pictures(each(&|panel| {
                pictures::by_shift(study, panel, performance, shift)
            }));
        }
        self.answers.extend(answers::of_chains(study, performance));
        let chains = pictures::by_generation(study, performance);
        self.add_pictures(chains.into_iter().collect());
    }

    fn add_by_diversity(
        &mut self,
        study: &Study,
        panels: &[Panel<'_>],
        performance: &Measure,
        diversity: &Measure,
    ) {
        let mut drawn = Vec::new();
        for panel in panels {
            self.answers
                .extend(answers::of_turn(study, panel, performance, diversity));
            let picture = pictures::by_diversity(study, panel, performance, diversity);
            if picture.is_none() {
                self.notes.push(format!(
                    "There is no picture of {} by {}: no level has both figures.",
                    performance.name, diversity.name
                ));
            }
            drawn.extend(picture);
        }
        self.add_pictures(drawn);
    }

    fn add_diversity(&mut self, study: &Study, diversity: &Measure) {
        let checks = order::checks(study);
        let (own, others): (Vec<_>, Vec<_>) =
            checks.iter().partition(|check| check.measure == *diversity);
        let levels = |check: &order::Check| order::sets_by_level(study, &check.measure.name).len();
        let checks = own.into_iter().chain(others);
        let checks: Vec<_> = checks.map(|check| (check, levels(check))).collect();
        self.answers.extend(answers::of_orders(&checks));
        let levels = pictures::by_level(study, diversity);
        self.add_pictures(levels.into_iter().collect());
        self.answers.extend(answers::of_chains(study, diversity));
        let chains = pictures::by_generation(study, diversity);
        self.add_pictures(chains.into_iter().collect());
    }

    /// The same questions of the measures of diversity that the study is not about.
    fn add_exploratory(&mut self, study: &Study, performance: &Measure, diversity: &Measure) {
        let others = study
            .of_kind(Kind::Diversity)
            .filter(|other| *other != diversity);
        let panels = panels(study, performance);
        let pictures = others.flat_map(|other| {
            let by = panels.iter();
            let by = by.filter_map(|panel| pictures::by_other(study, panel, performance, other));
            by.collect::<Vec<_>>()
        });
        self.exploratory.extend(pictures.map(Shown::from));
    }

    fn add_pictures(&mut self, pictures: Vec<Picture>) {
        self.pictures.extend(pictures.into_iter().map(Shown::from));
    }

    /// The first answer and the first picture are what is seen before anything else.
    fn put_first(&mut self) {
        if !self.answers.is_empty() {
            self.headline = self.answers.remove(0);
        }
        if !self.pictures.is_empty() {
            self.first = Some(self.pictures.remove(0));
        }
    }

    fn add_notes(&mut self, study: &Study) {
        if study.repeated > 0 {
            self.notes.push(format!(
                "Of figures of the same arm, measure and seed only the first is used above; {} only in the table of all figures.",
                if study.repeated == 1 { "1 more is".to_owned() } else { format!("{} more are", study.repeated) }
            ));
        }
        let most = study
            .arms
            .iter()
            .flat_map(|arm| arm.figures.values().map(std::collections::BTreeMap::len))
            .max();
        if most == Some(1) {
            self.notes.push("There is one seed, so every interval is that within the seed, and no difference can be shown.".to_owned());
        }
    }
}

/// The measure of shift that is drawn: the first that is no baseline of human rows against human rows.
fn shift(study: &Study) -> Option<&Measure> {
    study
        .of_kind(Kind::Shift)
        .find(|measure| !measure.name.ends_with("_reference_halves"))
}
