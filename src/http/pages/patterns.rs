//! The control-flow patterns, each with its diagram and its scenarios, to learn modelling from.
//! Must not know BPMN; the diagrams come drawn.

use super::layout::{Layout, Section};
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::services::processes::{self, PATTERNS, Pattern};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use std::sync::OnceLock;

/// All patterns.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/patterns.html")]
pub struct PatternsPage {
    pub layout: Layout,
    pub rows: Vec<PatternRow>,
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
        Self { layout, rows: rows().to_vec() }
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

async fn show(frame: Frame) -> Page<PatternsPage> {
    let layout = frame.layout("Control-flow patterns", Section::Processes);
    Page(PatternsPage { layout, rows: rows().to_vec() })
}

async fn model(State(_): State<App>, Path(id): Path<String>) -> Result<Response, HttpError> {
    let pattern = Pattern::find(&id).ok_or_else(|| HttpError::not_found("pattern"))?;
    let name = format!("attachment; filename=\"{}.bpmn\"", pattern.id);
    let name = HeaderValue::from_str(&name).map_err(|_| HttpError::not_found("pattern"))?;
    let kind = HeaderValue::from_static("application/xml");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, pattern.model()).into_response())
}
