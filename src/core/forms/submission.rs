//! What a person or a program sent for a form, before anything of it is believed.
//!
//! Must not know rules: it only finds what was sent for a field.

use serde_json::{Map, Value};

/// What was sent: pairs of an HTML form, or a JSON object, with the files that belong to it.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    content: Content,
    files: Vec<FileReference>,
}

#[derive(Debug, Clone)]
enum Content {
    Pairs(Vec<(String, String)>),
    Json(Map<String, Value>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Pairs(Vec::new())
    }
}

/// A stored file that the sender may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReference {
    /// The file's key.
    pub file_key: i64,
    /// Its name, with extension.
    pub name: String,
    /// Its media type, such as `image/png`.
    pub content_type: String,
}

impl Submission {
    /// From an HTML form: names are field keys with dots, several values repeat the name. Names
    /// that are no fields (a CSRF token, the pressed button) are ignored. A field that is absent
    /// was left empty, as browsers send unticked boxes.
    #[must_use]
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self { content: Content::Pairs(pairs), files: Vec::new() }
    }

    /// From a JSON object of variables. Names that are no fields are errors; a field that is
    /// absent keeps what the variables hold, null empties it.
    #[must_use]
    pub fn from_json(variables: Map<String, Value>) -> Self {
        Self { content: Content::Json(variables), files: Vec::new() }
    }

    /// With the files that exist and that the sender may use; other file keys are refused. The
    /// value of a file picker is a list of these files' keys, as texts.
    #[must_use]
    pub fn with_files(self, files: Vec<FileReference>) -> Self {
        Self { files, ..self }
    }

    pub(super) fn files(&self) -> &[FileReference] {
        &self.files
    }

    pub(super) fn raw(&self, path: &[String]) -> Raw {
        match &self.content {
            Content::Pairs(pairs) => {
                let key = path.join(".");
                let values = pairs.iter().filter(|(name, _)| *name == key);
                Raw::Texts(values.map(|(_, value)| value.clone()).collect())
            }
            Content::Json(variables) => {
                find_present(variables, path).map_or(Raw::Absent, |value| Raw::Json(value.clone()))
            }
        }
    }

    /// The dotted names in a JSON object that lead to no field, and values where an object should
    /// be.
    pub(super) fn strangers(&self, known: &[&[String]]) -> Vec<Stranger> {
        let mut found = Vec::new();
        if let Content::Json(variables) = &self.content {
            collect_strangers(variables, &mut Vec::new(), known, &mut found);
        }
        found
    }
}

/// What was sent for one field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    /// Not mentioned in JSON.
    Absent,
    /// The values of an HTML form, none for an empty field.
    Texts(Vec<String>),
    /// A JSON value.
    Json(Value),
}

impl Raw {
    /// The value to show again in a page when it can't be read.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Json(value) => value.clone(),
            Self::Texts(texts) if texts.len() == 1 => Value::from(texts[0].clone()),
            Self::Texts(texts) => texts.iter().cloned().map(Value::from).collect(),
        }
    }
}

/// A part of a JSON object that fits no field.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) key: String,
    /// Whether it stands where a group's object should be.
    pub(super) is_group: bool,
}

fn collect_strangers(
    object: &Map<String, Value>,
    prefix: &mut Vec<String>,
    known: &[&[String]],
    found: &mut Vec<Stranger>,
) {
    for (name, value) in object {
        prefix.push(name.clone());
        let is_field = known.contains(&prefix.as_slice());
        let is_group = !is_field && known.iter().any(|path| path.starts_with(prefix));
        match value {
            _ if is_field => {}
            Value::Object(inner) if is_group => collect_strangers(inner, prefix, known, found),
            Value::Null if is_group => {}
            _ => found.push(Stranger { key: prefix.join("."), is_group }),
        }
        prefix.pop();
    }
}

/// The value at a path, null included.
pub(super) fn find_present<'a>(data: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(data.get(first)?, |value, key| value.get(key))
}
