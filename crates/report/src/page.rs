//! The page: everything that is shown, gathered as text, tables and pictures, and put into the templates.

use dataset::Input;
use dataset::results::ResultRow;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use crate::arms::{Study, studies};
use crate::choice::{Wanted, primary};
use crate::compare::differences;
use crate::measure::{Kind, Measure};
use crate::panel::panels;
use crate::pictures::{self, Picture};
use crate::tables::Table;
use crate::{answers, markdown, order, origin, tables};

/// What a reader has to know, a sentence or two each.
const METHODS: &[&str] = &[
    "An arm is a way to make a training set; a seed redraws whatever the study's recipe redraws with it (its mix at least).",
    "Where an arm has several seeds, its figure is the mean over seeds and its interval the 95 % t-interval over the seeds' values: it holds what differs from seed to seed, and not what another test set would change.",
    "Where it has one seed, the interval is that within the seed, by the method that the table of all figures names.",
    "A difference is the mean over seeds of the arm's value less that of the human-only arm with the same seed and the same human rows, with the 95 % t-interval of the paired differences.",
    "Its p-value is two-sided and corrected by Holm's method for all differences of the study; a difference is called shown where that is below 0.05. The intervals in the table are not corrected.",
    "An inverted U is called shown only with at least 7 levels and 5 seeds, when two lines, broken where the parabola through the means turns, have slopes of opposite signs whose intervals over seeds do not hold 0.",
    "The arm that did best was chosen by the figures it is told with, so its mean flatters it.",
];

/// Everything that the page shows.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    title: String,
    lead: String,
    studies: Vec<Section>,
    figures: Table,
    subjects: Table,
    inputs: Table,
    runs: Table,
    methods: &'static [&'static str],
    version: &'static str,
}

/// A study on the page.
#[derive(Debug, Serialize)]
struct Section {
    name: String,
    answers: Vec<String>,
    notes: Vec<String>,
    performance: Table,
    measure: String,
    differences: Table,
    pictures: Vec<Shown>,
    diversity: Table,
}

/// A picture in the page; its `svg` is markup.
#[derive(Debug, Serialize)]
struct Shown {
    title: String,
    caption: String,
    svg: Value,
}

impl From<Picture> for Shown {
    fn from(picture: Picture) -> Self {
        Self {
            title: picture.title,
            caption: picture.caption,
            svg: Value::from_safe_string(picture.svg),
        }
    }
}

impl Page {
    /// The page of `rows`, which were read from `inputs`.
    pub(crate) fn new(
        title: &str,
        rows: &[ResultRow],
        inputs: &[Input],
        wanted: &Wanted,
    ) -> anyhow::Result<Self> {
        let studies = studies(rows);
        let sections = studies.iter().map(|study| Section::new(study, wanted));
        let without = rows.iter().filter(|row| row.value.is_none()).count();
        let missing = if without == 0 {
            String::new()
        } else {
            format!(", {without} of them without a value")
        };
        Ok(Self {
            title: title.to_owned(),
            lead: format!(
                "{}{missing}, from {}.",
                cli::count(rows.len(), "figure"),
                cli::count(inputs.len(), "file")
            ),
            studies: sections.collect::<anyhow::Result<_>>()?,
            figures: tables::of_figures(rows),
            subjects: origin::of_subjects(rows, inputs),
            inputs: origin::of_inputs(inputs),
            runs: origin::of_runs(inputs),
            methods: METHODS,
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// The page as one HTML file that needs nothing else.
    pub(crate) fn html(&self) -> anyhow::Result<String> {
        self.render("page.html")
    }

    /// The page without its pictures, as Markdown.
    pub(crate) fn markdown(&self) -> anyhow::Result<String> {
        self.render("page.md")
    }

    fn render(&self, template: &str) -> anyhow::Result<String> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|name| {
            if name == "page.md" {
                AutoEscape::Custom("markdown".into())
            } else {
                AutoEscape::Html
            }
        });
        environment.set_formatter(|out, state, value| match state.auto_escape() {
            AutoEscape::Custom(_) if !value.is_safe() => {
                Ok(out.write_str(&markdown::escaped(&value.to_string()))?)
            }
            AutoEscape::Custom(_) => Ok(out.write_str(&value.to_string())?),
            _ => minijinja::escape_formatter(out, state, value),
        });
        environment.add_template("page.html", include_str!("../templates/page.html"))?;
        environment.add_template("page.md", include_str!("../templates/page.md"))?;
        let style = Value::from_safe_string(include_str!("../templates/style.css").to_owned());
        let context = minijinja::context! { page => Value::from(Serde(self)), style };
        Ok(environment.get_template(template)?.render(context)?)
    }
}

impl Section {
    fn new(study: &Study, wanted: &Wanted) -> anyhow::Result<Self> {
        let performance = primary(study, Kind::Performance, wanted)?;
        let diversity = primary(study, Kind::Diversity, wanted)?;
        let mut section = Self {
            name: study.name.clone().unwrap_or_else(|| "Results".to_owned()),
            answers: Vec::new(),
            notes: Vec::new(),
            performance: tables::of_arms(study, &[Kind::Performance]),
            measure: performance
                .map(|measure| measure.name.clone())
                .unwrap_or_default(),
            differences: Table::default(),
            pictures: Vec::new(),
            diversity: tables::of_arms(
                study,
                &[Kind::Quality, Kind::Diversity, Kind::Shift, Kind::Other],
            ),
        };
        if let Some(performance) = performance {
            section.add_performance(study, performance, diversity);
        }
        if let Some(diversity) = diversity {
            section.add_diversity(study, diversity);
        }
        section.answers.extend(answers::of_quality(study));
        section.add_notes(study);
        Ok(section)
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
        for panel in &panels(study, performance) {
            if let Some(diversity) = diversity {
                self.answers
                    .extend(answers::of_turn(study, panel, performance, diversity));
                let picture = pictures::by_diversity(study, panel, performance, diversity);
                if picture.is_none() {
                    self.notes.push(format!(
                        "There is no picture of {} by {}: no level has both figures.",
                        performance.name, diversity.name
                    ));
                }
                self.pictures.extend(picture.map(Shown::from));
            }
            self.pictures
                .extend(pictures::by_proportion(study, panel, performance).map(Shown::from));
        }
        self.answers.extend(answers::of_chains(study, performance));
        self.pictures
            .extend(pictures::by_generation(study, performance).map(Shown::from));
    }

    fn add_diversity(&mut self, study: &Study, diversity: &Measure) {
        let checks = order::checks(study);
        let (own, others): (Vec<_>, Vec<_>) =
            checks.iter().partition(|check| check.measure == *diversity);
        let levels = |check: &order::Check| order::sets_by_level(study, &check.measure.name).len();
        let checks = own.into_iter().chain(others);
        let checks: Vec<_> = checks.map(|check| (check, levels(check))).collect();
        self.answers.extend(answers::of_orders(&checks));
        self.pictures
            .extend(pictures::by_level(study, diversity).map(Shown::from));
        self.answers.extend(answers::of_chains(study, diversity));
        self.pictures
            .extend(pictures::by_generation(study, diversity).map(Shown::from));
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
