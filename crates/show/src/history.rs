//! Where a set comes from, as a tree: every run that led to it, the latest first.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use cli::{plain, short};
use dataset::{ContentHash, Input, InputNode, Node, Provenance};
use serde_json::Value;

/// Deeper than this a history is cut; a chain of runs that long is not looked at as a tree.
const DEEPEST: usize = 64;

/// Prints the history of `input`.
pub(crate) fn write(out: &mut impl io::Write, input: &Input) -> anyhow::Result<()> {
    let text = match &input.provenance {
        Some(provenance) => Tree::of(&input.node, provenance),
        None => format!(
            "{}\n└─ of unknown origin: it carries no provenance\n",
            named(&input.node)
        ),
    };
    Ok(out.write_all(text.as_bytes())?)
}

/// A tree that is being drawn.
struct Tree<'a> {
    provenance: &'a Provenance,
    /// Sets that were drawn, with how many of their runs; what comes again is not drawn again.
    drawn: BTreeSet<(ContentHash, usize)>,
    text: String,
}

impl<'a> Tree<'a> {
    fn of(node: &InputNode, provenance: &'a Provenance) -> String {
        let mut tree = Self {
            provenance,
            drawn: BTreeSet::new(),
            text: format!("{}\n", named(node)),
        };
        let runs = provenance.nodes.get(&node.hash).map_or(0, Vec::len);
        tree.draw_set(node.hash, runs, "", 0);
        tree.text
    }

    /// Draws the first `runs` runs that made the set `hash`, the last of them first.
    fn draw_set(&mut self, hash: ContentHash, runs: usize, indent: &str, depth: usize) {
        let known = self
            .provenance
            .nodes
            .get(&hash)
            .map_or(&[][..], Vec::as_slice);
        let Some(run) = runs.checked_sub(1).and_then(|last| known.get(last)) else {
            return self.line(indent, "└─ ", "of unknown origin");
        };
        if depth > DEEPEST {
            return self.line(indent, "└─ ", "…");
        }
        if !self.drawn.insert((hash, runs)) {
            return self.line(indent, "└─ ", "made as shown above");
        }
        // A run that left the rows as they were read what the runs before it made.
        let chained = run.inputs.iter().any(|input| input.hash == hash);
        let other = runs > 1 && !chained;
        self.draw_run(run, (hash, runs), indent, !other, depth);
        if other {
            self.line(indent, "│", "");
            self.draw_set(hash, runs - 1, indent, depth + 1);
        }
    }

    fn draw_run(
        &mut self,
        run: &Node,
        made: (ContentHash, usize),
        indent: &str,
        last: bool,
        depth: usize,
    ) {
        let seed = run
            .seed
            .map(|seed| format!(", seed {seed}"))
            .unwrap_or_default();
        let title = format!(
            "{} ({}{seed}): {}",
            plain(&run.stage),
            plain(&run.tool),
            run.rows
        );
        self.line(indent, if last { "└─ " } else { "├─ " }, &title);
        let inner = format!("{indent}{}", if last { "   " } else { "│  " });
        let bar = if run.inputs.is_empty() { "  " } else { "│ " };
        for line in details(run) {
            self.line(&inner, bar, &line);
        }
        for (at, input) in run.inputs.iter().enumerate() {
            let last = at + 1 == run.inputs.len();
            let line = format!("{}: {}", plain(&input.role), named(input));
            self.line(&inner, if last { "└─ " } else { "├─ " }, &line);
            let deeper = format!("{inner}{}", if last { "   " } else { "│  " });
            let known = self.provenance.nodes.get(&input.hash).map_or(0, Vec::len);
            let runs = if input.hash == made.0 {
                made.1 - 1
            } else {
                known
            };
            self.draw_set(input.hash, runs, &deeper, depth + 1);
        }
    }

    fn line(&mut self, indent: &str, branch: &str, text: &str) {
        let line = format!("{indent}{branch}{text}");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// The arguments of a run and what it dropped.
fn details(run: &Node) -> Vec<String> {
    let mut lines = Vec::new();
    let given = run
        .arguments
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "input" | "seed"));
    let arguments: String = given.map(|(name, value)| argument(name, value)).collect();
    if !arguments.is_empty() {
        lines.push(arguments.trim_start().to_owned());
    }
    if !run.drops.is_empty() {
        let drops = run
            .drops
            .iter()
            .map(|(reason, rows)| format!("{rows} {}", plain(reason)));
        lines.push(format!("dropped: {}", drops.collect::<Vec<_>>().join(", ")));
    }
    lines
}

fn argument(name: &str, value: &Value) -> String {
    let name = plain(name);
    match value {
        Value::Bool(true) => format!(" --{name}"),
        Value::String(text) => format!(" --{name} {}", short(text, 80)),
        Value::Array(values) if values.is_empty() => String::new(),
        other => format!(" --{name} {}", short(&other.to_string(), 80)),
    }
}

/// A set by its name, its size and the beginning of its hash.
fn named(node: &InputNode) -> String {
    let mut text = plain(&node.name);
    if node.rows > 0 {
        let _ = write!(
            text,
            ", {}",
            cli::count(usize::try_from(node.rows).unwrap_or(usize::MAX), "row")
        );
    }
    let _ = write!(text, ", {}", node.hash.short());
    if let Some(revision) = &node.revision {
        let _ = write!(text, ", at {}", short(revision, 12));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dataset::{RowEquation, Run};

    use super::*;

    fn hash(name: &str) -> ContentHash {
        ContentHash::of_bytes(name.as_bytes())
    }

    fn input(role: &str, name: &str, provenance: Option<Provenance>) -> Input {
        let node = InputNode {
            role: role.into(),
            name: name.into(),
            hash: hash(name),
            rows: 2,
            revision: None,
        };
        Input { node, provenance }
    }

    fn made(name: &str, stage: &'static str, inputs: Vec<Input>) -> Provenance {
        let rows = RowEquation::Same { rows_in: 2, out: 2 };
        let arguments = BTreeMap::from([("top-p".to_owned(), Value::from(0.9))]);
        let drops = BTreeMap::from([("length".to_owned(), 3)]);
        Provenance::new(
            hash(name),
            &Run {
                stage,
                arguments,
                seed: Some(7),
                inputs,
                rows,
                drops,
            },
        )
    }

    fn drawn(name: &str, provenance: Provenance) -> String {
        let mut out = Vec::new();
        write(&mut out, &input("input", name, Some(provenance))).expect("drawn");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_mix_is_drawn_with_what_it_was_made_from() {
        let human = made("human", "ingest", vec![input("input", "h\u{1b}.csv", None)]);
        let pool = made(
            "pool",
            "generate",
            vec![input("seeds", "human", Some(human.clone()))],
        );
        let inputs = vec![
            input("real", "human", Some(human)),
            input("synthetic", "pool", Some(pool)),
        ];
        let text = drawn("mix", made("mix", "mix", inputs));
        let short = |name: &str| hash(name).short();
        let tool = concat!("polyculture ", env!("CARGO_PKG_VERSION"));
        let expected = [
            format!("mix, 2 rows, {}", short("mix")),
            format!("└─ mix ({tool}, seed 7): 2 in, 2 out"),
            "   │ --top-p 0.9".to_owned(),
            "   │ dropped: 3 length".to_owned(),
            format!("   ├─ real: human, 2 rows, {}", short("human")),
            format!("   │  └─ ingest ({tool}, seed 7): 2 in, 2 out"),
            "   │     │ --top-p 0.9".to_owned(),
            "   │     │ dropped: 3 length".to_owned(),
            format!(
                "   │     └─ input: h\\u{{1b}}.csv, 2 rows, {}",
                short("h\u{1b}.csv")
            ),
            "   │        └─ of unknown origin".to_owned(),
            format!("   └─ synthetic: pool, 2 rows, {}", short("pool")),
            format!("      └─ generate ({tool}, seed 7): 2 in, 2 out"),
            "         │ --top-p 0.9".to_owned(),
            "         │ dropped: 3 length".to_owned(),
            format!("         └─ seeds: human, 2 rows, {}", short("human")),
            "            └─ made as shown above".to_owned(),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_run_that_left_the_rows_alone_is_drawn_over_the_one_before() {
        let first = made("set", "ingest", vec![]);
        let second = made("set", "filter", vec![input("input", "set", Some(first))]);
        let text = drawn("set", second);
        let (filter, ingest) = (text.find("filter"), text.find("ingest"));
        assert!(filter.is_some() && filter < ingest, "{text}");
    }

    #[test]
    fn a_history_that_bites_its_tail_ends() {
        let mut provenance = made("a", "filter", vec![input("input", "b", None)]);
        let back = made("b", "filter", vec![input("input", "a", None)]);
        provenance.nodes.extend(back.nodes);
        assert!(drawn("a", provenance).ends_with("made as shown above\n"));
    }

    #[test]
    fn a_file_of_another_tool_is_of_unknown_origin() {
        let mut out = Vec::new();
        write(&mut out, &input("input", "x.csv", None)).expect("drawn");
        assert!(
            String::from_utf8(out)
                .expect("UTF-8")
                .contains("of unknown origin")
        );
    }
}
