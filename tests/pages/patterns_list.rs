//! The list of control-flow patterns says what their files say.

use std::collections::BTreeSet;
use std::path::Path;

use flowstead::core::bpmn::{Limits, parse};
use flowstead::services::processes::{PATTERN_GROUPS, PATTERNS};

#[test]
fn every_file_is_a_pattern_of_the_list_and_the_other_way_round() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/patterns");
    let entries = std::fs::read_dir(folder).expect("there are patterns");
    let names = entries.map(|it| it.expect("an entry").file_name().into_string().expect("UTF-8"));
    let files: BTreeSet<String> = names.filter(|name| name != "README.md").collect();
    let listed = PATTERNS.iter().flat_map(|pattern| {
        [".bpmn", ".test.yaml"].map(|ending| format!("{}{ending}", pattern.id))
    });
    assert_eq!(files, listed.collect());
}

#[test]
fn patterns_are_numbered_named_as_their_models_and_in_one_group() {
    for (pattern, number) in PATTERNS.iter().zip(1..) {
        assert_eq!(pattern.number(), number.to_string());
        let model = parse(&pattern.model(), &Limits::default()).expect("the model is right");
        assert_eq!(model.processes[0].name.as_deref(), Some(pattern.name));
        assert!(!pattern.scenarios().is_empty());
        let groups = PATTERN_GROUPS.iter();
        let of = groups.filter(|group| group.patterns().any(|it| it.id == pattern.id));
        assert_eq!(of.count(), 1, "{}", pattern.name);
    }
}
