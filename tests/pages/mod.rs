//! Every page renders from its sample, as a whole document that the content policy allows.
//! Must not know what services put into the pages.

use askama::Template;
use flowstead::http::pages::*;

/// Every page with every state its template tells apart, under the name of a screenshot.
pub(crate) fn samples() -> Vec<(String, String)> {
    let mut pages = Pages::default();
    add_gate(&mut pages);
    add_work(&mut pages);
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
    pages.add("inbox-empty", &inbox::InboxPage::sample_empty());
    pages.add("processes", &processes::ProcessesPage::sample());
    pages.add("processes-empty", &processes::ProcessesPage::sample_empty());
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

fn add_insight(pages: &mut Pages) {
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
