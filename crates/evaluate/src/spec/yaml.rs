//! A task in the YAML of lm-evaluation-harness, for files that lie here.

use std::path::Path;

use anyhow::Context as _;
use dataset::Source;
use fancy_regex::Regex;
use serde_json::{Map, Value, json};

use super::{Filter, Generation, Spec, include};
use crate::args::DecoderArgs;
use crate::form::Form;
use crate::metrics::{self, METRICS};
use crate::scores::exact::ExactMatch;
use crate::template::Template;

/// What a task's file may say that is used.
const USED: &[&str] = &[
    "task",
    "dataset_path",
    "dataset_kwargs",
    "test_split",
    "validation_split",
    "output_type",
    "doc_to_text",
    "doc_to_target",
    "doc_to_choice",
    "description",
    "target_delimiter",
    "gen_prefix",
    "num_fewshot",
    "fewshot_delimiter",
    "fewshot_config",
    "generation_kwargs",
    "filter_list",
    "metric_list",
];
/// What it may say that changes nothing here.
const IGNORED: &[&str] = &[
    "task_alias",
    "tag",
    "group",
    "dataset_name",
    "training_split",
    "fewshot_split",
    "should_decontaminate",
    "doc_to_decontamination_query",
    "metadata",
    "unsafe_code",
];

/// A task's file that was read, before it is known which columns the rows have.
pub(crate) struct TaskFile {
    /// Its name for messages.
    pub(crate) name: String,
    said: Map<String, Value>,
}

/// Reads the file at `path` and those that it includes.
pub(crate) fn load(path: &Path) -> anyhow::Result<TaskFile> {
    let name = path.file_name().unwrap_or_default();
    let file = TaskFile {
        name: name.to_string_lossy().into_owned(),
        said: include::read(path)?,
    };
    file.check()?;
    Ok(file)
}

impl TaskFile {
    /// Refuses what would have to change a figure and would not.
    fn check(&self) -> anyhow::Result<()> {
        for (key, value) in &self.said {
            let once = key == "repeats" && value.as_u64() == Some(1);
            let known = USED.contains(&key.as_str()) || IGNORED.contains(&key.as_str());
            anyhow::ensure!(
                known || once || value.is_null(),
                "{}: `{key}: {value}` is not supported; used are {}",
                self.name,
                USED.join(", ")
            );
        }
        Ok(())
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.said.get(key).and_then(Value::as_str)
    }

    /// The files that it names to test on; none where they are elsewhere.
    pub(crate) fn test_files(&self) -> anyhow::Result<Vec<Source>> {
        let split = self
            .text_of("test_split")
            .or(self.text_of("validation_split"));
        let files = &self.said.get("dataset_kwargs").unwrap_or(&Value::Null)["data_files"];
        let files = match (files, split) {
            (Value::Object(splits), Some(split)) => splits.get(split).unwrap_or(&Value::Null),
            (files, _) => files,
        };
        let names: Vec<&str> = match files {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => {
                let error = anyhow::anyhow!("{} names no file to test on", self.name);
                return Err(cli::with_hint(
                    error,
                    "give it with --test, such as --test hf://datasets/OWNER/NAME",
                ));
            }
        };
        let sources = names.into_iter().map(str::parse);
        Ok(sources.collect::<Result<_, _>>()?)
    }

    /// The task, of rows with these columns, as the command line completes it.
    pub(crate) fn spec(&self, columns: &[String], args: &DecoderArgs) -> anyhow::Result<Spec> {
        let of_file = || format!("{} is no task that can be run", self.name);
        self.read(columns, args).with_context(of_file)
    }

    fn read(&self, columns: &[String], args: &DecoderArgs) -> anyhow::Result<Spec> {
        let form = self.form()?;
        let template = |key: &str| self.template(key, columns);
        let text = template("doc_to_text")?.unwrap_or(Template::Text(String::new()));
        let target = template("doc_to_target")?.context("it has no `doc_to_target`")?;
        let mut spec = Spec::of(form, text, target);
        if let Some(name) = self.text_of("task") {
            name.clone_into(&mut spec.name);
        }
        spec.description = template("description")?;
        spec.choices = template("doc_to_choice")?;
        anyhow::ensure!(
            form != Form::MultipleChoice || spec.choices.is_some(),
            "it has no `doc_to_choice`"
        );
        spec.prefix = template("gen_prefix")?;
        if let Some(delimiter) = self.text_of("target_delimiter") {
            delimiter.clone_into(&mut spec.delimiter);
        }
        if let Some(given) = self.said.get("generation_kwargs") {
            spec.generation = generation(given)?;
        }
        spec.num_fewshot = match args.num_fewshot {
            Some(asked) => asked,
            None => self.num_fewshot()?,
        };
        if let Some(delimiter) = self.text_of("fewshot_delimiter") {
            delimiter.clone_into(&mut spec.fewshot_delimiter);
        }
        spec.filters = self.filters(args.filter.as_deref())?;
        (spec.metrics, spec.exact) = self.metrics(form)?;
        spec.told = json!(self.said);
        Ok(spec)
    }

    fn form(&self) -> anyhow::Result<Form> {
        match self.text_of("output_type").unwrap_or("generate_until") {
            "generate_until" => Ok(Form::Generation),
            "multiple_choice" => Ok(Form::MultipleChoice),
            "loglikelihood" => Ok(Form::Loglikelihood),
            "loglikelihood_rolling" => Ok(Form::Perplexity),
            other => anyhow::bail!(
                "no output type is called `{other}`; known are generate_until, multiple_choice, \
                 loglikelihood, loglikelihood_rolling"
            ),
        }
    }

    fn template(&self, key: &str, columns: &[String]) -> anyhow::Result<Option<Template>> {
        let texts = |values: Vec<&Value>| values.into_iter().map(plain).collect();
        Ok(match self.said.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(source)) if source.is_empty() => Some(Template::Text(String::new())),
            Some(Value::String(source)) => Some(Template::new(source, columns)),
            Some(Value::Array(items)) => Some(Template::List(texts(items.iter().collect()))),
            Some(Value::Object(items)) if key == "doc_to_choice" => {
                Some(Template::List(texts(items.values().collect())))
            }
            Some(Value::Number(number)) if key == "doc_to_target" => {
                Some(Template::Text(number.to_string()))
            }
            Some(other) => anyhow::bail!("`{key}` is {other}, but a template is needed"),
        })
    }

    /// How many worked examples it asks for; refused where they are drawn as Python draws them.
    fn num_fewshot(&self) -> anyhow::Result<usize> {
        let asked = self.said.get("num_fewshot").unwrap_or(&Value::Null);
        let asked = asked.as_u64().unwrap_or(0) as usize;
        let config = self.said.get("fewshot_config").unwrap_or(&Value::Null);
        if asked > 0 && config["sampler"] != "first_n" {
            let error = anyhow::anyhow!(
                "`num_fewshot: {asked}` draws examples as Python's random numbers fall, which \
                 cannot be done again here"
            );
            return Err(cli::with_hint(
                error,
                "--num-fewshot takes that many first rows of --fewshot, as `sampler: first_n` does",
            ));
        }
        Ok(asked)
    }

    /// The steps of its pipeline of filters: the only one, or the one of this name.
    fn filters(&self, asked: Option<&str>) -> anyhow::Result<Vec<Filter>> {
        let list = self.said.get("filter_list").and_then(Value::as_array);
        let list: &[Value] = list.map_or(&[], Vec::as_slice);
        let names: Vec<String> = list.iter().map(|entry| plain(&entry["name"])).collect();
        let chosen = match (asked, list) {
            (None, []) => return Ok(Vec::new()),
            (None, [one]) => Some(one),
            (None, _) => anyhow::bail!(
                "`filter_list` has {} pipelines: {}; name one with --filter",
                list.len(),
                names.join(", ")
            ),
            (Some(asked), _) => list.iter().find(|entry| entry["name"] == asked),
        };
        let chosen = chosen.with_context(|| {
            let asked = asked.unwrap_or_default();
            format!(
                "no pipeline of `filter_list` is called `{asked}`; known are {}",
                names.join(", ")
            )
        })?;
        let steps = chosen["filter"].as_array();
        let steps = steps.context("a pipeline of `filter_list` has no `filter`")?;
        steps.iter().map(Filter::of_entry).collect()
    }

    fn metrics(&self, form: Form) -> anyhow::Result<(Option<Vec<String>>, ExactMatch)> {
        let Some(list) = self.said.get("metric_list").and_then(Value::as_array) else {
            return Ok((None, ExactMatch::default()));
        };
        let mut exact = ExactMatch::default();
        let mut names = Vec::new();
        for entry in list {
            let given = entry["metric"].as_str().unwrap_or_default();
            // The harness calls by one name what are two definitions.
            let name = match (form, given) {
                (Form::Loglikelihood, "perplexity") => "target_perplexity",
                (_, name) => name,
            };
            if metrics::wanted(form, Some(&[name.to_owned()]))
                .next()
                .is_none()
            {
                let known = METRICS.iter().filter(|metric| metric.forms.contains(&form));
                let known: Vec<&str> = known.map(|metric| metric.name).collect();
                anyhow::bail!(
                    "no metric of {} is called `{given}`; known are {}",
                    form.name(),
                    known.join(", ")
                );
            }
            if name == "exact_match" {
                exact = exact_match(entry)?;
            }
            names.push(name.to_owned());
        }
        Ok((Some(names), exact))
    }
}

fn exact_match(entry: &Value) -> anyhow::Result<ExactMatch> {
    let ignored = entry["regexes_to_ignore"].as_array();
    let ignored = ignored.into_iter().flatten().map(|pattern| {
        let pattern = plain(pattern);
        Regex::new(&pattern).with_context(|| format!("the expression {pattern} cannot be read"))
    });
    let says = |key: &str| entry[key].as_bool().unwrap_or(false);
    Ok(ExactMatch {
        ignored: ignored.collect::<anyhow::Result<_>>()?,
        ignore_case: says("ignore_case"),
        ignore_punctuation: says("ignore_punctuation"),
        ignore_numbers: says("ignore_numbers"),
    })
}

fn generation(given: &Value) -> anyhow::Result<Generation> {
    let mut generation = Generation::default();
    let given = given
        .as_object()
        .context("`generation_kwargs` is no mapping")?;
    let mut samples = None;
    for (key, value) in given {
        let wrong = || format!("`generation_kwargs` has `{key}: {value}`");
        let number = || value.as_f64().with_context(wrong);
        match key.as_str() {
            "until" => {
                generation.until = match value {
                    Value::Array(texts) => texts.iter().map(plain).collect(),
                    Value::Null => Vec::new(),
                    one => vec![plain(one)],
                }
            }
            "max_gen_toks" | "max_new_tokens" | "max_tokens" | "max_completion_tokens" => {
                let most = value.as_u64().filter(|most| *most > 0);
                generation.max_gen_toks = most.with_context(wrong)? as usize;
            }
            "temperature" => generation.temperature = number()?,
            "top_p" => generation.top_p = number()?,
            "top_k" => generation.top_k = value.as_u64().with_context(wrong)? as usize,
            "do_sample" => samples = value.as_bool(),
            other => anyhow::bail!(
                "`generation_kwargs` has `{other}`; known are until, max_gen_toks, temperature, \
                 top_p, top_k, do_sample"
            ),
        }
    }
    if samples == Some(false) {
        generation.temperature = 0.0;
    }
    Ok(generation)
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> anyhow::Result<TaskFile> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("task.yaml");
        std::fs::write(&path, text).expect("written");
        load(&path)
    }

    fn spec(text: &str) -> anyhow::Result<Spec> {
        spec_with(text, &DecoderArgs::default())
    }

    fn spec_with(text: &str, args: &DecoderArgs) -> anyhow::Result<Spec> {
        let columns = ["question", "choices", "answer"].map(str::to_owned);
        file(text)?.spec(&columns, args)
    }

    const CHOICE: &str = "task: tiny\noutput_type: multiple_choice\ndoc_to_text: \"{{question}}\"\n\
        doc_to_choice: choices\ndoc_to_target: answer\n";

    #[test]
    fn a_task_of_the_harness_is_understood() {
        let text = format!("{CHOICE}metric_list:\n  - metric: acc\n  - metric: acc_norm\n");
        let spec = spec(&text).expect("a task");
        assert_eq!(
            (spec.name.as_str(), spec.form),
            ("tiny", Form::MultipleChoice)
        );
        assert_eq!(spec.text, Template::Expression("question".to_owned()));
        assert_eq!(spec.choices, Some(Template::Column("choices".to_owned())));
        assert_eq!(
            (
                spec.delimiter.as_str(),
                spec.metrics.map(|names| names.len())
            ),
            (" ", Some(2))
        );
    }

    #[test]
    fn an_answer_is_written_as_the_task_says() {
        let spec = spec(
            "doc_to_text: question\ndoc_to_target: answer\ngeneration_kwargs:\n  until: [\"\\n\", \"Q:\"]\n  \
             max_gen_toks: 8\n  do_sample: false\n  temperature: 0.7\nfilter_list:\n  - name: strict\n    \
             filter:\n      - function: regex\n        regex_pattern: \"(\\\\d+)\"\n      - function: take_first\n\
             metric_list:\n  - metric: exact_match\n    ignore_case: true\n    regexes_to_ignore: [\",\"]\n",
        )
        .expect("a task");
        assert_eq!(spec.form, Form::Generation);
        assert_eq!(spec.generation.until, ["\n", "Q:"]);
        assert_eq!(
            (spec.generation.max_gen_toks, spec.generation.temperature),
            (8, 0.0)
        );
        assert_eq!(spec.filters.len(), 2);
        assert!(spec.exact.holds("1,000 A", "1000 a").expect("matched"));
    }

    #[test]
    fn the_files_to_test_on_are_those_of_the_split() {
        let files = |more: &str| file(&format!("{CHOICE}{more}")).expect("read").test_files();
        let told =
            files("test_split: test\ndataset_kwargs:\n  data_files:\n    test: a/b.parquet\n");
        assert_eq!(told.expect("a file")[0].to_string(), "b.parquet");
        let error = files("dataset_path: squad\n").expect_err("a name on the hub");
        assert_eq!(error.to_string(), "task.yaml names no file to test on");
    }

    #[test]
    fn what_would_change_a_figure_and_is_not_known_is_refused() {
        for (more, expected) in [
            ("num_fewshot: 5\n", "`num_fewshot: 5` draws examples"),
            ("dance: 1\n", "`dance: 1` is not supported; used are task, "),
            ("repeats: 3\n", "`repeats: 3` is not supported"),
            (
                "metric_list:\n  - metric: bleurt\n",
                "no metric of multiple_choice is called `bleurt`; known are acc, acc_norm, acc_bytes",
            ),
            (
                "generation_kwargs:\n  beams: 2\n",
                "`generation_kwargs` has `beams`",
            ),
            (
                "filter_list:\n  - name: a\n    filter: []\n  - name: b\n    filter: []\n",
                "2 pipelines: a, b; name one with --filter",
            ),
        ] {
            let error = spec(&format!("{CHOICE}{more}")).expect_err(more);
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        }
        let error = spec("output_type: dance\ndoc_to_target: answer\n").expect_err("unknown");
        assert!(format!("{error:#}").contains("no output type is called `dance`"));
        let error = spec("doc_to_text: question\n").expect_err("no target");
        assert!(format!("{error:#}").contains("no `doc_to_target`"));
    }

    #[test]
    fn the_command_line_chooses_examples_and_filters() {
        let more = "num_fewshot: 5\nfewshot_config:\n  sampler: first_n\nfilter_list:\n  - name: a\n    \
            filter: []\n  - name: b\n    filter:\n      - function: lowercase\n";
        let args = |num_fewshot, filter: &str| DecoderArgs {
            num_fewshot,
            filter: Some(filter.to_owned()),
            ..DecoderArgs::default()
        };
        let text = format!("{CHOICE}{more}");
        let spec = spec_with(&text, &args(None, "b")).expect("a task");
        assert_eq!((spec.num_fewshot, spec.filters.len()), (5, 1));
        let spec = spec_with(&text, &args(Some(2), "a")).expect("a task");
        assert_eq!((spec.num_fewshot, spec.filters.len()), (2, 0));
        let error = spec_with(&text, &args(None, "c")).expect_err("unknown");
        assert!(
            format!("{error:#}").contains("is called `c`; known are a, b"),
            "{error:#}"
        );
    }
}
