//! Many comparisons at once: p-values adjusted so that one false finding among all stays rare.

/// Holm's adjusted p-values (1979), in the order of `ps`; those that are missing stay so and count
/// as comparisons.
pub fn holm(ps: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<usize> = (0..ps.len()).filter(|at| ps[*at].is_some()).collect();
    order.sort_by(|one, other| {
        ps[*one]
            .unwrap_or(1.0)
            .total_cmp(&ps[*other].unwrap_or(1.0))
    });
    let mut adjusted = vec![None; ps.len()];
    let mut least = 0.0f64;
    for (rank, at) in order.into_iter().enumerate() {
        least = least
            .max(ps[at].unwrap_or(1.0) * (ps.len() - rank) as f64)
            .min(1.0);
        adjusted[at] = Some(least);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_multiplies_the_smallest_most_and_never_falls() {
        // 0.01 × 4, 0.02 × 3, then max(0.06, 0.03 × 2); the missing one counts.
        let adjusted = holm(&[Some(0.02), None, Some(0.01), Some(0.03)]);
        let near = |value: Option<f64>, expected: f64| {
            (value.expect("a p-value") - expected).abs() < 1e-12
        };
        assert!(near(adjusted[0], 0.06) && near(adjusted[2], 0.04) && near(adjusted[3], 0.06));
        assert_eq!(adjusted[1], None);
    }
}
