//! Reads a form-js schema: the form, its components, and what all components share.
//!
//! Must not know the properties of single kinds of fields: those are read by `parse_field`.

use serde_json::Value;

use super::form::{Component, ComponentKind, Form, GRID_COLUMNS, Group};
use super::parse_field::{FieldType, parse_field};
use super::scope::{Setting, Text, parse_expression};
use super::source::{Located, Node, NodeValue, Object, Problems};
use crate::core::feel::Expression;
use crate::core::model::Problem;

/// Components of a form; a page with more could not be worked with.
pub const COMPONENTS_MAX: usize = 500;
/// Groups inside each other.
pub const GROUP_DEPTH_MAX: usize = 8;

const TYPES: &str = "one of textfield, textarea, number, checkbox, checklist, radio, select, \
    taglist, datetime, filepicker, group, text, image, separator, spacer, button";
/// Types of form-js that only its editor can show.
const LATER_TYPES: [&str; 8] = [
    "table",
    "iframe",
    "dynamiclist",
    "expression",
    "documentPreview",
    "html",
    "multipage",
    "page",
];
const FORM_PROPERTIES: [&str; 11] = [
    "type",
    "id",
    "schemaVersion",
    "components",
    "exporter",
    "executionPlatform",
    "executionPlatformVersion",
    "versionTag",
    "name",
    "generated",
    "$schema",
];
const COMMON_PROPERTIES: [&str; 5] = ["type", "id", "conditional", "layout", "properties"];

impl Form {
    /// Reads a form in form-js's JSON schema (`type: "default"`).
    ///
    /// # Errors
    /// All problems at once, each with line, column and the JSON path, such as
    /// `components[2].validate.min`. Warnings alone don't fail: see [`Form::warnings`].
    pub fn parse(source: &str) -> Result<Self, Vec<Problem>> {
        let document = Node::parse(source).map_err(|problem| vec![problem])?;
        let mut reader = Reader::default();
        let form = reader.form(&document);
        let (form, warnings) = reader.problems.conclude(form)?;
        Ok(Self { warnings, has_expressions: reader.has_expressions, ..form })
    }
}

/// The state of one reading.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) problems: Problems,
    /// Paths of the fields read so far, with the components that took them.
    pub(super) taken: Vec<(Vec<String>, String)>,
    pub(super) has_expressions: bool,
    count: usize,
}

/// The group a component stands in.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    /// Path of the groups' values.
    pub(super) path: Vec<String>,
    depth: usize,
}

impl Reader {
    fn form(&mut self, document: &Node) -> Option<Form> {
        let root = Located { node: document, path: String::new() };
        let object = Object::read(root, &mut self.problems)?;
        if let Some(at) = object.get("type")
            && object.text("type", &mut self.problems).is_some_and(|t| t != "default")
        {
            self.problems.add(&at, at.found(), "`default`");
        }
        let id = self.form_id(&object);
        object.integer("schemaVersion", 1..=u32::MAX, &mut self.problems);
        self.warn_unknown(&object, &FORM_PROPERTIES, &[]);
        if object.get("components").is_none() {
            return self.problems.refuse(object.location(), "no components", "a list `components`");
        }
        let items = object.list("components", &mut self.problems)?;
        let components = self.components(&items, &Surroundings::default());
        Some(Form { id: id?, components, warnings: Vec::new(), has_expressions: false })
    }

    fn form_id(&mut self, object: &Object<'_>) -> Option<String> {
        let Some(at) = object.get("id") else {
            return self.problems.refuse(object.location(), "no id", "a text `id`");
        };
        let id = object.text("id", &mut self.problems)?;
        if id.trim().is_empty() || id.len() > 255 {
            return self.problems.refuse(&at, "empty or too long", "1 to 255 bytes");
        }
        Some(id.to_owned())
    }

    fn components(&mut self, items: &[Located<'_>], around: &Surroundings) -> Vec<Component> {
        let mut components = Vec::new();
        for item in items {
            self.count += 1;
            if self.count > COMPONENTS_MAX {
                if self.count == COMPONENTS_MAX + 1 {
                    let expected = format!("at most {COMPONENTS_MAX}");
                    self.problems.add(item, "too many components", expected);
                }
                return components;
            }
            let outer = self.problems.element_id.take();
            components.extend(self.component(item, around));
            self.problems.element_id = outer;
        }
        components
    }

    fn component(&mut self, item: &Located<'_>, around: &Surroundings) -> Option<Component> {
        let number = self.count;
        let object = Object::read(item.clone(), &mut self.problems)?;
        self.problems.element_id = name_of(&object);
        if object.get("type").is_none() {
            return self.problems.refuse(item, "no type", TYPES);
        }
        let kind_name = object.text("type", &mut self.problems)?;
        let hide = self.hide(&object);
        let (row, columns) = self.layout(&object);
        let properties = self.properties(&object);
        let kind = self.kind(kind_name, &object, around)?;
        let html_id = match &kind {
            ComponentKind::Field(field) => format!("field-{}", field.path.join("-")),
            _ => format!("part-{number}"),
        };
        Some(Component { html_id, hide, row, columns, properties, kind })
    }

    fn kind(
        &mut self,
        name: &str,
        object: &Object<'_>,
        around: &Surroundings,
    ) -> Option<ComponentKind> {
        if let Some(field_type) = FieldType::from_name(name) {
            return parse_field(self, field_type, object, around)
                .map(|field| ComponentKind::Field(Box::new(field)));
        }
        let (kind, own): (_, &[&str]) = match name {
            "group" => {
                let own = ["label", "path", "showOutline", "verticalAlignment", "components"];
                self.warn_unknown(object, &COMMON_PROPERTIES, &own);
                return self.group(object, around);
            }
            "text" => (ComponentKind::Text(self.text(object, "text")), &["text", "label"]),
            "image" => {
                let (source, alt) = (self.text(object, "source"), self.text(object, "alt"));
                (ComponentKind::Image { source, alt }, &["source", "alt", "label"])
            }
            "separator" => (ComponentKind::Separator, &[]),
            "spacer" => {
                let height = object.integer("height", 1..=2_000, &mut self.problems);
                (ComponentKind::Spacer { height_px: height.unwrap_or(60) }, &["height"])
            }
            "button" => (self.button(object), &["label", "action", "key"]),
            _ => return self.refuse_type(name, object),
        };
        self.warn_unknown(object, &COMMON_PROPERTIES, own);
        Some(kind)
    }

    fn refuse_type<T>(&mut self, name: &str, object: &Object<'_>) -> Option<T> {
        let at = object.get("type")?;
        let is_later = LATER_TYPES.contains(&name);
        let reason = if is_later { "can't be shown yet" } else { "is not a type of component" };
        self.problems.refuse(&at, format!("`{name}` {reason}"), TYPES)
    }

    fn group(&mut self, object: &Object<'_>, around: &Surroundings) -> Option<ComponentKind> {
        let label = self.text(object, "label");
        let has_outline = object.flag("showOutline", &mut self.problems).unwrap_or(false);
        let mut path = around.path.clone();
        if let Some(at) = object.get("path") {
            let text = object.text("path", &mut self.problems).unwrap_or_default();
            path.extend(self.path(&at, text).unwrap_or_default());
        }
        let inside = Surroundings { path, depth: around.depth + 1 };
        if inside.depth > GROUP_DEPTH_MAX {
            let expected = format!("at most {GROUP_DEPTH_MAX} groups inside each other");
            return self.problems.refuse(object.location(), "nested too deeply", expected);
        }
        let items = match object.get("components") {
            None => Vec::new(),
            Some(_) => object.list("components", &mut self.problems)?,
        };
        let components = self.components(&items, &inside);
        Some(ComponentKind::Group(Group { label, has_outline, components }))
    }

    fn button(&mut self, object: &Object<'_>) -> ComponentKind {
        let label = self.text(object, "label");
        let action = object.text("action", &mut self.problems).unwrap_or("submit");
        if let Some(at) = object.get("action")
            && !matches!(action, "submit" | "reset")
        {
            self.problems.add(&at, at.found(), "submit or reset");
        }
        ComponentKind::Button { label, is_reset: action == "reset" }
    }

    fn hide(&mut self, object: &Object<'_>) -> Option<Expression> {
        let conditional = object.object("conditional", &mut self.problems)?;
        let at = conditional.get("hide")?;
        let source = conditional.text("hide", &mut self.problems)?;
        if source.trim().is_empty() {
            return None;
        }
        let Some(expression) = source.trim_start().strip_prefix('=') else {
            return self.problems.refuse(&at, at.found(), "`=` and a condition in FEEL");
        };
        self.expression(&at, expression)
    }

    fn layout(&mut self, object: &Object<'_>) -> (Option<String>, Option<u32>) {
        let Some(layout) = object.object("layout", &mut self.problems) else { return (None, None) };
        let row = layout.text("row", &mut self.problems).map(str::to_owned);
        (row, layout.integer("columns", 1..=GRID_COLUMNS, &mut self.problems))
    }

    fn properties(&mut self, object: &Object<'_>) -> Vec<(String, String)> {
        let Some(properties) = object.object("properties", &mut self.problems) else {
            return Vec::new();
        };
        let names = properties.members().map(|(name, _)| name);
        names
            .filter_map(|name| {
                let text = properties.text(name, &mut self.problems)?;
                Some((name.to_owned(), text.to_owned()))
            })
            .collect()
    }

    /// Reads a path of names, such as `customer.address`.
    pub(super) fn path(&mut self, at: &Located<'_>, text: &str) -> Option<Vec<String>> {
        if text.is_empty() {
            return Some(Vec::new());
        }
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        if text.len() <= 200 && text.split('.').all(is_name) {
            return Some(text.split('.').map(str::to_owned).collect());
        }
        let expected = "names of letters, digits and `_`, joined by dots, up to 200 bytes";
        self.problems.refuse(at, format!("`{text}` is not a path"), expected)
    }

    /// Reads FEEL without its leading `=`.
    pub(super) fn expression(&mut self, at: &Located<'_>, source: &str) -> Option<Expression> {
        self.has_expressions = true;
        match parse_expression(source) {
            Ok(expression) => Some(expression),
            Err(message) => self.problems.refuse(at, message, "FEEL"),
        }
    }

    /// Reads a text that may be computed; empty when it is absent.
    pub(super) fn text(&mut self, object: &Object<'_>, name: &str) -> Text {
        let text = object.text(name, &mut self.problems).unwrap_or_default();
        match (Text::parse(text), object.get(name)) {
            (Err(message), Some(at)) => {
                self.problems.add(&at, message, "a text, `=` and FEEL, or FEEL in `{{ }}`");
                Text::Fixed(String::new())
            }
            (parsed, _) => {
                let text = parsed.unwrap_or_else(|_| Text::Fixed(String::new()));
                self.has_expressions |= !matches!(text, Text::Fixed(_));
                text
            }
        }
    }

    /// Reads a flag that may be computed; false when it is absent.
    pub(super) fn flag(&mut self, object: &Object<'_>, name: &str) -> Setting<bool> {
        let Some(at) = object.get(name) else { return Setting::Fixed(false) };
        let setting = match &at.node.value {
            NodeValue::Scalar(Value::Bool(flag)) => Some(Setting::Fixed(*flag)),
            NodeValue::Scalar(Value::String(text)) => match text.trim_start().strip_prefix('=') {
                Some(source) => self.expression(&at, source).map(Setting::Computed),
                None => self.refuse_flag(&at),
            },
            _ => self.refuse_flag(&at),
        };
        setting.unwrap_or(Setting::Fixed(false))
    }

    fn refuse_flag<T>(&mut self, at: &Located<'_>) -> Option<T> {
        self.problems.refuse(at, at.found(), "true, false, or `=` and FEEL")
    }

    /// Warns of properties that nothing reads.
    pub(super) fn warn_unknown(&mut self, object: &Object<'_>, shared: &[&str], own: &[&str]) {
        for (name, at) in object.members() {
            if !shared.contains(&name) && !own.contains(&name) {
                let known: Vec<_> = shared.iter().chain(own).copied().collect();
                let expected = format!("one of {}", known.join(", "));
                self.problems.warn(&at, "nothing reads this property", expected);
            }
        }
    }
}

/// How people find a component: by its key, else by its id.
fn name_of(object: &Object<'_>) -> Option<String> {
    let named = object.get("key").or_else(|| object.get("id"))?;
    named.node.to_json().as_str().map(str::to_owned)
}
