//! Columns from a JSON Schema (2020-12): the properties of its outermost object.
//!
//! Must not know validation: whether variables fit the whole schema is checked elsewhere.

use serde_json::Value;

use super::column::{COLUMNS_MAX, ColumnType, DataSchema};
use crate::core::forms::source::{Located, Node, NodeValue, Object, Problems};
use crate::core::model::Problem;

/// References that lead to references.
const REFERENCES_MAX: usize = 8;
/// Longer texts get no index: PostgreSQL refuses index entries of more than 2,704 bytes.
const INDEXED_CHARS_MAX: u64 = 500;

const TYPES: &str = "one of string, integer, number, boolean, array, object, null";

impl DataSchema {
    /// Reads a JSON Schema of an object. Each property becomes a column: string (format `date` and
    /// `date-time` get their own types), integer, number, boolean; arrays, objects and mixed types
    /// are JSON. `title` names the column for people, `x-index: false` leaves out its index.
    ///
    /// # Errors
    /// All problems at once, each with line, column and path, such as `properties.amount.type`.
    pub fn from_json_schema(source: &str) -> Result<Self, Vec<Problem>> {
        let document = Node::parse(source).map_err(|problem| vec![problem])?;
        let mut reader = Reader { root: &document, problems: Problems::default() };
        let schema = reader.schema();
        let (schema, _) = reader.problems.conclude(schema)?;
        Ok(Self { json_schema: Some(document.to_json()), ..schema })
    }
}

struct Reader<'a> {
    root: &'a Node,
    problems: Problems,
}

impl<'a> Reader<'a> {
    fn schema(&mut self) -> Option<DataSchema> {
        let root = Located { node: self.root, path: String::new() };
        let object = Object::read(root, &mut self.problems)?;
        if let Some(at) = object.get("type")
            && at.node.to_json() != "object"
        {
            self.problems.add(&at, at.found(), "`object`, as variables are");
        }
        if object.get("properties").is_none() {
            let expected = "an object `properties`";
            return self.problems.refuse(object.location(), "no properties", expected);
        }
        let properties = object.object("properties", &mut self.problems)?;
        let mut schema = DataSchema::default();
        for (index, (name, at)) in properties.members().enumerate() {
            if index == COLUMNS_MAX {
                let expected = format!("at most {COLUMNS_MAX}");
                return self.problems.refuse(&at, "too many properties", expected);
            }
            self.problems.element_id = Some(name.to_owned());
            self.property(name, at, &mut schema);
        }
        Some(schema)
    }

    fn property(&mut self, name: &str, at: Located<'a>, schema: &mut DataSchema) {
        if name.trim().is_empty() || name.len() > 200 {
            self.problems.add(&at, "not the name of a variable", "1 to 200 bytes");
            return;
        }
        if let NodeValue::Scalar(Value::Bool(true)) = at.node.value {
            schema.push(name, None, (ColumnType::Json, false));
            return;
        }
        let Some(object) = Object::read(at, &mut self.problems) else { return };
        let title = object.text("title", &mut self.problems).map(str::to_owned);
        let wants_index = object.flag("x-index", &mut self.problems);
        let Some(described) = self.resolve(object) else { return };
        let Some(column_type) = self.column_type(&described) else { return };
        let length = described.get("maxLength").and_then(|at| at.node.to_json().as_u64());
        let is_long = column_type == ColumnType::Text && length > Some(INDEXED_CHARS_MAX);
        let can_index = column_type != ColumnType::Json && !is_long;
        let title =
            title.or_else(|| described.text("title", &mut self.problems).map(str::to_owned));
        schema.push(name, title, (column_type, wants_index.unwrap_or(true) && can_index));
    }

    /// Follows `$ref` inside the document.
    fn resolve(&mut self, mut object: Object<'a>) -> Option<Object<'a>> {
        for _ in 0..REFERENCES_MAX {
            let Some(at) = object.get("$ref") else { return Some(object) };
            let target = object.text("$ref", &mut self.problems)?;
            let Some(found) = find_pointer(self.root, target) else {
                let expected = "a place in this document, such as `#/$defs/address`";
                return self.problems.refuse(&at, format!("`{target}` leads nowhere"), expected);
            };
            let path = target.trim_start_matches("#/").replace('/', ".");
            object = Object::read(Located { node: found, path }, &mut self.problems)?;
        }
        self.problems.refuse(object.location(), "references in a circle", "a schema")
    }

    fn column_type(&mut self, object: &Object<'a>) -> Option<ColumnType> {
        let Some(at) = object.get("type") else { return Some(self.untyped(object)) };
        if let NodeValue::List(_) = at.node.value {
            let mut types = Vec::new();
            for item in object.list("type", &mut self.problems)? {
                types.push(self.named_type(&item, object)?);
            }
            let has_others = types.iter().any(|(is_null, _)| !is_null);
            let kept = types.into_iter().filter(|(is_null, _)| !(has_others && *is_null));
            return Some(shared_type(kept.map(|(_, column_type)| column_type)));
        }
        self.named_type(&at, object).map(|(_, column_type)| column_type)
    }

    /// The column of one named type, and whether the type is null, which any column takes.
    fn named_type(&mut self, at: &Located<'a>, object: &Object<'a>) -> Option<(bool, ColumnType)> {
        let column_type = match at.node.to_json().as_str() {
            Some("string") => match object.text("format", &mut self.problems) {
                Some("date") => ColumnType::Date,
                Some("date-time") => ColumnType::DateTime,
                _ => ColumnType::Text,
            },
            Some("integer") => ColumnType::Integer,
            Some("number") => ColumnType::Real,
            Some("boolean") => ColumnType::Boolean,
            Some("array" | "object") => ColumnType::Json,
            Some("null") => return Some((true, ColumnType::Json)),
            _ => return self.problems.refuse(at, at.found(), TYPES),
        };
        Some((false, column_type))
    }

    /// Without `type`, the values of `enum` or `const` tell.
    fn untyped(&mut self, object: &Object<'a>) -> ColumnType {
        let values = match (object.get("enum"), object.get("const")) {
            (Some(_), _) => {
                let items = object.list("enum", &mut self.problems).unwrap_or_default();
                items.iter().map(|item| item.node.to_json()).collect()
            }
            (None, Some(at)) => vec![at.node.to_json()],
            (None, None) => Vec::new(),
        };
        let type_of = |value: &Value| match value {
            Value::Null => None,
            Value::Bool(_) => Some(ColumnType::Boolean),
            Value::Number(number) if number.is_i64() => Some(ColumnType::Integer),
            Value::Number(_) => Some(ColumnType::Real),
            Value::String(_) => Some(ColumnType::Text),
            Value::Array(_) | Value::Object(_) => Some(ColumnType::Json),
        };
        shared_type(values.iter().filter_map(type_of))
    }
}

/// The one type of all, numbers for whole and other numbers, else JSON.
fn shared_type(types: impl Iterator<Item = ColumnType>) -> ColumnType {
    use ColumnType::{Integer, Json, Real};
    let merged = types.reduce(|one, other| match (one, other) {
        _ if one == other => one,
        (Integer, Real) | (Real, Integer) => Real,
        _ => Json,
    });
    merged.unwrap_or(Json)
}

/// A JSON pointer (RFC 6901) behind `#`, through objects only.
fn find_pointer<'a>(root: &'a Node, target: &str) -> Option<&'a Node> {
    target.strip_prefix("#/")?.split('/').try_fold(root, |node, step| {
        let name = step.replace("~1", "/").replace("~0", "~");
        let NodeValue::Object(members) = &node.value else { return None };
        members.iter().find(|(n, _)| *n == name).map(|(_, inner)| inner)
    })
}
