//! Measures the vectors of a file by one metric and prints the seconds that it took: FILE DIMENSION METRIC.
//!
//! The file holds f32 numbers, little-endian, row after row. Only the metric is timed, as the peers
//! that `benches/diversity` compares it with are.

#![expect(clippy::print_stdout, reason = "the driver of the comparison reads it")]

use std::time::Instant;

use diversity::{Context, Options, Set};
use numeric::{Seed, Vectors};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, dim, metric] = &arguments[..] else {
        panic!("FILE DIMENSION METRIC are needed, not {arguments:?}");
    };
    let bytes = std::fs::read(file).expect("the file can be read");
    let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
    let values = bytes.chunks_exact(4).map(number).collect();
    let vectors = Vectors::new(values, dim.parse().expect("a number")).expect("whole rows");
    let metric = diversity::metric(metric).expect("a metric");
    let set = Set::of_vectors(&vectors);
    let context = Context::new(&Options::new(Seed::new(0)));
    let (start, before) = (Instant::now(), cpu_seconds());
    let figure = metric.measure(&set, &context).expect("a value");
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    let value = figure.value;
    println!("{{\"seconds\": {seconds}, \"cpu\": {cpu}, \"value\": {value}}}");
}

/// The processor time of this process, from ticks of 10 ms; 0 where there is no `/proc`.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
