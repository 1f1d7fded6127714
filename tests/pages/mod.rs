//! Every page renders from its sample, as a whole document that the content policy allows.
//! Must not know what services put into the pages.

mod assets;
mod forms;
mod patterns_list;

use askama::Template;
use flowstead::http::pages::*;
use std::collections::BTreeSet;

/// Every page with every state its template tells apart, under the name of a screenshot.
pub(crate) fn samples() -> Vec<(String, String)> {
    let mut pages = Pages::default();
    add_gate(&mut pages);
    add_work(&mut pages);
    add_changes(&mut pages);
    add_decisions(&mut pages);
    add_insight(&mut pages);
    add_administration(&mut pages);
    pages.0
}

fn add_gate(pages: &mut Pages) {
    pages.add("setup", &setup::SetupPage::sample());
    pages.add("setup-examples", &setup::SetupExamplesPage::sample());
    pages.add("sign-in", &sign_in::SignInPage::sample());
    pages.add("sign-in-refused", &sign_in::SignInPage::sample_refused());
    pages.add("error-signed-out", &error::ErrorPage::sample_signed_out());
    pages.add("not-found-signed-out", &not_found::NotFoundPage::sample_signed_out());
}

fn add_work(pages: &mut Pages) {
    pages.add("home", &home::HomePage::sample());
    pages.add("home-empty", &home::HomePage::sample_empty());
    pages.add("inbox", &inbox::InboxPage::sample());
    pages.add("inbox-list", &inbox::InboxPage::sample_list());
    for (index, page) in inbox::InboxPage::samples_of_claims().iter().enumerate() {
        pages.add(&format!("inbox-claim-{index}"), page);
    }
    pages.add("inbox-empty", &inbox::InboxPage::sample_empty());
    pages.add("processes", &processes::ProcessesPage::sample());
    pages.add("processes-empty", &processes::ProcessesPage::sample_empty());
    for (index, page) in patterns::PatternsPage::samples().iter().enumerate() {
        pages.add(&format!("patterns-{index}"), page);
    }
    pages.add("deploy-problems", &deploy_problems::DeployProblemsPage::sample());
    pages.add("process", &process::ProcessPage::sample());
    pages.add("process-old", &process::ProcessPage::sample_empty());
    pages.add("start-form", &start_form::StartFormPage::sample());
    pages.add("start-form-empty", &start_form::StartFormPage::sample_empty());
    pages.add("instances", &instances::InstancesPage::sample());
    pages.add("instances-empty", &instances::InstancesPage::sample_empty());
    for (index, page) in instance::InstancePage::samples().iter().enumerate() {
        pages.add(&format!("instance-{index}"), page);
    }
}

fn add_changes(pages: &mut Pages) {
    use instance_migrate::InstanceMigratePage;
    pages.add("instance_modify", &instance_modify::InstanceModifyPage::sample());
    pages.add("instance_modify-refused", &instance_modify::InstanceModifyPage::sample_refused());
    pages.add("instance_migrate", &InstanceMigratePage::sample());
    pages.add("instance_migrate-empty", &InstanceMigratePage::sample_empty());
    pages.add("instance_migrate-refused", &InstanceMigratePage::sample_refused());
    pages.add("instance_restart", &instance_restart::InstanceRestartPage::sample());
    pages.add("instance_restart-refused", &instance_restart::InstanceRestartPage::sample_refused());
    pages.add("bulk_choice", &bulk_choice::BulkChoicePage::sample());
    for (index, page) in bulk_choice::BulkChoicePage::samples().iter().enumerate() {
        pages.add(&format!("bulk_choice-{index}"), page);
    }
    pages.add("bulk_operations", &bulk_operations::BulkOperationsPage::sample());
    pages.add("bulk_operations-empty", &bulk_operations::BulkOperationsPage::sample_empty());
    pages.add("bulk_operation", &bulk_operation::BulkOperationPage::sample());
    for (index, page) in bulk_operation::BulkOperationPage::samples().iter().enumerate() {
        pages.add(&format!("bulk_operation-{index}"), page);
    }
}

fn add_decisions(pages: &mut Pages) {
    pages.add("decisions", &decisions::DecisionsPage::sample());
    pages.add("decisions-empty", &decisions::DecisionsPage::sample_empty());
    pages.add("decision", &decision::DecisionPage::sample());
    pages.add("decision-old", &decision::DecisionPage::sample_old());
    pages.add("decision-unused", &decision::DecisionPage::sample_unused());
    pages.add("evaluation", &evaluation::EvaluationPage::sample());
    pages.add("evaluation-failed", &evaluation::EvaluationPage::sample_failed());
}

fn add_insight(pages: &mut Pages) {
    pages.add("history", &history::HistoryPage::sample());
    pages.add("comparison", &comparison::ComparisonPage::sample());
    pages.add("comparison-empty", &comparison::ComparisonPage::sample_empty());
    pages.add("incidents", &incidents::IncidentsPage::sample());
    pages.add("incidents-empty", &incidents::IncidentsPage::sample_empty());
    pages.add("schedules", &schedules::SchedulesPage::sample());
    pages.add("schedules-empty", &schedules::SchedulesPage::sample_empty());
    pages.add("files", &files::FilesPage::sample());
    pages.add("files-empty", &files::FilesPage::sample_empty());
    pages.add("audit", &audit::AuditPage::sample());
    pages.add("audit-empty", &audit::AuditPage::sample_empty());
}

fn add_administration(pages: &mut Pages) {
    pages.add("users", &users::UsersPage::sample());
    pages.add("users-empty", &users::UsersPage::sample_empty());
    pages.add("user-form", &users::UserFormPage::sample());
    pages.add("user-form-new", &users::UserFormPage::sample_new());
    pages.add("groups", &groups::GroupsPage::sample());
    pages.add("groups-empty", &groups::GroupsPage::sample_empty());
    pages.add("group", &groups::GroupPage::sample());
    pages.add("group-empty", &groups::GroupPage::sample_empty());
    pages.add("roles", &roles::RolesPage::sample());
    pages.add("account", &account::AccountPage::sample());
    pages.add("account-empty", &account::AccountPage::sample_empty());
    pages.add("system", &system::SystemPage::sample());
    pages.add("system-healthy", &system::SystemPage::sample_empty());
    pages.add("error", &error::ErrorPage::sample());
    pages.add("not-found", &not_found::NotFoundPage::sample());
}

#[derive(Default)]
struct Pages(Vec<(String, String)>);

impl Pages {
    fn add(&mut self, name: &str, page: &impl Template) {
        let html = page.render().unwrap_or_else(|problem| panic!("{name}: {problem}"));
        self.0.push((name.to_owned(), html));
    }
}

#[test]
fn every_page_is_a_whole_document() {
    for (name, html) in samples() {
        let html = html.trim();
        assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>"), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name} has one heading of its own");
        assert_eq!(html.matches("<main").count(), 1, "{name} has one main landmark");
        assert!(html.contains("class=\"skip-link\""), "{name} has a skip link");
        assert!(html.len() < 100_000, "{name} is under 100 KB");
    }
}

#[test]
fn no_page_needs_what_the_content_policy_forbids() {
    for (name, html) in samples() {
        for forbidden in [" style=", "<style", "javascript:", "http://", "https://", " onclick="] {
            let found = html.replace("http://www.w3.org/2000/svg", "").find(forbidden);
            assert_eq!(found, None, "{name} contains {forbidden}");
        }
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, html.matches("<script src=\"/assets/app.js").count(), "{name}");
    }
}

#[test]
fn every_form_that_changes_something_sends_the_token() {
    for (name, html) in samples() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().expect("a split has a first piece");
            let is_post = form.contains("method=\"post\"");
            let first = values(form, " name=\"").first() == Some(&"csrf");
            assert_eq!(first, is_post, "{name}: the token is the first field of <form{form}");
        }
    }
}

#[test]
fn ids_are_unique_and_labels_icons_and_live_regions_lead_somewhere() {
    for (name, html) in samples() {
        let ids = values(&html, " id=\"");
        let unique: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name} uses an id twice: {:?}", repeated(&ids));
        let targets = [" for=\"", "aria-describedby=\"", "aria-labelledby=\"", "popovertarget=\""];
        let named = targets.iter().flat_map(|attribute| values(&html, attribute));
        for id in named.flat_map(str::split_whitespace) {
            assert!(unique.contains(id), "{name} refers to the missing id {id}");
        }
        for icon in values(&html, "<use href=\"#") {
            assert!(unique.contains(icon), "{name} shows the missing icon {icon}");
        }
        for region in html.split("hx-trigger=\"sse:").skip(1) {
            let selected = values(region, "hx-select=\"#");
            assert!(unique.contains(selected[0]), "{name} selects the missing {}", selected[0]);
            assert!(html.contains("sse-connect=\"/events?topics="), "{name} listens to nothing");
        }
    }
}

#[test]
fn every_live_region_listens_to_a_topic_of_its_page() {
    for (name, html) in samples() {
        let topics = values(&html, "/events?topics=").join(",");
        let topics: BTreeSet<_> = topics.split(',').collect();
        for trigger in values(&html, "hx-trigger=\"sse:") {
            for topic in trigger.split(", sse:") {
                assert!(topics.contains(topic), "{name} doesn't subscribe to {topic}");
            }
        }
    }
}

#[test]
fn text_is_escaped_wherever_it_comes_from() {
    let evil = "<b onmouseover=x>\"&'";
    let mut page = sign_in::SignInPage::sample();
    page.email = evil.into();
    page.error = evil.into();
    let html = page.render().expect("the page renders");
    assert!(!html.contains("<b onmouseover"));
    let mut page = inbox::InboxPage::sample();
    page.rows[0].title = evil.into();
    page.rows[0].priority = Some(parts::Chip::new(parts::Tone::Bad, "flag", evil));
    page.empty.text = evil.into();
    page.layout.title = evil.into();
    let task = page.task.as_mut().expect("the sample has an open task");
    task.comments[0].text = evil.into();
    task.facts[0].value.label = evil.into();
    task.form.fields.fields[2].label = evil.into();
    assert!(!page.render().expect("the page renders").contains("<b onmouseover"));
}

#[test]
fn times_read_as_people_say_them() {
    let now = 1_795_271_400_000;
    let text = |seconds: i64| parts::Stamp::at(now + seconds * 1_000, now).text;
    assert_eq!(text(-10), "just now");
    assert_eq!(text(-5 * 60), "5 min ago");
    assert_eq!(text(-59 * 60 - 40), "1 h ago");
    assert_eq!(text(3 * 3_600), "in 3 h");
    assert_eq!(text(-3 * 86_400), "3 d ago");
    assert_eq!(text(-40 * 86_400), "12 Oct 2026");
    let stamp = parts::Stamp::at(now, now);
    assert_eq!(
        (stamp.iso.as_str(), stamp.title.as_str()),
        ("2026-11-21T14:30:00Z", "21 Nov 2026, 14:30:00 UTC")
    );
}

#[test]
fn navigation_shows_what_a_role_may_use() {
    let links = |viewer: layout::Viewer| -> Vec<&'static str> {
        let frame = layout::Layout::signed_in("", layout::Section::Home, viewer, "", "/");
        frame.nav.iter().flat_map(|group| &group.items).map(|item| item.id).collect()
    };
    let user = layout::Viewer::default();
    let all = ["home", "inbox", "processes", "instances", "decisions", "files"];
    assert_eq!(links(user.clone()), all);
    let operator = links(layout::Viewer { can_operate: true, ..user.clone() });
    assert!(operator.contains(&"incidents") && operator.contains(&"audit"));
    assert!(!operator.contains(&"users"));
    let administrator = links(layout::Viewer { can_administer: true, ..user });
    assert!(administrator.contains(&"users") && administrator.contains(&"system"));
}

/// Every value that follows `start`, up to the closing quote.
fn values<'a>(html: &'a str, start: &str) -> Vec<&'a str> {
    html.split(start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn repeated<'a>(ids: &[&'a str]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    ids.iter().copied().filter(|id| !seen.insert(*id)).collect()
}
