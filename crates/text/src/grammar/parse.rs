//! From the text of a grammar file to its blocks.

use super::draft::{Block, Kind, Part, Phrase};
use super::error::{GrammarError, Place, Problem};
use super::words;

/// A piece of a line between white space.
type Field<'a> = (Place, &'a str);

/// The blocks of a file, in its order.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, GrammarError> {
    let mut blocks: Vec<Block> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = if index == 0 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        let fields = fields(line, index + 1);
        let Some((place, _)) = fields.first().copied() else {
            continue;
        };
        if place.column == 1 {
            blocks.push(header(&fields)?);
        } else if let Some(block) = blocks.last_mut() {
            body(block, &fields)?;
        } else {
            let problem = Problem::NoBlock;
            return Err(GrammarError::File { place, problem });
        }
    }
    Ok(blocks)
}

/// The fields of a line up to its comment.
fn fields(line: &str, number: usize) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut start = None;
    let ends = line
        .char_indices()
        .map(|(at, letter)| (at, letter.is_whitespace()));
    for (column, (at, blank)) in ends.chain([(line.len(), true)]).enumerate() {
        match (start, blank) {
            (None, false) => start = Some((at, column + 1)),
            (Some((from, column)), true) => {
                let field = &line[from..at];
                if field.starts_with('#') {
                    return fields;
                }
                fields.push((
                    Place {
                        line: number,
                        column,
                    },
                    field,
                ));
                start = None;
            }
            _ => {}
        }
    }
    fields
}

/// A header: `class NAME [WEIGHT] zipf EXPONENT` and its kin.
fn header(fields: &[Field]) -> Result<Block, GrammarError> {
    let (place, word) = fields[0];
    let refuse = |place, problem| Err(GrammarError::File { place, problem });
    let kind = match word {
        "class" => Kind::Class,
        "rule" => Kind::Rule,
        "topic" => Kind::Topic,
        "qa" => Kind::Qa,
        other => return refuse(place, Problem::UnknownBlock(other.to_owned())),
    };
    let Some(&(name_place, name)) = fields.get(1) else {
        return refuse(place, Problem::NoName(word.to_owned()));
    };
    if !is_name(name) {
        return refuse(name_place, Problem::BadName(name.to_owned()));
    }
    let mut block = Block {
        kind,
        name: name.to_owned(),
        place: name_place,
        weight: 1.0,
        zipf: None,
        alternatives: Vec::new(),
        contexts: Vec::new(),
        asks: Vec::new(),
    };
    header_options(&mut block, &fields[2..])?;
    Ok(block)
}

/// What follows the name in a header.
fn header_options(block: &mut Block, mut fields: &[Field]) -> Result<(), GrammarError> {
    if let (Some((weight, rest)), Kind::Class | Kind::Qa) = (weight(block, fields)?, block.kind) {
        block.weight = weight;
        fields = rest;
    }
    if let [(_, "zipf"), (place, exponent), rest @ ..] = fields
        && block.kind != Kind::Qa
    {
        let value = exponent
            .parse()
            .ok()
            .filter(|value| (0.0..=10.0).contains(value));
        let problem = || block.error(*place, Problem::BadExponent((*exponent).to_owned()));
        block.zipf = Some(value.ok_or_else(problem)?);
        fields = rest;
    }
    match fields.first() {
        Some((place, field)) => Err(block.error(*place, Problem::BadHeader((*field).to_owned()))),
        None => Ok(()),
    }
}

/// A `[WEIGHT]` at the start of `fields`, and the fields after it.
fn weight<'f, 'a>(
    block: &Block,
    fields: &'f [Field<'a>],
) -> Result<Option<(f64, &'f [Field<'a>])>, GrammarError> {
    let Some((&(place, field), rest)) = fields.split_first() else {
        return Ok(None);
    };
    let inner = field
        .strip_prefix('[')
        .and_then(|field| field.strip_suffix(']'));
    let Some(inner) = inner else {
        return Ok(None);
    };
    let value = inner
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite() && *value > 0.0);
    let problem = || block.error(place, Problem::BadWeight(inner.to_owned()));
    Ok(Some((value.ok_or_else(problem)?, rest)))
}

/// An indented line.
fn body(block: &mut Block, fields: &[Field]) -> Result<(), GrammarError> {
    if block.kind == Kind::Qa {
        return qa_line(block, fields);
    }
    let (mut left, mut place) = (fields, fields[0].0);
    loop {
        let bar = left.iter().position(|(_, field)| *field == "|");
        let phrase = phrase(block, place, &left[..bar.unwrap_or(left.len())])?;
        block.alternatives.push(phrase);
        let Some(bar) = bar else {
            return Ok(());
        };
        place = left[bar].0;
        left = &left[bar + 1..];
    }
}

/// A line of a qa block.
fn qa_line(block: &mut Block, fields: &[Field]) -> Result<(), GrammarError> {
    let (place, word) = fields[0];
    let rest = &fields[1..];
    match word {
        "context" => {
            let context = phrase(block, place, rest)?;
            block.contexts.push(context);
        }
        "ask" => {
            let arrows = rest.iter().filter(|(_, field)| *field == "=>").count();
            let at = rest.iter().position(|(_, field)| *field == "=>");
            let (Some(at), 1) = (at, arrows) else {
                return Err(block.error(place, Problem::Arrows(arrows)));
            };
            let question = phrase(block, place, &rest[..at])?;
            let answer = phrase(block, rest[at].0, &rest[at + 1..])?;
            block.asks.push((question, answer));
        }
        other => return Err(block.error(place, Problem::BadQaLine(other.to_owned()))),
    }
    Ok(())
}

/// One alternative: an optional weight, then words and references, or `_`.
fn phrase(block: &Block, place: Place, fields: &[Field]) -> Result<Phrase, GrammarError> {
    let (weight, fields) = match weight(block, fields)? {
        Some((_, _)) if block.zipf.is_some() => {
            let (place, field) = fields[0];
            return Err(block.error(place, Problem::WeightInZipf(field.to_owned())));
        }
        Some(weighted) => weighted,
        None => (1.0, fields),
    };
    let place = fields.first().map_or(place, |(place, _)| *place);
    let mut parts = Vec::new();
    match fields {
        [] => return Err(block.error(place, Problem::EmptyAlternative)),
        [(_, "_")] => {}
        _ => {
            for (place, field) in fields {
                for word in words::split(field) {
                    parts.push((*place, part(block, *place, word)?));
                }
            }
        }
    }
    Ok(Phrase {
        place,
        weight,
        parts,
    })
}

/// A word or a reference.
fn part(block: &Block, place: Place, word: &str) -> Result<Part, GrammarError> {
    let bad = || block.error(place, Problem::BadWord(word.to_owned()));
    if let Some(inner) = word
        .strip_prefix('<')
        .and_then(|word| word.strip_suffix('>'))
    {
        let (rule, slot) = match inner.split_once(':') {
            Some((rule, slot)) => (rule, Some(slot)),
            None => (inner, None),
        };
        if !is_name(rule) || slot.is_some_and(|slot| !is_name(slot)) {
            return Err(bad());
        }
        if let (Some(slot), true) = (slot, block.kind != Kind::Qa) {
            return Err(block.error(place, Problem::SlotOutsideQa(slot.to_owned())));
        }
        let (rule, slot) = (rule.to_owned(), slot.map(str::to_owned));
        return Ok(Part::Reference { rule, slot });
    }
    if word == "_" || word == "=>" || word.contains(['<', '>', '[', ']', '|']) {
        return Err(bad());
    }
    Ok(Part::Word(word.to_owned()))
}

/// Whether `text` can name a class, a rule, a slot or a qa block.
fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    !text.is_empty() && text.chars().all(fits)
}
