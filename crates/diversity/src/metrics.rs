//! How varied is one set: one file a family of metrics.

mod compression_ratio;
mod dcscore;
mod distinct;
mod mean_pairwise;
mod mean_words;
mod self_bleu;
mod vendi;

pub use dcscore::dcscore;
pub use distinct::distinct;
pub use self_bleu::self_bleu;

use crate::Metric;

/// All metrics, those of texts first.
pub static METRICS: &[&Metric] = &[
    &mean_words::MEAN_WORDS,
    &distinct::DISTINCT_1,
    &distinct::DISTINCT_2,
    &distinct::DISTINCT_3,
    &self_bleu::SELF_BLEU_4,
    &compression_ratio::COMPRESSION_RATIO_GZIP,
    &vendi::VENDI_Q1,
    &dcscore::DCSCORE_COSINE_TAU0_1,
    &mean_pairwise::MEAN_PAIRWISE_COSINE_DISTANCE,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Direction, Options, Preset, Reads, Set};
    use numeric::{Seed, Vectors};
    use text::Tokenizer;

    /// Metrics that look at neighbouring rows, and so depend a little on the order.
    const ORDER_MATTERS: &[&str] = &["compression_ratio_gzip"];

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
            let allowed = if ORDER_MATTERS.contains(&metric.name) {
                0.05
            } else {
                1e-9
            };
            assert!(
                (before / after - 1.0).abs() < allowed,
                "{}: {before} {after}",
                metric.name
            );
        }
    }

    #[test]
    fn repeating_the_whole_set_never_looks_more_varied() {
        let vectors = vectors();
        for metric in right() {
            let once = rows(metric, &vectors);
            let twice = [once.clone(), once.clone()].concat();
            let (before, after) = (
                value(metric, &vectors, &once),
                value(metric, &vectors, &twice),
            );
            let holds = match metric.direction {
                Direction::HigherIsMoreVaried => after <= before * (1.0 + 1e-6),
                Direction::LowerIsMoreVaried => after >= before * (1.0 - 1e-6),
                Direction::Neutral => after == before,
                Direction::HigherIsFarther | Direction::LowerIsFarther => false,
            };
            assert!(holds, "{}: {before} {after}", metric.name);
        }
    }

    #[test]
    fn copies_of_one_row_look_less_varied_than_different_rows() {
        let vectors = vectors();
        for metric in right() {
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
        for metric in METRICS {
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
        let texts: Vec<String> = (0..30_000).map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for metric in METRICS {
            let bits = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let set = match metric.reads() {
                    Reads::Vectors => Set::of_vectors(&vectors),
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
