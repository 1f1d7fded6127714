//! What comes back from people and programs: typed, checked, and never more than asked for.

use super::{EVERY_FIELD, context, form, form_of, listed_errors, object};
use flowstead::core::forms::{FILES_MAX, FileReference, Form, Submission};
use serde_json::{Map, Value};

/// The answer in one line: the variables as JSON, or the errors.
fn answer(form: &Form, input: &Submission, data: &str) -> String {
    match form.submit(input, &object(data), &context()) {
        Ok(variables) => Value::Object(variables).to_string(),
        Err(errors) => listed_errors(&errors),
    }
}

/// `a=1&b=2`, without percent-encoding.
fn pairs(text: &str) -> Submission {
    let pair = |part: &str| part.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
    Submission::from_pairs(text.split('&').filter_map(pair).collect()).with_files(files())
}

fn json(text: &str) -> Submission {
    Submission::from_json(object(text)).with_files(files())
}

fn files() -> Vec<FileReference> {
    let file = |file_key, name: &str, content_type: &str| FileReference {
        file_key,
        name: name.to_owned(),
        content_type: content_type.to_owned(),
    };
    vec![
        file(11, "receipt.PDF", "application/octet-stream"),
        file(12, "photo", "image/png; charset=x"),
        file(13, "run.exe", "application/x-msdownload"),
    ]
}

/// One field `x`: its properties, what was sent for it in an HTML form, the value or the error.
const FROM_PAGES: &[(&str, &str, &str)] = &[
    (r#""type": "textfield""#, "x=Ada", r#""Ada""#),
    (r#""type": "textfield""#, "x=", r#""""#),
    (r#""type": "textfield""#, "", r#""""#),
    (r#""type": "textfield""#, "x=<b>&csrf=abc&action=send", r#""<b>""#),
    (r#""type": "textfield""#, "x=a\nb", "x: expected a text without control characters"),
    (r#""type": "textfield""#, "x=a&x=b", "x: expected a text"),
    (r#""type": "textfield", "validate": {"required": true}"#, "x=", "x: expected a text"),
    (r#""type": "textfield", "validate": {"required": true}"#, "x=  ", "x: expected a text"),
    (r#""type": "textfield", "validate": {"required": "=1 = 1"}"#, "x=", "x: expected a text"),
    (r#""type": "textfield", "validate": {"required": "=1 = 2"}"#, "x=", r#""""#),
    (
        r#""type": "textfield", "validate": {"minLength": 3}"#,
        "x=äö",
        "x: expected at least 3 characters",
    ),
    (r#""type": "textfield", "validate": {"minLength": 3}"#, "x=äöü", r#""äöü""#),
    (r#""type": "textfield", "validate": {"minLength": 3}"#, "x=", r#""""#),
    (
        r#""type": "textfield", "validate": {"maxLength": 2}"#,
        "x=abc",
        "x: expected at most 2 characters",
    ),
    (
        r#""type": "textfield", "validate": {"minLength": 2, "maxLength": 3}"#,
        "x=abcd",
        "x: expected 2 to 3 characters",
    ),
    (
        r#""type": "textfield", "validate": {"maxLength": "=1 + 1"}"#,
        "x=abc",
        "x: expected at most 2 characters",
    ),
    (r#""type": "textfield", "validate": {"pattern": "^[a-z]+$"}"#, "x=abc", r#""abc""#),
    (
        r#""type": "textfield", "validate": {"pattern": "^[a-z]+$"}"#,
        "x=ABC",
        "x: expected a text that matches `^[a-z]+$`",
    ),
    (r#""type": "textfield", "validate": {"pattern": "b"}"#, "x=abc", r#""abc""#),
    (
        r#""type": "textfield", "validate": {"validationType": "email"}"#,
        "x=ada@example.org",
        r#""ada@example.org""#,
    ),
    (
        r#""type": "textfield", "validate": {"validationType": "email"}"#,
        "x=ada@example",
        "x: expected an e-mail address",
    ),
    (
        r#""type": "textfield", "validate": {"validationType": "email"}"#,
        "x=a b@example.org",
        "x: expected an e-mail address",
    ),
    (
        r#""type": "textfield", "validate": {"validationType": "phone"}"#,
        "x=+49 (30) 123-456",
        r#""+49 (30) 123-456""#,
    ),
    (
        r#""type": "textfield", "validate": {"validationType": "phone"}"#,
        "x=call me",
        "x: expected a phone number",
    ),
    (r#""type": "textarea""#, "x=a\r\nb\tc", r#""a\nb\tc""#),
    (r#""type": "textarea""#, "x=a\u{0}b", "x: expected a text without control characters"),
    (r#""type": "number""#, "x=12", "12"),
    (r#""type": "number""#, "x= -12.50 ", "-12.5"),
    (r#""type": "number""#, "x=", "null"),
    (r#""type": "number""#, "x=twelve", "x: expected a number"),
    (r#""type": "number""#, "x=1,5", "x: expected a number"),
    (r#""type": "number""#, "x=Infinity", "x: expected a number"),
    (r#""type": "number""#, "x=1e400", "x: expected a number"),
    (
        r#""type": "number""#,
        "x=1234567890123456789012",
        "x: expected at most 18 digits before and after the point",
    ),
    (r#""type": "number", "validate": {"required": true}"#, "x=", "x: expected a number"),
    (
        r#""type": "number", "validate": {"min": 1, "max": 100}"#,
        "x=0",
        "x: expected a number between 1 and 100",
    ),
    (
        r#""type": "number", "validate": {"min": 1, "max": 100}"#,
        "x=a",
        "x: expected a number between 1 and 100",
    ),
    (r#""type": "number", "validate": {"min": 1, "max": 100}"#, "x=100", "100"),
    (
        r#""type": "number", "validate": {"min": 0.5}"#,
        "x=0.4",
        "x: expected a number of at least 0.5",
    ),
    (
        r#""type": "number", "validate": {"max": "=1 + 1"}"#,
        "x=3",
        "x: expected a number of at most 2",
    ),
    (r#""type": "number", "decimalDigits": 0"#, "x=1.5", "x: expected a whole number"),
    (
        r#""type": "number", "decimalDigits": 2"#,
        "x=1.555",
        "x: expected at most 2 digits after the point",
    ),
    (r#""type": "number", "increment": 0.1"#, "x=0.3", "0.3"),
    (r#""type": "number", "increment": 0.1"#, "x=0.35", "x: expected a multiple of 0.1"),
    (
        r#""type": "number", "serializeToString": true"#,
        "x=12345678901234567.89",
        r#""12345678901234567.89""#,
    ),
    (r#""type": "checkbox""#, "x=on", "true"),
    (r#""type": "checkbox""#, "x=true", "true"),
    (r#""type": "checkbox""#, "x=false", "false"),
    (r#""type": "checkbox""#, "", "false"),
    (r#""type": "checkbox", "validate": {"required": true}"#, "", "x: expected a tick"),
    (r#""type": "radio", "values": [{"label": "A", "value": 1}]"#, "x=1", "1"),
    (
        r#""type": "radio", "values": [{"label": "A", "value": 1}]"#,
        "x=2",
        "x: expected one of the choices",
    ),
    (
        r#""type": "radio", "values": ["a"], "validate": {"required": true}"#,
        "",
        "x: expected a choice",
    ),
    (r#""type": "select", "values": ["a", "b"]"#, "x=", "null"),
    (r#""type": "select", "values": ["a", "b"]"#, "x=a&x=b", "x: expected one choice"),
    (
        r#""type": "select", "valuesExpression": "=[{\"label\": \"L\", \"value\": {\"id\": 7}}]""#,
        "x={\"id\":7}",
        r#"{"id":7}"#,
    ),
    (r#""type": "checklist", "values": ["a", "b", "c"]"#, "x=c&x=a&x=c", r#"["c","a"]"#),
    (r#""type": "checklist", "values": ["a", "b"]"#, "x=a&x=z", "x: expected one of the choices"),
    (r#""type": "checklist", "values": ["a"]"#, "", "[]"),
    (
        r#""type": "taglist", "values": ["a"], "validate": {"required": true}"#,
        "x=",
        "x: expected at least one choice",
    ),
    (r#""type": "datetime""#, "x=2026-02-28", r#""2026-02-28""#),
    (r#""type": "datetime""#, "x=2026-02-30", "x: expected a date such as 2026-01-31"),
    (r#""type": "datetime""#, "x=2026-02-28T10:00", "x: expected a date such as 2026-01-31"),
    (r#""type": "datetime""#, "x=", "null"),
    (r#""type": "datetime", "validate": {"required": true}"#, "x=", "x: expected a date"),
    (
        r#""type": "datetime", "disallowPassedDates": true"#,
        "x=2026-02-28",
        "x: expected today or a later date",
    ),
    (r#""type": "datetime", "disallowPassedDates": true"#, "x=2026-03-01", r#""2026-03-01""#),
    (r#""type": "datetime", "subtype": "time""#, "x=07:05", r#""07:05+01:00""#),
    (
        r#""type": "datetime", "subtype": "time", "timeSerializingFormat": "utc_normalized""#,
        "x=07:05",
        r#""06:05Z""#,
    ),
    (
        r#""type": "datetime", "subtype": "time", "timeSerializingFormat": "no_timezone""#,
        "x=07:05:09",
        r#""07:05:09""#,
    ),
    (r#""type": "datetime", "subtype": "time""#, "x=25:00", "x: expected a time such as 14:30"),
    (
        r#""type": "datetime", "subtype": "datetime""#,
        "x=2026-07-01T10:00",
        r#""2026-07-01T10:00+01:00""#,
    ),
    (
        r#""type": "datetime", "subtype": "datetime", "timeSerializingFormat": "utc_normalized""#,
        "x=2026-07-01T00:30",
        r#""2026-06-30T23:30Z""#,
    ),
    (
        r#""type": "datetime", "subtype": "datetime""#,
        "x=tomorrow",
        "x: expected a date and time such as 2026-01-31T14:30",
    ),
    (
        r#""type": "datetime", "subtype": "datetime", "disallowPassedDates": true"#,
        "x=2026-02-28T23:59",
        "x: expected today or a later date",
    ),
    (r#""type": "filepicker""#, "x=11", r#"["11"]"#),
    (r#""type": "filepicker""#, "x=", "[]"),
    (r#""type": "filepicker""#, "x=11&x=12", "x: expected one file"),
    (r#""type": "filepicker""#, "x=99", "x: expected an attached file"),
    (r#""type": "filepicker", "validate": {"required": true}"#, "x=", "x: expected a file"),
    (
        r#""type": "filepicker", "multiple": true, "accept": ".pdf, image/*""#,
        "x=11&x=12",
        r#"["11","12"]"#,
    ),
    (
        r#""type": "filepicker", "multiple": true, "accept": ".pdf,image/*""#,
        "x=11&x=13",
        "x: expected a file of the kinds .pdf,image/*",
    ),
    (
        r#""type": "textfield", "conditional": {"hide": "=1 = 1"}, "validate": {"required": true}"#,
        "x=secret",
        "left out",
    ),
    (r#""type": "textfield", "disabled": true"#, "x=secret", "left out"),
    (r#""type": "textfield", "readonly": true"#, "x=secret", "left out"),
    (r#""type": "textfield", "readonly": true, "defaultValue": "fixed""#, "x=secret", r#""fixed""#),
];

#[test]
fn fields_of_a_page_become_typed_values() {
    for (field, sent, expected) in FROM_PAGES {
        let form = form_of(&format!(r#"{{"key": "x", {field}}}"#));
        let found = answer(&form, &pairs(sent), "{}");
        let expected = match *expected {
            "left out" => "{}".to_owned(),
            error if error.starts_with("x: ") => error.to_owned(),
            value => format!(r#"{{"x":{value}}}"#),
        };
        assert_eq!(found, expected, "{field} was sent {sent}");
    }
}

/// One field `x`: its properties, the variables before, the JSON sent, the answer.
const FROM_PROGRAMS: &[(&str, &str, &str, &str)] = &[
    (r#""type": "textfield""#, "{}", r#"{"x": "a"}"#, r#"{"x":"a"}"#),
    (r#""type": "textfield""#, "{}", r#"{"x": 5}"#, "x: expected a text"),
    (r#""type": "textfield""#, r#"{"x": "old"}"#, "{}", r#"{"x":"old"}"#),
    (r#""type": "textfield""#, r#"{"x": "old"}"#, r#"{"x": null}"#, r#"{"x":""}"#),
    (r#""type": "textfield", "defaultValue": "d""#, "{}", "{}", r#"{"x":"d"}"#),
    (r#""type": "textfield", "defaultValue": "d""#, r#"{"x": null}"#, "{}", r#"{"x":""}"#),
    (
        r#""type": "textfield", "readonly": true"#,
        r#"{"x": "old"}"#,
        r#"{"x": "new"}"#,
        r#"{"x":"old"}"#,
    ),
    (r#""type": "textfield", "disabled": "=1 = 1""#, r#"{"x": "old"}"#, r#"{"x": "new"}"#, "{}"),
    (r#""type": "textfield""#, "{}", r#"{"y": 1}"#, "y: unknown field `y`, expected one of `x`"),
    (r#""type": "number""#, "{}", r#"{"x": 1.5}"#, r#"{"x":1.5}"#),
    (r#""type": "number""#, "{}", r#"{"x": "1.5"}"#, "x: expected a number"),
    (r#""type": "number""#, "{}", r#"{"x": [1]}"#, "x: expected a number"),
    (r#""type": "number", "serializeToString": true"#, "{}", r#"{"x": "1.50"}"#, r#"{"x":"1.5"}"#),
    (r#""type": "checkbox""#, "{}", r#"{"x": true}"#, r#"{"x":true}"#),
    (r#""type": "checkbox""#, "{}", r#"{"x": "true"}"#, "x: expected true or false"),
    (r#""type": "radio", "values": [1, 2]"#, "{}", r#"{"x": 2}"#, r#"{"x":2}"#),
    (
        r#""type": "radio", "values": [1, 2]"#,
        "{}",
        r#"{"x": "2"}"#,
        "x: expected one of the choices",
    ),
    (r#""type": "checklist", "values": [1, 2]"#, "{}", r#"{"x": [2, 2]}"#, r#"{"x":[2]}"#),
    (
        r#""type": "checklist", "values": [1, 2]"#,
        "{}",
        r#"{"x": 2}"#,
        "x: expected a list of choices",
    ),
    (
        r#""type": "datetime", "subtype": "datetime""#,
        "{}",
        r#"{"x": "2026-07-01T10:00:00Z"}"#,
        r#"{"x":"2026-07-01T11:00+01:00"}"#,
    ),
    (
        r#""type": "datetime", "subtype": "time""#,
        "{}",
        r#"{"x": "10:00Z"}"#,
        r#"{"x":"11:00+01:00"}"#,
    ),
    (r#""type": "datetime""#, "{}", r#"{"x": 20260701}"#, "x: expected a date such as 2026-01-31"),
    (r#""type": "filepicker""#, "{}", r#"{"x": ["12"]}"#, r#"{"x":["12"]}"#),
    (r#""type": "filepicker""#, "{}", r#"{"x": "12"}"#, "x: expected a list of file keys"),
    (r#""type": "filepicker""#, "{}", r#"{"x": [12]}"#, "x: expected an attached file"),
    (r#""type": "filepicker""#, r#"{"x": ["77"]}"#, "{}", r#"{"x":["77"]}"#),
    (
        r#""type": "filepicker""#,
        r#"{"x": ["77"]}"#,
        r#"{"x": ["78"]}"#,
        "x: expected an attached file",
    ),
];

#[test]
fn fields_of_a_program_become_typed_values() {
    for (field, data, sent, expected) in FROM_PROGRAMS {
        let form = form_of(&format!(r#"{{"key": "x", {field}}}"#));
        assert_eq!(answer(&form, &json(sent), data), *expected, "{field} was sent {sent}");
    }
}

const CLAIM: &str = r#"{"countries": [{"label": "Austria", "value": "AT"}],
    "known": {"tags": ["new"]},
    "clerk": "Grace", "internal": "i", "grade": 1, "address": {"city": "Graz", "floor": 3}}"#;

#[test]
fn a_whole_form_is_accepted() {
    let sent = "claimant=Ada&email=ada@example.org&reference=AB-1234&phone=+43 1 5555&reason=ink\
        &amount=12.50&persons=10&account=00123&goods=books&goods=food&grade=1&country=AT&tags=new\
        &bought=2026-02-01&pickup=08:15&due=2026-03-02T08:00&address.city=Wien\
        &address.zip.code=1010&receipts=11&clerk=Mallory&internal=x&locked=l&urgent=on&urgency=u";
    assert_eq!(
        answer(&form(EVERY_FIELD), &pairs(sent), CLAIM),
        r#"{"claimant":"Ada","email":"ada@example.org","reference":"AB-1234","#.to_owned()
            + r#""phone":"+43 1 5555","reason":"ink","amount":12.5,"persons":10,"account":"123","#
            + r#""urgent":true,"urgency":"u","goods":["books","food"],"grade":1,"country":"AT","#
            + r#""tags":["new"],"bought":"2026-02-01","pickup":"08:15","#
            + r#""due":"2026-03-02T08:00+01:00","#
            + r#""address":{"city":"Wien","floor":3,"zip":{"code":"1010"}},"#
            + r#""receipts":["11"],"clerk":"Grace","locked":"l"}"#
    );
}

#[test]
fn all_errors_come_at_once_in_the_order_of_the_form() {
    let sent = "amount=500&persons=7&country=XX&urgent=on&reference=ab";
    assert_eq!(
        answer(&form(EVERY_FIELD), &pairs(sent), CLAIM),
        "claimant: expected a text; reference: expected a text that matches `^[A-Z]{2}-[0-9]{4}$`; \
        amount: expected a number between 1 and 100; persons: expected a multiple of 5; \
        urgency: expected a text; country: expected one of the choices"
    );
}

#[test]
fn errors_name_the_label() {
    let form = form_of(
        r#"{"type": "number", "key": "a", "label": "Amount of {{who}}",
            "validate": {"required": true}},
           {"type": "number", "key": "b", "validate": {"required": true}}"#,
    );
    let errors = form.submit(&pairs(""), &object(r#"{"who": "Ada"}"#), &context());
    let labels: Vec<_> =
        errors.expect_err("both are missing").into_iter().map(|error| error.label).collect();
    assert_eq!(labels, ["Amount of Ada", "b"]);
}

#[test]
fn conditions_see_what_was_sent() {
    let form = form_of(
        r#"{"type": "checkbox", "key": "more"},
           {"type": "textfield", "key": "detail", "conditional": {"hide": "=more != true"},
            "validate": {"required": true}},
           {"type": "textfield", "key": "last", "conditional": {"hide": "=detail = null"}}"#,
    );
    let cases = [
        ("", r#"{"more":false}"#),
        ("detail=x&last=y", r#"{"more":false}"#),
        ("more=on", "detail: expected a text"),
        ("more=on&detail=x&last=y", r#"{"more":true,"detail":"x","last":"y"}"#),
    ];
    for (sent, expected) in cases {
        assert_eq!(answer(&form, &pairs(sent), r#"{"more": true}"#), expected, "{sent}");
    }
}

#[test]
fn a_hidden_group_takes_its_fields_with_it() {
    let form = form_of(
        r#"{"type": "checkbox", "key": "company"},
           {"type": "group", "path": "firm", "conditional": {"hide": "=not(company)"},
            "components": [
             {"type": "group", "path": "tax", "components": [
               {"type": "textfield", "key": "number", "validate": {"required": true}}]}]}"#,
    );
    let before = r#"{"firm": {"tax": {"number": "1", "office": "Graz"}}}"#;
    let complete = r#"{"company":true,"firm":{"tax":{"number":"2","office":"Graz"}}}"#;
    assert_eq!(answer(&form, &pairs("firm.tax.number=2"), before), r#"{"company":false}"#);
    assert_eq!(answer(&form, &pairs("company=on&firm.tax.number=2"), before), complete);
    assert_eq!(answer(&form, &pairs("company=on"), before), "firm.tax.number: expected a text");
}

#[test]
fn json_may_hold_nothing_but_fields() {
    let form = form_of(
        r#"{"type": "textfield", "key": "a.b"},
           {"type": "group", "path": "g", "components": [{"type": "textfield", "key": "c"}]}"#,
    );
    let fields = "expected one of `a.b`, `g.c`";
    for (sent, expected) in [
        (r#"{"a": {"b": "1"}, "g": {"c": "2"}}"#, r#"{"a":{"b":"1"},"g":{"c":"2"}}"#.to_owned()),
        (r#"{"a": null}"#, r#"{"a":{"b":""},"g":{"c":""}}"#.to_owned()),
        (r#"{"a": 5}"#, "a: expected an object".to_owned()),
        (r#"{"a": {"z": 1}}"#, format!("a.z: unknown field `a.z`, {fields}")),
        (r#"{"g": {}, "admin": true}"#, format!("admin: unknown field `admin`, {fields}")),
        (r#"{"a.b": "1"}"#, format!("a.b: unknown field `a.b`, {fields}")),
    ] {
        assert_eq!(answer(&form, &json(sent), "{}"), expected, "{sent}");
    }
    let empty = form_of(r#"{"type": "separator"}"#);
    let found = answer(&empty, &json(r#"{"x": 1}"#), "{}");
    assert_eq!(found, "x: unknown field `x`, expected no fields");
}

#[test]
fn a_field_whose_lock_fails_stays_locked() {
    // The rule needs more steps than a form may take.
    let endless = "=count(for a in 1..1000, b in 1..1000 return a * b) < 0";
    let form = form_of(&format!(
        r#"{{"type": "textfield", "key": "x", "readonly": "{endless}"}},
           {{"type": "textfield", "key": "y", "disabled": "{endless}"}}"#
    ));
    let found = answer(&form, &pairs("x=new&y=new"), r#"{"x": "old", "y": "old"}"#);
    assert_eq!(found, r#"{"x":"old"}"#);
}

#[test]
fn limits_hold() {
    let text = form_of(r#"{"type": "textfield", "key": "x", "validate": {"maxLength": 99999}}"#);
    let found = answer(&text, &pairs(&format!("x={}", "a".repeat(10_001))), "{}");
    assert_eq!(found, "x: expected at most 10000 characters");

    let area = form_of(r#"{"type": "textarea", "key": "x"}"#);
    let found = answer(&area, &pairs(&format!("x={}", "a".repeat(100_001))), "{}");
    assert_eq!(found, "x: expected at most 100000 characters");

    let files = form_of(r#"{"type": "filepicker", "key": "x", "multiple": true}"#);
    let found = answer(&files, &pairs(&"x=11&".repeat(FILES_MAX + 1)), "{}");
    assert_eq!(found, "x: expected at most 20 files");
}

#[test]
fn what_was_sent_is_shown_again() {
    let form = form(EVERY_FIELD);
    let (data, context) = (object(CLAIM), context());
    let input = pairs("claimant=A&amount=many&urgent=on&clerk=Mallory&goods=books&goods=nuts");
    let errors = form.submit(&input, &data, &context).expect_err("most is missing");
    let shown = form.echo(&input, &data, &context);
    let view = form.view(&shown, &errors, &context);
    let field = |key: &str| {
        let found = view.fields.iter().find(|field| field.key == key);
        let found = found.unwrap_or_else(|| panic!("{key} is visible"));
        (found.values.join(","), found.error.clone().unwrap_or_default())
    };
    let row = |value: &str, error: &str| (value.to_owned(), error.to_owned());
    assert_eq!(field("claimant"), row("A", "expected 2 to 40 characters"));
    assert_eq!(field("amount"), row("many", "expected a number between 1 and 100"));
    assert_eq!(field("urgency"), row("", "expected a text"));
    assert_eq!(field("goods"), row("books,nuts", "expected one of the choices"));
    assert_eq!(field("clerk"), row("Grace", ""));
    assert_eq!(view.errors, []);
    assert_eq!(data, object(CLAIM));
}

#[test]
fn errors_without_a_visible_field_are_kept() {
    let form = form_of(r#"{"type": "textfield", "key": "x"}"#);
    let data = Map::new();
    let errors = form.submit(&json(r#"{"y": 1}"#), &data, &context()).expect_err("y is unknown");
    assert_eq!(form.view(&data, &errors, &context()).errors, errors);
}

#[test]
fn named_files_are_listed_for_the_caller() {
    let form = form_of(
        r#"{"type": "filepicker", "key": "x", "multiple": true},
           {"type": "group", "path": "g", "components": [{"type": "filepicker", "key": "y"}]},
           {"type": "textfield", "key": "z"}"#,
    );
    assert_eq!(form.named_files(&pairs("x=11&x=a&x=12&g.y=13&z=14")), [11, 12, 13]);
    let sent = r#"{"x": ["11", 12, null], "g": {"y": ["13"]}, "z": "14"}"#;
    assert_eq!(form.named_files(&json(sent)), [11, 13]);
}
