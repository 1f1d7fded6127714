//! Any text as a BPMN model: it is accepted or refused, drawn or not, and written back the same.
#![no_main]

use flowstead::core::bpmn::document::Document;
use flowstead::core::bpmn::{Limits, lint, parse, read_diagram};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let limits = Limits::default();
    let problems = lint(source, &limits);
    if parse(source, &limits).is_err() {
        assert!(!problems.is_empty(), "a refused model has a problem");
    }
    if let Ok(diagram) = read_diagram(source, &limits) {
        let svg = flowstead::core::bpmn::svg::render(&diagram, &Default::default());
        assert!(svg.starts_with("<svg"), "a diagram is an SVG");
    }
    if let Ok(document) = Document::read(source, &limits) {
        assert_eq!(document.write(), source, "nothing is lost on the way");
    }
});
