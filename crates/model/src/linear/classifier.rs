//! A classifier of texts: what it looks at, and the weights it learnt.

use std::collections::BTreeMap;

use numeric::Vectors;
use rayon::prelude::*;

use super::features::Features;
use super::logistic::{self, Iteration, Options, scores, sigmoid};
use super::tfidf::Tfidf;
use crate::Error;

/// What a classifier looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The words of the text itself.
    Words(Tfidf),
    /// The text's embedding.
    Embedding {
        /// What is known of the embedder, such as its name and revision.
        embedder: BTreeMap<String, String>,
        /// The number of components.
        dimension: usize,
    },
}

/// A logistic regression over words or embeddings.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    pub(super) labels: Vec<String>,
    pub(super) input: Input,
    pub(super) c: f64,
    pub(super) weights: Vec<f64>,
    pub(super) intercepts: Vec<f64>,
}

/// A classifier and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The classifier.
    pub classifier: Classifier,
    /// The loss after each iteration.
    pub ledger: Vec<Iteration>,
    /// Whether the gradient got as small as asked for.
    pub converged: bool,
}

impl Classifier {
    /// Learns from the words of texts: terms of up to `longest` words.
    pub fn fit_words(
        texts: &[&str],
        labels: &[&str],
        longest: usize,
        options: &Options,
    ) -> Result<Fitted, Error> {
        let tfidf = Tfidf::fit(texts, longest)?;
        let features = tfidf.transform(texts);
        Self::fit(Input::Words(tfidf), &features, labels, options)
    }

    /// Learns from embeddings, which `embedder` made.
    pub fn fit_vectors(
        vectors: &Vectors,
        labels: &[&str],
        embedder: BTreeMap<String, String>,
        options: &Options,
    ) -> Result<Fitted, Error> {
        let input = Input::Embedding {
            embedder,
            dimension: vectors.dim(),
        };
        Self::fit(input, &Features::dense(vectors), labels, options)
    }

    fn fit(
        input: Input,
        features: &Features,
        labels: &[&str],
        options: &Options,
    ) -> Result<Fitted, Error> {
        if features.len() != labels.len() {
            return Err(Error::request(format!(
                "{} rows have {} labels",
                features.len(),
                labels.len()
            )));
        }
        let mut known: Vec<&str> = labels.to_vec();
        known.sort_unstable();
        known.dedup();
        if known.len() < 2 {
            return Err(Error::request(format!(
                "a classifier needs rows of two classes or more, found {}: {}",
                known.len(),
                known.join(", ")
            )));
        }
        let targets: Vec<usize> = labels
            .iter()
            .map(|label| known.partition_point(|k| k < label))
            .collect();
        let found = logistic::fit(features, &targets, known.len(), options)?;
        let classifier = Self {
            labels: known.into_iter().map(str::to_owned).collect(),
            input,
            c: options.c,
            weights: found.weights,
            intercepts: found.intercepts,
        };
        Ok(Fitted {
            classifier,
            ledger: found.ledger,
            converged: found.converged,
        })
    }

    /// The labels it knows, sorted; probabilities come in this order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What it looks at.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// The probabilities of the labels for each text, of shape (n, labels).
    pub fn classify_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f64>>, Error> {
        match &self.input {
            Input::Words(tfidf) => Ok(self.probabilities(&tfidf.transform(texts))),
            Input::Embedding { .. } => Err(Error::request(
                "this classifier looks at embeddings, not at words",
            )),
        }
    }

    /// The probabilities of the labels for each vector, of shape (n, labels).
    pub fn classify_vectors(&self, vectors: &Vectors) -> Result<Vec<Vec<f64>>, Error> {
        match &self.input {
            Input::Embedding { dimension, .. } if *dimension == vectors.dim() => {
                Ok(self.probabilities(&Features::dense(vectors)))
            }
            Input::Embedding { dimension, .. } => Err(Error::request(format!(
                "this classifier looks at vectors of dimension {dimension}, these have {}",
                vectors.dim()
            ))),
            Input::Words(_) => Err(Error::request(
                "this classifier looks at words, not at embeddings",
            )),
        }
    }

    fn probabilities(&self, features: &Features) -> Vec<Vec<f64>> {
        let rows = (0..features.len()).into_par_iter();
        rows.map(|row| {
            let mut outputs = vec![0.0; self.intercepts.len()];
            scores(features, row, &self.weights, &self.intercepts, &mut outputs);
            if let [score] = outputs[..] {
                return vec![sigmoid(-score), sigmoid(score)];
            }
            let total = numeric::log_sum_exp(&outputs);
            outputs.iter().map(|score| (score - total).exp()).collect()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tfidf::tests::TEXTS;
    use super::*;

    fn close(found: &[f64], expected: &[f64]) -> bool {
        found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-6)
    }

    #[test]
    fn probabilities_are_those_of_scikit_learn() {
        // TfidfVectorizer(ngram_range=(1, k)) and LogisticRegression(tol=1e-12), scikit-learn 1.9.1
        let three = ["bad", "good", "tea", "bad", "good", "tea", "good"];
        let two = ["bad", "good", "good", "bad", "good", "bad", "good"];
        let expected: [(&[&str], usize, &[f64]); 4] = [
            (
                &three,
                1,
                &[
                    0.302_382_068_371_161_2,
                    0.381_793_902_555_322_8,
                    0.315_824_029_073_516_1,
                ],
            ),
            (&two, 1, &[0.434_522_499_709_418_8, 0.565_477_500_290_581_2]),
            (
                &three,
                2,
                &[
                    0.296_597_337_860_219_7,
                    0.392_286_241_127_408_1,
                    0.311_116_421_012_372_6,
                ],
            ),
            (&two, 2, &[0.432_566_989_407_424_3, 0.567_433_010_592_575_7]),
        ];
        for (labels, longest, probabilities) in expected {
            let fitted = Classifier::fit_words(&TEXTS, labels, longest, &Options::default())
                .expect("fitted");
            assert!(fitted.converged);
            let found = fitted
                .classifier
                .classify_texts(&["the tea spade"])
                .expect("words");
            assert!(
                close(&found[0], probabilities),
                "{found:?} against {probabilities:?}"
            );
        }
    }

    #[test]
    fn a_head_on_embeddings_learns_what_is_separable() {
        let vectors =
            Vectors::new(vec![1.0, 0.0, 0.9, 0.1, 0.0, 1.0, 0.1, 0.9], 2).expect("four rows");
        let options = Options {
            c: 100.0,
            ..Options::default()
        };
        let embedder = BTreeMap::from([("embedder".to_owned(), "made-up".to_owned())]);
        let fitted = Classifier::fit_vectors(&vectors, &["x", "x", "y", "y"], embedder, &options)
            .expect("fitted");
        let found = fitted
            .classifier
            .classify_vectors(&vectors)
            .expect("vectors");
        assert!(found[0][0] > 0.9 && found[3][1] > 0.9, "{found:?}");
        let narrow = Vectors::new(vec![1.0], 1).expect("one row");
        assert!(fitted.classifier.classify_vectors(&narrow).is_err());
        assert!(fitted.classifier.classify_texts(&["x"]).is_err());
    }

    #[test]
    fn one_class_is_refused() {
        let error = Classifier::fit_words(&TEXTS, &["only"; 7], 1, &Options::default())
            .expect_err("one class");
        assert_eq!(
            error.to_string(),
            "a classifier needs rows of two classes or more, found 1: only"
        );
    }
}
