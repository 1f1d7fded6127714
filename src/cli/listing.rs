//! Lists and single things of a server's API, as tables and lines for people.
//!
//! Must not know what the things are; commands name the fields they show.

use std::process::ExitCode;

use serde_json::Value as Json;

use crate::cli::client::{Answer, Client};
use crate::cli::outcome::Failure;
use crate::cli::output::{print_json, print_line, print_table};

/// The most a page of the API has.
const PAGE_MAX: usize = 500;

/// Reads a list page by page, up to a number of items.
pub(crate) fn read_list(
    client: &mut Client,
    path: &str,
    filter: &[(&str, Option<String>)],
    limit: usize,
) -> Result<Vec<Json>, Failure> {
    let given = filter.iter().filter_map(|(name, value)| Some((*name, value.clone()?)));
    let given: Vec<(&str, String)> = given.collect();
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = given.clone();
        query.push(("limit", (limit - items.len()).min(PAGE_MAX).to_string()));
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let Answer { data, next_cursor } = client.get(path, &query)?;
        if let Json::Array(page) = data {
            items.extend(page);
        }
        cursor = next_cursor;
        if cursor.is_none() || items.len() >= limit {
            return Ok(items);
        }
    }
}

/// Prints a list as JSON, or these fields of it as a table.
pub(crate) fn print_list(items: &[Json], is_json: bool, fields: &[&str]) -> ExitCode {
    if is_json {
        print_json(&items);
    } else if items.is_empty() {
        print_line("there are none");
    } else {
        let cell = |item: &Json, field: &&str| text(&item[*field]);
        let rows: Vec<Vec<String>> =
            items.iter().map(|item| fields.iter().map(|it| cell(item, it)).collect()).collect();
        let heads: Vec<String> = fields.iter().map(|it| it.replace('_', " ")).collect();
        print_table(&heads.iter().map(String::as_str).collect::<Vec<_>>(), &rows);
    }
    ExitCode::SUCCESS
}

/// Prints a thing as JSON, or all its fields as lines.
pub(crate) fn print_thing(thing: &Json, is_json: bool) -> ExitCode {
    if is_json {
        print_json(thing);
    } else if let Json::Object(fields) = thing {
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            print_line(&format!("{}: {}", name.replace('_', " "), text(value)));
        }
    }
    ExitCode::SUCCESS
}

/// Prints that something was done.
pub(crate) fn print_done(data: &Json, is_json: bool, message: &str) -> ExitCode {
    if is_json {
        print_json(data);
    } else {
        print_line(message);
    }
    ExitCode::SUCCESS
}

/// A value as people read it.
fn text(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) if items.iter().all(Json::is_string) => {
            items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
