//! Every page renders from its sample, as a whole document that the content policy allows.
//! Must not know what services put into the pages.

use askama::Template;
use flowstead::http::pages::{home, inbox, instance, setup, sign_in};

/// Every page with every state its template tells apart, under the name of a screenshot.
pub(crate) fn samples() -> Vec<(String, String)> {
    let mut pages = Pages::default();
    pages.add("setup", &setup::SetupPage::sample());
    pages.add("setup-examples", &setup::SetupExamplesPage::sample());
    pages.add("sign-in", &sign_in::SignInPage::sample());
    pages.add("sign-in-refused", &sign_in::SignInPage::sample_refused());
    pages.add("home", &home::HomePage::sample());
    pages.add("home-empty", &home::HomePage::sample_empty());
    pages.add("inbox", &inbox::InboxPage::sample());
    pages.add("inbox-list", &inbox::InboxPage::sample_list());
    pages.add("inbox-empty", &inbox::InboxPage::sample_empty());
    for (index, page) in instance::InstancePage::samples().iter().enumerate() {
        pages.add(&format!("instance-{index}"), page);
    }
    pages.0
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
