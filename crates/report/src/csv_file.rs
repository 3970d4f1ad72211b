//! A table as CSV, in which no cell is a formula to a spreadsheet.

use crate::tables::{Cell, Table};

/// The table with its heads, its lines ended as RFC 4180 says.
pub(crate) fn written(table: &Table) -> anyhow::Result<String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(table.head.iter().map(|head| safe(&head.name)))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(cell))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn cell(cell: &Cell) -> String {
    if cell.number {
        // A number that is negative is no formula, but has a minus that is no letter.
        return cell.text.replace('\u{2212}', "-");
    }
    safe(&cell.text)
}

/// `text` with a quote before what a spreadsheet would run (OWASP ASVS 1.2.10).
fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{number, text};

    #[test]
    fn formulas_are_text_and_numbers_are_numbers() {
        let mut table = Table::new(&[("arm", false), ("value", true)]);
        table
            .rows
            .push(vec![text("=HYPERLINK(\"x\")"), number("\u{2212}0.5")]);
        table.rows.push(vec![text("a,b\n"), number("")]);
        assert_eq!(
            written(&table).expect("written"),
            "arm,value\r\n\"'=HYPERLINK(\"\"x\"\")\",-0.5\r\n\"a,b\n\",\r\n"
        );
    }
}
