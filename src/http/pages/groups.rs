//! Groups of people that user tasks can be offered to.
//! Must not know how candidates are matched.

use super::layout::{Layout, Section};
use super::parts::{Choice, EmptyState};
use askama::Template;

/// All groups, with the form for a new one.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/groups.html")]
pub struct GroupsPage {
    pub layout: Layout,
    pub rows: Vec<GroupRow>,
    pub empty: EmptyState,
    /// What is wrong with the new group; empty when nothing is.
    pub error: String,
    pub new_id: String,
    pub new_name: String,
}

/// A group in the list.
#[derive(Clone, Debug)]
pub struct GroupRow {
    pub id: String,
    pub name: String,
    pub href: String,
    /// The first members' names.
    pub members: String,
    pub count: String,
}

/// One group with its members.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/group.html")]
pub struct GroupPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub members: Vec<MemberRow>,
    /// People who aren't members yet.
    pub candidates: Vec<Choice>,
    pub empty: EmptyState,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub key: String,
    pub name: String,
    pub initials: String,
    pub email: String,
}

impl GroupsPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |id: &str, name: &str, members: &str, count: &str| GroupRow {
            id: id.into(),
            name: name.into(),
            href: format!("/groups/{id}"),
            members: members.into(),
            count: count.into(),
        };
        Self {
            rows: vec![
                row("approvers", "Approvers", "Administrator, Approver", "2"),
                row("sales", "Sales", "Requester", "1"),
            ],
            ..Self::sample_empty()
        }
    }

    /// Before the first group.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Groups", Section::Groups, "/groups"),
            rows: Vec::new(),
            empty: EmptyState::new(
                "users",
                "No groups yet",
                "A model names groups as candidates of its user tasks. Make them here.",
            ),
            error: String::new(),
            new_id: String::new(),
            new_name: String::new(),
        }
    }
}

impl GroupPage {
    #[must_use]
    pub fn sample() -> Self {
        let member = |name: &str| MemberRow {
            key: "4503599627370600".into(),
            name: name.into(),
            initials: name.chars().take(1).collect(),
            email: format!("{}@example.org", name.to_lowercase()),
        };
        Self { members: vec![member("Administrator"), member("Approver")], ..Self::sample_empty() }
    }

    /// A group without members.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Approvers", Section::Groups, "/groups/approvers"),
            id: "approvers".into(),
            name: "Approvers".into(),
            members: Vec::new(),
            candidates: vec![Choice::new("4503599627370601", "Requester", false)],
            empty: EmptyState::new("users", "No members yet", "Add the first one below."),
        }
    }
}
