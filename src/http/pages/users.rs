//! People: the list, and the form to add or change one.
//! Must not know how passwords are kept.

use super::layout::{Layout, Section};
use super::parts::{Chip, Choice, EmptyState, Pager, Stamp, Tone};
use askama::Template;

/// Everybody who has an account.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/users.html")]
pub struct UsersPage {
    pub layout: Layout,
    pub search: String,
    pub rows: Vec<UserRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A person in the list.
#[derive(Clone, Debug)]
pub struct UserRow {
    pub key: String,
    pub href: String,
    pub name: String,
    pub initials: String,
    pub email: String,
    pub roles: Vec<String>,
    pub groups: String,
    pub state: Chip,
    pub is_disabled: bool,
    pub last_seen: Option<Stamp>,
}

/// The form for a new or an existing person.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/user_form.html")]
pub struct UserFormPage {
    pub layout: Layout,
    pub heading: String,
    /// `/users` for a new person, `/users/{key}` for an existing one.
    pub action: String,
    pub is_new: bool,
    pub name: String,
    pub email: String,
    pub roles: Vec<RoleChoice>,
    pub groups: Vec<Choice>,
    /// The revision the form was made from; a newer one refuses the change.
    pub revision: String,
    pub is_disabled: bool,
    /// Nobody can disable themselves.
    pub can_disable: bool,
    pub error: String,
}

/// A role with what it allows in one line.
#[derive(Clone, Debug)]
pub struct RoleChoice {
    pub id: String,
    pub label: String,
    pub summary: String,
    pub is_chosen: bool,
}

impl UsersPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |name: &str, roles: &[&str], groups: &str, seen: Option<i64>| UserRow {
            key: "4503599627370600".into(),
            href: "/users/4503599627370600".into(),
            name: name.into(),
            initials: name.chars().take(1).collect(),
            email: format!("{}@example.org", name.to_lowercase()),
            roles: roles.iter().map(ToString::to_string).collect(),
            groups: groups.into(),
            state: Chip::new(Tone::Good, "check", "Enabled"),
            is_disabled: false,
            last_seen: seen.map(Stamp::sample),
        };
        let mut rows = vec![
            row("Administrator", &["Administrator"], "", Some(1)),
            row("Approver", &["User", "Operator"], "approvers", Some(3)),
            row("Modeler", &["Modeler"], "", Some(180)),
            row("Requester", &["User"], "sales", None),
        ];
        rows[3].is_disabled = true;
        rows[3].state = Chip::new(Tone::Neutral, "lock", "Disabled");
        Self {
            layout: Layout::sample("Users", Section::Users, "/users"),
            search: String::new(),
            rows,
            empty: EmptyState::new("user", "Nobody found", "Try another name or e-mail."),
            pager: Pager { summary: "4 users".into(), ..Pager::default() },
        }
    }

    /// A search that finds nobody.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self { search: "nobody".into(), rows: Vec::new(), ..Self::sample() }
    }
}

impl UserFormPage {
    #[must_use]
    pub fn sample() -> Self {
        let role = |id: &str, label: &str, summary: &str, is_chosen| RoleChoice {
            id: id.into(),
            label: label.into(),
            summary: summary.into(),
            is_chosen,
        };
        Self {
            layout: Layout::sample("Approver", Section::Users, "/users/4503599627370600"),
            heading: "Approver".into(),
            action: "/users/4503599627370600".into(),
            is_new: false,
            name: "Approver".into(),
            email: "approver@example.org".into(),
            roles: vec![
                role("user", "User", "Starts processes and works on user tasks.", true),
                role("operator", "Operator", "Sees all instances and repairs them.", true),
                role("modeler", "Modeler", "Deploys processes.", false),
                role("administrator", "Administrator", "May do everything.", false),
            ],
            groups: vec![
                Choice::new("approvers", "Approvers", true),
                Choice::new("sales", "Sales", false),
            ],
            revision: "7".into(),
            is_disabled: false,
            can_disable: true,
            error: String::new(),
        }
    }

    /// The form for a new person.
    #[must_use]
    pub fn sample_new() -> Self {
        Self {
            layout: Layout::sample("New user", Section::Users, "/users/new"),
            heading: "New user".into(),
            action: "/users".into(),
            is_new: true,
            name: String::new(),
            email: String::new(),
            revision: String::new(),
            can_disable: false,
            error: "this e-mail belongs to another user".into(),
            ..Self::sample()
        }
    }
}
