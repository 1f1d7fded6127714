//! Many cases at once: one JSON object a line in, one a line out.
//!
//! Must not know what a case is.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use crate::cli::outcome::{Failure, Outcome, UNREADABLE};

/// What every case has.
#[derive(Deserialize)]
struct Identified {
    #[serde(default)]
    id: Json,
}

/// Answers each line of standard input with a line of `id` and what the case gave, or its error.
/// Whoever asks one by one gets each answer before the next question.
pub(crate) fn answer_lines<C: DeserializeOwned>(
    mut answer: impl FnMut(C) -> Result<Map<String, Json>, String>,
) -> Outcome {
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut input = io::BufReader::new(io::stdin().lock());
    let mut line = String::new();
    loop {
        line.clear();
        let read = input.read_line(&mut line).context("can't read standard input");
        if read.map_err(|error| Failure::new(UNREADABLE, error))? == 0 {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let written = writeln!(output, "{}", answer_line(&line, &mut answer));
        let is_waiting = input.buffer().is_empty();
        if written.and_then(|()| if is_waiting { output.flush() } else { Ok(()) }).is_err() {
            // The reader went away, as `head` does.
            break;
        }
    }
    let _ = output.flush();
    Ok(ExitCode::SUCCESS)
}

fn answer_line<C: DeserializeOwned>(
    line: &str,
    answer: &mut impl FnMut(C) -> Result<Map<String, Json>, String>,
) -> Json {
    let id = serde_json::from_str::<Identified>(line).map_or(Json::Null, |it| it.id);
    let case = serde_json::from_str(line).map_err(|error| format!("expected a case: {error}"));
    match case.and_then(answer) {
        Ok(mut fields) => {
            fields.insert("id".to_owned(), id);
            Json::Object(fields)
        }
        Err(error) => json!({ "id": id, "error": error }),
    }
}
