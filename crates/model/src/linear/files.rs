//! A linear classifier as the files of a model directory, and back.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::ARCHITECTURES;
use super::classifier::{Classifier, Input};
use super::tfidf::Tfidf;
use crate::Error;
use crate::files::{Files, json, required};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const VOCABULARY: &str = "vocabulary.json";

#[derive(Serialize, Deserialize)]
struct Config {
    architectures: Vec<String>,
    labels: Vec<String>,
    #[serde(rename = "C")]
    c: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ngram_range: Option<[usize; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    embedder: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dimension: Option<usize>,
}

impl Classifier {
    /// `config.json`, `model.safetensors` and, for words, `vocabulary.json`.
    pub fn to_files(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let words = matches!(self.input, Input::Words(_));
        let mut config = Config {
            architectures: vec![ARCHITECTURES[usize::from(!words)].to_owned()],
            labels: self.labels.clone(),
            c: self.c,
            ngram_range: None,
            embedder: None,
            dimension: None,
        };
        let width = self.weights.len() / self.intercepts.len();
        let mut tensors = vec![
            (
                "coef",
                vec![self.intercepts.len(), width],
                &self.weights[..],
            ),
            (
                "intercept",
                vec![self.intercepts.len()],
                &self.intercepts[..],
            ),
        ];
        let mut files = Vec::new();
        match &self.input {
            Input::Words(tfidf) => {
                config.ngram_range = Some([1, tfidf.longest()]);
                tensors.push(("idf", vec![width], tfidf.idf()));
                files.push((
                    VOCABULARY.to_owned(),
                    to_json(VOCABULARY, tfidf.vocabulary())?,
                ));
            }
            Input::Embedding {
                embedder,
                dimension,
            } => {
                config.embedder = Some(embedder.clone());
                config.dimension = Some(*dimension);
            }
        }
        files.insert(0, (CONFIG.to_owned(), to_json(CONFIG, &config)?));
        files.insert(1, (WEIGHTS.to_owned(), to_bytes(&tensors)?));
        Ok(files)
    }

    /// Reads what [`to_files`](Self::to_files) wrote.
    pub fn load(files: &dyn Files) -> Result<Self, Error> {
        let config: Config = json(CONFIG, &required(files, CONFIG)?)?;
        let found = config.architectures.first().map_or("none", String::as_str);
        let bytes = required(files, WEIGHTS)?;
        let weights = Weights::new(&bytes)?;
        let input = match ARCHITECTURES.iter().position(|known| *known == found) {
            Some(0) => words(files, &config, &weights)?,
            Some(_) => Input::Embedding {
                embedder: config.embedder.unwrap_or_default(),
                dimension: config
                    .dimension
                    .ok_or_else(|| Error::malformed(CONFIG, "has no dimension"))?,
            },
            None => {
                let known = ARCHITECTURES.join(", ");
                return Err(Error::Architecture {
                    file: CONFIG.to_owned(),
                    found: found.to_owned(),
                    known,
                });
            }
        };
        let sorted = config.labels.windows(2).all(|pair| pair[0] < pair[1]);
        if config.labels.len() < 2 || !sorted {
            return Err(Error::malformed(
                CONFIG,
                "its labels are not two or more in sorted order",
            ));
        }
        let outputs = if config.labels.len() == 2 {
            1
        } else {
            config.labels.len()
        };
        let width = match &input {
            Input::Words(tfidf) => tfidf.idf().len(),
            Input::Embedding { dimension, .. } => *dimension,
        };
        Ok(Self {
            input,
            c: config.c,
            weights: weights.get("coef", &[outputs, width])?,
            intercepts: weights.get("intercept", &[outputs])?,
            labels: config.labels,
        })
    }
}

fn words(files: &dyn Files, config: &Config, weights: &Weights<'_>) -> Result<Input, Error> {
    let vocabulary: BTreeMap<String, u32> = json(VOCABULARY, &required(files, VOCABULARY)?)?;
    let idf = weights.get("idf", &[vocabulary.len()])?;
    let [_, longest] = config
        .ngram_range
        .ok_or_else(|| Error::malformed(CONFIG, "has no ngram_range"))?;
    let tfidf = Tfidf::from_parts(vocabulary, idf, longest);
    tfidf
        .map(Input::Words)
        .map_err(|error| Error::malformed(VOCABULARY, error.to_string()))
}

fn to_json(file: &str, value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::malformed(file, error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn to_bytes(tensors: &[(&str, Vec<usize>, &[f64])]) -> Result<Vec<u8>, Error> {
    let refused =
        |error: safetensors::SafeTensorError| Error::malformed(WEIGHTS, error.to_string());
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        })
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        Ok((
            *name,
            TensorView::new(Dtype::F64, shape.clone(), bytes).map_err(refused)?,
        ))
    });
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    safetensors::serialize(views, None).map_err(refused)
}

/// The tensors of a classifier, in f64.
struct Weights<'a>(SafeTensors<'a>);

impl<'a> Weights<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let tensors = SafeTensors::deserialize(bytes);
        tensors
            .map(Self)
            .map_err(|error| Error::malformed(WEIGHTS, format!("not valid safetensors: {error}")))
    }

    fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, Error> {
        let wrong = |found: String| Error::Tensor {
            file: WEIGHTS.to_owned(),
            name: name.to_owned(),
            expected: format!("F64 {shape:?}, all finite"),
            found,
        };
        let view = self
            .0
            .tensor(name)
            .map_err(|_| wrong("no such tensor".to_owned()))?;
        if view.dtype() != Dtype::F64 || view.shape() != shape {
            return Err(wrong(format!("{:?} {:?}", view.dtype(), view.shape())));
        }
        let (numbers, _) = view.data().as_chunks::<8>();
        let values: Vec<f64> = numbers
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .collect();
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(values),
            Some(value) => Err(wrong(value.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use numeric::Vectors;

    use super::super::logistic::Options;
    use super::super::tfidf::tests::TEXTS;
    use super::*;

    fn words() -> Classifier {
        let labels = ["bad", "good", "tea", "bad", "good", "tea", "good"];
        Classifier::fit_words(&TEXTS, &labels, 2, &Options::default())
            .expect("fitted")
            .classifier
    }

    fn files(classifier: &Classifier) -> BTreeMap<String, Vec<u8>> {
        classifier
            .to_files()
            .expect("written")
            .into_iter()
            .collect()
    }

    #[test]
    fn a_classifier_comes_back_to_the_bit() {
        assert_eq!(Classifier::load(&files(&words())).expect("read"), words());
        let vectors = Vectors::new(vec![1.0, 0.0, 0.0, 1.0], 2).expect("two rows");
        let embedder = BTreeMap::from([("embedder".to_owned(), "made-up".to_owned())]);
        let head = Classifier::fit_vectors(&vectors, &["x", "y"], embedder, &Options::default())
            .expect("fitted");
        assert_eq!(
            Classifier::load(&files(&head.classifier)).expect("read"),
            head.classifier
        );
    }

    #[test]
    fn damaged_files_are_refused_by_name() {
        let damaged = |file: &str, from: &str, to: &str| {
            let mut files = files(&words());
            let text = String::from_utf8_lossy(&files[file]).replacen(from, to, 1);
            files.insert(file.to_owned(), text.into_bytes());
            Classifier::load(&files).expect_err("damaged").to_string()
        };
        let error = damaged("config.json", "TfidfLogisticRegression", "Svm");
        assert_eq!(
            error,
            "config.json: architecture `Svm` is not known; known ones are TfidfLogisticRegression, LinearHead"
        );
        assert!(
            damaged("config.json", "\"bad\",", "").starts_with("model.safetensors: tensor `coef`")
        );
        assert!(damaged("vocabulary.json", ": 1,", ": 0,").starts_with("vocabulary.json: "));
    }

    #[test]
    fn a_missing_file_is_named() {
        let mut files = files(&words());
        files.remove("vocabulary.json");
        let error = Classifier::load(&files).expect_err("no vocabulary");
        assert_eq!(
            error.to_string(),
            "the model in memory has no vocabulary.json"
        );
    }
}
