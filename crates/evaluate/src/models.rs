//! What one or several models said of the same rows, and the figures of it.

use dataset::results::ResultRow;
use dataset::{ContentHash, columns};

use crate::args::Args;
use crate::contamination::{Overlap, Training};
use crate::figures::Evidence;
use crate::predictions::Predictions;
use crate::tasks::Judged;
use crate::test_set::TestSet;
use crate::{Question, figures, harness};

/// What all models said, and who they are.
pub(crate) struct Models {
    pub(crate) judged: Vec<Judged>,
    /// One a model, of the same rows in the same order.
    pub(crate) said: Vec<Predictions>,
    /// The seeds by which they differ; none where there is one model.
    seeds: Vec<i64>,
}

impl Models {
    /// What `judged` says of rows of `test`; refused where the models judge different rows.
    pub(crate) fn new(
        mut judged: Vec<Judged>,
        args: &Args,
        test: &TestSet,
    ) -> anyhow::Result<Self> {
        let seeds = seeds(&judged);
        let mut said: Vec<Predictions> = Vec::with_capacity(judged.len());
        for (at, judged) in judged.iter_mut().enumerate() {
            let seed = seeds.get(at).copied().or(args.arm.arm_seed);
            let taken = judged.said.take();
            said.push(Predictions::new(
                taken,
                test,
                args.arm.arm.as_deref(),
                seed,
            )?);
        }
        let alike = |other: &Predictions| {
            other.form == said[0].form
                && other.table.texts(columns::ID.name).ok()
                    == said[0].table.texts(columns::ID.name).ok()
        };
        if let Some(at) = said.iter().position(|other| !alike(other)) {
            anyhow::bail!(
                "{} and {} judge different rows, {} and {} of {}, so they have no common figure",
                args.models[0],
                args.models[at],
                said[0].len(),
                said[at].len(),
                test.table().len()
            );
        }
        Ok(Self {
            judged,
            said,
            seeds,
        })
    }

    /// One row for each metric.
    pub(crate) fn figures(&self, args: &Args) -> anyhow::Result<Vec<ResultRow>> {
        let first = &self.judged[0];
        let subjects = self
            .judged
            .iter()
            .map(|judged| format!("{}\n", judged.subject));
        let subject = match self.judged.len() {
            1 => first.subject.clone(),
            _ => ContentHash::of_bytes(subjects.collect::<String>().as_bytes()).to_string(),
        };
        let evidence = Evidence {
            of_models: &self.said,
            seeds: &self.seeds,
            metrics: first.metrics.as_deref(),
            kind: &first.kind,
            subject: &subject,
            reference: &first.reference,
        };
        figures::of(&evidence, args.seed.seed)
    }

    /// Says of every figure how many of the test rows are known from training, adds the figures of
    /// that, and to the predictions what is known of each row.
    pub(crate) fn tell_contamination(
        &mut self,
        rows: &mut Vec<ResultRow>,
        training: &Training,
        args: &Args,
    ) -> anyhow::Result<()> {
        let mut verified = true;
        for judged in &self.judged {
            verified &= training.check(judged)?;
        }
        let overlap: Overlap = training.overlap(&self.judged[0].texts, &args.column)?;
        let told = overlap.told(training, verified);
        let (subject, reference) = (rows[0].subject.clone(), rows[0].reference.clone());
        rows.extend(overlap.figures(&self.said[0].groups()?, args.seed.seed));
        for row in rows {
            row.params["contamination"] = told.clone();
            row.subject.clone_from(&subject);
            row.reference.clone_from(&reference);
        }
        for said in &mut self.said {
            said.tell_overlap(&overlap)?;
        }
        Ok(())
    }

    /// The figures in the layout of lm-evaluation-harness.
    pub(crate) fn results_json(
        &self,
        rows: &[ResultRow],
        asked: &Question<'_>,
    ) -> anyhow::Result<Vec<u8>> {
        let first = &self.judged[0];
        let told = harness::Told {
            task: &first.said.task,
            model: &first.input.node.name,
            kind: &first.kind,
            config: &first.told,
            original: asked.test.table().len(),
            seed: asked.args.seed.seed.number(),
        };
        harness::file(rows, &self.said, &told)
    }
}

/// The seeds of several models: those they were trained with, or where these are not known or not
/// all different, their places from 1.
fn seeds(judged: &[Judged]) -> Vec<i64> {
    if judged.len() == 1 {
        return Vec::new();
    }
    let told = judged.iter().filter_map(|judged| judged.seed);
    let told: Vec<i64> = told.map(|seed| seed as i64).collect();
    let distinct: std::collections::BTreeSet<i64> = told.iter().copied().collect();
    if distinct.len() == judged.len() {
        told
    } else {
        (1..=judged.len() as i64).collect()
    }
}
