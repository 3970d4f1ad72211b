//! What `ARCHITECTURE.md` promises of crates and what they depend on, held against what Cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use suite::root;

pub(crate) const NOUNS: &[&str] = &[
    "cli",
    "dataset",
    "diversity",
    "embedding",
    "model",
    "numeric",
    "relation",
    "text",
];
pub(crate) const VERBS: &[&str] = &[
    "embed",
    "evaluate",
    "filter",
    "generate",
    "ingest",
    "mix",
    "report",
    "score-diversity",
    "show",
    "train",
];
/// No stage: it only starts them.
pub(crate) const FRONT_DOOR: &str = "polyculture";

pub(crate) type Names = BTreeSet<String>;

/// Packages by name, each with the names of those it needs to be built, tests left out.
struct Graph {
    ours: Names,
    needs: BTreeMap<String, Names>,
}

impl Graph {
    fn get() -> &'static Self {
        static GRAPH: OnceLock<Graph> = OnceLock::new();
        GRAPH.get_or_init(Self::read)
    }

    fn read() -> Self {
        let metadata = metadata();
        let names = strings_by_id(&metadata["packages"]);
        let members = metadata["workspace_members"].as_array().expect("members");
        let ours = members.iter().map(|id| names[text(id)].clone()).collect();
        let nodes = metadata["resolve"]["nodes"]
            .as_array()
            .expect("a resolved workspace");
        let mut needs: BTreeMap<String, Names> = BTreeMap::new();
        for node in nodes {
            let built = node["deps"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|dep| is_built(dep));
            let needed = built.map(|dep| names[text(&dep["pkg"])].clone());
            // Two versions of one package are one name here, which can only make a test stricter.
            needs
                .entry(names[text(&node["id"])].clone())
                .or_default()
                .extend(needed);
        }
        Self { ours, needs }
    }

    /// Our crates that name `package` as a dependency.
    fn naming(&self, package: &str) -> Names {
        self.ours
            .iter()
            .filter(|own| self.needs[*own].contains(package))
            .cloned()
            .collect()
    }

    /// Our crates that are linked with `package`.
    fn reaching(&self, package: &str) -> Names {
        self.ours
            .iter()
            .filter(|own| self.reached_from(own).contains(package))
            .cloned()
            .collect()
    }

    fn reached_from(&self, package: &str) -> Names {
        let mut reached = Names::new();
        let mut open = vec![package];
        while let Some(next) = open.pop() {
            let new = self.needs[next]
                .iter()
                .filter(|needed| reached.insert((*needed).clone()));
            open.extend(new.map(String::as_str));
        }
        reached
    }
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .current_dir(root());
    if cfg!(target_os = "linux") {
        // Packages of other systems need not be there.
        command.args(["--filter-platform", &host]);
    }
    let ran = command.output().expect("cargo runs");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    serde_json::from_slice(&ran.stdout).expect("cargo writes JSON")
}

fn strings_by_id(packages: &Value) -> BTreeMap<&str, String> {
    let packages = packages.as_array().expect("packages").iter();
    packages
        .map(|package| (text(&package["id"]), text(&package["name"]).to_owned()))
        .collect()
}

/// Whether a dependency is needed to build, and not only to test.
fn is_built(dependency: &Value) -> bool {
    let kinds = dependency["dep_kinds"].as_array().expect("kinds");
    kinds.iter().any(|kind| kind["kind"] != "dev")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

pub(crate) fn set(names: &[&str]) -> Names {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_crate_is_a_noun_or_a_verb() {
    let known = set(NOUNS)
        .into_iter()
        .chain(set(VERBS))
        .chain(set(&[FRONT_DOOR, "suite"]));
    assert_eq!(Graph::get().ours, known.collect());
}

#[test]
fn a_noun_never_needs_a_verb_and_a_verb_never_another() {
    let graph = Graph::get();
    let verbs = &set(VERBS) | &set(&[FRONT_DOOR]);
    for own in &graph.ours {
        let wrong: Names = graph
            .reached_from(own)
            .intersection(&verbs)
            .cloned()
            .collect();
        assert!(wrong.is_empty(), "{own} depends on {wrong:?}");
    }
}

#[test]
fn one_crate_each_knows_polars_candle_parquet_and_the_hub() {
    let graph = Graph::get();
    assert_eq!(graph.naming("polars"), set(&["relation"]));
    assert_eq!(graph.naming("candle-core"), set(&["model"]));
    assert!(graph.naming("candle-nn").is_subset(&set(&["model"])));
    for package in ["parquet", "hf-hub"] {
        assert_eq!(graph.naming(package), set(&["dataset"]), "{package}");
    }
    // The Hub is one server, those of models are others.
    assert_eq!(graph.naming("reqwest"), set(&["dataset", "generate"]));
}

#[test]
fn only_those_who_need_a_heavy_package_are_linked_with_it() {
    let graph = Graph::get();
    assert_eq!(
        graph.reaching("polars"),
        set(&["relation", "filter", "mix"])
    );
    let models = [
        "model",
        "embedding",
        "generate",
        "embed",
        "train",
        "evaluate",
    ];
    assert_eq!(graph.reaching("candle-core"), set(&models));
}

#[test]
fn the_nouns_that_think_know_no_batches() {
    let graph = Graph::get();
    let carried = graph.naming("arrow");
    let thinking = ["numeric", "text", "diversity", "relation"];
    assert!(
        carried.is_disjoint(&set(&["model", "embedding"])),
        "{carried:?}"
    );
    for own in thinking {
        assert!(
            !graph.reached_from(own).contains("dataset"),
            "{own} reaches dataset"
        );
    }
}

#[test]
fn every_dependency_is_justified() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is there");
    let justified = names_in_table(&page, "| crate | why |");
    let graph = Graph::get();
    let named: Names = graph
        .ours
        .iter()
        .flat_map(|own| graph.needs[own].iter().cloned())
        .collect();
    let unjustified: Vec<_> = named
        .difference(&(&graph.ours | &justified))
        .cloned()
        .collect();
    assert!(
        unjustified.is_empty(),
        "ARCHITECTURE.md has no line for {unjustified:?}"
    );
}

/// The names between backticks in the first column of the table that begins with `head`.
fn names_in_table(page: &str, head: &str) -> Names {
    rows_of_table(page, head)
        .flat_map(|row| in_backticks(row.split('|').nth(1).unwrap_or("")))
        .collect()
}

pub(crate) fn rows_of_table<'a>(page: &'a str, head: &str) -> impl Iterator<Item = &'a str> {
    let table = page
        .lines()
        .skip_while(move |line| line.trim() != head)
        .skip(2);
    table
        .take_while(|line| line.starts_with('|'))
        .collect::<Vec<_>>()
        .into_iter()
}

pub(crate) fn in_backticks(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
