//! The size of a grammar, and the entropy of what it writes, computed exactly.

use super::{Grammar, Knobs, Symbol};

impl Grammar {
    /// How many alternatives all classes and rules have together.
    pub fn productions(&self) -> usize {
        self.rules.iter().map(|rule| rule.alternatives.len()).sum()
    }

    /// How many alternatives the classes have: one template each.
    pub fn templates(&self) -> usize {
        let of_class = |class: &super::Class| self.rules[class.rule].alternatives.len();
        self.classes.iter().map(of_class).sum()
    }

    /// How many different words and marks there are.
    pub fn vocabulary(&self) -> usize {
        self.words.len()
    }

    /// The entropy in nats of a derivation of the class `label`.
    ///
    /// By the chain rule: each rule adds the entropy of its choice and, for each alternative,
    /// what the rules in it add.
    pub fn entropy(&self, label: &str, knobs: Knobs) -> Result<f64, super::GrammarError> {
        let rule = self.classes[self.class_index(label)?].rule;
        Ok(self.rule_entropy(rule, knobs, &mut vec![None; self.rules.len()]))
    }

    fn rule_entropy(&self, rule: usize, knobs: Knobs, known: &mut [Option<f64>]) -> f64 {
        if let Some(entropy) = known[rule] {
            return entropy;
        }
        let Self { rules, .. } = self;
        let mut terms = Vec::new();
        let probabilities = knobs.probabilities(&rules[rule].name, &rules[rule].weights);
        for (symbols, p) in rules[rule].alternatives.iter().zip(probabilities) {
            if p > 0.0 {
                let below = symbols.iter().map(|symbol| match *symbol {
                    Symbol::Rule(rule) => self.rule_entropy(rule, knobs, known),
                    Symbol::Word(_) => 0.0,
                });
                terms.push(p * (numeric::sum(below) - p.ln()));
            }
        }
        *known[rule].insert(numeric::sum(terms))
    }
}
