//! Reads the components that hold a value: what they share, and what each kind has of its own.
//!
//! Must not know components without a value.

use regex::RegexBuilder;
use serde_json::Value;

use super::decimal::Decimal;
use super::form::{Field, FieldKind, MomentRules, NumberRules, TextRules, TextShape};
use super::moment::{MomentKind, TimeFormat};
use super::options::OptionSource;
use super::parse::{Reader, Surroundings};
use super::scope::{Setting, Text};
use super::source::{Located, NodeValue, Object};

/// Bound on a compiled pattern's memory; matching is linear in the text whatever the pattern.
const PATTERN_BYTES_MAX: usize = 1 << 18;

const SHARED: [&str; 12] = [
    "type",
    "id",
    "conditional",
    "layout",
    "properties",
    "key",
    "label",
    "description",
    "disabled",
    "readonly",
    "defaultValue",
    "validate",
];

/// The kinds of fields, by their names in form-js.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldType {
    TextField,
    TextArea,
    Number,
    Checkbox,
    Checklist,
    Radio,
    Select,
    TagList,
    DateTime,
    FilePicker,
}

impl FieldType {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "textfield" => Self::TextField,
            "textarea" => Self::TextArea,
            "number" => Self::Number,
            "checkbox" => Self::Checkbox,
            "checklist" => Self::Checklist,
            "radio" => Self::Radio,
            "select" => Self::Select,
            "taglist" => Self::TagList,
            "datetime" => Self::DateTime,
            "filepicker" => Self::FilePicker,
            _ => return None,
        })
    }

    fn own_properties(self) -> &'static [&'static str] {
        match self {
            Self::TextField => &["appearance"],
            Self::TextArea | Self::Checkbox => &[],
            Self::Number => &["appearance", "decimalDigits", "increment", "serializeToString"],
            Self::Checklist | Self::Radio | Self::TagList => {
                &["values", "valuesKey", "valuesExpression"]
            }
            Self::Select => &["values", "valuesKey", "valuesExpression", "searchable"],
            Self::DateTime => &[
                "subtype",
                "dateLabel",
                "timeLabel",
                "use24h",
                "timeInterval",
                "timeSerializingFormat",
                "disallowPassedDates",
            ],
            Self::FilePicker => &["accept", "multiple"],
        }
    }

    fn own_rules(self) -> &'static [&'static str] {
        match self {
            Self::TextField => &["minLength", "maxLength", "pattern", "validationType"],
            Self::TextArea => &["minLength", "maxLength"],
            Self::Number => &["min", "max"],
            _ => &[],
        }
    }
}

/// Reads one field; what is wrong goes to the reader's problems.
pub(super) fn parse_field(
    reader: &mut Reader,
    field_type: FieldType,
    object: &Object<'_>,
    around: &Surroundings,
) -> Option<Field> {
    reader.warn_unknown(object, &SHARED, field_type.own_properties());
    let path = reader.field_path(object, around);
    let validate = object.object("validate", &mut reader.problems);
    if let Some(rules) = &validate {
        reader.warn_unknown(rules, &["required"], field_type.own_rules());
    }
    let required = match &validate {
        Some(rules) => reader.flag(rules, "required"),
        None => Setting::Fixed(false),
    };
    let (prefix, suffix) = reader.adorners(object);
    let kind = reader.field_kind(field_type, object, validate.as_ref());
    let default = reader.default(field_type, object);
    let label = reader.field_label(field_type, object);
    let description = reader.text(object, "description");
    let (disabled, readonly) = (reader.flag(object, "disabled"), reader.flag(object, "readonly"));
    let (path, kind) = (path?, kind?);
    Some(Field {
        path,
        label,
        description,
        disabled,
        readonly,
        required,
        default,
        prefix,
        suffix,
        kind,
    })
}

impl Reader {
    fn field_path(&mut self, object: &Object<'_>, around: &Surroundings) -> Option<Vec<String>> {
        let Some(at) = object.get("key") else {
            return self.problems.refuse(object.location(), "no key", "a text `key`");
        };
        let key = object.text("key", &mut self.problems)?;
        if key.is_empty() {
            return self.problems.refuse(&at, "empty", "the name of a variable");
        }
        let mut path = around.path.clone();
        path.extend(self.path(&at, key)?);
        let clash = self.taken.iter().find(|(taken, _)| {
            taken.starts_with(path.as_slice()) || path.starts_with(taken.as_slice())
        });
        if let Some((taken, by)) = clash {
            let message =
                format!("`{}` clashes with `{}` of {by}", path.join("."), taken.join("."));
            self.problems.add(&at, message, "a key of its own");
        }
        self.taken.push((path.clone(), object.location().path.clone()));
        Some(path)
    }

    /// A date's own labels stand in for a missing common one, as form-js has no common one.
    fn field_label(&mut self, field_type: FieldType, object: &Object<'_>) -> Text {
        let is_given = |name| object.get(name).is_some_and(|at| at.node.to_json() != "");
        let names = ["label", "dateLabel", "timeLabel"];
        let is_time = object.get("subtype").is_some_and(|at| at.node.to_json() == "time");
        let name = match field_type {
            FieldType::DateTime if is_time && is_given("timeLabel") => "timeLabel",
            FieldType::DateTime => names.into_iter().find(|n| is_given(n)).unwrap_or("label"),
            _ => "label",
        };
        self.text(object, name)
    }

    fn adorners(&mut self, object: &Object<'_>) -> (Text, Text) {
        match object.object("appearance", &mut self.problems) {
            Some(a) => (self.text(&a, "prefixAdorner"), self.text(&a, "suffixAdorner")),
            None => (Text::Fixed(String::new()), Text::Fixed(String::new())),
        }
    }

    fn field_kind(
        &mut self,
        field_type: FieldType,
        object: &Object<'_>,
        rules: Option<&Object<'_>>,
    ) -> Option<FieldKind> {
        Some(match field_type {
            FieldType::TextField => FieldKind::TextField(self.text_rules(rules)),
            FieldType::TextArea => FieldKind::TextArea(self.text_rules(rules)),
            FieldType::Number => FieldKind::Number(self.number_rules(object, rules)),
            FieldType::Checkbox => FieldKind::Checkbox,
            FieldType::Checklist => FieldKind::Checklist(self.options(object)?),
            FieldType::Radio => FieldKind::Radio(self.options(object)?),
            FieldType::TagList => FieldKind::TagList(self.options(object)?),
            FieldType::Select => FieldKind::Select {
                is_searchable: object.flag("searchable", &mut self.problems).unwrap_or(false),
                options: self.options(object)?,
            },
            FieldType::DateTime => FieldKind::Moment(self.moment_rules(object)?),
            FieldType::FilePicker => FieldKind::FilePicker {
                accept: self.text(object, "accept"),
                multiple: self.flag(object, "multiple"),
            },
        })
    }

    fn options(&mut self, object: &Object<'_>) -> Option<OptionSource> {
        let options = OptionSource::parse(object, &mut self.problems);
        self.has_expressions |= matches!(options, Some(OptionSource::Computed(_)));
        options
    }

    fn text_rules(&mut self, rules: Option<&Object<'_>>) -> TextRules {
        let Some(rules) = rules else { return TextRules::default() };
        let (length_min, length_max) =
            (self.limit(rules, "minLength"), self.limit(rules, "maxLength"));
        self.check_order(rules, "minLength", length_min.as_ref(), length_max.as_ref());
        let shape = self.text_shape(rules);
        TextRules { length_min, length_max, pattern: self.pattern(rules), shape }
    }

    fn text_shape(&mut self, rules: &Object<'_>) -> Option<TextShape> {
        let at = rules.get("validationType")?;
        match rules.text("validationType", &mut self.problems)? {
            "email" => Some(TextShape::Email),
            "phone" => Some(TextShape::Phone),
            "custom" | "" => None,
            _ => self.problems.refuse(&at, at.found(), "email, phone or custom"),
        }
    }

    fn pattern(&mut self, rules: &Object<'_>) -> Option<regex::Regex> {
        let at = rules.get("pattern")?;
        let source = rules.text("pattern", &mut self.problems)?;
        if source.is_empty() {
            return None;
        }
        match RegexBuilder::new(source).size_limit(PATTERN_BYTES_MAX).build() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let text = error.to_string();
                let reason = text.rsplit("error: ").next().unwrap_or(&text);
                let message =
                    format!("not a pattern: {}", reason.trim_end_matches('.').to_lowercase());
                self.problems.refuse(&at, message, "a regular expression without look-around")
            }
        }
    }

    fn number_rules(&mut self, object: &Object<'_>, rules: Option<&Object<'_>>) -> NumberRules {
        let (min, max) = match rules {
            Some(rules) => (self.limit(rules, "min"), self.limit(rules, "max")),
            None => (None, None),
        };
        if let Some(rules) = rules {
            self.check_order(rules, "min", min.as_ref(), max.as_ref());
        }
        NumberRules {
            min,
            max,
            decimal_digits: object.integer("decimalDigits", 0..=18, &mut self.problems),
            increment: self.increment(object),
            is_text: object.flag("serializeToString", &mut self.problems).unwrap_or(false),
        }
    }

    fn increment(&mut self, object: &Object<'_>) -> Option<Decimal> {
        let at = object.get("increment")?;
        let value = at.node.to_json();
        if value == "" {
            return None;
        }
        let step = Decimal::from_json(&value).filter(|step| Decimal::parse("0") < Some(*step));
        step.or_else(|| self.problems.refuse(&at, at.found(), "a number above 0"))
    }

    fn limit(&mut self, rules: &Object<'_>, name: &str) -> Option<Setting<Decimal>> {
        let at = rules.get(name)?;
        if let NodeValue::Scalar(Value::String(text)) = &at.node.value {
            if text.is_empty() {
                return None;
            }
            if let Some(source) = text.trim_start().strip_prefix('=') {
                return self.expression(&at, source).map(Setting::Computed);
            }
        }
        let is_length = name.ends_with("Length");
        let zero = Decimal::parse("0");
        let number = Decimal::from_json(&at.node.to_json());
        let fitting = number.filter(|n| !is_length || n.fraction_digits() == 0 && Some(*n) >= zero);
        let expected =
            if is_length { "a whole number or `=` and FEEL" } else { "a number or `=` and FEEL" };
        fitting.map(Setting::Fixed).or_else(|| self.problems.refuse(&at, at.found(), expected))
    }

    fn check_order(
        &mut self,
        rules: &Object<'_>,
        name: &str,
        min: Option<&Setting<Decimal>>,
        max: Option<&Setting<Decimal>>,
    ) {
        let (Some(Setting::Fixed(min)), Some(Setting::Fixed(max))) = (min, max) else { return };
        if min > max
            && let Some(at) = rules.get(name)
        {
            self.problems.add(
                &at,
                format!("{min} is above the maximum {max}"),
                "at most the maximum",
            );
        }
    }

    fn moment_rules(&mut self, object: &Object<'_>) -> Option<MomentRules> {
        let kind = match object.text("subtype", &mut self.problems) {
            None | Some("date") => MomentKind::Date,
            Some("time") => MomentKind::Time,
            Some("datetime") => MomentKind::DateTime,
            Some(_) => {
                let at = object.get("subtype")?;
                return self.problems.refuse(&at, at.found(), "date, time or datetime");
            }
        };
        // Browsers show times the way the person's system does.
        object.flag("use24h", &mut self.problems);
        let interval_minutes = object.integer("timeInterval", 1..=60, &mut self.problems);
        let is_past_refused = object.flag("disallowPassedDates", &mut self.problems) == Some(true);
        let format = self.time_format(object)?;
        Some(MomentRules { kind, format, interval_minutes, is_past_refused })
    }

    fn time_format(&mut self, object: &Object<'_>) -> Option<TimeFormat> {
        let name = object.text("timeSerializingFormat", &mut self.problems);
        Some(match name {
            None | Some("utc_offset" | "") => TimeFormat::UtcOffset,
            Some("utc_normalized") => TimeFormat::UtcNormalized,
            Some("no_timezone") => TimeFormat::NoTimezone,
            Some(_) => {
                let at = object.get("timeSerializingFormat")?;
                let expected = "utc_offset, utc_normalized or no_timezone";
                return self.problems.refuse(&at, at.found(), expected);
            }
        })
    }

    fn default(&mut self, field_type: FieldType, object: &Object<'_>) -> Option<Value> {
        let at = object.get("defaultValue")?;
        let value = at.node.to_json();
        if value == "" {
            return None;
        }
        let (is_fitting, expected) = match field_type {
            FieldType::TextField | FieldType::TextArea => (value.is_string(), "a text"),
            FieldType::Number => (Decimal::from_json(&value).is_some(), "a number"),
            FieldType::Checkbox => (value.is_boolean(), "true or false"),
            FieldType::Checklist | FieldType::TagList => (value.is_array(), "a list"),
            FieldType::Radio | FieldType::Select => (!value.is_array(), "one value"),
            FieldType::DateTime => (value.is_string(), "a date or time as text"),
            FieldType::FilePicker => (false, "no default for files"),
        };
        self.accept_default(&at, value, is_fitting, expected)
    }

    fn accept_default(
        &mut self,
        at: &Located<'_>,
        value: Value,
        is_fitting: bool,
        expected: &str,
    ) -> Option<Value> {
        if is_fitting {
            return Some(value);
        }
        self.problems.refuse(at, at.found(), expected)
    }
}
