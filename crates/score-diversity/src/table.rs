//! Figures as a table for people.

use dataset::results::ResultRow;

/// Which way a figure points, in words that fit into a table.
fn reading(direction: &str) -> &str {
    match direction {
        "higher_is_more_varied" => "higher: more varied",
        "lower_is_more_varied" => "lower: more varied",
        "higher_is_farther" => "higher: farther",
        "lower_is_farther" => "lower: farther",
        _ => "",
    }
}

/// A line a figure, columns aligned; what belongs to a group stands under its name.
pub(crate) fn drawn(rows: &[ResultRow]) -> String {
    let mut lines =
        vec![["metric", "value", "low", "high", "n", "unit", "reads"].map(str::to_owned)];
    let mut notes = Vec::new();
    for row in rows {
        lines.push(line(row));
        if let Some(reason) = &row.reason {
            notes.push(format!("{}: {reason}\n", row.metric));
        }
    }
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let drawn = lines.iter().map(|line| aligned(line, &widths));
    let mut drawn: String = drawn.collect();
    if !notes.is_empty() {
        drawn += "\nWithout a value:\n";
        drawn.extend(notes);
    }
    drawn
}

fn line(row: &ResultRow) -> [String; 7] {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), shown);
    let group = row.params.get("group").and_then(serde_json::Value::as_str);
    let name = match group {
        Some(group) => format!("{} [{group}]", row.metric),
        None => row.metric.clone(),
    };
    [
        name,
        number(row.value),
        number(row.low),
        number(row.high),
        row.n.map_or_else(String::new, |n| n.to_string()),
        row.unit.clone().unwrap_or_default(),
        reading(row.direction.as_deref().unwrap_or_default()).to_owned(),
    ]
}

/// Numbers to the right, words to the left.
fn aligned(line: &[String; 7], widths: &[usize]) -> String {
    let mut text = String::new();
    for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
        let is_number = (1..5).contains(&column);
        text += &if is_number {
            format!("{cell:>width$}  ")
        } else {
            format!("{cell:<width$}  ")
        };
    }
    text.trim_end().to_owned() + "\n"
}

/// Five digits that count, without an exponent where that is short.
pub(crate) fn shown(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-4..1e7).contains(&magnitude) {
        let places = (4 - magnitude.log10().floor() as i32).clamp(0, 8) as usize;
        format!("{value:.places$}")
    } else {
        format!("{value:.4e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_five_digits_that_count() {
        let shown = [12.345_678, 0.001_234_56, 123_456.7, 0.0, 1e-9, -0.5].map(shown);
        let expected = [
            "12.346",
            "0.0012346",
            "123457",
            "0",
            "1.0000e-9",
            "-0.50000",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn columns_are_aligned_and_reasons_stand_below() {
        let measured = ResultRow {
            metric: "distinct_2".to_owned(),
            value: Some(0.5),
            n: Some(1000),
            unit: Some("share".to_owned()),
            direction: Some("higher_is_more_varied".to_owned()),
            ..ResultRow::default()
        };
        let missing = ResultRow {
            metric: "vendi_q1".to_owned(),
            reason: Some("no vectors".to_owned()),
            params: serde_json::json!({"group": "a"}),
            ..ResultRow::default()
        };
        let expected = "\
metric          value  low  high     n  unit   reads
distinct_2    0.50000    -     -  1000  share  higher: more varied
vendi_q1 [a]        -    -     -

Without a value:
vendi_q1: no vectors
";
        assert_eq!(drawn(&[measured, missing]), expected);
    }
}
