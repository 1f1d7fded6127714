//! What people, workers and messages do in a run, out of a file.
//!
//! Must not know the model: answers are found by element id.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Span};
use serde_json::{Map, Value as Json};

/// What happens at an element.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answer {
    /// The variables it gives.
    pub(crate) variables: Map<String, Json>,
    /// The error code with which a job ends.
    pub(crate) error: Option<String>,
    /// More about the error.
    pub(crate) message: String,
    /// Why an attempt at a job fails.
    pub(crate) failure: Option<String>,
    /// How long it takes.
    pub(crate) after: SignedDuration,
    /// It does not happen.
    pub(crate) is_never: bool,
}

/// Answers by element id.
#[derive(Debug, Default)]
pub(crate) struct Answers(BTreeMap<String, Source>);

#[derive(Debug)]
enum Source {
    /// The same one each time.
    Always(Answer),
    /// One after the other.
    Each(VecDeque<Answer>),
}

impl Answers {
    /// Reads a file of answers.
    ///
    /// # Errors
    /// What was expected where.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let elements: Map<String, Json> = serde_json::from_str(text).map_err(|error| {
            format!("expected a JSON object with an answer for each element id: {error}")
        })?;
        let mut answers = BTreeMap::new();
        for (element_id, value) in elements {
            let source = match value {
                Json::Array(items) => {
                    let items = items.into_iter().zip(1..);
                    let each = items.map(|(it, n)| answer(&format!("{element_id}[{n}]"), it));
                    Source::Each(each.collect::<Result<_, _>>()?)
                }
                single => Source::Always(answer(&element_id, single)?),
            };
            answers.insert(element_id, source);
        }
        Ok(Self(answers))
    }

    /// The next answer for an element, left where it is.
    pub(crate) fn peek(&self, element_id: &str) -> Option<&Answer> {
        match self.0.get(element_id)? {
            Source::Always(answer) => Some(answer),
            Source::Each(answers) => answers.front(),
        }
    }

    /// The next answer for an element, used up.
    pub(crate) fn take(&mut self, element_id: &str) -> Option<Answer> {
        match self.0.get_mut(element_id)? {
            Source::Always(answer) => Some(answer.clone()),
            Source::Each(answers) => answers.pop_front(),
        }
    }
}

fn answer(path: &str, value: Json) -> Result<Answer, String> {
    let Json::Object(members) = value else {
        return Err(format!("{path}: expected an object of variables, or a list of such"));
    };
    let mut answer = Answer::default();
    for (name, value) in members {
        let wrong = |expected: &str| format!("{path}.{name}: expected {expected}, found {value}");
        match (name.as_str(), &value) {
            ("$error", Json::String(code)) => answer.error = Some(code.clone()),
            ("$error", _) => return Err(wrong("an error code")),
            ("$message", Json::String(text)) => answer.message.clone_from(text),
            ("$message", _) => return Err(wrong("a text")),
            ("$fail", Json::String(text)) => answer.failure = Some(text.clone()),
            ("$fail", _) => return Err(wrong("a text that says why")),
            ("$never", Json::Bool(is_never)) => answer.is_never = *is_never,
            ("$never", _) => return Err(wrong("true or false")),
            ("$after", _) => {
                let expected = "a duration such as PT30H";
                answer.after = value.as_str().and_then(duration).ok_or_else(|| wrong(expected))?;
            }
            (other, _) if other.starts_with('$') => {
                return Err(format!(
                    "{path}.{other}: expected a variable, $error, $message, $fail, $after or \
                     $never"
                ));
            }
            _ => {
                answer.variables.insert(name, value);
            }
        }
    }
    Ok(answer)
}

/// An ISO 8601 duration; days have 24 hours here.
fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(duration)
}
