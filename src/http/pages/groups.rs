//! Groups of people that user tasks can be offered to.
//! Must not know how candidates are matched.

use super::layout::{Layout, Section};
use super::parts::{Choice, EmptyState};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::users::initials;
use super::words::identity_problem;
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Path};
use crate::http::frame::{Frame, Page, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{GroupFilter, IdentityError, NewGroup, UserFilter};

/// How many groups and members a page shows; an installation has tens of groups.
const ROWS_MAX: u32 = 500;
/// How many members the list names.
const NAMES: u32 = 3;

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

/// The routes of these screens.
#[must_use]
pub fn routes() -> Vec<Route> {
    const NEEDED: Permission = Permission::UsersManage;
    vec![
        Route::get("/groups", list).needs(NEEDED),
        Route::post("/groups", create).needs(NEEDED),
        Route::get("/groups/{id}", show).needs(NEEDED),
        Route::post("/groups/{id}/delete", delete).needs(NEEDED),
        Route::post("/groups/{id}/members", add_member).needs(NEEDED),
        Route::post("/groups/{id}/members/{key}/remove", remove_member).needs(NEEDED),
    ]
}

#[derive(Deserialize)]
struct NewGroupForm {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct NewMemberForm {
    user: Key,
}

async fn list(State(app): State<App>, frame: Frame) -> Result<Page<GroupsPage>, HttpError> {
    Ok(Page(list_page(&app, &frame, String::new(), ("", "")).await?))
}

async fn create(
    State(app): State<App>,
    frame: Frame,
    Form(form): Form<NewGroupForm>,
) -> Result<Response, HttpError> {
    let (group_id, name) = (form.id.clone(), form.name.clone());
    let new = NewGroup { group_id, name, description: String::new() };
    match app.identity.create_group(&frame.visitor.origin(), new).await {
        Ok(group) => {
            let here = format!("/groups/{}", group.group_id);
            Ok(go_with_success(&here, "The group was made. Add its first member."))
        }
        Err(error @ (IdentityError::Invalid { .. } | IdentityError::Taken { .. })) => {
            let entered = (form.id.as_str(), form.name.as_str());
            let error = identity_problem(&error);
            let page = list_page(&app, &frame, error, entered).await?;
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn list_page(
    app: &App,
    frame: &Frame,
    error: String,
    (new_id, new_name): (&str, &str),
) -> Result<GroupsPage, HttpError> {
    let groups = app.identity.list_groups(GroupFilter::default(), None, ROWS_MAX).await?;
    let keys = groups.iter().map(|it| it.key).collect();
    let mut names = app.identity.list_first_members(keys, NAMES).await?;
    let rows = groups.into_iter().map(|group| GroupRow {
        href: format!("/groups/{}", group.group_id),
        id: group.group_id,
        name: group.name,
        members: names.remove(&group.key).unwrap_or_default().join(", "),
        count: group.member_count.to_string(),
    });
    Ok(GroupsPage {
        layout: frame.layout("Groups", Section::Groups),
        rows: rows.collect(),
        empty: EmptyState::new(
            "users",
            "No groups yet",
            "A model names groups as candidates of its user tasks. Make them here.",
        ),
        error,
        new_id: new_id.into(),
        new_name: new_name.into(),
    })
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Path(id): Path<String>,
) -> Result<Page<GroupPage>, HttpError> {
    let group = app.identity.load_group_by_id(&id).await?;
    let users = app.identity.list_users(UserFilter::default(), None, ROWS_MAX).await?;
    let only_members = UserFilter { group_id: Some(id.clone()), ..UserFilter::default() };
    let members = app.identity.list_users(only_members, None, ROWS_MAX).await?;
    let outsiders = users.into_iter().filter(|it| !it.is_disabled && !it.groups.contains(&id));
    let candidates =
        outsiders.map(|it| Choice::new(it.key.to_string(), it.display_name, false)).collect();
    let row = |user: crate::services::identity::User| MemberRow {
        key: user.key.to_string(),
        initials: initials(&user.display_name),
        email: user.email.unwrap_or(user.user_id),
        name: user.display_name,
    };
    Ok(Page(GroupPage {
        layout: frame.layout(group.name.as_str(), Section::Groups),
        id: group.group_id,
        name: group.name,
        members: members.into_iter().map(row).collect(),
        candidates,
        empty: EmptyState::new("users", "No members yet", "Add the first one below."),
    }))
}

async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let group = app.identity.load_group_by_id(&id).await?;
    app.identity.delete_group(&signed_in.origin(), group.key).await?;
    Ok(go_with_success("/groups", &format!("The group {} was deleted.", group.name)))
}

async fn add_member(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<NewMemberForm>,
) -> Result<Response, HttpError> {
    set_member(&app, &signed_in, &id, form.user, true).await
}

async fn remove_member(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((id, key)): Path<(String, Key)>,
) -> Result<Response, HttpError> {
    set_member(&app, &signed_in, &id, key, false).await
}

async fn set_member(
    app: &App,
    signed_in: &SignedIn,
    id: &str,
    user: Key,
    is_member: bool,
) -> Result<Response, HttpError> {
    let group = app.identity.load_group_by_id(id).await?;
    app.identity.set_member(&signed_in.origin(), group.key, user.0, is_member).await?;
    let message = if is_member { "The member was added." } else { "The member was removed." };
    Ok(go_with_success(&format!("/groups/{}", group.group_id), message))
}
