//! Every golden case of `cases/` does what its name says.

use suite::{root, run_cases};

#[test]
fn every_case_says_what_it_is_expected_to_say() {
    let (cases, failures) = run_cases(&root().join("tests/cases"));
    let told = failures
        .iter()
        .map(|failure| format!("\n  {}\n{}", failure.name, failure.difference));
    let told: String = told.collect();
    let rewrite = "UPDATE_CASES=1 writes them anew";
    assert!(
        failures.is_empty(),
        "{} of {cases} cases differ ({rewrite}):\n{told}",
        failures.len()
    );
    assert!(cases >= 25, "only {cases} cases were found");
}
