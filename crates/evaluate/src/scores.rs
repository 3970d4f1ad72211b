//! How near a written text is to those that it should be, one file a definition.

pub(crate) mod bleu;
pub(crate) mod chrf;
pub(crate) mod exact;
mod grams;
pub(crate) mod number;
pub(crate) mod rouge;
pub(crate) mod squad;

/// The largest of the values of several references; 0 of none.
pub(crate) fn best(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// The harmonic mean of precision and recall, which is 0 where both are.
pub(crate) fn harmonic(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 {
        2.0 * precision * recall / (precision + recall)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const PEERS: &str = include_str!("../tests/goldens/values.json");

    fn near(found: f64, golden: &Value, what: &str) {
        let expected = golden.as_f64().expect("a number");
        assert!(
            (found - expected).abs() < 1e-9,
            "{what}: {found} against {expected}"
        );
    }

    fn floats<const N: usize>(counts: [u64; N]) -> [f64; N] {
        counts.map(|count| count as f64)
    }

    #[test]
    fn texts_score_as_with_the_peers() {
        let golden: Value = serde_json::from_str(PEERS).expect("JSON");
        let (mut of_bleu, mut of_chrf) = ([0; bleu::COUNTS], [0; chrf::COUNTS]);
        for row in golden["texts"].as_array().expect("a list") {
            let written = row["written"].as_str().expect("a text");
            let references = row["references"].as_array().expect("a list").iter();
            let references: Vec<&str> = references.filter_map(Value::as_str).collect();
            let best_of =
                |score: &dyn Fn(&str) -> f64| best(references.iter().map(|one| score(one)));
            let tokens = rouge::tokens(written);
            for (n, name) in [(1, "rouge1"), (2, "rouge2")] {
                let score = |one: &str| rouge::rouge_n(&rouge::tokens(one), &tokens, n);
                near(best_of(&score), &row[name], written);
            }
            let long = |one: &str| rouge::rouge_l(&rouge::tokens(one), &tokens);
            near(best_of(&long), &row["rougeL"], written);
            let same = |one: &str| f64::from(u8::from(squad::same(written, one)));
            near(best_of(&same), &row["squad_exact_match"], written);
            near(
                best_of(&|one| squad::f1(written, one)),
                &row["squad_f1"],
                written,
            );
            let (b, c) = (
                bleu::counts(written, &references),
                chrf::counts(written, &references),
            );
            near(bleu::score(&floats(b)), &row["bleu"], written);
            near(chrf::score(&floats(c)), &row["chrf"], written);
            of_bleu
                .iter_mut()
                .zip(b)
                .for_each(|(sum, count)| *sum += count);
            of_chrf
                .iter_mut()
                .zip(c)
                .for_each(|(sum, count)| *sum += count);
        }
        near(
            bleu::score(&floats(of_bleu)),
            &golden["corpus"]["bleu"],
            "the corpus",
        );
        near(
            chrf::score(&floats(of_chrf)),
            &golden["corpus"]["chrf"],
            "the corpus",
        );
    }
}
