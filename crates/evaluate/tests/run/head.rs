//! Linear heads, which look at vectors and only at those of their own embedder.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use dataset::{RowEquation, Run, Sink, Writer};
use model::linear::{Classifier, Options};
use numeric::Vectors;

use crate::support::Place;

/// A set of four rows with the vectors that `embedder` is said to have made.
fn embedded(place: &Place, name: &str, embedder: &BTreeMap<String, String>) {
    let text = |values: [&str; 4]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let item = Arc::new(Field::new("item", DataType::Float32, false));
    let values: ArrayRef = Arc::new(Float32Array::from(vec![
        1.0, 0.0, 0.9, 0.1, 0.0, 1.0, 0.2, 0.8,
    ]));
    let vectors = FixedSizeListArray::try_new(Arc::clone(&item), 2, values, None).expect("lists");
    let kind = DataType::FixedSizeList(item, 2);
    let fields = vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("label", DataType::Utf8, false),
        Field::new("embedding", kind, false).with_metadata(embedder.clone()),
    ];
    let ids = ["0", "1", "2", "3"].map(|digit| digit.repeat(32));
    let ids: ArrayRef = Arc::new(StringArray::from(ids.to_vec()));
    let columns = vec![
        ids,
        text(["x", "x", "y", "x"]),
        Arc::new(vectors) as ArrayRef,
    ];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("four rows");
    let sink = Sink::Path(place.path(name));
    let mut writer = Writer::create(&sink, batch.schema_ref()).expect("begun");
    writer.write(&batch).expect("written");
    let rows = RowEquation::Same { rows_in: 4, out: 4 };
    let (arguments, drops) = (BTreeMap::new(), BTreeMap::new());
    let run = Run {
        stage: "embed",
        arguments,
        seed: None,
        inputs: Vec::new(),
        rows,
        drops,
    };
    writer.finish(&run).expect("finished");
}

#[test]
fn a_head_is_held_against_vectors_of_its_own_embedder_alone() {
    let place = Place::new();
    let embedder = |revision: &str| {
        let told = [
            ("embedder", "made-up"),
            ("revision", revision),
            ("pooling", "mean"),
            ("normalised", "true"),
        ];
        BTreeMap::from(told.map(|(key, value)| (key.to_owned(), value.to_owned())))
    };
    let vectors = Vectors::new(vec![1.0, 0.0, 0.9, 0.1, 0.0, 1.0, 0.1, 0.9], 2).expect("rows");
    let labels = ["x", "x", "y", "y"];
    let fitted = Classifier::fit_vectors(&vectors, &labels, embedder("1"), &Options::default());
    place.model(
        "head",
        &fitted
            .expect("fitted")
            .classifier
            .to_files()
            .expect("written"),
    );
    embedded(&place, "same.parquet", &embedder("1"));
    embedded(&place, "other.parquet", &embedder("2"));
    let ended = place.run("head --test same.parquet -o out.parquet");
    assert!(ended.said.contains("accuracy 0.750"), "{}", ended.said);
    assert_eq!(
        place.results("out.parquet")[0].params["model_kind"],
        "LinearHead"
    );
    // The second set of two is found out too.
    let other = "the model head learnt from vectors of \
        made-up (revision 1, dimension 2, pooling mean, normalised), but other.parquet has \
        vectors of made-up (revision 2, dimension 2, pooling mean, normalised)";
    let both = "the test set: column `embedding` was made by embedder made-up, revision 1";
    for (sets, expected) in [
        ("other.parquet", other),
        ("same.parquet other.parquet", both),
    ] {
        let ended = place.run(&format!("head --test {sets} -o out.parquet"));
        assert!(
            ended.code == 2 && ended.said.contains(expected),
            "{}",
            ended.said
        );
    }
    place.write("bare.csv", "text,label\na,x\n");
    let ended = place.run("head --test bare.csv -o out.parquet");
    assert!(ended.said.contains("run `embed` first"), "{}", ended.said);
}

#[test]
fn figures_and_predictions_go_to_two_files() {
    let place = Place::new();
    let ended = place.run("head --test set.parquet -o a.parquet --predictions ./a.parquet");
    let expected = "-o and --predictions are one file: ./a.parquet";
    assert!(
        ended.code == 2 && ended.said.contains(expected),
        "{}",
        ended.said
    );
}
