//! The decisions that scenarios and the simulation call.

use flowstead::core::dmn::{self, Limits};
use flowstead::core::engine::{Decisions, DeployedDecision};
use flowstead::core::model::Binding;

/// Deployed as the latest, in the deployment and under the tag `stable`; as version 2 but for the
/// tag's 1.
pub(crate) fn decisions() -> Decisions {
    let source = include_str!("decisions.dmn");
    let model = dmn::parse(source, &[], &Limits::of_tables());
    let model = model.unwrap_or_else(|problems| panic!("{problems:#?}"));
    let deployed = |key, version| DeployedDecision { key, version, model: model.clone() };
    let bound = |id: &str| {
        [
            (id.to_owned(), Binding::Latest, deployed(902, 2)),
            (id.to_owned(), Binding::Deployment, deployed(902, 2)),
            (id.to_owned(), Binding::VersionTag("stable".to_owned()), deployed(901, 1)),
        ]
    };
    ["tier", "clash", "endless", "discount", "both"].into_iter().flat_map(bound).collect()
}
