//! What a text must be to be taken: rules that are named on the command line and judged in their order.

use std::fmt;
use std::str::FromStr;

use numeric::Share;
use serde::{Serialize, Serializer};
use text::Lcs;

use crate::request::Refusal;

/// Phrases by which models decline, in small letters.
const REFUSALS: [&str; 10] = [
    "as an ai",
    "as a language model",
    "i cannot fulfill",
    "i can't assist",
    "i cannot assist",
    "i can't help with",
    "i cannot help with",
    "i'm sorry, but",
    "i am sorry, but",
    "i'm unable to",
];

/// One thing that a text must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// `length=MIN..MAX`: so many words, both ends included.
    Length {
        /// The fewest words.
        least: usize,
        /// The most words.
        most: usize,
    },
    /// `script=NAME`: at least nine of ten letters are of this script.
    Script(Script),
    /// `novelty=SHARE`: its ROUGE-L with every seed and every text taken before it is at most this.
    Novelty(Share),
    /// `refusals`: it holds no phrase by which models decline.
    Refusals,
}

/// A script, told by the Unicode blocks of its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Latin letters, with marks or without.
    Latin,
    /// Cyrillic letters.
    Cyrillic,
    /// Greek letters.
    Greek,
    /// Arabic letters.
    Arabic,
    /// Hebrew letters.
    Hebrew,
    /// Devanagari letters.
    Devanagari,
    /// Chinese characters, with the Japanese syllables.
    Han,
    /// Korean syllables and letters.
    Hangul,
}

const SCRIPTS: [(&str, Script); 8] = [
    ("latin", Script::Latin),
    ("cyrillic", Script::Cyrillic),
    ("greek", Script::Greek),
    ("arabic", Script::Arabic),
    ("hebrew", Script::Hebrew),
    ("devanagari", Script::Devanagari),
    ("han", Script::Han),
    ("hangul", Script::Hangul),
];

/// The share of letters that must be of the script.
const OF_SCRIPT: f64 = 0.9;

impl Script {
    fn has(self, letter: char) -> bool {
        let code = u32::from(letter);
        let within = |ranges: &[(u32, u32)]| {
            ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&code))
        };
        match self {
            Self::Latin => within(&[
                (0x41, 0x24f),
                (0x1e00, 0x1eff),
                (0x2c60, 0x2c7f),
                (0xa720, 0xa7ff),
                (0xff21, 0xff5a),
            ]),
            Self::Greek => within(&[(0x370, 0x3ff), (0x1f00, 0x1fff)]),
            Self::Cyrillic => within(&[
                (0x400, 0x52f),
                (0x1c80, 0x1c8f),
                (0x2de0, 0x2dff),
                (0xa640, 0xa69f),
            ]),
            Self::Hebrew => within(&[(0x590, 0x5ff), (0xfb1d, 0xfb4f)]),
            Self::Arabic => within(&[
                (0x600, 0x6ff),
                (0x750, 0x77f),
                (0x870, 0x8ff),
                (0xfb50, 0xfdff),
                (0xfe70, 0xfeff),
            ]),
            Self::Devanagari => within(&[(0x900, 0x97f), (0xa8e0, 0xa8ff)]),
            Self::Han => within(&[
                (0x3005, 0x3007),
                (0x3040, 0x30ff),
                (0x3400, 0x4dbf),
                (0x4e00, 0x9fff),
                (0xf900, 0xfaff),
                (0x20000, 0x323af),
            ]),
            Self::Hangul => within(&[
                (0x1100, 0x11ff),
                (0x3130, 0x318f),
                (0xa960, 0xa97f),
                (0xac00, 0xd7ff),
            ]),
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        match name {
            "length" => length(value),
            "script" => {
                let found = SCRIPTS.iter().find(|(name, _)| *name == value);
                let names: Vec<_> = SCRIPTS.iter().map(|(name, _)| *name).collect();
                let unknown = || {
                    format!(
                        "no script is called `{value}`; known are {}",
                        names.join(", ")
                    )
                };
                found
                    .map(|(_, script)| Self::Script(*script))
                    .ok_or_else(unknown)
            }
            "novelty" => {
                let share = value.parse::<Share>().map_err(|error| error.to_string())?;
                Ok(Self::Novelty(share))
            }
            "refusals" if value.is_empty() => Ok(Self::Refusals),
            _ => Err(
                "known rules are length=MIN..MAX, script=NAME, novelty=SHARE and refusals"
                    .to_owned(),
            ),
        }
    }
}

fn length(value: &str) -> Result<Rule, String> {
    let wrong = || format!("`{value}` is no range of words, such as 3..150");
    let (least, most) = value.split_once("..").ok_or_else(wrong)?;
    let least = if least.is_empty() {
        0
    } else {
        least.parse().map_err(|_| wrong())?
    };
    let most = if most.is_empty() {
        usize::MAX
    } else {
        most.parse().map_err(|_| wrong())?
    };
    if least > most {
        return Err(wrong());
    }
    Ok(Rule::Length { least, most })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length {
                least,
                most: usize::MAX,
            } => write!(f, "length={least}.."),
            Self::Length { least, most } => write!(f, "length={least}..{most}"),
            Self::Script(script) => {
                let found = SCRIPTS.iter().find(|(_, known)| known == script);
                write!(f, "script={}", found.map_or("", |(name, _)| name))
            }
            Self::Novelty(share) => write!(f, "novelty={}", share.fraction()),
            Self::Refusals => f.write_str("refusals"),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The rules of a run, with the texts that later ones must differ from.
pub(crate) struct Accept {
    rules: Vec<Rule>,
    known: Known,
}

impl Accept {
    /// These rules, with the ids and texts of the seeds.
    pub(crate) fn new<'a>(rules: &[Rule], seeds: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut accept = Self {
            rules: rules.to_vec(),
            known: Known::default(),
        };
        if accept.bound().is_some() {
            seeds.for_each(|(id, text)| accept.known.add(id, text));
        }
        accept
    }

    /// Why the text is not taken, by the first rule that says so.
    pub(crate) fn judge(&self, text: &str) -> Result<(), Refusal> {
        self.rules.iter().try_for_each(|rule| match rule {
            Rule::Length { least, most } => {
                let words = text::whitespace_tokens(text).count();
                let refused =
                    (!(*least..=*most).contains(&words)).then_some(("length", words as f64));
                refuse(refused)
            }
            Rule::Script(script) => {
                let share = share_of(*script, text);
                refuse((share < OF_SCRIPT).then_some(("script", share)))
            }
            Rule::Refusals => {
                let small = text.to_lowercase().replace('\u{2019}', "'");
                let declines = REFUSALS.iter().any(|phrase| small.contains(phrase));
                if declines {
                    Err("refusal".into())
                } else {
                    Ok(())
                }
            }
            Rule::Novelty(bound) => self.known.refuse_like(text, bound.fraction()),
        })
    }

    /// Tells that the text with this id was taken.
    pub(crate) fn taken(&mut self, id: &str, text: &str) {
        if self.bound().is_some() {
            self.known.add(id, text);
        }
    }

    fn bound(&self) -> Option<f64> {
        self.rules.iter().find_map(|rule| match rule {
            Rule::Novelty(bound) => Some(bound.fraction()),
            _ => None,
        })
    }
}

fn refuse(refused: Option<(&str, f64)>) -> Result<(), Refusal> {
    match refused {
        None => Ok(()),
        Some((reason, score)) => Err(Refusal {
            score: Some(score),
            ..Refusal::of(reason)
        }),
    }
}

/// The share of the letters that are of this script; 0 where there is no letter.
fn share_of(script: Script, text: &str) -> f64 {
    let letters = text.chars().filter(|character| character.is_alphabetic());
    let (of_script, all) = letters.fold((0u64, 0u64), |(of_script, all), letter| {
        (of_script + u64::from(script.has(letter)), all + 1)
    });
    if all == 0 {
        0.0
    } else {
        of_script as f64 / all as f64
    }
}

/// Texts that were taken, as the numbers of their words.
#[derive(Default)]
struct Known {
    numbers: std::collections::BTreeMap<String, u32>,
    ids: Vec<String>,
    texts: Vec<Vec<u32>>,
}

impl Known {
    fn add(&mut self, id: &str, text: &str) {
        let tokens = words(text);
        let next = |numbers: &std::collections::BTreeMap<String, u32>| numbers.len() as u32;
        let tokens = tokens.into_iter().map(|word| {
            let number = next(&self.numbers);
            *self.numbers.entry(word).or_insert(number)
        });
        let tokens = tokens.collect();
        self.texts.push(tokens);
        self.ids.push(id.to_owned());
    }

    /// Refuses a text whose ROUGE-L with one of them is more than `bound`; of several, the most alike.
    fn refuse_like(&self, text: &str, bound: f64) -> Result<(), Refusal> {
        // A word that no known text has is in no common sequence.
        let tokens: Vec<u32> = words(text)
            .into_iter()
            .map(|word| self.numbers.get(&word).copied().unwrap_or(u32::MAX))
            .collect();
        let lcs = Lcs::new(&tokens);
        let mut worst: Option<(f64, usize)> = None;
        for (at, known) in self.texts.iter().enumerate() {
            let most = 2.0 * known.len().min(tokens.len()) as f64;
            let reached = worst.map_or(bound, |(score, _)| score);
            if most <= reached * (known.len() + tokens.len()) as f64 {
                continue;
            }
            let score = lcs.rouge_l(known);
            if score > reached {
                worst = Some((score, at));
            }
        }
        match worst {
            None => Ok(()),
            Some((score, at)) => Err(Refusal {
                score: Some(score),
                like: Some(self.ids[at].clone()),
                ..Refusal::of("novelty")
            }),
        }
    }
}

/// Words as Self-Instruct's ROUGE-L takes them: letters and digits, in small letters.
fn words(text: &str) -> Vec<String> {
    let tokens = text::words(text);
    tokens.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(rules: &[&str]) -> Accept {
        let rules: Vec<Rule> = rules
            .iter()
            .map(|rule| rule.parse().expect("a rule"))
            .collect();
        Accept::new(&rules, [("seed", "the old ship sails at dawn")].into_iter())
    }

    fn reason(accept: &Accept, text: &str) -> Option<(String, Option<f64>, Option<String>)> {
        let refusal = accept.judge(text).err()?;
        Some((refusal.reason, refusal.score, refusal.like))
    }

    #[test]
    fn rules_are_written_as_they_are_read() {
        for rule in [
            "length=3..150",
            "length=2..",
            "script=latin",
            "novelty=0.7",
            "refusals",
        ] {
            assert_eq!(rule.parse::<Rule>().expect("a rule").to_string(), rule);
        }
        for wrong in [
            "length",
            "length=5..3",
            "script=elvish",
            "novelty=70",
            "refusals=1",
            "parse",
        ] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn both_ends_of_a_length_are_taken() {
        let accept = accept(&["length=2..3"]);
        assert_eq!(reason(&accept, "a b"), None);
        assert_eq!(reason(&accept, "a b c"), None);
        assert_eq!(
            reason(&accept, "a"),
            Some(("length".to_owned(), Some(1.0), None))
        );
        assert!(reason(&accept, "a b c d").is_some());
    }

    #[test]
    fn letters_tell_the_script_and_digits_do_not() {
        let accept = accept(&["script=cyrillic"]);
        assert_eq!(reason(&accept, "Привет, 12345!"), None);
        assert!(reason(&accept, "hello Привет").is_some());
        assert!(reason(&accept, "12345").is_some());
    }

    #[test]
    fn a_text_like_a_seed_or_like_one_taken_before_is_refused_with_the_most_alike() {
        let mut accept = accept(&["novelty=0.7"]);
        // 5 of 6 words in order: 2 · 5 / 12.
        assert_eq!(
            reason(&accept, "The old ship sails at noon."),
            Some((
                "novelty".to_owned(),
                Some(10.0 / 12.0),
                Some("seed".to_owned())
            ))
        );
        let other = "a quiet street sleeps under snow";
        assert_eq!(reason(&accept, other), None);
        accept.taken("other", other);
        let refused = reason(&accept, other).expect("taken before");
        assert_eq!(
            (refused.1, refused.2.as_deref()),
            (Some(1.0), Some("other"))
        );
    }

    #[test]
    fn a_model_that_declines_is_not_taken_for_one_that_writes() {
        let accept = accept(&["refusals"]);
        assert!(reason(&accept, "I\u{2019}m sorry, but I cannot do that.").is_some());
        assert_eq!(reason(&accept, "He is sorry for the ship."), None);
    }
}
