//! GPT-2's files: other names, transposed matrices, and queries, keys and values in one.

use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::Error;
use crate::config::Config;
use crate::layout::{self, EMBEDDING, Expected, HEAD, NORM, POSITIONS, Role};
use crate::weights::{Tensors, check_shape};

/// What the names of most files begin with; those of the first published ones do not.
const PREFIX: &str = "transformer.";

/// Our modules in a layer, what GPT-2 calls them, and which third of it they are.
const MODULES: [(&str, &str, Option<usize>); 8] = [
    ("input_layernorm", "ln_1", None),
    ("post_attention_layernorm", "ln_2", None),
    ("self_attn.q_proj", "attn.c_attn", Some(0)),
    ("self_attn.k_proj", "attn.c_attn", Some(1)),
    ("self_attn.v_proj", "attn.c_attn", Some(2)),
    ("self_attn.o_proj", "attn.c_proj", None),
    ("mlp.up_proj", "mlp.c_fc", None),
    ("mlp.down_proj", "mlp.c_proj", None),
];

/// Gives the tensors of a file the names and shapes of [`layout::tensors`].
pub(crate) fn from_stored<'a>(
    config: &Config,
    mut stored: Tensors,
    file_of: impl Fn(&str) -> &'a str,
) -> Result<Tensors, Error> {
    // The masks of causal attention were once saved as if they were weights.
    stored.retain(|name, _| !name.ends_with(".attn.bias") && !name.ends_with(".attn.masked_bias"));
    let prefix = if stored.keys().any(|name| name.starts_with(PREFIX)) {
        PREFIX
    } else {
        ""
    };
    let mut used = Vec::new();
    let mut tensors = Tensors::new();
    for expected in layout::tensors(config) {
        let (name, third) = place(&expected.name, prefix);
        let tensor = stored.get(&name);
        check_shape(
            file_of(&name),
            &name,
            tensor,
            &stored_shape(&expected, third),
        )?;
        if let Some(tensor) = tensor {
            tensors.insert(expected.name.clone(), taken(tensor, &expected, third)?);
        }
        used.push(name);
    }
    stored.retain(|name, _| !used.contains(name));
    // A repeated output layer is held against the embedding by the caller.
    tensors.extend(stored);
    Ok(tensors)
}

/// The tensors as GPT-2's files have them.
pub(crate) fn to_file(config: &Config, tensors: &Tensors) -> Result<Tensors, Error> {
    let mut parts: BTreeMap<String, Vec<Tensor>> = BTreeMap::new();
    for expected in layout::tensors(config) {
        let (name, _) = place(&expected.name, PREFIX);
        let tensor = &tensors[&expected.name];
        let turned = match is_turned(&expected) {
            true => tensor.t()?.contiguous()?,
            false => tensor.clone(),
        };
        parts.entry(name).or_default().push(turned);
    }
    let joined = parts.into_iter().map(|(name, parts)| {
        let last = parts[0].rank() - 1;
        Ok((name, Tensor::cat(&parts, last)?.contiguous()?))
    });
    joined.collect()
}

/// Where a tensor lies in a file, and which third of it.
fn place(name: &str, prefix: &str) -> (String, Option<usize>) {
    match name {
        EMBEDDING => return (format!("{prefix}wte.weight"), None),
        POSITIONS => return (format!("{prefix}wpe.weight"), None),
        HEAD => return (HEAD.to_owned(), None),
        _ => {}
    }
    let norm = NORM.trim_end_matches("weight");
    if let Some(kind) = name.strip_prefix(norm) {
        return (format!("{prefix}ln_f.{kind}"), None);
    }
    let inner = name.trim_start_matches("model.layers.");
    let (layer, module) = inner.split_once('.').unwrap_or((inner, ""));
    let (module, kind) = module.rsplit_once('.').unwrap_or((module, ""));
    let known = MODULES.iter().find(|(ours, ..)| *ours == module);
    let (theirs, third) = known.map_or((module, None), |(_, theirs, third)| (theirs, *third));
    (format!("{prefix}h.{layer}.{theirs}.{kind}"), third)
}

/// The matrices of layers are stored as (in, out).
fn is_turned(expected: &Expected) -> bool {
    expected.role == Role::Matrix && expected.name != HEAD
}

fn stored_shape(expected: &Expected, third: Option<usize>) -> Vec<usize> {
    let mut shape = expected.shape.clone();
    if is_turned(expected) {
        shape.reverse();
    }
    if third.is_some()
        && let Some(last) = shape.last_mut()
    {
        *last *= 3;
    }
    shape
}

fn taken(stored: &Tensor, expected: &Expected, third: Option<usize>) -> Result<Tensor, Error> {
    let width = expected.shape[0];
    let part = match third {
        None => stored.clone(),
        Some(third) => stored.narrow(stored.rank() - 1, third * width, width)?,
    };
    let turned = if is_turned(expected) { part.t()? } else { part };
    Ok(turned.contiguous()?)
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::Decoder;
    use crate::config::Family;

    fn small() -> Decoder {
        let config = Config {
            family: Family::Gpt2,
            attention_bias: true,
            mlp_bias: true,
            num_key_value_heads: 4,
            ..Config::preset("tiny").expect("known")
        };
        Decoder::initialize(config, Seed::new(1)).expect("drawn")
    }

    #[test]
    fn names_are_those_of_the_published_files() {
        let decoder = small();
        let stored = to_file(decoder.config(), decoder.tensors()).expect("translated");
        let shapes = |name: &str| stored[name].dims().to_vec();
        assert_eq!(shapes("transformer.h.1.attn.c_attn.weight"), [32, 96]);
        assert_eq!(shapes("transformer.h.0.attn.c_attn.bias"), [96]);
        assert_eq!(shapes("transformer.h.0.mlp.c_fc.weight"), [32, 64]);
        assert_eq!(shapes("transformer.ln_f.bias"), [32]);
        assert_eq!(stored.len(), 2 * 12 + 4);
    }

    #[test]
    fn tensors_come_back_with_or_without_the_prefix() {
        let decoder = small();
        let stored = to_file(decoder.config(), decoder.tensors()).expect("translated");
        let bare = stored
            .iter()
            .map(|(name, tensor)| (name.trim_start_matches(PREFIX).to_owned(), tensor.clone()));
        for mut stored in [stored.clone(), bare.collect()] {
            let mask = stored.values().next().expect("some").clone();
            stored.insert("transformer.h.0.attn.bias".to_owned(), mask);
            let again = from_stored(decoder.config(), stored, |_| "x").expect("translated");
            assert_eq!(again.len(), decoder.tensors().len());
            for (name, tensor) in decoder.tensors() {
                let values = |tensor: &Tensor| {
                    tensor
                        .flatten_all()
                        .and_then(|all| all.to_vec1::<f32>())
                        .expect("f32")
                };
                assert_eq!(values(&again[name]), values(tensor), "{name}");
            }
        }
    }

    #[test]
    fn a_missing_tensor_has_the_name_of_the_file() {
        let decoder = small();
        let mut stored = to_file(decoder.config(), decoder.tensors()).expect("translated");
        stored.remove("transformer.h.1.mlp.c_proj.bias");
        let error = from_stored(decoder.config(), stored, |_| "x").expect_err("missing");
        assert_eq!(
            error.to_string(),
            "x: tensor `transformer.h.1.mlp.c_proj.bias`: expected shape [32], found no such tensor"
        );
    }
}
