//! All human rows, and synthetic rows added to them.

use super::{Asked, Available, Design, Parts, meaningless, needed};

const NAME: &str = "fixed-real";

/// All h human rows and round(R · h) synthetic ones; the share is R / (1 + R).
pub(super) static DESIGN: Design = Design {
    name: NAME,
    about: "all human rows, and synthetic rows added to them",
    plan,
};

fn plan(asked: &Asked, available: Available) -> anyhow::Result<Parts> {
    meaningless(NAME, "proportion", asked.proportion.is_some())?;
    meaningless(NAME, "total", asked.total.is_some())?;
    let ratio = needed(NAME, "ratio", asked.ratio)?;
    Ok(Parts {
        real: available.real,
        synthetic: ratio.of(available.real as usize) as u64,
        proportion: ratio.share(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(ratio: &str) -> Parts {
        let asked = Asked {
            ratio: ratio.parse().ok(),
            ..Asked::default()
        };
        plan(
            &asked,
            Available {
                real: 10,
                synthetic: 0,
            },
        )
        .expect("a plan")
    }

    #[test]
    fn all_human_rows_stay_whatever_is_added() {
        let synthetic: Vec<_> = ["0", "0.25", "0.5", "1", "4"]
            .map(|ratio| planned(ratio).synthetic)
            .into();
        assert_eq!(synthetic, [0, 3, 5, 10, 40]);
        assert_eq!(
            planned("4"),
            Parts {
                real: 10,
                synthetic: 40,
                proportion: 0.8
            }
        );
    }

    #[test]
    fn the_options_of_the_other_design_are_refused() {
        let asked = Asked {
            total: Some(3),
            ..Asked::default()
        };
        let error = plan(
            &asked,
            Available {
                real: 1,
                synthetic: 1,
            },
        )
        .expect_err("a total");
        assert_eq!(
            error.to_string(),
            "--total means nothing to the design fixed-real"
        );
    }
}
