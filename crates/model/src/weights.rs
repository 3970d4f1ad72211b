//! Safetensors in and out: single files and shards, checked before anything is believed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use candle_core::{CpuStorage, DType, Device, Storage, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::Error;
use crate::files::{Files, json};

/// Tensors by name.
pub(crate) type Tensors = BTreeMap<String, Tensor>;

/// The file of weights that is not split.
pub(crate) const SINGLE: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// Reads all weights of a model directory as f32, and says which file each came from.
pub(crate) fn load(files: &dyn Files) -> Result<(Tensors, BTreeMap<String, String>), Error> {
    let mut tensors = Tensors::new();
    let mut origins = BTreeMap::new();
    for file in weight_files(files)? {
        let Some(bytes) = files.read(&file)? else {
            return Err(missing(files, &file)?);
        };
        for (name, tensor) in parse(&file, &bytes)? {
            if let Some(other) = origins.insert(name.clone(), file.clone()) {
                return Err(Error::malformed(
                    &file,
                    format!("tensor `{}` is in {other} too", name.escape_debug()),
                ));
            }
            tensors.insert(name, tensor);
        }
    }
    Ok((tensors, origins))
}

/// Says that a file of weights is missing, and what lies there instead.
fn missing(files: &dyn Files, file: &str) -> Result<Error, Error> {
    let names = files.names()?;
    let pickle = names.iter().find(|name| {
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        ["bin", "pt", "pth", "ckpt", "pkl"].contains(&kind)
    });
    let place = files.name().to_owned();
    Ok(match pickle {
        Some(pickle) => Error::Pickle {
            place,
            file: pickle.clone(),
        },
        None => Error::Missing {
            place,
            file: file.to_owned(),
        },
    })
}

/// The files that the weights are in.
pub(crate) fn weight_files(files: &dyn Files) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let Some(bytes) = files.read(INDEX)? else {
        return Ok(vec![SINGLE.to_owned()]);
    };
    let index: Index = json(INDEX, &bytes)?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    if let Some(shard) = shards
        .iter()
        .find(|name| name.contains(['/', '\\', ':', '\0']) || name.starts_with('.'))
    {
        return Err(Error::malformed(
            INDEX,
            format!("`{}` is no plain file name", shard.escape_debug()),
        ));
    }
    Ok(shards.into_iter().collect())
}

/// Reads one safetensors file as f32.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Tensors, Error> {
    let archive = SafeTensors::deserialize(bytes).map_err(|error| {
        Error::malformed(
            file,
            format!("not valid safetensors: {error}{}", looks_like(bytes)),
        )
    })?;
    refuse_duplicates(file, bytes)?;
    let mut tensors = Tensors::new();
    for (name, view) in archive.iter() {
        tensors.insert(name.to_owned(), to_f32(file, name, &view)?);
    }
    Ok(tensors)
}

fn to_f32(file: &str, name: &str, view: &TensorView<'_>) -> Result<Tensor, Error> {
    let dtype = match view.dtype() {
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        other => {
            return Err(Error::Tensor {
                file: file.to_owned(),
                name: name.escape_debug().to_string(),
                expected: "F32, F16 or BF16".to_owned(),
                found: format!("{other:?}"),
            });
        }
    };
    let tensor = Tensor::from_raw_buffer(view.data(), dtype, view.shape(), &Device::Cpu)?
        .to_dtype(DType::F32)?;
    with_values(&tensor, |values| {
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => Err(Error::Tensor {
                file: file.to_owned(),
                name: name.escape_debug().to_string(),
                expected: "finite numbers".to_owned(),
                found: format!("{} at index {at}", values[at]),
            }),
        }
    })??;
    Ok(tensor)
}

/// What a file that is no safetensors file may be instead.
fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' ', ..] => {
            " (it looks like a Git LFS pointer, not weights)"
        }
        [b'<', ..] => " (it looks like an HTML page)",
        [0x80, ..] => " (it looks like a pickle; convert it to safetensors)",
        [b'P', b'K', ..] => " (it looks like a zip archive, such as a PyTorch .bin)",
        _ => "",
    }
}

/// The library takes the last of two tensors of one name; this takes neither.
fn refuse_duplicates(file: &str, bytes: &[u8]) -> Result<(), Error> {
    let length = bytes
        .first_chunk()
        .map_or(0, |length| u64::from_le_bytes(*length)) as usize;
    let header = bytes.get(8..8 + length).unwrap_or_default();
    let Names(names) = json(file, header)?;
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Error::malformed(
            file,
            format!("tensor `{}` is there twice", name.escape_debug()),
        )),
    }
}

/// The keys of a JSON object, repeated ones included.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// Checks one tensor against the shape the configuration asks for.
pub(crate) fn check_shape(
    file: &str,
    name: &str,
    tensor: Option<&Tensor>,
    shape: &[usize],
) -> Result<(), Error> {
    let found = match tensor {
        Some(tensor) if tensor.dims() == shape => return Ok(()),
        Some(tensor) => format!("shape {:?}", tensor.dims()),
        None => "no such tensor".to_owned(),
    };
    Err(Error::Tensor {
        file: file.to_owned(),
        name: name.to_owned(),
        expected: format!("shape {shape:?}"),
        found,
    })
}

/// Hands the numbers of a contiguous f32 tensor in CPU memory to `f`.
pub(crate) fn with_values<T>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> T) -> Result<T, Error> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(values)), Some((from, to))) => Ok(f(&values[from..to])),
        _ => Err(Error::request(
            "a tensor is not made of contiguous f32 numbers in CPU memory",
        )),
    }
}

/// Writes tensors as one safetensors file, in the order of their names.
pub(crate) fn to_bytes<'a>(
    tensors: impl IntoIterator<Item = (String, &'a [usize], &'a [f32])>,
) -> Result<Vec<u8>, Error> {
    let raw: Vec<(String, &[usize], Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| {
            (
                name,
                shape,
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let mut views = BTreeMap::new();
    for (name, shape, bytes) in &raw {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes)
            .map_err(|error| Error::malformed(SINGLE, error.to_string()))?;
        views.insert(name, view);
    }
    let note = [("format".to_owned(), "pt".to_owned())].into();
    safetensors::serialize(views, Some(note))
        .map_err(|error| Error::malformed(SINGLE, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(header: &str, body: &[u8]) -> Vec<u8> {
        [
            &(header.len() as u64).to_le_bytes(),
            header.as_bytes(),
            body,
        ]
        .concat()
    }

    #[test]
    fn tensors_come_back_as_they_were_written() {
        let bytes = to_bytes([("b".to_owned(), &[2, 1][..], &[1.5, -2.0][..])]).expect("writable");
        let tensors = parse("x", &bytes).expect("readable");
        assert_eq!(tensors["b"].to_vec2::<f32>().expect("f32"), [[1.5], [-2.0]]);
    }

    #[test]
    fn half_precision_becomes_f32() {
        let header = r#"{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}}"#;
        // 1.5 is 0x3e00 in f16 and 0x3fc0 in bf16.
        let tensors = parse("x", &archive(header, &[0x00, 0x3e, 0xc0, 0x3f])).expect("readable");
        assert_eq!(tensors["h"].to_vec1::<f32>().expect("f32"), [1.5]);
        assert_eq!(tensors["b"].to_vec1::<f32>().expect("f32"), [1.5]);
    }

    #[test]
    fn a_repeated_name_is_refused() {
        let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let error = parse("x", &archive(header, &[0; 4]))
            .expect_err("twice")
            .to_string();
        assert_eq!(error, "x: tensor `a` is there twice");
    }

    #[test]
    fn a_pickle_is_refused_with_what_to_do() {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let error = load(&files).expect_err("nothing").to_string();
        assert_eq!(error, "the model in memory has no model.safetensors");
        files.insert("pytorch_model.bin".to_owned(), Vec::new());
        let error = load(&files).expect_err("a pickle").to_string();
        assert!(
            error.starts_with("the model in memory has its weights in pytorch_model.bin, a pickle")
                && error.contains("convert it to safetensors"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_archive_is_named() {
        let error =
            parse("x", b"version https://git-lfs.github.com/spec/v1\n").expect_err("a pointer");
        assert!(error.to_string().contains("Git LFS pointer"), "{error}");
        let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let error = parse("x", &archive(header, &f32::NAN.to_le_bytes()))
            .expect_err("nan")
            .to_string();
        assert_eq!(
            error,
            "x: tensor `a`: expected finite numbers, found NaN at index 0"
        );
    }
}
