//! The example processes that come with the program, for newcomers to learn from.
//!
//! Must not know where they are shown.
//!
//! **Invariant:** every folder of `examples/` but the patterns' is one example of the list here.

use jiff::tz::TimeZone;
use rust_embed::Embed;

use super::check::Kind;
use crate::core::access::{Permission, Principal};
use crate::services::audit::Origin;
use crate::services::execution::Execution;
use crate::services::identity::{Identity, IdentityError, NewGroup};
use crate::services::processes::{DeployError, Deployment, Resource, deploy};

#[derive(Embed)]
#[folder = "examples/"]
pub(super) struct Files;

/// An example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Its folder.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What can be learned from it, in a word or two each.
    pub shows: &'static [&'static str],
    /// Groups whose members have work in it, as ids and names.
    groups: &'static [(&'static str, &'static str)],
}

/// All examples, the simplest first.
pub const EXAMPLES: [Example; 5] = [
    Example {
        id: "expense-approval",
        name: "Expense approval",
        summary: "Small amounts pass by rule; larger ones wait for a person.",
        shows: &["Amount rule", "Form", "Reminder timer", "E-mail"],
        groups: &[("approvers", "Approvers")],
    },
    Example {
        id: "travel-allowance",
        name: "Travel allowance",
        summary: "A table of rates decides what a trip costs and who approves it.",
        shows: &["Decision tables", "Business rule task", "Form"],
        groups: &[("approvers", "Approvers")],
    },
    Example {
        id: "customer-onboarding",
        name: "Customer onboarding",
        summary: "Two checks at once, then a signed contract from outside.",
        shows: &["File upload", "HTTP", "Message", "Call activity"],
        groups: &[("customer-care", "Customer care")],
    },
    Example {
        id: "order-fulfilment",
        name: "Order fulfilment",
        summary: "Every order line is picked by an outside worker.",
        shows: &["Multi-instance", "Worker", "Error boundary", "Incident"],
        groups: &[("warehouse", "Warehouse"), ("purchasing", "Purchasing")],
    },
    Example {
        id: "daily-report",
        name: "Daily report",
        summary: "Starts by itself and mails the day's numbers.",
        shows: &["Cycle timer", "Script", "E-mail"],
        groups: &[],
    },
];

/// Why an example could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ExampleError {
    /// There is no example of that name.
    #[error("there is no example \"{0}\"")]
    Unknown(String),
    /// It could not be deployed.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// Its groups could not be made.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl Example {
    /// The example of a name, if there is one.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        EXAMPLES.into_iter().find(|example| example.id == id)
    }

    /// Its files, by name.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        let folder = format!("{}/", self.id);
        // The page about an example and its inputs are for people.
        let is_model = |path: &str| path.starts_with(&folder) && Kind::of(path).is_some();
        let paths = Files::iter().filter(|path| is_model(path));
        let mut resources: Vec<Resource> = paths
            .filter_map(|path| {
                let content = String::from_utf8(Files::get(&path)?.data.into_owned()).ok()?;
                Some(Resource { name: path[folder.len()..].to_owned(), content })
            })
            .collect();
        resources.sort_by(|a, b| a.name.cmp(&b.name));
        resources
    }
}

/// Deploys examples, all when none is named. For one who may, their groups are made where they are
/// missing, with that one as a member, so that the work in them can be seen; a group that is there
/// is somebody's, and stays as it is.
///
/// # Errors
/// `Unknown` before anything is loaded; else what went wrong with one, the earlier ones staying.
pub async fn load_examples(
    execution: &Execution,
    identity: &Identity,
    zone: &TimeZone,
    ids: &[String],
    principal: &Principal,
    origin: &Origin,
) -> Result<Vec<Deployment>, ExampleError> {
    let unknown = |id: &String| ExampleError::Unknown(id.clone());
    let named = ids.iter().map(|id| Example::find(id).ok_or_else(|| unknown(id)));
    let mut wanted = named.collect::<Result<Vec<_>, _>>()?;
    if wanted.is_empty() {
        wanted.extend(EXAMPLES);
    }
    let mut deployments = Vec::with_capacity(wanted.len());
    for example in wanted {
        if principal.may(Permission::UsersManage) {
            for group in example.groups {
                make_group(identity, group, principal.user_key, origin).await?;
            }
        }
        deployments.push(deploy(execution, zone, example.resources(), origin.clone()).await?);
    }
    Ok(deployments)
}

async fn make_group(
    identity: &Identity,
    (group_id, name): &(&str, &str),
    user_key: i64,
    origin: &Origin,
) -> Result<(), IdentityError> {
    match identity.load_group_by_id(group_id).await {
        Err(IdentityError::NotFound { .. }) => {}
        found => return found.map(|_| ()),
    }
    let new = NewGroup {
        group_id: (*group_id).to_owned(),
        name: (*name).to_owned(),
        description: "Made for an example process.".to_owned(),
    };
    let group = identity.create_group(origin, new).await?;
    identity.set_member(origin, group.key, user_key, true).await
}
