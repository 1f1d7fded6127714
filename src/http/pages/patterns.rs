//! The control-flow patterns, each with its diagram and its scenarios, to learn modelling from.
//! Must not know BPMN; the diagrams come drawn.

use super::layout::{Layout, Section};
use super::parts::Link;
use crate::core::access::Permission;
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::services::processes::{self, PATTERN_GROUPS, PATTERNS, Pattern, PatternGroup};
use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::sync::OnceLock;

/// The patterns of a group.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/patterns.html")]
pub struct PatternsPage {
    pub layout: Layout,
    pub groups: Vec<GroupTab>,
    /// The group that is shown.
    pub group: &'static str,
    pub rows: Vec<PatternRow>,
}

/// A group in the list of groups, with the names of its patterns.
#[derive(Clone, Debug)]
pub struct GroupTab {
    pub name: &'static str,
    pub href: String,
    pub is_current: bool,
    pub patterns: Vec<Link>,
}

/// A pattern in the list.
#[derive(Clone, Debug)]
pub struct PatternRow {
    pub id: &'static str,
    pub number: &'static str,
    pub name: &'static str,
    pub meaning: &'static str,
    /// A whole `<svg>` element made by the server.
    pub svg: String,
    /// A scenario file's text.
    pub scenarios: String,
    /// Where the model can be downloaded.
    pub model_href: String,
}

impl PatternsPage {
    #[must_use]
    pub fn sample() -> Self {
        let layout = Layout::sample("Control-flow patterns", Section::Processes, "/patterns");
        Self::of(layout, PATTERN_GROUPS[0])
    }

    /// Every group.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let layout = Self::sample().layout;
        PATTERN_GROUPS.into_iter().map(|group| Self::of(layout.clone(), group)).collect()
    }

    fn of(layout: Layout, shown: PatternGroup) -> Self {
        let tab = |group: PatternGroup| {
            let href = format!("/patterns?group={}", group.id);
            let patterns =
                group.patterns().map(|it| Link::new(it.name, format!("{href}#{}", it.id)));
            GroupTab {
                name: group.name,
                patterns: patterns.collect(),
                is_current: group == shown,
                href,
            }
        };
        let rows = rows().iter().filter(|row| shown.patterns().any(|it| it.id == row.id));
        let groups = PATTERN_GROUPS.into_iter().map(tab).collect();
        Self { layout, groups, group: shown.name, rows: rows.cloned().collect() }
    }
}

/// The list, and the models in it.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/patterns", show).needs(Permission::ProcessesRead),
        Route::get("/patterns/{pattern_id}/model", model).needs(Permission::ProcessesRead),
    ]
}

/// Drawn once, since they never change.
fn rows() -> &'static [PatternRow] {
    static ROWS: OnceLock<Vec<PatternRow>> = OnceLock::new();
    ROWS.get_or_init(|| PATTERNS.iter().map(row).collect())
}

fn row(pattern: &Pattern) -> PatternRow {
    PatternRow {
        id: pattern.id,
        number: pattern.number(),
        name: pattern.name,
        meaning: pattern.meaning,
        svg: processes::draw(&pattern.model()),
        scenarios: pattern.scenarios(),
        model_href: format!("/patterns/{}/model", pattern.id),
    }
}

#[derive(Deserialize)]
struct PatternsQuery {
    group: Option<String>,
}

async fn show(
    frame: Frame,
    Query(query): Query<PatternsQuery>,
) -> Result<Page<PatternsPage>, HttpError> {
    let group = match &query.group {
        None => PATTERN_GROUPS[0],
        Some(id) => PatternGroup::find(id).ok_or_else(|| HttpError::not_found("group"))?,
    };
    let layout = frame.layout("Control-flow patterns", Section::Processes);
    Ok(Page(PatternsPage::of(layout, group)))
}

async fn model(Path(id): Path<String>) -> Result<Response, HttpError> {
    let pattern = Pattern::find(&id).ok_or_else(|| HttpError::not_found("pattern"))?;
    let name = format!("attachment; filename=\"{}.bpmn\"", pattern.id);
    let name = HeaderValue::from_str(&name).map_err(|_| HttpError::not_found("pattern"))?;
    let kind = HeaderValue::from_static("application/xml");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, pattern.model()).into_response())
}
