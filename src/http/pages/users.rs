//! People: the list, and the form to add or change one.
//! Must not know how passwords are kept.

use super::layout::{Layout, Section};
use super::names::GroupNames;
use super::parts::{Chip, Choice, EmptyState, Pager, Stamp, Tone};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::layout::Viewer;
use super::roles::role_name;
use super::words::identity_problem;
use crate::core::access::{Permission, Role};
use crate::http::app::App;
use crate::http::envelope::{Key, decode_cursor, encode_cursor, next_page};
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Path, Query};
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::identity::{
    GroupFilter, IdentityError, NewUser, User, UserChanges, UserFilter,
};

/// How many people one page of the list shows.
const ROWS: u32 = 50;
/// How many groups the form offers; an installation has tens of them.
const GROUPS_MAX: u32 = 500;

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

/// The routes of these screens.
#[must_use]
pub fn routes() -> Vec<Route> {
    const NEEDED: Permission = Permission::UsersManage;
    vec![
        Route::get("/users", list).needs(NEEDED),
        Route::post("/users", create).needs(NEEDED),
        Route::get("/users/new", new).needs(NEEDED),
        Route::get("/users/{key}", edit).needs(NEEDED),
        Route::post("/users/{key}", update).needs(NEEDED),
        Route::post("/users/{key}/disable", disable).needs(NEEDED),
        Route::post("/users/{key}/enable", enable).needs(NEEDED),
    ]
}

#[derive(Deserialize)]
struct UsersQuery {
    #[serde(default)]
    search: String,
    cursor: Option<String>,
}

async fn list(
    State(app): State<App>,
    frame: Frame,
    Query(query): Query<UsersQuery>,
) -> Result<Page<UsersPage>, HttpError> {
    let after = decode_cursor::<String>(query.cursor.as_deref())?;
    let is_first = after.is_none();
    let search = Some(query.search.clone()).filter(|it| !it.trim().is_empty());
    let filter = UserFilter { search, ..UserFilter::default() };
    let users = app.identity.list_users(filter, after, ROWS + 1).await?;
    let (users, next) = next_page(users, ROWS, |last| encode_cursor(&last.user_id));
    let now_ms = app.clock.now_ms();
    let groups = users.iter().flat_map(|it| &it.groups).map(String::as_str);
    let groups = GroupNames::load(&app, groups).await?;
    let words: String = form_urlencoded::byte_serialize(query.search.as_bytes()).collect();
    let pager = Pager {
        summary: if users.len() == 1 { "1 user".into() } else { format!("{} users", users.len()) },
        first_href: (!is_first).then(|| format!("/users?search={words}")),
        next_href: next.map(|cursor| format!("/users?search={words}&cursor={cursor}")),
    };
    Ok(Page(UsersPage {
        layout: frame.layout("Users", Section::Users),
        search: query.search,
        rows: users.into_iter().map(|it| row(it, &groups, now_ms)).collect(),
        empty: EmptyState::new("user", "Nobody found", "Try another name or e-mail."),
        pager,
    }))
}

fn row(user: User, groups: &GroupNames, now_ms: i64) -> UserRow {
    let state = if user.is_disabled {
        Chip::new(Tone::Neutral, "lock", "Disabled")
    } else {
        Chip::new(Tone::Good, "check", "Enabled")
    };
    UserRow {
        key: user.key.to_string(),
        href: format!("/users/{}", user.key),
        initials: initials(&user.display_name),
        email: user.email.unwrap_or(user.user_id),
        name: user.display_name,
        roles: user.roles.into_iter().map(role_name).collect(),
        groups: groups.list(&user.groups),
        state,
        is_disabled: user.is_disabled,
        last_seen: user.signed_in_at_ms.map(|it| Stamp::at(it, now_ms)),
    }
}

/// At most two capital letters that stand for a person.
pub(super) fn initials(name: &str) -> String {
    Viewer { name: name.into(), ..Viewer::default() }.initials()
}

async fn new(State(app): State<App>, frame: Frame) -> Result<Page<UserFormPage>, HttpError> {
    let fields = Fields(vec![("role".into(), Role::User.id().into())]);
    Ok(Page(new_form(&app, &frame, &fields, String::new()).await?))
}

async fn create(
    State(app): State<App>,
    frame: Frame,
    fields: Fields,
) -> Result<Response, HttpError> {
    let user = NewUser {
        user_id: None,
        email: Some(fields.text("email").to_owned()),
        display_name: fields.text("name").to_owned(),
        password: Some(fields.text("password").to_owned()),
        roles: chosen_roles(&fields),
        groups: fields.all("group"),
    };
    match app.identity.create_user(&frame.visitor.origin(), user).await {
        Ok(user) => {
            let message = format!("{} can sign in now.", user.display_name);
            Ok(go_with_success("/users", &message))
        }
        Err(error) => {
            let page = new_form(&app, &frame, &fields, refusal(error)?).await?;
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn edit(
    State(app): State<App>,
    frame: Frame,
    Path(key): Path<Key>,
) -> Result<Page<UserFormPage>, HttpError> {
    let user = app.identity.load_user(key.0).await?;
    let mut fields = vec![
        ("name".to_owned(), user.display_name.clone()),
        ("email".to_owned(), user.email.clone().unwrap_or_default()),
        ("rev".to_owned(), user.rev.to_string()),
    ];
    fields.extend(user.roles.iter().map(|it| ("role".to_owned(), it.id().to_owned())));
    fields.extend(user.groups.iter().map(|it| ("group".to_owned(), it.clone())));
    Ok(Page(edit_form(&app, &frame, &user, &Fields(fields), String::new()).await?))
}

async fn update(
    State(app): State<App>,
    frame: Frame,
    Path(key): Path<Key>,
    fields: Fields,
) -> Result<Response, HttpError> {
    let origin = frame.visitor.origin();
    let email = fields.text("email");
    let changes = UserChanges {
        expected_rev: fields.text("rev").parse().unwrap_or_default(),
        email: Some(email.to_owned()).filter(|it| !it.is_empty()),
        display_name: fields.text("name").to_owned(),
        roles: chosen_roles(&fields),
        groups: fields.all("group"),
    };
    let password = fields.text("password");
    let mut outcome = app.identity.update_user(&origin, key.0, changes).await.map(|_| ());
    if outcome.is_ok() && !password.is_empty() {
        outcome = app.identity.reset_password(&origin, key.0, password.to_owned()).await;
    }
    match outcome {
        Ok(()) => Ok(go_with_success("/users", "The changes were saved.")),
        Err(error) => {
            let user = app.identity.load_user(key.0).await?;
            let page = edit_form(&app, &frame, &user, &fields, refusal(error)?).await?;
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn disable(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    if signed_in.principal.user_key == key.0 {
        let here = format!("/users/{key}");
        return Ok(go_with_refusal(&here, "Nobody can disable their own account."));
    }
    set_disabled(&app, &signed_in, key, true).await
}

async fn enable(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    set_disabled(&app, &signed_in, key, false).await
}

async fn set_disabled(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
    is_disabled: bool,
) -> Result<Response, HttpError> {
    let here = format!("/users/{key}");
    match app.identity.set_user_disabled(&signed_in.origin(), key.0, is_disabled).await {
        Ok(_) if is_disabled => Ok(go_with_success(&here, "The account was disabled.")),
        Ok(_) => Ok(go_with_success(&here, "The account was enabled.")),
        Err(error) => Ok(go_with_refusal(&here, &refusal(error)?)),
    }
}

/// What the form says about an error that the person can mend; others are errors of the page.
fn refusal(error: IdentityError) -> Result<String, HttpError> {
    match error {
        IdentityError::Invalid { .. }
        | IdentityError::Taken { .. }
        | IdentityError::LastAdministrator => Ok(identity_problem(&error)),
        IdentityError::Changed { .. } => {
            Ok("Somebody else changed this account meanwhile; load it again.".into())
        }
        error => Err(error.into()),
    }
}

async fn new_form(
    app: &App,
    frame: &Frame,
    fields: &Fields,
    error: String,
) -> Result<UserFormPage, HttpError> {
    Ok(UserFormPage {
        layout: frame.layout("New user", Section::Users),
        heading: "New user".into(),
        action: "/users".into(),
        is_new: true,
        name: fields.text("name").into(),
        email: fields.text("email").into(),
        roles: role_choices(fields),
        groups: group_choices(app, fields).await?,
        revision: String::new(),
        is_disabled: false,
        can_disable: false,
        error,
    })
}

async fn edit_form(
    app: &App,
    frame: &Frame,
    user: &User,
    fields: &Fields,
    error: String,
) -> Result<UserFormPage, HttpError> {
    let own_key = frame.visitor.principal.as_ref().map(|it| it.user_key);
    let form = new_form(app, frame, fields, error).await?;
    Ok(UserFormPage {
        layout: frame.layout(user.display_name.as_str(), Section::Users),
        heading: user.display_name.clone(),
        action: format!("/users/{}", user.key),
        is_new: false,
        revision: fields.text("rev").into(),
        is_disabled: user.is_disabled,
        can_disable: own_key != Some(user.key),
        ..form
    })
}

fn chosen_roles(fields: &Fields) -> Vec<Role> {
    fields.all("role").iter().filter_map(|it| Role::find(it)).collect()
}

fn role_choices(fields: &Fields) -> Vec<RoleChoice> {
    let chosen = chosen_roles(fields);
    let choice = |role: Role| RoleChoice {
        id: role.id().into(),
        label: role_name(role),
        summary: role.description().into(),
        is_chosen: chosen.contains(&role),
    };
    Role::ALL.into_iter().rev().map(choice).collect()
}

async fn group_choices(app: &App, fields: &Fields) -> Result<Vec<Choice>, HttpError> {
    let chosen = fields.all("group");
    let groups = app.identity.list_groups(GroupFilter::default(), None, GROUPS_MAX).await?;
    let choice = |id: String, name: String| {
        let is_chosen = chosen.contains(&id);
        Choice::new(id, name, is_chosen)
    };
    Ok(groups.into_iter().map(|it| choice(it.group_id, it.name)).collect())
}
