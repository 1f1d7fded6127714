//! Kinds of trouble in words: what each is called, and what a person can do about it.
//!
//! Must not know how words are shown.

use crate::core::engine::IncidentKind;

/// The kind of this name in tables and in the API.
#[must_use]
pub fn find_kind(name: &str) -> Option<IncidentKind> {
    serde_json::from_value(name.into()).ok()
}

/// What a kind of trouble is called, and what a person can do about it.
#[must_use]
pub fn incident_words(kind: IncidentKind) -> (&'static str, &'static str) {
    match kind {
        IncidentKind::IoMapping => {
            ("Mapping", "Set the variables that the mapping needs, then retry.")
        }
        IncidentKind::Condition => {
            ("Condition", "Set the variables that the condition needs, then retry.")
        }
        IncidentKind::NoMatchingFlow => (
            "No way on",
            "Change the variables that the conditions read, or deploy a version with a default \
             flow.",
        ),
        IncidentKind::Message => {
            ("Message", "Set the variable of the correlation key, then retry.")
        }
        IncidentKind::Timer => ("Timer", "Set the variable that the timer reads, then retry."),
        IncidentKind::JobDefinition => {
            ("Job definition", "Set the variables that the job's settings read, then retry.")
        }
        IncidentKind::JobNoRetries => (
            "Job without retries",
            "Repair what the job needs, then retry: the job gets a new attempt.",
        ),
        IncidentKind::UserTask => {
            ("User task", "Set the variables that the assignment or the dates read, then retry.")
        }
        IncidentKind::Script => ("Script", "Set the variables that the script needs, then retry."),
        IncidentKind::CalledDecision => {
            ("Called decision", "Deploy the decision, or set the variable of its id, then retry.")
        }
        IncidentKind::DecisionEvaluation => (
            "Decision",
            "Look at the evaluation; set the variables it read or deploy a mended table, then \
             retry.",
        ),
        IncidentKind::CalledElement => ("Called process", "Deploy the called process, then retry."),
        IncidentKind::UnhandledError => (
            "Unhandled error",
            "Repair what caused the error, then retry; or deploy a version that catches it.",
        ),
        IncidentKind::Signal => {
            ("Signal", "Set the variable that the signal's name reads, then retry.")
        }
        IncidentKind::Escalation => {
            ("Escalation", "Set the variable that the escalation's code reads, then retry.")
        }
        IncidentKind::MultiInstance => {
            ("Multi-instance", "Set the variable with the list of items, then retry.")
        }
        IncidentKind::AdHoc => (
            "Ad-hoc sub-process",
            "Set the variables that its list or condition reads, then retry.",
        ),
        IncidentKind::Data => ("Data", "Set the variables that have no value yet, then retry."),
        IncidentKind::Deadlock => {
            ("Deadlock", "The gateway waits for paths that can't come: cancel the instance.")
        }
        IncidentKind::StepLimit => {
            ("Endless loop", "Change the variables that the loop reads, then retry.")
        }
    }
}
