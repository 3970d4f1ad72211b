//! How far is a set from a reference: one file a family of shift measures.

mod c2st_auc;
mod dsir_log_weight;
mod frechet;
mod js;
mod kl;
mod mauve;
mod mmd;
mod nearest;
mod ngram_novelty;
mod prdc;
mod psi;
mod psi_cluster;
mod tail_coverage;

pub use dsir_log_weight::dsir_log_weights;
pub use frechet::frechet;
pub use js::jensen_shannon;
pub use mauve::Histograms;
pub use mmd::{median_distance, mmd2_poly3, mmd2_rbf};
pub(crate) use nearest::nearest;
pub use prdc::{Prdc, prdc};
pub use psi::psi;

use crate::Shift;

/// All shift measures, those of texts first.
pub static SHIFTS: &[&Shift] = &[
    &psi::PSI_LENGTH,
    &psi::PSI_LABEL,
    &psi_cluster::PSI_CLUSTER_10,
    &js::JS_1,
    &js::JS_2,
    &kl::KL_1,
    &kl::KL_REVERSE_1,
    &tail_coverage::TAIL_COVERAGE,
    &ngram_novelty::NGRAM_NOVELTY_1,
    &ngram_novelty::NGRAM_NOVELTY_2,
    &ngram_novelty::NGRAM_NOVELTY_4,
    &ngram_novelty::NGRAM_NOVELTY_8,
    &dsir_log_weight::DSIR_LOG_WEIGHT,
    &mmd::MMD_RBF,
    &mmd::MMD_POLY3,
    &frechet::FRECHET,
    &mauve::MAUVE,
    &mauve::MAUVE_STAR,
    &mauve::FRONTIER_INTEGRAL,
    &prdc::PRECISION_5,
    &prdc::RECALL_5,
    &prdc::DENSITY_5,
    &prdc::COVERAGE_5,
    &c2st_auc::C2ST_AUC,
    &nearest::NEAREST_REFERENCE_DISTANCE,
    &nearest::NEAREST_SET_DISTANCE,
    &nearest::AUTHENTICITY,
    &nearest::C_T,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Direction, Measured, Options, Pair, Reads, Set, Texts, shift_estimates};
    use numeric::{Groups, Seed, Vectors};
    use std::borrow::Cow;
    use text::Tokenizer;

    const OPTIONS: Options = Options::new(Seed::new(1));

    /// Rows with a text, a label and a vector.
    struct Rows {
        texts: Vec<String>,
        labels: Vec<String>,
        vectors: Vectors,
    }

    impl Rows {
        /// Normal vectors around `centre` in every dimension; words that shift as the vectors do.
        fn new(n: usize, centre: f64, seed: u64) -> Self {
            let mut stream = Seed::new(seed).stream("rows");
            let values = (0..n * 5).map(|_| (stream.normal() + centre) as f32);
            let vectors = Vectors::new(values.collect(), 5).expect("whole rows");
            let mut word = || format!("w{:.0}", 8.0 * (stream.normal() + 2.0 * centre));
            let texts = (0..n).map(|row| {
                let length = 10 + row % 7 + (9.0 * centre) as usize;
                (0..length).map(|_| word() + " ").collect::<String>()
            });
            let texts = texts.collect();
            let labels = (0..n).map(|_| word()).collect();
            Self {
                texts,
                labels,
                vectors,
            }
        }

        fn set(&self) -> Set<'_> {
            let texts = self.texts.iter().map(String::as_str).collect();
            Set::of_rows(self.texts.len())
                .with_texts(Texts::new(texts, Tokenizer::Unicode))
                .with_labels(self.labels.iter().map(String::as_str).collect())
                .with_vectors(Cow::Borrowed(&self.vectors))
        }
    }

    fn measured(shift: &Shift, reference: &Set<'_>, other: &Set<'_>) -> Measured {
        let pair = Pair::new(reference.clone(), other.clone());
        shift.measure(&pair, &Context::new(&OPTIONS))
    }

    fn value(shift: &Shift, reference: &Set<'_>, other: &Set<'_>) -> f64 {
        measured(shift, reference, other).expect(shift.name).value
    }

    #[test]
    fn the_farther_set_has_the_higher_value_or_the_lower_one() {
        let rows =
            [(0.0, 1), (0.0, 2), (0.5, 2), (1.5, 2)].map(|(x, seed)| Rows::new(200, x, seed));
        let sets = rows.each_ref().map(Rows::set);
        for shift in SHIFTS {
            let [same, near, far] = [1, 2, 3].map(|at| value(shift, &sets[0], &sets[at]));
            let farther = match shift.direction {
                Direction::HigherIsFarther => same < near && near < far,
                Direction::LowerIsFarther => same > near && near > far,
                _ => true,
            };
            assert!(farther, "{}: {same} {near} {far}", shift.name);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (reference, other) = (Rows::new(40, 0.0, 1), Rows::new(30, 0.7, 2));
        let (reference, other) = (reference.set(), other.set());
        let mut order: Vec<usize> = (0..40).collect();
        Seed::new(3).stream("shuffle").shuffle(&mut order);
        for shift in SHIFTS {
            let before = value(shift, &reference, &other);
            let after = value(shift, &reference.select(&order), &other);
            let error = (before - after).abs();
            assert!(
                error <= 1e-9 * before.abs(),
                "{}: {before} {after}",
                shift.name
            );
        }
    }

    #[test]
    fn an_estimate_has_an_interval_around_its_value() {
        let (reference, other) = (Rows::new(60, 0.0, 1), Rows::new(80, 0.7, 2));
        let seed = Seed::new(4);
        let (of_reference, of_other) = (Groups::of_rows(60, seed), Groups::of_rows(80, seed));
        let pair = Pair::new(reference.set(), other.set());
        let groups = Some((&of_reference, &of_other));
        let all = shift_estimates(SHIFTS, &pair, groups, &OPTIONS).expect("their groups");
        for (shift, found) in SHIFTS.iter().zip(all) {
            let estimate = found.expect(shift.name).estimate;
            assert_eq!(estimate.n, 80);
            let Some(interval) = estimate.interval else {
                assert!(!shift.jackknife, "{}", shift.name);
                continue;
            };
            let (low, high) = (interval.low, interval.high);
            let around = low <= estimate.value && estimate.value <= high;
            assert!(around, "{}: {low} {} {high}", shift.name, estimate.value);
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let (reference, other) = (Rows::new(700, 0.0, 1), Rows::new(600, 0.3, 2));
        let (reference, other) = (reference.set(), other.set());
        for shift in SHIFTS {
            let bits = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let value = || value(shift, &reference, &other).to_bits();
                pool.expect("threads").install(value)
            };
            assert_eq!(bits(1), bits(5), "{}", shift.name);
        }
    }

    #[test]
    fn vectors_of_another_dimension_are_refused() {
        let rows = Rows::new(9, 0.0, 1);
        let other = Vectors::new(vec![1.0; 18], 2).expect("whole rows");
        let of_vectors = |shift: &&&Shift| shift.reads() == Reads::Vectors;
        for shift in SHIFTS.iter().filter(of_vectors) {
            let error = measured(shift, &rows.set(), &Set::of_vectors(&other));
            let error = error.expect_err("5 is not 2").to_string();
            assert!(
                error.contains("dimension 5, and the other set of 2"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_empty_set_and_of_vectors_one_alone_are_refused() {
        let (one, some) = (Rows::new(1, 0.0, 1), Rows::new(9, 0.0, 2));
        let (one, some) = (one.set(), some.set());
        let none = one.select(&[]);
        for shift in SHIFTS {
            assert!(measured(shift, &none, &some).is_err(), "{}", shift.name);
            assert!(measured(shift, &some, &none).is_err(), "{}", shift.name);
            if shift.reads() == Reads::Vectors {
                assert!(measured(shift, &one, &some).is_err(), "{}", shift.name);
                assert!(measured(shift, &some, &one).is_err(), "{}", shift.name);
            }
        }
    }
}
