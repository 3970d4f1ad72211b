//! The values that other programs compute on the same inputs, as far as they define the same thing.
//!
//! Inputs and values lie under `$POLYCULTURE_FIXTURES/goldens`.

#![expect(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs::File;
use std::path::PathBuf;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float32Type;
use diversity::metrics::{
    Kernel, dcscore, distinct, k_center, kmeans_inertia, ngram_vendi, self_bleu, vendi,
};
use diversity::shift::{Histograms, mmd2_rbf, prdc};
use diversity::{Context, Options, Pair, ParamValue, Set};
use numeric::{Clusters, Points, Seed, Vectors};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use text::{TokenIds, Tokenizer};

/// Counts bind to this relative error, linear algebra to 1e-6.
const EXACT: f64 = 1e-9;
const LINEAR_ALGEBRA: f64 = 1e-6;

struct Fixtures {
    folder: PathBuf,
    goldens: Vec<Value>,
}

impl Fixtures {
    /// The fixtures, or `None` with a word about it.
    fn open() -> Option<Self> {
        let Some(folder) = std::env::var_os("POLYCULTURE_FIXTURES") else {
            println!("skipped: POLYCULTURE_FIXTURES is not set");
            return None;
        };
        let folder = PathBuf::from(folder).join("goldens");
        let file = File::open(folder.join("goldens.json")).expect("goldens.json is there");
        let goldens: Value = serde_json::from_reader(file).expect("goldens.json is JSON");
        let goldens = goldens["goldens"]
            .as_array()
            .expect("a list of goldens")
            .clone();
        Some(Self { folder, goldens })
    }

    fn batches(&self, input: &str) -> Vec<RecordBatch> {
        let file = File::open(
            self.folder
                .join("inputs")
                .join(input)
                .with_extension("parquet"),
        );
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.expect("the input is there"));
        let batches = reader.expect("Parquet").build().expect("Parquet");
        batches.map(|batch| batch.expect("a batch")).collect()
    }

    fn texts(&self, input: &str) -> Vec<String> {
        let texts = |batch: RecordBatch| {
            let column = batch.column_by_name("text").expect("a text column").clone();
            let texts = column
                .as_string::<i32>()
                .iter()
                .map(|text| text.unwrap_or("").to_owned());
            texts.collect::<Vec<_>>()
        };
        self.batches(input).into_iter().flat_map(texts).collect()
    }

    fn vectors(&self, input: &str) -> Vectors {
        let (mut values, mut dim) = (Vec::new(), 0);
        for batch in self.batches(input) {
            let column = batch
                .column_by_name("embedding")
                .expect("an embedding column");
            let inner = match column.as_fixed_size_list_opt() {
                Some(lists) => lists.values().clone(),
                None => column.as_list::<i32>().values().clone(),
            };
            let inner = inner.as_primitive::<Float32Type>();
            dim = inner.values().len() / batch.num_rows();
            values.extend_from_slice(inner.values());
        }
        Vectors::new(values, dim).expect("whole rows")
    }

    /// The goldens of one metric by one peer.
    fn of<'a>(&'a self, metric: &'a str, peer: &'a str) -> impl Iterator<Item = &'a Value> {
        let named = move |golden: &&Value| golden["metric"] == metric;
        self.goldens.iter().filter(named).filter(move |golden| {
            golden["peer"]
                .as_str()
                .is_some_and(|name| name.starts_with(peer))
        })
    }
}

fn input(golden: &Value) -> &str {
    golden["input"][0].as_str().expect("an input")
}

fn whole(value: &Value) -> usize {
    value.as_u64().expect("a whole number") as usize
}

fn is_f64(golden: &Value) -> bool {
    golden["params"]
        .get("dtype")
        .is_none_or(|dtype| dtype == "float64")
}

fn assert_close(found: f64, expected: &Value, tolerance: f64, what: &Value) {
    let expected = expected.as_f64().expect("a number");
    let error = (found - expected).abs() / expected.abs();
    assert!(
        error <= tolerance,
        "{found} is not {expected} (relative error {error:e}): {what}"
    );
}

/// The value of a metric.
fn measured(name: &str, set: &Set<'_>) -> f64 {
    let context = Context::new(&Options::new(Seed::new(1)));
    let metric = diversity::metric(name).expect("known");
    metric.measure(set, &context).expect(name).value
}

/// The tokens of Python's `str.split`, which is what these peers count.
fn split(texts: &[&str]) -> TokenIds {
    TokenIds::new(texts, Tokenizer::Whitespace)
}

fn slices(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn distinct_counts_what_a_set_of_tuples_counts() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("distinct_within_rows", "python") {
        let texts = fixtures.texts(input(golden));
        let n = whole(&golden["params"]["n"]);
        let found = distinct(&split(&slices(&texts)), n).expect("enough n-grams");
        assert_close(found, &golden["value"][2], EXACT, golden);
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn self_bleu_is_that_of_nltk() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("self_bleu", "nltk") {
        let params = &golden["params"];
        if params["smoothing"] != "method1" {
            continue;
        }
        let texts = fixtures.texts(input(golden));
        let texts = &slices(&texts)[..whole(&params["rows"])];
        let found = self_bleu(&split(texts), whole(&params["n"]));
        assert_close(
            found.expect("two texts or more"),
            &golden["value"],
            EXACT,
            golden,
        );
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn compressed_sizes_are_those_of_zlib() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("compressed_sizes", "python") {
        if golden["params"]["join"] != " " {
            continue;
        }
        let texts = fixtures.texts(input(golden));
        let set = Set::of_texts(&slices(&texts), Tokenizer::Unicode);
        let found = measured("compression_ratio_gzip", &set);
        let size = |name: &str| golden["value"][name].as_f64().expect("a size");
        assert_close(found, &(size("raw") / size("gzip9")).into(), EXACT, golden);
        checked += 1;
    }
    assert_eq!(checked, 3);
}

#[test]
fn the_vendi_score_is_that_of_its_authors() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for name in ["vendi_score_X", "vendi_score_dual"] {
        for golden in fixtures.of(name, "vendi-score") {
            let vectors = fixtures.vectors(input(golden));
            let found = measured("vendi_q1", &Set::of_vectors(&vectors));
            // In f32 the noise of n − d eigenvalues is part of the peer's value.
            let tolerance = if is_f64(golden) { LINEAR_ALGEBRA } else { 1e-4 };
            assert_close(found, &golden["value"], tolerance, golden);
            checked += 1;
        }
    }
    assert!(checked >= 12, "{checked}");
}

#[test]
fn the_vendi_score_of_every_order_is_that_of_its_authors() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("vendi_score_K", "vendi-score") {
        let q = golden["params"]["q"].as_f64().unwrap_or(f64::INFINITY);
        // Below 1 the peer counts eigenvalues that are rounding errors, in f32 already at 1/2.
        if q < 0.5 || (q < 1.0 && !is_f64(golden)) {
            continue;
        }
        let found = vendi(&fixtures.vectors(input(golden)), q).expect("finite");
        let tolerance = if is_f64(golden) { LINEAR_ALGEBRA } else { 1e-4 };
        assert_close(found, &golden["value"], tolerance, golden);
        checked += 1;
    }
    assert_eq!(checked, 21);
}

#[test]
fn dcscore_is_that_of_its_authors() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("dcscore", "DCScore") {
        let vectors = fixtures.vectors(input(golden));
        let tau = golden["params"]["tau"].as_f64().expect("a number");
        let found = match golden["params"]["kernel"].as_str() {
            Some("cs") => dcscore(&vectors, Kernel::Cosine, tau),
            Some("rbf") => dcscore(&vectors, Kernel::Rbf { gamma: tau }, 1.0),
            other => panic!("no kernel is called {other:?}"),
        };
        assert_close(
            found.expect("finite"),
            &golden["value"],
            LINEAR_ALGEBRA,
            golden,
        );
        checked += 1;
    }
    assert_eq!(checked, 20);
}

/// Checks one of our metrics against all f64 values of a peer, each times `factor`.
fn assert_metric(ours: &str, theirs: &str, peer: &str, factor: impl Fn(f64) -> f64) {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of(theirs, peer).filter(|golden| is_f64(golden)) {
        let vectors = fixtures.vectors(input(golden));
        let found = measured(ours, &Set::of_vectors(&vectors)) * factor(vectors.len() as f64);
        assert_close(found, &golden["value"], LINEAR_ALGEBRA, golden);
        checked += 1;
    }
    assert_eq!(checked, 3, "{theirs}");
}

#[test]
fn distances_are_those_of_the_peers() {
    // The peer counts the distance 0 of each vector from itself.
    let with_itself = |n: f64| (n - 1.0) / n;
    assert_metric(
        "mean_pairwise_cosine_distance",
        "remote_clique",
        "diversity",
        with_itself,
    );
    assert_metric("chamfer", "chamfer_dist", "diversity", |_| 1.0);
    assert_metric(
        "mean_pairwise_euclidean_distance",
        "mean_pairwise_euclid",
        "scipy",
        |_| 1.0,
    );
    assert_metric("span_p90", "span_p90", "numpy", |_| 1.0);
    assert_metric("sparseness", "sparseness", "numpy", |_| 1.0);
    assert_metric("logdet", "logdet_gram", "numpy", |_| 1.0);
    assert_metric(
        "participation_ratio",
        "participation_ratio",
        "numpy",
        |_| 1.0,
    );
}

#[test]
fn the_spanning_tree_is_that_of_scipy_where_no_distance_is_zero() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("mst_dispersion", "scipy") {
        let vectors = fixtures.vectors(input(golden));
        let found = measured("mst_dispersion", &Set::of_vectors(&vectors));
        // The peer takes a distance below 1e-8 for no edge at all, so its tree is longer there.
        if measured("bottleneck", &Set::of_vectors(&vectors)) < 1e-12 {
            assert!(found < golden["value"].as_f64().expect("a number"));
            continue;
        }
        assert_close(found, &golden["value"], LINEAR_ALGEBRA, golden);
        checked += 1;
    }
    assert_eq!(checked, 2);
}

#[test]
fn nearest_neighbours_are_those_of_numpy() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    for golden in fixtures.of("mean_nn_euclid", "numpy") {
        let vectors = fixtures.vectors(input(golden));
        let neighbours = Points::at(&vectors).neighbours(1);
        let distances = (0..vectors.len()).map(|row| neighbours.squared_distances(row)[0].sqrt());
        let found = distances.sum::<f64>() / vectors.len() as f64;
        assert_close(found, &golden["value"], LINEAR_ALGEBRA, golden);
    }
}

#[test]
fn clusters_are_those_of_scikit_learn() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("kmeans_inertia", "scikit-learn") {
        let (vectors, k) = (
            fixtures.vectors(input(golden)),
            whole(&golden["params"]["k"]),
        );
        let found = kmeans_inertia(&vectors, k).expect("enough vectors");
        assert_close(found, &golden["value"]["inertia"], LINEAR_ALGEBRA, golden);
        let starts: Vec<usize> = (0..k).collect();
        let clusters = Clusters::from_starts(&vectors, &starts, 300);
        let sizes = golden["value"]["sizes"].as_array().expect("sizes");
        assert_eq!(clusters.sizes, sizes.iter().map(whole).collect::<Vec<_>>());
        assert_eq!(clusters.iterations, whole(&golden["value"]["n_iter"]));
        checked += 1;
    }
    assert_eq!(checked, 6);
}

#[test]
fn a_greedy_cover_is_that_of_numpy() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    for golden in fixtures.of("k_center_greedy", "numpy") {
        let vectors = fixtures.vectors(input(golden));
        let (chosen, radius) = k_center(&vectors, 10).expect("enough vectors");
        let selected = golden["value"]["selected"].as_array().expect("places");
        assert_eq!(chosen, selected.iter().map(whole).collect::<Vec<_>>());
        assert_close(radius, &golden["value"]["radius"], LINEAR_ALGEBRA, golden);
    }
}

#[test]
fn mean_pairwise_cosine_distance_is_that_of_scipy() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("mean_pairwise_cosine", "scipy") {
        let vectors = fixtures.vectors(input(golden));
        let found = measured("mean_pairwise_cosine_distance", &Set::of_vectors(&vectors));
        assert_close(found, &golden["value"], LINEAR_ALGEBRA, golden);
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn the_frechet_distance_is_that_of_scipy() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let shift = diversity::shift("frechet").expect("known");
    let mut checked = 0;
    for golden in fixtures.of("frechet", "scipy") {
        let [reference, other] = pair(&fixtures, golden);
        let pair = Pair::new(Set::of_vectors(&reference), Set::of_vectors(&other));
        let context = Context::new(&Options::new(Seed::new(1)));
        let found = shift.measure(&pair, &context).expect("finite").value;
        assert_close(
            found,
            &golden["value"]["frechet_eigh"],
            LINEAR_ALGEBRA,
            golden,
        );
        checked += 1;
    }
    assert!(checked >= 1, "{checked}");
}

#[test]
fn mmd_is_that_of_numpy() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("mmd2_rbf", "numpy") {
        let [reference, other] = pair(&fixtures, golden);
        let gamma = golden["params"]["gamma"].as_f64().expect("a number");
        let found = mmd2_rbf(&reference, &other, gamma).expect("enough vectors");
        assert_close(
            found.value,
            &golden["value"]["unbiased"],
            LINEAR_ALGEBRA,
            golden,
        );
        let biased = found.details.iter().find(|detail| detail.key == "biased");
        let Some(ParamValue::Real(biased)) = biased.map(|detail| detail.value) else {
            panic!("the biased value stands beside");
        };
        assert_close(biased, &golden["value"]["biased"], LINEAR_ALGEBRA, golden);
        checked += 1;
    }
    assert!(checked >= 2, "{checked}");
}

#[test]
fn mauve_is_that_of_the_histograms_and_its_clusters_are_as_good() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("mauve", "mauve-text") {
        let value = &golden["value"];
        let shares = |name: &str| -> Vec<f64> {
            let shares = value[name].as_array().expect("a histogram").iter();
            shares
                .map(|share| share.as_f64().expect("a share"))
                .collect()
        };
        let [reference, other] = pair(&fixtures, golden);
        let counts = |shares: Vec<f64>, n: usize| -> Vec<u64> {
            let counts = shares.iter().map(|share| (share * n as f64).round() as u64);
            counts.collect()
        };
        let scaling = golden["params"]["scaling"].as_f64().expect("a number");
        let histograms = Histograms {
            reference: counts(shares("p_hist"), reference.len()),
            other: counts(shares("q_hist"), other.len()),
        };
        assert_close(histograms.mauve(scaling), &value["mauve"], EXACT, golden);
        let smoothed = histograms.smoothed();
        assert_close(smoothed.mauve(scaling), &value["mauve_star"], EXACT, golden);
        let integral = histograms.frontier_integral();
        assert_close(integral, &value["fi"], EXACT, golden);
        // The peer's own clusters give 0.354 and 0.435 with two seeds.
        let pair = Pair::new(Set::of_vectors(&reference), Set::of_vectors(&other));
        let context = Context::new(&Options::new(Seed::new(1)));
        let shift = diversity::shift("mauve").expect("known");
        let found = shift.measure(&pair, &context).expect("finite").value;
        assert!((0.3..0.5).contains(&found), "{found}");
        checked += 1;
    }
    assert_eq!(checked, 4);
}

#[test]
fn precision_recall_density_and_coverage_are_those_of_prdc() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("prdc", "prdc") {
        let [reference, other] = pair(&fixtures, golden);
        let k = whole(&golden["params"]["nearest_k"]);
        let found = prdc(&reference, &other, k).expect("enough vectors");
        let values = [
            (found.precision, "precision"),
            (found.recall, "recall"),
            (found.density, "density"),
            (found.coverage, "coverage"),
        ];
        for (value, name) in values {
            assert_close(value, &golden["value"][name], EXACT, golden);
        }
        checked += 1;
    }
    assert_eq!(checked, 3);
}

fn pair(fixtures: &Fixtures, golden: &Value) -> [Vectors; 2] {
    let name = |at: usize| golden["input"][at].as_str().expect("an input");
    [fixtures.vectors(name(0)), fixtures.vectors(name(1))]
}

#[test]
fn the_ngram_vendi_score_is_that_of_its_authors() {
    let Some(fixtures) = Fixtures::open() else {
        return;
    };
    let mut checked = 0;
    for golden in fixtures.of("ngram_vendi_score", "vendi-score") {
        let texts = fixtures.texts(input(golden));
        let tokens = split(&slices(&texts));
        // The peer takes a text that is too short for some n for less like itself than 1.
        if tokens.rows().iter().any(|row| row.len() < 4) {
            continue;
        }
        let found = ngram_vendi(&tokens, 4, 1.0).expect("few texts");
        assert_close(found, &golden["value"], LINEAR_ALGEBRA, golden);
        checked += 1;
    }
    assert_eq!(checked, 2);
}
