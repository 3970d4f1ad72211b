//! What a measure is: a name that pins what it computes, and the function that computes it.

use numeric::Vectors;

use crate::{Context, Figure, JointTokens, MeasureError, Measured, Pair, Param, Set, Texts};

/// How varied a set is, by one definition.
#[derive(Debug)]
pub struct Metric {
    /// Its name in every output; what it computes never changes under the same name.
    pub name: &'static str,
    /// The file it is in, and the name under which all of that file are asked for.
    pub family: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// Which way is more varied.
    pub direction: Direction,
    /// What it says about a set, in one line.
    pub about: &'static str,
    /// What the name pins.
    pub params: &'static [Param],
    /// Who asks for it without naming it.
    pub preset: Preset,
    /// Whether the jackknife can say how sure it is: not of a largest or smallest value, nor of
    /// what begins with random draws.
    pub jackknife: bool,
    /// The function, by what it reads.
    pub compute: Compute,
}

/// How far a set is from a reference set, by one definition.
#[derive(Debug)]
pub struct Shift {
    /// Its name in every output; what it computes never changes under the same name.
    pub name: &'static str,
    /// The file it is in, and the name under which all of that file are asked for.
    pub family: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// Which way is farther.
    pub direction: Direction,
    /// What it says about two sets, in one line.
    pub about: &'static str,
    /// What the name pins.
    pub params: &'static [Param],
    /// Who asks for it without naming it.
    pub preset: Preset,
    /// Whether the jackknife can say how sure it is: not of a largest or smallest value, nor of
    /// what begins with random draws.
    pub jackknife: bool,
    /// The function, by what it reads.
    pub compute: Compare,
}

/// The function of a metric, by what it reads.
#[derive(Clone, Copy, Debug)]
pub enum Compute {
    /// Reads the texts as they are written.
    Texts(fn(&Texts<'_>, &Context) -> Measured),
    /// Reads the tokens of the texts, and so depends on how they are cut.
    Tokens(fn(&Texts<'_>, &Context) -> Measured),
    /// Reads the vectors.
    Vectors(fn(&Vectors, &Context) -> Measured),
}

/// The function of a shift measure, by what it reads: of the reference, then of the other set.
#[derive(Clone, Copy, Debug)]
pub enum Compare {
    /// Reads the texts as they are written.
    Texts(fn(&Texts<'_>, &Texts<'_>, &Context) -> Measured),
    /// Reads the tokens of both sets, and so depends on how they are cut.
    Tokens(fn(&JointTokens, &Context) -> Measured),
    /// Reads the labels.
    Labels(fn(&[&str], &[&str], &Context) -> Measured),
    /// Reads the vectors, which are of one dimension.
    Vectors(fn(&Vectors, &Vectors, &Context) -> Measured),
}

/// What a measure reads of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The texts.
    Texts,
    /// The labels.
    Labels,
    /// The vectors.
    Vectors,
}

/// The smallest of the ready-made choices of measures that a measure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Counts of words and bytes: seconds for a million rows.
    Fast,
    /// What is worth reporting of every set.
    Standard,
    /// Everything that is right.
    All,
    /// What a peer of this name computes, faults included, so that its figures can be reproduced.
    Compat(&'static str),
}

/// Which way a value points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A higher value is a more varied set.
    HigherIsMoreVaried,
    /// A lower value is a more varied set.
    LowerIsMoreVaried,
    /// A higher value is a set farther from the reference.
    HigherIsFarther,
    /// A lower value is a set farther from the reference.
    LowerIsFarther,
    /// A description that says nothing about variety or distance.
    Neutral,
}

impl Reads {
    /// Its name in messages, in the plural.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Texts => "texts",
            Self::Labels => "labels",
            Self::Vectors => "vectors",
        }
    }
}

impl Direction {
    /// Its name in every output, such as `higher_is_more_varied`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HigherIsMoreVaried => "higher_is_more_varied",
            Self::LowerIsMoreVaried => "lower_is_more_varied",
            Self::HigherIsFarther => "higher_is_farther",
            Self::LowerIsFarther => "lower_is_farther",
            Self::Neutral => "neutral",
        }
    }
}

impl Metric {
    /// What it reads.
    pub const fn reads(&self) -> Reads {
        match self.compute {
            Compute::Texts(_) | Compute::Tokens(_) => Reads::Texts,
            Compute::Vectors(_) => Reads::Vectors,
        }
    }

    /// Whether its value depends on how texts are cut into tokens.
    pub const fn counts_tokens(&self) -> bool {
        matches!(self.compute, Compute::Tokens(_))
    }

    /// What it finds in a set.
    pub fn measure(&self, set: &Set<'_>, context: &Context) -> Measured {
        let missing = || missing(self.name, self.reads());
        let figure = match self.compute {
            Compute::Texts(compute) | Compute::Tokens(compute) => {
                compute(set.texts().ok_or_else(missing)?, context)
            }
            Compute::Vectors(compute) => compute(set.vectors().ok_or_else(missing)?, context),
        };
        figure.and_then(finite)
    }
}

impl Shift {
    /// What it reads.
    pub const fn reads(&self) -> Reads {
        match self.compute {
            Compare::Texts(_) | Compare::Tokens(_) => Reads::Texts,
            Compare::Labels(_) => Reads::Labels,
            Compare::Vectors(_) => Reads::Vectors,
        }
    }

    /// Whether its value depends on how texts are cut into tokens.
    pub const fn counts_tokens(&self) -> bool {
        matches!(self.compute, Compare::Tokens(_))
    }

    /// What it finds in two sets.
    pub fn measure(&self, pair: &Pair<'_>, context: &Context) -> Measured {
        let missing = || missing(self.name, self.reads());
        let figure = match self.compute {
            Compare::Texts(compare) => {
                let (reference, other) = pair.texts().ok_or_else(missing)?;
                compare(reference, other, context)
            }
            Compare::Tokens(compare) => compare(pair.tokens().ok_or_else(missing)?, context),
            Compare::Labels(compare) => {
                let (reference, other) = pair.labels().ok_or_else(missing)?;
                compare(reference, other, context)
            }
            Compare::Vectors(compare) => {
                let (reference, other) = pair.vectors().ok_or_else(missing)??;
                compare(reference, other, context)
            }
        };
        figure.and_then(finite)
    }
}

fn missing(name: &'static str, reads: Reads) -> MeasureError {
    let reads = reads.name();
    MeasureError::Missing { name, reads }
}

/// No measure makes up a number, whatever the set.
fn finite(figure: Figure) -> Measured {
    if figure.value.is_finite() {
        Ok(figure)
    } else {
        Err(MeasureError::Undefined("the value is not a finite number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use numeric::Seed;
    use text::Tokenizer;

    #[test]
    fn texts_are_no_vectors() {
        let metric = crate::metric("vendi_q1").expect("known");
        let set = Set::of_texts(&["a"], Tokenizer::Unicode);
        let context = Context::new(&Options::new(Seed::new(1)));
        let error = metric.measure(&set, &context).expect_err("texts");
        assert_eq!(
            error.to_string(),
            "`vendi_q1` reads vectors, and the rows have none"
        );
    }

    #[test]
    fn a_number_that_is_none_is_a_reason() {
        assert_eq!(finite(Figure::from(1.0)), Ok(Figure::from(1.0)));
        assert!(finite(Figure::from(f64::NAN)).is_err());
        assert!(finite(Figure::from(f64::INFINITY)).is_err());
    }
}
