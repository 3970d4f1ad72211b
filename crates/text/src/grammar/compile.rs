//! From blocks to a checked grammar: names are resolved, and what cannot be expanded is refused.

use std::collections::HashMap;

use super::draft::{Block, Kind, Part, Phrase};
use super::error::{GrammarError, Place, Problem};
use super::qa::{Ask, Page, Piece, Slot};
use super::{Class, Grammar, LONGEST_TEXT, Rule, Symbol, slots, structure};

/// How many rules may be expanded for one text.
const MOST_STEPS: usize = 10_000;

/// The grammar that `blocks` make.
pub(super) fn compile(blocks: &[Block]) -> Result<Grammar, GrammarError> {
    let mut names = Names::default();
    names.define(blocks)?;
    let mut rules = Vec::new();
    let mut classes = Vec::new();
    let mut topic: Option<usize> = None;
    for block in blocks.iter().filter(|block| block.kind != Kind::Qa) {
        match block.kind {
            Kind::Class => classes.push(Class {
                label: block.name.clone(),
                weight: block.weight,
                rule: rules.len(),
            }),
            Kind::Topic => second_topic(topic.replace(rules.len()), block, &rules)?,
            Kind::Rule | Kind::Qa => {}
        }
        rules.push(names.rule(block)?);
    }
    let qa_blocks = blocks.iter().filter(|block| block.kind == Kind::Qa);
    let pages = qa_blocks
        .map(|block| names.page(block))
        .collect::<Result<Vec<_>, _>>()?;
    let order = order(&rules, &classes, &pages)?;
    let sizes = structure::sizes(&rules, &order);
    check_sizes(blocks, &rules, &classes, &pages, &sizes)?;
    let grammar = Grammar {
        starts: structure::starts(&rules, &order),
        words: names.words,
        word_ids: names.word_ids,
        rules,
        classes,
        topic,
        pages,
    };
    slots::check(&grammar)?;
    Ok(grammar)
}

fn second_topic(first: Option<usize>, block: &Block, rules: &[Rule]) -> Result<(), GrammarError> {
    let Some(first) = first else {
        return Ok(());
    };
    let first = rules[first].place.line;
    Err(block.error(block.place, Problem::SecondTopic { first }))
}

/// What names and words stand for.
#[derive(Default)]
struct Names {
    rules: HashMap<String, usize>,
    in_order: Vec<String>,
    words: Vec<String>,
    word_ids: HashMap<String, u32>,
}

impl Names {
    /// Gives every rule its number, and refuses a name's second use.
    fn define(&mut self, blocks: &[Block]) -> Result<(), GrammarError> {
        let mut lines: HashMap<(bool, &str), usize> = HashMap::new();
        for block in blocks {
            let (name, is_qa) = (block.name.clone(), block.kind == Kind::Qa);
            if let Some(first) = lines.insert((is_qa, &block.name), block.place.line) {
                return Err(block.error(block.place, Problem::DefinedTwice { name, first }));
            }
            if !is_qa {
                self.rules.insert(name.clone(), self.in_order.len());
                self.in_order.push(name);
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(id) = self.word_ids.get(word) {
            return *id;
        }
        let id = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.word_ids.insert(word.to_owned(), id);
        id
    }

    fn reference(&self, block: &Block, place: Place, name: &str) -> Result<usize, GrammarError> {
        let known = || self.in_order.join(", ");
        self.rules.get(name).copied().ok_or_else(|| {
            let (name, known) = (name.to_owned(), known());
            block.error(place, Problem::Undefined { name, known })
        })
    }

    /// A class, rule or topic.
    fn rule(&mut self, block: &Block) -> Result<Rule, GrammarError> {
        if block.alternatives.is_empty() {
            return Err(block.error(block.place, Problem::NoAlternatives));
        }
        let mut seen: HashMap<Vec<Symbol>, usize> = HashMap::new();
        let mut alternatives = Vec::new();
        for phrase in &block.alternatives {
            let symbols = self.symbols(block, phrase)?;
            if let Some(first) = seen.insert(symbols.clone(), phrase.place.line) {
                let text = phrase.shown();
                return Err(block.error(phrase.place, Problem::Duplicate { text, first }));
            }
            alternatives.push(symbols);
        }
        Ok(Rule {
            name: block.name.clone(),
            place: block.place,
            alternatives,
            weights: block.weights(),
        })
    }

    fn symbols(&mut self, block: &Block, phrase: &Phrase) -> Result<Vec<Symbol>, GrammarError> {
        let mut symbols = Vec::with_capacity(phrase.parts.len());
        for (place, part) in &phrase.parts {
            symbols.push(match part {
                Part::Word(word) => Symbol::Word(self.word(word)),
                Part::Reference { rule, .. } => Symbol::Rule(self.reference(block, *place, rule)?),
            });
        }
        Ok(symbols)
    }

    /// A qa block.
    fn page(&mut self, block: &Block) -> Result<Page, GrammarError> {
        let [context] = block.contexts.as_slice() else {
            return Err(block.error(block.place, Problem::Contexts(block.contexts.len())));
        };
        if block.asks.is_empty() {
            return Err(block.error(block.place, Problem::NoAsk));
        }
        let mut slots = Vec::new();
        let context = self.pieces(block, context, &mut slots, true)?;
        let mut asks = Vec::new();
        for (question, answer) in &block.asks {
            asks.push(Ask {
                weight: question.weight,
                question: self.pieces(block, question, &mut slots, false)?,
                answer: self.pieces(block, answer, &mut slots, false)?,
            });
        }
        Ok(Page {
            name: block.name.clone(),
            place: block.place,
            weight: block.weight,
            slots,
            context,
            asks,
        })
    }

    /// A phrase of a qa block; only its context may bring in slots.
    fn pieces(
        &mut self,
        block: &Block,
        phrase: &Phrase,
        slots: &mut Vec<Slot>,
        may_add: bool,
    ) -> Result<Vec<Piece>, GrammarError> {
        let symbols = self.symbols(block, phrase)?;
        let mut pieces = Vec::with_capacity(symbols.len());
        for (symbol, (place, part)) in symbols.into_iter().zip(&phrase.parts) {
            pieces.push(match (symbol, part) {
                (
                    Symbol::Rule(rule),
                    Part::Reference {
                        slot: Some(slot), ..
                    },
                ) => {
                    let index = self.slot(slots, slot, rule, may_add);
                    Piece::Slot(index.map_err(|problem| block.error(*place, problem))?)
                }
                (symbol, _) => Piece::Free(symbol),
            });
        }
        Ok(pieces)
    }

    fn slot(
        &self,
        slots: &mut Vec<Slot>,
        name: &str,
        rule: usize,
        may_add: bool,
    ) -> Result<usize, Problem> {
        if let Some(index) = slots.iter().position(|slot| slot.name == name) {
            if slots[index].rule == rule {
                return Ok(index);
            }
            let (slot, first) = (name.to_owned(), self.in_order[slots[index].rule].clone());
            let second = self.in_order[rule].clone();
            return Err(Problem::SlotOfTwoRules {
                slot,
                first,
                second,
            });
        }
        if !may_add {
            let known: Vec<&str> = slots.iter().map(|slot| slot.name.as_str()).collect();
            let (slot, known) = (name.to_owned(), known.join(", "));
            return Err(Problem::SlotNotInContext { slot, known });
        }
        let name = name.to_owned();
        slots.push(Slot { name, rule });
        Ok(slots.len() - 1)
    }
}

/// The rules from the leaves up; refuses circles and rules that nothing uses.
fn order(rules: &[Rule], classes: &[Class], pages: &[Page]) -> Result<Vec<usize>, GrammarError> {
    let mut roots: Vec<usize> = classes.iter().map(|class| class.rule).collect();
    roots.extend(pages.iter().flat_map(Page::rules));
    if roots.is_empty() {
        let (place, problem) = (Place { line: 1, column: 1 }, Problem::NoStart);
        return Err(GrammarError::File { place, problem });
    }
    let refuse = |rule: usize, problem| GrammarError::Block {
        place: rules[rule].place,
        block: rules[rule].name.clone(),
        problem,
    };
    let order = structure::leaves_first(rules, &roots);
    let order = order.map_err(|(rule, problem)| refuse(rule, problem))?;
    match (0..rules.len()).find(|rule| !order.contains(rule)) {
        Some(rule) => Err(refuse(rule, Problem::Unreachable)),
        None => Ok(order),
    }
}

/// Refuses a class or a qa block whose texts are too long to be recognised or take too long to derive.
fn check_sizes(
    blocks: &[Block],
    rules: &[Rule],
    classes: &[Class],
    pages: &[Page],
    sizes: &[structure::Size],
) -> Result<(), GrammarError> {
    let of_class = |class: &Class| (rules[class.rule].place, sizes[class.rule]);
    let of_page = |page: &Page| (page.place, page.size(sizes));
    for (place, size) in classes
        .iter()
        .map(of_class)
        .chain(pages.iter().map(of_page))
    {
        let problem = if size.words > LONGEST_TEXT {
            let (words, longest) = (size.words, LONGEST_TEXT);
            Problem::TooLong { words, longest }
        } else if size.steps > MOST_STEPS {
            Problem::TooManySteps(MOST_STEPS)
        } else {
            continue;
        };
        if let Some(block) = blocks.iter().find(|block| block.place == place) {
            return Err(block.error(place, problem));
        }
    }
    Ok(())
}
