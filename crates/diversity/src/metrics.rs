//! How varied is one set: one file a family of metrics.

mod bottleneck;
mod chamfer;
mod cluster_entropy;
mod compression_ratio;
mod dcscore;
mod diameter;
mod distinct;
mod duplicate_share;
mod ead;
mod energy;
mod entropy;
mod facility_location;
mod hdd;
mod homogenization;
mod k_center;
mod kmeans_inertia;
mod knn_distance;
mod length;
mod log_radius;
mod logdet;
mod mean_pairwise;
mod mean_words;
mod mst_dispersion;
mod mtld;
mod ngram_diversity;
mod ngram_vendi;
mod novelsum;
mod pairwise_bleu;
mod participation_ratio;
mod radius;
mod repeat_rate;
mod rke;
mod self_bleu;
mod self_repetition;
mod span;
mod sparseness;
mod type_token;
mod vendi;
mod windowed_ttr;
mod zipf;

pub use dcscore::{Kernel, ceiling, dcscore, self_chances};
pub use distinct::distinct;
pub use homogenization::homogenization_rouge_l;
pub use k_center::k_center;
pub use kmeans_inertia::kmeans_inertia;
pub use ngram_diversity::{ngram_diversity, ngram_diversity_joined};
pub use ngram_vendi::ngram_vendi;
pub use novelsum::{NovelSum, novelsum};
pub use pairwise_bleu::pairwise_bleu;
pub use self_bleu::self_bleu;
pub use self_repetition::self_repetition;
pub use vendi::{vendi, vendi_weighted};
pub use windowed_ttr::{mattr, msttr};

use crate::Metric;

/// All metrics, those of texts first.
pub static METRICS: &[&Metric] = &[
    &mean_words::MEAN_WORDS,
    &length::LENGTH_SD,
    &length::LENGTH_CV,
    &length::LENGTH_P10,
    &length::LENGTH_P50,
    &length::LENGTH_P90,
    &distinct::DISTINCT_1,
    &distinct::DISTINCT_2,
    &distinct::DISTINCT_3,
    &distinct::DISTINCT_4,
    &distinct::DISTINCT_5,
    &distinct::DISTINCT_1_OF_TOKENS,
    &distinct::DISTINCT_2_OF_TOKENS,
    &distinct::DISTINCT_3_OF_TOKENS,
    &distinct::DISTINCT_4_OF_TOKENS,
    &distinct::DISTINCT_5_OF_TOKENS,
    &distinct::DISTINCT_1_PER_TEXT,
    &distinct::DISTINCT_2_PER_TEXT,
    &distinct::DISTINCT_3_PER_TEXT,
    &distinct::DISTINCT_4_PER_TEXT,
    &distinct::DISTINCT_5_PER_TEXT,
    &ead::EAD_2,
    &ead::EAD_3,
    &ead::EAD_4,
    &ead::EAD_5,
    &ngram_diversity::NGRAM_DIVERSITY_4,
    &type_token::TTR,
    &type_token::ROOT_TTR,
    &type_token::CORRECTED_TTR,
    &type_token::LOG_TTR,
    &type_token::MAAS,
    &windowed_ttr::MATTR_50,
    &windowed_ttr::MSTTR_50,
    &mtld::MTLD,
    &mtld::MTLD_MIN_10,
    &hdd::HDD_42,
    &hdd::VOCD_D,
    &repeat_rate::YULE_K,
    &repeat_rate::SIMPSON,
    &entropy::ENTROPY_1,
    &entropy::ENTROPY_2,
    &entropy::ENTROPY_1_MILLER_MADOW,
    &entropy::ENTROPY_2_MILLER_MADOW,
    &zipf::ZIPF_EXPONENT,
    &zipf::HAPAX_SHARE,
    &duplicate_share::DUPLICATE_SHARE_EXACT,
    &duplicate_share::DUPLICATE_SHARE_NORMALISED,
    &self_repetition::SELF_REPETITION_4,
    &self_bleu::SELF_BLEU_2,
    &self_bleu::SELF_BLEU_3,
    &self_bleu::SELF_BLEU_4,
    &self_bleu::SELF_BLEU_5,
    &pairwise_bleu::PAIRWISE_BLEU_4,
    &homogenization::HOMOGENIZATION_ROUGE_L,
    &compression_ratio::COMPRESSION_RATIO_GZIP,
    &compression_ratio::COMPRESSION_RATIO_ZSTD,
    &compression_ratio::COMPRESSION_RATIO_XZ,
    &ngram_vendi::NGRAM_VENDI_4,
    &vendi::VENDI_Q0_1,
    &vendi::VENDI_Q0_5,
    &vendi::VENDI_Q1,
    &vendi::VENDI_Q2,
    &vendi::VENDI_QINF,
    &dcscore::DCSCORE_COSINE_TAU0_1,
    &dcscore::DCSCORE_COSINE_TAU1,
    &dcscore::DCSCORE_RBF_GAMMA1,
    &dcscore::DCSCORE_LAPLACIAN_GAMMA1,
    &dcscore::DCSCORE_POLYNOMIAL_DEGREE1,
    &rke::RKE,
    &mean_pairwise::MEAN_PAIRWISE_COSINE_DISTANCE,
    &mean_pairwise::MEAN_PAIRWISE_EUCLIDEAN_DISTANCE,
    &chamfer::CHAMFER,
    &knn_distance::KNN_DISTANCE_5,
    &bottleneck::BOTTLENECK,
    &diameter::DIAMETER,
    &energy::ENERGY,
    &span::SPAN_P90,
    &sparseness::SPARSENESS,
    &radius::RADIUS,
    &log_radius::LOG_RADIUS,
    &participation_ratio::PARTICIPATION_RATIO,
    &logdet::LOGDET,
    &mst_dispersion::MST_DISPERSION,
    &kmeans_inertia::KMEANS_INERTIA_10,
    &cluster_entropy::CLUSTER_ENTROPY_10,
    &k_center::K_CENTER_10,
    &facility_location::FACILITY_LOCATION_10,
    &novelsum::NOVELSUM,
    &ngram_diversity::NGRAM_DIVERSITY_4_CSHAIB,
    &type_token::MAAS_LEXICAL_DIVERSITY,
    &homogenization::HOMOGENIZATION_ROUGE_L_CSHAIB,
    &compression_ratio::CR_GZIP_CSHAIB,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Direction, MeasureError, Options, Preset, Reads, Set};
    use numeric::{Seed, Vectors};
    use text::Tokenizer;

    /// Metrics that look at neighbouring rows or start from the first ones, and by how much they
    /// may differ in another order.
    const ORDER_MATTERS: &[(&str, f64)] = &[
        ("compression_ratio_gzip", 0.05),
        ("compression_ratio_zstd", 0.05),
        ("compression_ratio_xz", 0.05),
        ("mattr_50", 0.1),
        ("msttr_50", 0.1),
        ("mtld", 0.5),
        ("mtld_min_10", 0.5),
        ("kmeans_inertia_10", 0.5),
        ("cluster_entropy_10", 0.5),
        ("k_center_10", 0.5),
    ];

    /// Metrics that take the vectors as they are, so that longer ones are another set.
    const LENGTH_MATTERS: &[&str] = &[
        "dcscore_rbf_gamma1",
        "dcscore_laplacian_gamma1",
        "dcscore_polynomial_degree1",
        "mean_pairwise_euclidean_distance",
        "span_p90",
        "sparseness",
        "radius",
        "log_radius",
        "logdet",
        "mst_dispersion",
        "kmeans_inertia_10",
        "k_center_10",
        "novelsum",
    ];

    /// Metrics that need all pairs of texts at once, and so take few.
    const FEW_TEXTS: &[&str] = &["ngram_vendi_4"];

    /// Metrics that have no value where all vectors are equal.
    const NEEDS_DIFFERENT: &[&str] = &["novelsum", "participation_ratio"];

    /// Metrics that are sums over the rows, and so grow with their number.
    const SUMS: &[&str] = &["kmeans_inertia_10"];

    /// Metrics that look at each text alone, or at a few tokens in a row, and so do not see copies.
    const BLIND_TO_COPIES: &[&str] = &[
        "distinct_1_per_text",
        "distinct_2_per_text",
        "distinct_3_per_text",
        "distinct_4_per_text",
        "distinct_5_per_text",
        "mtld",
        "mtld_min_10",
    ];

    const TEXTS: &[&str] = &[
        "the cat sat on the mat and looked out",
        "the cat sat on the mat and fell asleep",
        "a dog ran over the wide green field",
        "rain fell all night on the tin roof",
        "the mat was wet and the cat was not",
        "two words",
        "rain rain rain rain rain rain",
    ];

    /// n vectors whose cosines are all c: an axis each, and a common one.
    pub(super) fn equicorrelated(n: usize, c: f64) -> Vectors {
        let mut values = vec![0.0; n * (n + 1)];
        for (row, vector) in values.chunks_exact_mut(n + 1).enumerate() {
            vector[row] = (1.0 - c).sqrt() as f32;
            vector[n] = c.sqrt() as f32;
        }
        Vectors::new(values, n + 1).expect("whole rows")
    }

    /// The value of a metric of vectors.
    pub(super) fn of_vectors(metric: &Metric, vectors: &Vectors) -> Result<f64, MeasureError> {
        let context = Context::new(&Options::new(Seed::new(1)));
        let figure = metric.measure(&Set::of_vectors(vectors), &context)?;
        Ok(figure.value)
    }

    fn vectors() -> Vectors {
        let mut stream = Seed::new(5).stream("vectors");
        let values = (0..30 * 6).map(|_| stream.normal() as f32 + 0.5).collect();
        Vectors::new(values, 6).expect("whole rows")
    }

    fn measured(metric: &Metric, set: &Set<'_>) -> f64 {
        let context = Context::new(&Options::new(Seed::new(1)));
        metric.measure(set, &context).expect(metric.name).value
    }

    /// The set that a metric can read.
    fn set<'a>(metric: &Metric, vectors: &'a Vectors) -> Set<'a> {
        match metric.reads() {
            Reads::Vectors => Set::of_vectors(vectors),
            _ => Set::of_texts(TEXTS, Tokenizer::Unicode),
        }
    }

    /// The value over the rows at these places.
    fn value(metric: &Metric, vectors: &Vectors, rows: &[usize]) -> f64 {
        measured(metric, &set(metric, vectors).select(rows))
    }

    fn rows(metric: &Metric, vectors: &Vectors) -> Vec<usize> {
        (0..set(metric, vectors).len()).collect()
    }

    /// What a peer computes is not bound to be right.
    fn right() -> impl Iterator<Item = &'static Metric> {
        let right = |metric: &&Metric| !matches!(metric.preset, Preset::Compat(_));
        METRICS.iter().copied().filter(right)
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let vectors = vectors();
        for metric in right() {
            let mut rows = rows(metric, &vectors);
            let before = value(metric, &vectors, &rows);
            Seed::new(6).stream("shuffle").shuffle(&mut rows);
            let after = value(metric, &vectors, &rows);
            let known = ORDER_MATTERS.iter().find(|(name, _)| *name == metric.name);
            // Products of vectors are f32, and summed in an order that follows their place.
            let rounding = if metric.reads() == Reads::Vectors {
                1e-6
            } else {
                1e-9
            };
            let allowed = known.map_or(rounding, |(_, allowed)| *allowed);
            assert!(
                (before - after).abs() <= allowed * after.abs(),
                "{}: {before} {after}",
                metric.name
            );
        }
    }

    #[test]
    fn repeating_the_whole_set_never_looks_more_varied() {
        let vectors = vectors();
        for metric in right().filter(|metric| !SUMS.contains(&metric.name)) {
            let once = rows(metric, &vectors);
            let twice = [once.clone(), once.clone()].concat();
            let (before, after) = (
                value(metric, &vectors, &once),
                value(metric, &vectors, &twice),
            );
            let across = ["mtld", "windowed_ttr"].contains(&metric.family);
            let rounding = if across { 0.1 } else { 1e-6 } * before.abs();
            let holds = match metric.direction {
                Direction::HigherIsMoreVaried => after <= before + rounding,
                Direction::LowerIsMoreVaried => after >= before - rounding,
                Direction::Neutral => (after - before).abs() <= 1e-12 * before.abs(),
                Direction::HigherIsFarther | Direction::LowerIsFarther => false,
            };
            assert!(holds, "{}: {before} {after}", metric.name);
        }
    }

    #[test]
    fn copies_of_one_row_look_less_varied_than_different_rows() {
        let vectors = vectors();
        let skipped = [NEEDS_DIFFERENT, BLIND_TO_COPIES].concat();
        for metric in right().filter(|metric| !skipped.contains(&metric.name)) {
            let different = rows(metric, &vectors);
            let copies = vec![0; different.len()];
            let (varied, same) = (
                value(metric, &vectors, &different),
                value(metric, &vectors, &copies),
            );
            match metric.direction {
                Direction::HigherIsMoreVaried => assert!(same < varied, "{}", metric.name),
                Direction::LowerIsMoreVaried => assert!(same > varied, "{}", metric.name),
                _ => {}
            }
        }
    }

    #[test]
    fn the_length_of_vectors_does_not_matter() {
        let vectors = vectors();
        let longer = vectors.values().iter().map(|x| x * 8.0).collect();
        let longer = Vectors::new(longer, vectors.dim()).expect("whole rows");
        let all = METRICS.iter();
        for metric in all.filter(|metric| !LENGTH_MATTERS.contains(&metric.name)) {
            if metric.reads() == Reads::Vectors {
                let set = |vectors| measured(metric, &Set::of_vectors(vectors));
                let (a, b) = (set(&vectors), set(&longer));
                assert!((a / b - 1.0).abs() < 1e-6, "{}: {a} {b}", metric.name);
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let mut stream = Seed::new(7).stream("vectors");
        let values = (0..3000 * 20).map(|_| stream.normal() as f32).collect();
        let vectors = Vectors::new(values, 20).expect("whole rows");
        let word = |i: usize| format!("w{} ", i * i % 97);
        let text = |row: usize| (row..row + 3 + row % 11).map(word).collect::<String>();
        let texts: Vec<String> = (0..6_000).map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for metric in METRICS {
            let bits = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let set = match metric.reads() {
                    Reads::Vectors => Set::of_vectors(&vectors),
                    _ if FEW_TEXTS.contains(&metric.name) => {
                        Set::of_texts(&texts[..300], Tokenizer::Unicode)
                    }
                    _ => Set::of_texts(&texts, Tokenizer::Unicode),
                };
                let pool = pool.expect("threads");
                pool.install(|| measured(metric, &set).to_bits())
            };
            assert_eq!(bits(1), bits(5), "{}", metric.name);
        }
    }

    #[test]
    fn an_empty_set_is_refused() {
        let none = Vectors::new(Vec::new(), 3).expect("no row");
        for metric in METRICS {
            let set = match metric.reads() {
                Reads::Vectors => Set::of_vectors(&none),
                _ => Set::of_texts(&[], Tokenizer::Unicode),
            };
            let context = Context::new(&Options::new(Seed::new(1)));
            assert!(metric.measure(&set, &context).is_err(), "{}", metric.name);
        }
    }
}
