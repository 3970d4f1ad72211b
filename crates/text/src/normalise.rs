//! One spelling for texts that differ only in how they are encoded, cased or spaced.

use unicode_normalization::UnicodeNormalization;

use crate::words::whitespace_tokens;

/// Which Unicode normalisation form brings characters together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Canonical equivalence only: `e` + accent is `é`.
    Nfc,
    /// Compatibility too: full-width letters, ligatures and superscripts become plain ones.
    Nfkc,
}

/// `text` in this form, in lower case, with each run of white space as one space and none at the ends.
pub fn normalise(text: &str, form: Form) -> String {
    // Lowering can leave a composed form, and composing a lowered one: the form comes last.
    let lowered = match form {
        Form::Nfc => text.nfc().collect::<String>(),
        Form::Nfkc => text.nfkc().collect::<String>(),
    }
    .to_lowercase();
    let spaced = collapse_space(&lowered);
    match form {
        Form::Nfc => spaced.nfc().collect(),
        Form::Nfkc => spaced.nfkc().collect(),
    }
}

/// `text` with each run of white space as one space and none at the ends.
pub fn collapse_space(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for token in whitespace_tokens(text) {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(token);
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_space_and_composition_do_not_matter() {
        assert_eq!(normalise("  Caf\u{e9}\n\tX ", Form::Nfc), "caf\u{e9} x");
        assert_eq!(normalise("CAFE\u{301} x", Form::Nfc), "caf\u{e9} x");
    }

    #[test]
    fn compatibility_is_only_in_nfkc() {
        assert_eq!(normalise("ＦＯＯ ﬁ", Form::Nfkc), "foo fi");
        assert_eq!(normalise("ﬁ", Form::Nfc), "ﬁ");
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for text in [
            "\u{130}I\u{307}",
            "ΑΣ ΑΣ.",
            "K \u{2126}",
            "ﬀ\u{a0}\u{a0}ß",
            "",
        ] {
            for form in [Form::Nfc, Form::Nfkc] {
                let once = normalise(text, form);
                assert_eq!(normalise(&once, form), once, "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_normalised_twice_is_normalised_once(text in any::<String>()) {
            for form in [Form::Nfc, Form::Nfkc] {
                let once = normalise(&text, form);
                prop_assert_eq!(normalise(&once, form), once);
            }
        }
    }
}
