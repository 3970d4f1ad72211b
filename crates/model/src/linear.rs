//! Linear classifiers of texts: logistic regression on TF-IDF or on embeddings, as scikit-learn defines them.

mod classifier;
mod features;
mod files;
mod lbfgs;
mod logistic;
mod tfidf;
mod tokens;

pub use classifier::{Classifier, Fitted, Input};
pub use features::Features;
pub use logistic::{Iteration, Options};
pub use tfidf::Tfidf;

/// The architectures that [`Classifier::load`] knows, as `config.json` names them.
pub const ARCHITECTURES: [&str; 2] = ["TfidfLogisticRegression", "LinearHead"];
