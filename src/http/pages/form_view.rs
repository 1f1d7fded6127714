//! A form as `templates/parts/form.html` shows it: every field with its values and errors.
//! Must not know form-js JSON nor FEEL: visibility, options and texts are settled before.
//!
//! **Invariant:** a field that isn't visible isn't in the list.

use super::parts::{Choice, Link};
use askama::Template;
use askama::filters::HtmlSafe;

/// What every control's name begins with, so that no field can take the place of `csrf`.
pub const NAME_PREFIX: &str = "data.";

/// A whole form with where it is sent to.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "parts/form.html")]
pub struct FormView {
    /// Where the form is posted; with `?preview` added it answers the fields anew.
    pub action: String,
    /// Token that the form sends back in the hidden field `csrf`.
    pub csrf: String,
    pub fields: FieldList,
    /// Problems that belong to no single field.
    pub errors: Vec<String>,
    /// Some field's visibility, text or options depend on what is entered.
    pub has_conditions: bool,
    /// The form has a file picker, so it is sent as `multipart/form-data`.
    pub has_files: bool,
    /// Offers a comment and files to be sent along.
    pub talk: Option<TalkView>,
    /// Words on the button; empty when the form brings its own button or can't be sent.
    pub submit_label: String,
}

impl HtmlSafe for FormView {}

/// What a person sends along with a form, and what was entered of it before.
#[derive(Clone, Debug, Default)]
pub struct TalkView {
    pub comment: String,
    /// What is wrong with the comment; empty when nothing is.
    pub error: String,
    /// Files that were uploaded before and are still to be attached.
    pub files: Vec<StoredFile>,
}

impl TalkView {
    /// Whether something was entered, so that it must not be folded away.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        !self.comment.is_empty() || !self.error.is_empty() || !self.files.is_empty()
    }
}

/// Fields in reading order; a group holds a list of its own.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "parts/fields.html")]
pub struct FieldList {
    pub fields: Vec<FieldView>,
}

impl HtmlSafe for FieldList {}

/// One visible field.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one independent attribute of a control each")]
pub struct FieldView {
    /// HTML id, unique in the page; it stays the same over previews, so that the focus stays.
    pub id: String,
    /// Name of the control in the posted form: [`NAME_PREFIX`] and the path of its value.
    pub name: String,
    pub label: String,
    pub description: String,
    /// What is wrong with the value; empty when nothing is.
    pub error: String,
    pub is_required: bool,
    pub is_disabled: bool,
    pub is_readonly: bool,
    /// Text before and after the control, such as a currency.
    pub prefix: String,
    pub suffix: String,
    /// Columns of sixteen, as form-js lays rows out; 16 is the whole width.
    pub columns: u32,
    /// The field begins a row, even where the one before has room left.
    pub starts_row: bool,
    pub kind: FieldKind,
}

impl FieldView {
    /// An optional, editable field over the whole width, for the value at `path`.
    #[must_use]
    pub fn new(path: &str, label: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            id: format!("field-{path}"),
            name: format!("{NAME_PREFIX}{path}"),
            label: label.into(),
            description: String::new(),
            error: String::new(),
            is_required: false,
            is_disabled: false,
            is_readonly: false,
            prefix: String::new(),
            suffix: String::new(),
            columns: 16,
            starts_row: false,
            kind,
        }
    }

    /// Whether the control has a text that explains it or says what is wrong.
    #[must_use]
    pub fn has_note(&self) -> bool {
        !self.description.is_empty() || !self.error.is_empty()
    }
}

/// What a field lets a person do, with its current value.
#[derive(Clone, Debug)]
pub enum FieldKind {
    Text {
        value: String,
        input: TextInput,
    },
    TextArea {
        value: String,
        input: TextInput,
    },
    Number {
        value: String,
        min: String,
        max: String,
        step: String,
    },
    Checkbox {
        is_checked: bool,
    },
    Checklist {
        options: Vec<Choice>,
    },
    Radio {
        options: Vec<Choice>,
    },
    Select {
        options: Vec<Choice>,
    },
    TagList {
        options: Vec<Choice>,
    },
    /// `2026-11-21`
    Date {
        value: String,
        min: String,
        max: String,
    },
    /// `14:30`
    Time {
        value: String,
        step_s: String,
    },
    /// `2026-11-21T14:30`
    DateTime {
        value: String,
        min: String,
        max: String,
    },
    Group {
        has_outline: bool,
        fields: FieldList,
    },
    Separator,
    /// Height in CSS pixels.
    Spacer {
        height: u32,
    },
    /// HTML that was made safe before.
    Markup {
        html: String,
    },
    Image {
        source: String,
        alt: String,
    },
    /// `files` are those already stored; each stays chosen until it is unticked.
    FilePicker {
        accept: String,
        is_multiple: bool,
        files: Vec<StoredFile>,
    },
    Submit,
    Reset,
}

/// A file that was uploaded for a field before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub key: String,
    /// Leads to its download.
    pub file: Link,
}

/// The shape and limits of a text control, as attributes; empty sets none.
#[derive(Clone, Debug, Default)]
pub struct TextInput {
    /// `email` or `tel`; empty is plain text.
    pub input_type: &'static str,
    pub min_length: String,
    pub max_length: String,
}

impl FormView {
    /// A form with every kind of field.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            action: "/inbox/4503599627370521/complete".into(),
            csrf: "sample-csrf-token".into(),
            fields: FieldList { fields: sample_fields() },
            errors: Vec::new(),
            has_conditions: true,
            has_files: true,
            talk: Some(TalkView::default()),
            submit_label: "Complete task".into(),
        }
    }
}

fn sample_fields() -> Vec<FieldView> {
    let options = |chosen: &str| -> Vec<Choice> {
        [("travel", "Travel"), ("meals", "Meals"), ("equipment", "Equipment")]
            .map(|(value, label)| Choice::new(value, label, value == chosen))
            .into()
    };
    let text = |value: &str| FieldKind::Text { value: value.into(), input: TextInput::default() };
    let html = "<p>Receipts above <strong>50 EUR</strong> need a file.</p>".into();
    let amount = FieldKind::Number {
        value: "1840.50".into(),
        min: "0".into(),
        max: String::new(),
        step: "0.01".into(),
    };
    let file = Link::new("receipt.pdf", "/files/4503599627370533");
    let files = vec![StoredFile { key: "4503599627370533".into(), file }];
    let long = FieldKind::TextArea { value: String::new(), input: TextInput::default() };
    let mut fields = vec![
        FieldView::new("intro", "", FieldKind::Markup { html }),
        FieldView {
            is_readonly: true,
            columns: 8,
            ..FieldView::new("by", "By", text("Requester"))
        },
        FieldView {
            prefix: "EUR".into(),
            columns: 8,
            ..FieldView::new("amount", "Amount", amount)
        },
        FieldView::new("category", "Category", FieldKind::Select { options: options("travel") }),
        FieldView {
            is_required: true,
            error: "choose one of the options".into(),
            ..FieldView::new("decision", "Decision", FieldKind::Radio { options: options("") })
        },
        FieldView {
            description: "The person who asked reads this.".into(),
            ..FieldView::new("reason", "Reason", long)
        },
    ];
    fields.push(sample_group(options("meals")));
    fields.push(FieldView::new(
        "receipts",
        "Receipts",
        FieldKind::FilePicker { accept: ".pdf,image/*".into(), is_multiple: true, files },
    ));
    fields
}

fn sample_group(options: Vec<Choice>) -> FieldView {
    let date = |value: &str| FieldKind::Date {
        value: value.into(),
        min: String::new(),
        max: String::new(),
    };
    let time = FieldKind::Time { value: "09:30".into(), step_s: "900".into() };
    let moment = FieldKind::DateTime {
        value: "2026-11-30T09:30".into(),
        min: String::new(),
        max: String::new(),
    };
    let fields = vec![
        FieldView { columns: 8, ..FieldView::new("from", "From", date("2026-11-24")) },
        FieldView { columns: 8, ..FieldView::new("at", "At", time) },
        FieldView::new("back", "Back", moment),
        FieldView::new("covers", "Covers", FieldKind::Checklist { options: options.clone() }),
        FieldView::new("tags", "Tags", FieldKind::TagList { options }),
        FieldView::new("line", "", FieldKind::Separator),
        FieldView::new("checked", "I checked it", FieldKind::Checkbox { is_checked: true }),
        FieldView::new("gap", "", FieldKind::Spacer { height: 12 }),
    ];
    let group = FieldKind::Group { has_outline: true, fields: FieldList { fields } };
    FieldView::new("trip", "Trip", group)
}
