//! How far is a set from a reference: one file a family of shift measures.

mod frechet;
mod mmd;

pub use mmd::{median_distance, mmd2_rbf};

use crate::Shift;

/// All shift measures.
pub static SHIFTS: &[&Shift] = &[&mmd::MMD_RBF, &frechet::FRECHET];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Measured, Options, Pair, Set, shift_estimates};
    use numeric::{Groups, Seed, Vectors};

    const OPTIONS: Options = Options::new(Seed::new(1));

    /// Normal vectors around `centre` in every dimension.
    fn cloud(n: usize, centre: f32, seed: u64) -> Vectors {
        let mut stream = Seed::new(seed).stream("vectors");
        let values = (0..n * 5)
            .map(|_| stream.normal() as f32 + centre)
            .collect();
        Vectors::new(values, 5).expect("whole rows")
    }

    fn measured(shift: &Shift, reference: &Vectors, other: &Vectors) -> Measured {
        let pair = Pair::new(Set::of_vectors(reference), Set::of_vectors(other));
        shift.measure(&pair, &Context::new(&OPTIONS))
    }

    fn value(shift: &Shift, reference: &Vectors, other: &Vectors) -> f64 {
        measured(shift, reference, other).expect(shift.name).value
    }

    #[test]
    fn the_farther_set_has_the_higher_value() {
        let reference = cloud(200, 0.0, 1);
        for shift in SHIFTS {
            let same = value(shift, &reference, &cloud(200, 0.0, 2));
            let near = value(shift, &reference, &cloud(200, 0.5, 2));
            let far = value(shift, &reference, &cloud(200, 1.5, 2));
            assert!(
                same < near && near < far,
                "{}: {same} {near} {far}",
                shift.name
            );
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (reference, other) = (cloud(40, 0.0, 1), cloud(30, 0.7, 2));
        let mut order: Vec<usize> = (0..40).collect();
        Seed::new(3).stream("shuffle").shuffle(&mut order);
        for shift in SHIFTS {
            let before = value(shift, &reference, &other);
            let after = value(shift, &reference.select(&order), &other);
            assert!(
                (before / after - 1.0).abs() < 1e-9,
                "{}: {before} {after}",
                shift.name
            );
        }
    }

    #[test]
    fn an_estimate_has_an_interval_around_its_value() {
        let (reference, other) = (cloud(60, 0.0, 1), cloud(80, 0.7, 2));
        let seed = Seed::new(4);
        let (of_reference, of_other) = (Groups::of_rows(60, seed), Groups::of_rows(80, seed));
        let pair = Pair::new(Set::of_vectors(&reference), Set::of_vectors(&other));
        let groups = Some((&of_reference, &of_other));
        let all = shift_estimates(SHIFTS, &pair, groups, &OPTIONS).expect("their groups");
        for (shift, found) in SHIFTS.iter().zip(all) {
            let estimate = found.expect(shift.name).estimate;
            let interval = estimate.interval.expect("enough groups");
            assert!(interval.low < estimate.value && estimate.value < interval.high);
            assert_eq!(estimate.n, 80);
        }
    }

    #[test]
    fn vectors_of_another_dimension_are_refused() {
        let other = Vectors::new(vec![1.0; 6], 2).expect("whole rows");
        for shift in SHIFTS {
            let error = measured(shift, &cloud(3, 0.0, 1), &other);
            let error = error.expect_err("5 is not 2").to_string();
            assert!(
                error.contains("dimension 5, and the other set of 2"),
                "{error}"
            );
        }
    }

    #[test]
    fn one_vector_is_refused() {
        for shift in SHIFTS {
            let (one, some) = (cloud(1, 0.0, 1), cloud(9, 0.0, 2));
            assert!(measured(shift, &one, &some).is_err(), "{}", shift.name);
            assert!(measured(shift, &some, &one).is_err(), "{}", shift.name);
        }
    }
}
