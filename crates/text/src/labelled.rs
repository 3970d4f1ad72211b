//! How a text and its class stand in one line, `<label>: <text>`, for models that are trained on both.
//!
//! What `train` teaches and what `generate` asks for meet here and nowhere else.
//! The prompt of a class ends in the colon and not in the space after it, because tokenizers put
//! the space in front of a word into the word's own token.

/// The file in the directory of a model that was trained on such lines: its labels, as a JSON array.
pub const LABELS_FILE: &str = "labels.json";

/// What separates a label from its text.
const MARK: &str = ": ";

/// The text with its class in front of it: `praise: the sofa is solid .`
pub fn render_labelled(label: &str, text: &str) -> String {
    format!("{label}{MARK}{}", text.trim())
}

/// The prompt that a text of this class continues: `praise:`
pub fn prefix_of(label: &str) -> String {
    format!("{label}{}", MARK.trim_end())
}

/// The label and the text of such a line; `None` where there is no label or no text.
pub fn read_labelled(line: &str) -> Option<(&str, &str)> {
    let (label, text) = line.trim().split_once(MARK)?;
    let (label, text) = (label.trim(), text.trim());
    let one_line = !label.contains('\n');
    (one_line && !label.is_empty() && !text.is_empty()).then_some((label, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_back_its_label_and_its_text() {
        let line = render_labelled("praise", "solid: yes");
        assert_eq!(line, "praise: solid: yes");
        assert_eq!(read_labelled(&line), Some(("praise", "solid: yes")));
        assert_eq!(
            read_labelled(&format!(" {line}\n")),
            Some(("praise", "solid: yes"))
        );
    }

    #[test]
    fn a_line_continues_the_prompt_of_its_class() {
        assert!(render_labelled("praise", "x").starts_with(&prefix_of("praise")));
        assert_eq!(prefix_of("praise"), "praise:");
    }

    #[test]
    fn a_line_without_a_label_or_a_text_is_none() {
        for line in ["solid", ": solid", "praise:", "praise: ", "", "a\nb: c"] {
            assert_eq!(read_labelled(line), None, "{line}");
        }
    }
}
