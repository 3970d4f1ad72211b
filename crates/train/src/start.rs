//! What a decoder begins from: a model that is there, or fresh weights and a tokenizer of its own.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dataset::{Directory, DirectorySource, Input};
use model::{Base, CHAT_TEMPLATE, ChatTemplate, Config, Decoder, Files, Tokenizer};
use serde_json::json;

use crate::args::{Args, Method, StartArgs};
use crate::examples::Rows;

/// The tokens that begin and end a text, where the tokenizer is learnt here.
const MARKS: [&str; 2] = ["<s>", "</s>"];
const TOKENIZER: &str = "tokenizer.json";
/// Files that belong to a tokenizer or to how a model is used, and are kept as they are.
const KEPT: [&str; 5] = [
    TOKENIZER,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    CHAT_TEMPLATE,
];
const PRESET: &str = "1m";

/// A decoder before training.
pub(crate) struct Start {
    pub(crate) decoder: Decoder,
    pub(crate) tokenizer: Tokenizer,
    /// Files that go into the new directory unchanged.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) inputs: Vec<Input>,
    /// What makes texts of conversations, where there is something.
    pub(crate) chat: Option<ChatTemplate>,
    /// How an adapter speaks of the model, where one is made.
    pub(crate) base: Option<Base>,
}

/// The model of `--model`.
pub(crate) fn from_model(args: &Args, source: &DirectorySource) -> anyhow::Result<Start> {
    let directory = Directory::open(source)?;
    let loading = || format!("the model {} cannot be loaded", directory.name());
    let under = directory.base().with_context(loading)?;
    let makes_adapter = args.method == Method::Lora && !args.lora.merge;
    if makes_adapter && under.is_some() {
        let error = anyhow::anyhow!(
            "{} is an adapter, and an adapter on an adapter is read by no tool",
            directory.name()
        );
        return Err(cli::with_hint(error, "--merge writes a whole model"));
    }
    let decoder = Decoder::load(&directory).with_context(loading)?;
    // An adapter of another tool may leave its tokenizer with the model that it is for.
    let home: &dyn Files = match &under {
        Some(base) if directory.read(TOKENIZER)?.is_none() => base.as_ref(),
        _ => &directory,
    };
    let Some(json) = home.read(TOKENIZER)? else {
        anyhow::bail!("the model {} has no {TOKENIZER}", directory.name());
    };
    let tokenizer = Tokenizer::from_json(&json).with_context(loading)?;
    tokenizer
        .check_fits(decoder.config())
        .with_context(loading)?;
    let mut files = kept(home, &KEPT)?;
    Ok(Start {
        decoder,
        tokenizer,
        chat: chat(args, home, &mut files)?,
        files,
        inputs: vec![directory.input("model")?],
        base: makes_adapter
            .then(|| Base::of(source, &directory, &args.output))
            .transpose()?,
    })
}

/// Fresh weights for the rows.
pub(crate) fn from_scratch(args: &Args, rows: &Rows<'_>) -> anyhow::Result<Start> {
    let shape = shape(&args.start)?;
    let (tokenizer, config, mut files, inputs) = match &args.start.tokenizer {
        Some(source) => given(source, shape)?,
        None => learnt(args, rows, shape)?,
    };
    let decoder = Decoder::initialize(config, args.seed.seed.child("weights", 0))?;
    let own: BTreeMap<String, Vec<u8>> = files.iter().cloned().collect();
    Ok(Start {
        decoder,
        tokenizer,
        chat: chat(args, &own, &mut files)?,
        files,
        inputs,
        base: None,
    })
}

fn shape(start: &StartArgs) -> anyhow::Result<Config> {
    match &start.config {
        Some(file) => Ok(Config::from_json(
            "--config",
            dataset::read_text(&file.0)?.as_bytes(),
        )?),
        None => Ok(Config::preset(start.preset.as_deref().unwrap_or(PRESET))?),
    }
}

type Parts = (Tokenizer, Config, Vec<(String, Vec<u8>)>, Vec<Input>);

/// The tokenizer of another model, with the tokens by which that one begins and ends a text.
fn given(source: &DirectorySource, shape: Config) -> anyhow::Result<Parts> {
    let directory = Directory::open(source)?;
    let tokenizer = Tokenizer::from_json(&directory.require(TOKENIZER)?)?;
    let theirs = Config::from_json("config.json", &directory.require("config.json")?)?;
    let config = shape
        .with_vocab_size(tokenizer.vocab_size())
        .with_special_tokens(theirs.bos_token_id, theirs.eos_token_ids);
    Ok((
        tokenizer,
        config,
        kept(&directory, &KEPT[..3])?,
        vec![directory.input("tokenizer")?],
    ))
}

fn learnt(args: &Args, rows: &Rows<'_>, shape: Config) -> anyhow::Result<Parts> {
    let most = args.start.vocab_size.unwrap_or(shape.vocab_size);
    let tokenizer = Tokenizer::train(&rows.texts(), most, &MARKS)?;
    let [begins, ends] = MARKS.map(|mark| tokenizer.id(mark));
    let config = shape
        .with_vocab_size(tokenizer.vocab_size())
        .with_special_tokens(begins, ends.into_iter().collect());
    let marks = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": MARKS[0],
        "eos_token": MARKS[1],
        "model_max_length": config.max_position_embeddings,
        "clean_up_tokenization_spaces": false,
    });
    let files = vec![
        (TOKENIZER.to_owned(), tokenizer.to_json()?),
        (
            "tokenizer_config.json".to_owned(),
            format!("{marks:#}\n").into_bytes(),
        ),
    ];
    Ok((tokenizer, config, files, Vec::new()))
}

/// The chat template that was given, which is then saved too, or else the one of the model.
fn chat(
    args: &Args,
    home: &dyn Files,
    files: &mut Vec<(String, Vec<u8>)>,
) -> anyhow::Result<Option<ChatTemplate>> {
    let Some(file) = &args.form.chat_template_path else {
        return Ok(ChatTemplate::find(home)?);
    };
    let source = dataset::read_text(&file.0)?;
    let template = ChatTemplate::new(&source, home)
        .with_context(|| format!("{} cannot be used", file.0.display()))?;
    files.retain(|(name, _)| name != CHAT_TEMPLATE);
    files.push((CHAT_TEMPLATE.to_owned(), source.into_bytes()));
    Ok(Some(template))
}

fn kept(directory: &dyn Files, names: &[&str]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for name in names {
        if let Some(bytes) = directory.read(name)? {
            files.push(((*name).to_owned(), bytes));
        }
    }
    Ok(files)
}
