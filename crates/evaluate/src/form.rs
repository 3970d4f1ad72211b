//! The forms that the answer of a model can have, which say what can be measured of it.

/// What is known of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// How unlikely a text is.
    Perplexity,
    /// The class that a text is taken for.
    Classification,
    /// What a grammar says of a text and of its label.
    Labels,
    /// How likely each of several continuations is.
    MultipleChoice,
    /// How likely one continuation is.
    Loglikelihood,
    /// A text that was written.
    Generation,
    /// An answer that was written.
    QuestionAnswering,
}

/// Every form.
const FORMS: [Form; 7] = [
    Form::Perplexity,
    Form::Classification,
    Form::Labels,
    Form::MultipleChoice,
    Form::Loglikelihood,
    Form::Generation,
    Form::QuestionAnswering,
];

impl Form {
    /// Its name in files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Perplexity => "perplexity",
            Self::Classification => "classification",
            Self::Labels => "labels",
            Self::MultipleChoice => "multiple_choice",
            Self::Loglikelihood => "loglikelihood",
            Self::Generation => "generation",
            Self::QuestionAnswering => "question_answering",
        }
    }

    /// The form of this name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        FORMS.into_iter().find(|form| form.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_by_its_name() {
        for form in FORMS {
            assert_eq!(Form::of_name(form.name()), Some(form));
        }
        assert_eq!(Form::of_name("dance"), None);
    }
}
