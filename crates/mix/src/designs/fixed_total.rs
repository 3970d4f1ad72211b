//! A number of rows that stays, of which a share is synthetic.

use super::{Asked, Available, Design, Parts, meaningless, needed, share_of};

const NAME: &str = "fixed-total";

/// Of N rows, round(P · N) are synthetic and the others human: as P rises, human rows give way.
pub(super) static DESIGN: Design = Design {
    name: NAME,
    about: "N rows, of which a share is synthetic",
    plan,
};

fn plan(asked: &Asked, available: Available) -> anyhow::Result<Parts> {
    meaningless(NAME, "ratio", asked.ratio.is_some())?;
    let proportion = needed(NAME, "proportion", asked.proportion)?;
    let total = asked.total.unwrap_or(available.real);
    let synthetic = share_of(proportion, total);
    Ok(Parts {
        real: total - synthetic,
        synthetic,
        proportion: proportion.fraction(),
    })
}

#[cfg(test)]
mod tests {
    use numeric::Share;

    use super::*;

    fn planned(proportion: f64, total: Option<u64>) -> Parts {
        let asked = Asked {
            proportion: Share::new(proportion).ok(),
            total,
            ratio: None,
        };
        plan(
            &asked,
            Available {
                real: 1000,
                synthetic: 10,
            },
        )
        .expect("a plan")
    }

    #[test]
    fn counts_are_exact_for_every_share_of_every_total() {
        for total in 1..=60 {
            let mut before = 0;
            for step in 0..=40 {
                let share = f64::from(step) / 40.0;
                let plan = planned(share, Some(total));
                assert_eq!(plan.real + plan.synthetic, total);
                // To the nearest whole row, in integers: |synthetic − step · total / 40| ≤ 1/2.
                assert!(
                    (80 * plan.synthetic as i64 - 2 * i64::from(step) * total as i64).abs() <= 40
                );
                assert!(plan.synthetic >= before, "the synthetic part shrank");
                before = plan.synthetic;
            }
        }
    }

    #[test]
    fn the_total_is_that_of_the_human_rows_where_none_is_given() {
        assert_eq!(
            planned(0.25, None),
            Parts {
                real: 750,
                synthetic: 250,
                proportion: 0.25
            }
        );
    }

    #[test]
    fn what_it_needs_and_what_means_nothing_to_it_are_named() {
        let available = Available {
            real: 1,
            synthetic: 1,
        };
        let error = plan(&Asked::default(), available).expect_err("no proportion");
        assert_eq!(
            error.to_string(),
            "the design fixed-total needs --proportion"
        );
        let asked = Asked {
            ratio: "1".parse().ok(),
            ..Asked::default()
        };
        let error = plan(&asked, available).expect_err("a ratio");
        assert_eq!(
            error.to_string(),
            "--ratio means nothing to the design fixed-total"
        );
    }
}
