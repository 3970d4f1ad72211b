//! All synthetic rows, and human rows added to them.

use super::{Asked, Available, Design, Parts, meaningless, needed};

const NAME: &str = "fixed-synthetic";

/// All s synthetic rows, and as many human ones as give them the share P: s (1 − P) / P.
pub(super) static DESIGN: Design = Design {
    name: NAME,
    about: "all synthetic rows, and as many human rows as give them the share",
    plan,
};

fn plan(asked: &Asked, available: Available) -> anyhow::Result<Parts> {
    meaningless(NAME, "ratio", asked.ratio.is_some())?;
    meaningless(NAME, "total", asked.total.is_some())?;
    let proportion = needed(NAME, "proportion", asked.proportion)?.fraction();
    anyhow::ensure!(
        proportion > 0.0,
        "the share of all synthetic rows is above 0, but --proportion is 0"
    );
    let real = available.synthetic as f64 * (1.0 - proportion) / proportion;
    Ok(Parts {
        real: (real + 0.5).floor() as u64,
        synthetic: available.synthetic,
        proportion,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(proportion: &str) -> anyhow::Result<Parts> {
        let asked = Asked {
            proportion: proportion.parse().ok(),
            ..Asked::default()
        };
        let available = Available {
            real: 1000,
            synthetic: 30,
        };
        plan(&asked, available)
    }

    #[test]
    fn all_synthetic_rows_stay_whatever_is_added() {
        let real = |share| planned(share).expect("a plan").real;
        // 30 · 3, 30 · 1, 30 · 1/3 and none.
        assert_eq!(["0.25", "0.5", "0.75", "1"].map(real), [90, 30, 10, 0]);
        assert_eq!(planned("0.3").expect("a plan").synthetic, 30);
    }

    #[test]
    fn no_share_has_no_number() {
        let error = planned("0").expect_err("infinitely many");
        assert!(error.to_string().contains("above 0"), "{error}");
    }
}
