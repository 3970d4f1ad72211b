//! The page: everything that is shown, gathered as text, tables and pictures, and put into the templates.

use dataset::Input;
use dataset::results::ResultRow;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use crate::ancestry::Ancestry;
use crate::arms::studies;
use crate::choice::Wanted;
use crate::compared::Compared;
use crate::section::Section;
use crate::shown::Shown;
use crate::tables::Table;
use crate::{markdown, origin, policy, tables};

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
    compared: Option<Compared>,
    studies: Vec<Section>,
    samples: Table,
    figures: Table,
    ancestry: Ancestry,
    subjects: Table,
    inputs: Table,
    runs: Table,
    methods: &'static [&'static str],
    version: &'static str,
}

/// What a page is made of.
pub(crate) struct Contents<'a> {
    /// Its title.
    pub(crate) title: &'a str,
    /// The figures.
    pub(crate) rows: &'a [ResultRow],
    /// The files that they were read from.
    pub(crate) inputs: &'a [Input],
    /// Which measures it is about.
    pub(crate) wanted: &'a Wanted,
    /// Texts of each level.
    pub(crate) samples: Table,
}

impl Page {
    /// The page of these contents.
    pub(crate) fn new(contents: Contents<'_>) -> anyhow::Result<Self> {
        let (rows, inputs) = (contents.rows, contents.inputs);
        let studies = studies(rows);
        let sections = studies
            .iter()
            .map(|study| Section::new(study, contents.wanted));
        let without = rows.iter().filter(|row| row.value.is_none()).count();
        let missing = if without == 0 {
            String::new()
        } else {
            format!(", {without} of them without a value")
        };
        Ok(Self {
            title: contents.title.to_owned(),
            lead: format!(
                "{}{missing}, from {}.",
                cli::count(rows.len(), "figure"),
                cli::count(inputs.len(), "file")
            ),
            studies: sections.collect::<anyhow::Result<_>>()?,
            compared: Compared::new(&studies, contents.wanted)?,
            samples: contents.samples,
            figures: tables::of_figures(rows),
            ancestry: Ancestry::new(rows, inputs),
            subjects: origin::of_subjects(rows, inputs),
            inputs: origin::of_inputs(inputs),
            runs: origin::of_runs(inputs),
            methods: METHODS,
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// Every figure, for those who want it as CSV.
    pub(crate) fn figures(&self) -> &Table {
        &self.figures
    }

    /// Every picture with the name of its file, in the order of the page.
    pub(crate) fn pictures(&self) -> Vec<(String, &Shown)> {
        let compared = self.compared.iter().flat_map(|compared| &compared.picture);
        let studies = self.studies.iter().flat_map(Section::pictures);
        let all = compared.chain(studies).enumerate();
        all.map(|(nth, picture)| (format!("{:02}-{}", nth + 1, picture.slug()), picture))
            .collect()
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
            _ if value.is_safe() => minijinja::escape_formatter(out, state, value),
            _ => match value.as_str() {
                Some(text) => minijinja::escape_formatter(out, state, &cli::plain(text).into()),
                None => minijinja::escape_formatter(out, state, value),
            },
        });
        environment.add_template("page.html", include_str!("../templates/page.html"))?;
        environment.add_template("page.md", include_str!("../templates/page.md"))?;
        let (style, script) = (
            include_str!("../templates/style.css"),
            include_str!("../templates/page.js"),
        );
        let safe = |text: &str| Value::from_safe_string(text.to_owned());
        let context = minijinja::context! {
            page => Value::from(Serde(self)),
            policy => safe(&policy::of(style, script)),
            style => safe(style),
            script => safe(script),
        };
        Ok(environment.get_template(template)?.render(context)?)
    }
}
