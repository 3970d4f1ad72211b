//! What a stage's `--help` says of the columns that it reads and adds.

use dataset::Column;

use crate::Stage;

/// Where descriptions begin: two spaces, the longest names, two spaces.
const INDENT: usize = 17;
/// Where lines end; what is shorter than a terminal is not wrapped again, which would lose the indent.
const WIDTH: usize = 80;

/// The text below the options.
pub(crate) fn help(stage: &Stage) -> String {
    let mut help = String::new();
    for (verb, columns) in [("Reads", stage.reads), ("Adds", stage.adds)] {
        if !columns.is_empty() {
            help += &format!("{verb} these columns:\n");
            columns.iter().for_each(|column| help += &told(column));
        }
    }
    help + "Exit status: 0 done, 1 it ran and the answer is no, 2 it could not run."
}

/// The name of a column and what it means, in lines that begin below each other.
fn told(column: &Column) -> String {
    let mut line = format!("  {:<14}", column.name);
    let mut lines = String::new();
    for word in column.about.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines += line.trim_end();
            lines.push('\n');
            line = " ".repeat(INDENT - 1);
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use dataset::columns;

    use super::*;

    #[test]
    fn what_does_not_fit_goes_on_below_its_beginning() {
        let expected = "  id             32 hex digits, assigned once and never recomputed; unique in a\n                 \
            file unless `repeat` is there\n";
        assert_eq!(told(&columns::ID), expected);
    }

    #[test]
    fn no_line_is_so_long_that_a_terminal_wraps_it() {
        let told = columns::ALL.iter().map(|column| told(column));
        assert!(
            told.collect::<String>()
                .lines()
                .all(|line| line.chars().count() <= WIDTH)
        );
    }
}
