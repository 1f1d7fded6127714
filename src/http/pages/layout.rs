//! The frame around every page: navigation, viewer, theme, messages and live topics.
//! Must not know any single page, nor where its values come from.

use crate::http::assets;

/// A badge with more digits would push its link aside.
const BADGE_MAX: u64 = 999;

/// Everything `templates/layout.html` shows around a page.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Shown in the browser's tab, before the product's name.
    pub title: String,
    /// `light`, `dark`, or empty to follow the device.
    pub theme: &'static str,
    /// Token that every form sends back in the hidden field `csrf`.
    pub csrf: String,
    /// The current path with its query: live regions fetch it again, `/theme` returns to it.
    pub path: String,
    /// The signed-in person; `None` on setup, sign-in and their error pages.
    pub viewer: Option<Viewer>,
    pub nav: Vec<NavGroup>,
    pub flashes: Vec<Flash>,
    /// Comma-separated topics for `/events?topics=…`, only those the viewer may follow; empty
    /// opens no connection.
    pub topics: String,
}

/// The signed-in person as the frame needs them.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    pub name: String,
    pub email: String,
    /// May deploy process definitions (modeler, administrator).
    pub can_deploy: bool,
    /// May see and repair all instances (operator, administrator).
    pub can_operate: bool,
    /// May manage people and the system (administrator).
    pub can_administer: bool,
    /// Open user tasks waiting for this person; zero shows no badge.
    pub open_tasks: u64,
    /// Open incidents this person may repair; zero shows no badge.
    pub open_incidents: u64,
}

/// A labelled block of the navigation; the first has no label.
#[derive(Clone, Debug)]
pub struct NavGroup {
    pub label: &'static str,
    pub items: Vec<NavItem>,
}

/// One link of the navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Stable part of the element's HTML id.
    pub id: &'static str,
    pub href: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
    pub is_current: bool,
    /// Shown as a badge; empty shows none.
    pub count: String,
}

/// A message about what just happened, shown once above the page.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: &'static str,
    pub icon: &'static str,
    pub message: String,
}

/// The parts of the product a page can belong to; marks the current navigation link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Inbox,
    Processes,
    Instances,
    Decisions,
    Incidents,
    Schedules,
    Files,
    Audit,
    Users,
    Groups,
    Roles,
    System,
    /// Reached from the viewer's menu, not from the navigation.
    Account,
}

impl Section {
    /// The section that an address belongs to; [`Section::Account`] for what is in none.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        match path.split('/').nth(1).unwrap_or_default() {
            "" => Self::Home,
            "inbox" | "user-tasks" => Self::Inbox,
            "processes" | "patterns" => Self::Processes,
            "instances" => Self::Instances,
            "decisions" | "decision-evaluations" => Self::Decisions,
            "incidents" => Self::Incidents,
            "schedules" => Self::Schedules,
            "files" => Self::Files,
            "audit" => Self::Audit,
            "users" => Self::Users,
            "groups" => Self::Groups,
            "roles" => Self::Roles,
            "system" => Self::System,
            _ => Self::Account,
        }
    }
}

impl Layout {
    /// The frame of a page that is shown to somebody who isn't signed in.
    #[must_use]
    pub fn signed_out(title: impl Into<String>, csrf: impl Into<String>) -> Self {
        Self { title: title.into(), csrf: csrf.into(), ..Self::default() }
    }

    /// The frame of a page for `viewer`, with the navigation their roles allow.
    #[must_use]
    pub fn signed_in(
        title: impl Into<String>,
        section: Section,
        viewer: Viewer,
        csrf: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            csrf: csrf.into(),
            path: path.into(),
            nav: navigation(section, &viewer),
            viewer: Some(viewer),
            ..Self::default()
        }
    }

    /// Sets the theme from the `theme` cookie; anything but `light` and `dark` follows the device.
    #[must_use]
    pub fn with_theme(mut self, cookie: Option<&str>) -> Self {
        self.theme = match cookie {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        };
        self
    }

    /// Opens a live connection for these comma-separated topics.
    #[must_use]
    pub fn with_topics(mut self, topics: impl Into<String>) -> Self {
        self.topics = topics.into();
        self
    }

    /// Adds a message about something that worked.
    #[must_use]
    pub fn with_success(self, message: impl Into<String>) -> Self {
        self.with_flash("good", "check", message.into())
    }

    /// Adds a message about something that was refused, and why.
    #[must_use]
    pub fn with_refusal(self, message: impl Into<String>) -> Self {
        self.with_flash("bad", "alert", message.into())
    }

    /// The address of the style sheet, with its version.
    #[must_use]
    pub fn css_url(&self) -> String {
        assets::asset_url("app.css")
    }

    /// The address of the script, with its version.
    #[must_use]
    pub fn js_url(&self) -> String {
        assets::asset_url("app.js")
    }

    /// The four links of the bottom bar on narrow screens.
    #[must_use]
    pub fn main_items(&self) -> Vec<&NavItem> {
        self.nav.iter().flat_map(|group| &group.items).take(4).collect()
    }

    fn with_flash(mut self, tone: &'static str, icon: &'static str, message: String) -> Self {
        self.flashes.push(Flash { tone, icon, message });
        self
    }

    /// The frame the sample pages share: an administrator with work waiting.
    #[must_use]
    pub fn sample(title: &str, section: Section, path: &str) -> Self {
        let viewer = Viewer {
            name: "Administrator".into(),
            email: "administrator@example.org".into(),
            can_deploy: true,
            can_operate: true,
            can_administer: true,
            open_tasks: 4,
            open_incidents: 2,
        };
        Self::signed_in(title, section, viewer, "sample-csrf-token", path)
    }
}

impl Viewer {
    /// At most two capital letters that stand for the person.
    #[must_use]
    pub fn initials(&self) -> String {
        self.name
            .split_whitespace()
            .filter_map(|word| word.chars().next())
            .take(2)
            .flat_map(char::to_uppercase)
            .collect()
    }
}

fn navigation(section: Section, viewer: &Viewer) -> Vec<NavGroup> {
    let link = |of: Section, count: u64| nav_item(of, section, count);
    let mut work = vec![
        link(Section::Home, 0),
        link(Section::Inbox, viewer.open_tasks),
        link(Section::Processes, 0),
        link(Section::Instances, 0),
        link(Section::Decisions, 0),
    ];
    if viewer.can_operate {
        work.push(link(Section::Incidents, viewer.open_incidents));
        work.push(link(Section::Schedules, 0));
    }
    work.push(link(Section::Files, 0));
    let mut groups = vec![NavGroup { label: "", items: work }];
    if viewer.can_operate {
        groups.push(NavGroup { label: "Insight", items: vec![link(Section::Audit, 0)] });
    }
    if viewer.can_administer {
        let sections = [Section::Users, Section::Groups, Section::Roles, Section::System];
        let items = sections.into_iter().map(|of| link(of, 0)).collect();
        groups.push(NavGroup { label: "Administration", items });
    }
    groups
}

fn nav_item(of: Section, current: Section, count: u64) -> NavItem {
    let (id, href, label, icon) = match of {
        Section::Home => ("home", "/", "Home", "home"),
        Section::Inbox => ("inbox", "/inbox", "Inbox", "inbox"),
        Section::Processes => ("processes", "/processes", "Processes", "process"),
        Section::Instances => ("instances", "/instances", "Instances", "instances"),
        Section::Decisions => ("decisions", "/decisions", "Decisions", "table"),
        Section::Incidents => ("incidents", "/incidents", "Incidents", "alert"),
        Section::Schedules => ("schedules", "/schedules", "Schedules", "clock"),
        Section::Files => ("files", "/files", "Files", "file"),
        Section::Audit => ("audit", "/audit", "Audit", "audit"),
        Section::Users => ("users", "/users", "Users", "user"),
        Section::Groups => ("groups", "/groups", "Groups", "users"),
        Section::Roles => ("roles", "/roles", "Roles", "shield"),
        Section::System => ("system", "/system", "System", "pulse"),
        Section::Account => ("account", "/account", "Account", "user"),
    };
    let count = match count {
        0 => String::new(),
        BADGE_MAX.. => format!("{BADGE_MAX}+"),
        count => count.to_string(),
    };
    NavItem { id, href, label, icon, is_current: of == current, count }
}
