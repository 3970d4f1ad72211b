//! Tells a column of numbers from one of texts.

/// Integers beyond this are not all floats.
const EXACT: u64 = 1 << 53;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cells {
    Ints,
    Floats,
    Texts,
}

/// What the cells seen so far allow the column to be.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    ints: bool,
    floats: bool,
    any: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            ints: true,
            floats: true,
            any: false,
        }
    }
}

impl Seen {
    /// Takes a cell into account; an empty one says nothing.
    pub(super) fn note(&mut self, cell: &str) {
        if cell.is_empty() || !(self.ints || self.floats) {
            return;
        }
        self.any = true;
        let int = integer(cell);
        self.ints &= int.is_some();
        self.floats &= match int {
            Some(value) => value.unsigned_abs() <= EXACT,
            None => is_float(cell),
        };
    }

    /// What the column is.
    pub(super) fn cells(&self) -> Cells {
        match (self.any, self.ints, self.floats) {
            (true, true, _) => Cells::Ints,
            (true, false, true) => Cells::Floats,
            _ => Cells::Texts,
        }
    }
}

/// The integer that `cell` is, if it is written as one is: no plus, no leading zero, no space.
fn integer(cell: &str) -> Option<i64> {
    if cell == "-0" || !is_plain(cell.strip_prefix('-').unwrap_or(cell)) {
        return None;
    }
    cell.parse().ok()
}

/// Whether `digits` is a run of digits without a leading zero.
fn is_plain(digits: &str) -> bool {
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'))
}

/// Whether `cell` is written as a float is: with a point or an exponent, and finite.
fn is_float(cell: &str) -> bool {
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    let end = unsigned.find(['.', 'e', 'E']).unwrap_or(unsigned.len());
    let shaped = end < unsigned.len() && is_plain(&unsigned[..end]);
    (shaped || cell == "-0") && cell.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(column: &[&str]) -> Cells {
        let mut seen = Seen::default();
        for cell in column {
            seen.note(cell);
        }
        seen.cells()
    }

    #[test]
    fn numbers_are_told_by_how_they_are_written() {
        assert_eq!(cells(&["1", "", "-20", "0"]), Cells::Ints);
        assert_eq!(cells(&["1", "0.5", "-1e-3", "-0"]), Cells::Floats);
        assert_eq!(cells(&["9223372036854775807"]), Cells::Ints);
    }

    #[test]
    fn what_would_not_come_back_as_it_was_written_is_text() {
        for cell in [
            "007", "-01", "00.5", "+1", " 1", "1 ", "1_000", "NaN", "inf", "1e999", ".5", "0x1",
            "-", "1.2.3",
        ] {
            assert_eq!(cells(&[cell]), Cells::Texts, "{cell}");
        }
        assert_eq!(cells(&["9223372036854775808"]), Cells::Texts);
        assert_eq!(cells(&["9007199254740993", "0.5"]), Cells::Texts);
        assert_eq!(cells(&["0.5", "word"]), Cells::Texts);
    }

    #[test]
    fn a_column_of_empty_cells_is_text() {
        assert_eq!(cells(&["", ""]), Cells::Texts);
        assert_eq!(cells(&[]), Cells::Texts);
    }
}
