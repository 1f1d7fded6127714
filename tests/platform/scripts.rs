//! Scripts: what they may do, and that nothing they do gets out.

use std::time::{Duration, Instant};

use flowstead::platform::config::ScriptsConfig;
use flowstead::platform::scripts::{Limits, Position, ScriptError, run};
use serde_json::{Map, Value, json};

const LIMITS: Limits = Limits {
    memory_bytes: 32 * 1024 * 1024,
    // Far more than any of them needs, also on a busy machine.
    time_ms: 20_000,
    stack_bytes: 256 * 1024,
    result_bytes: 64 * 1024,
};

fn with(source: &str, variables: &Value) -> Result<Value, ScriptError> {
    let variables: Map<String, Value> = variables.as_object().expect("an object").clone();
    run(source, &variables, LIMITS)
}

fn check(source: &str, expected: &Value) {
    let variables = json!({ "amount": 12.5, "name": "Anna", "lines": [1, 2, 3], "a b": true });
    assert_eq!(with(source, &variables).as_ref(), Ok(expected), "{source}");
}

fn broken(source: &str) -> ScriptError {
    run(source, &Map::new(), LIMITS).expect_err(source)
}

/// The same with a short time; it is kept, with some slack for a busy machine.
fn ended(source: &str) -> ScriptError {
    let started = Instant::now();
    let error = run(source, &Map::new(), Limits { time_ms: 200, ..LIMITS }).expect_err(source);
    assert!(started.elapsed() < Duration::from_secs(10), "{source}: {:?}", started.elapsed());
    error
}

fn thrown(source: &str, message: &str, line: u32, column: u32) {
    let position = Some(Position { line, column });
    let expected = ScriptError::Thrown { message: message.into(), position };
    assert_eq!(broken(source), expected, "{source}");
}

#[test]
fn a_source_is_an_expression_statements_or_a_function_body() {
    check("amount * 2", &json!(25));
    check("{ total: amount, who: name }", &json!({ "total": 12.5, "who": "Anna" }));
    check("amount // with a comment", &json!(12.5));
    check("const tax = amount * 0.2;\ntax + amount", &json!(15));
    check("let sum = 0; for (const line of lines) sum += line; sum", &json!(6));
    check("if (amount > 10) 'large'; else 'small'", &json!("large"));
    check("if (amount > 10) { return 'large' }\nreturn 'small'", &json!("large"));
    check("const twice = x => x * 2\nreturn lines.map(twice)", &json!([2, 4, 6]));
    check("amount = 3; amount", &json!(3));
    check("", &json!(null));
    check("undefined", &json!(null));
    check("return", &json!(null));
    check("x => x", &json!(null));
}

#[test]
fn variables_are_globals_and_all_in_one_object() {
    check("variables['a b']", &json!(true));
    check("Object.keys(variables)", &json!(["amount", "name", "lines", "a b"]));
    let odd =
        json!({ "undefined": 1, "class": 2, "__proto__": 3, "JSON": 4, "über": "ü\u{1F600}" });
    let expected = json!([1, 2, 4, "ü\u{1F600}"]);
    let source = "[variables.undefined, variables.class, JSON, über]";
    assert_eq!(with(source, &odd), Ok(expected));
    assert_eq!(with("result = 1; 2", &json!({})), Ok(json!(2)));
}

#[test]
fn a_script_changes_only_its_own_copy() {
    let variables = json!({ "list": [1] });
    assert_eq!(with("list.push(2); list", &variables), Ok(json!([1, 2])));
    assert_eq!(with("list", &variables), Ok(json!([1])));
    assert_eq!(with("globalThis.left = 1", &variables), Ok(json!(1)));
    assert_eq!(with("typeof left", &variables), Ok(json!("undefined")));
}

#[test]
fn promises_are_waited_for() {
    check("Promise.resolve(amount)", &json!(12.5));
    check("(async () => { await null; return name })()", &json!("Anna"));
    let error = broken("(async () => { await null; throw new Error('late') })()");
    assert!(matches!(&error, ScriptError::Thrown { message, .. } if message == "Error: late"));
    let error = broken("new Promise(() => {})");
    assert_eq!(
        error.to_string(),
        "the script failed: its promise never settled, and no work is left"
    );
}

#[test]
fn there_is_nothing_to_reach_the_world_with() {
    for name in [
        "require",
        "process",
        "fetch",
        "XMLHttpRequest",
        "console",
        "std",
        "os",
        "print",
        "setTimeout",
        "Worker",
        "load",
        "Deno",
    ] {
        check(&format!("typeof {name}"), &json!("undefined"));
    }
    for source in ["import('fs')", "import('./secret.js')", "import x from 'fs'; x"] {
        let error = run(source, &Map::new(), LIMITS).expect_err(source);
        assert!(!matches!(error, ScriptError::Time { .. }), "{source}: {error}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    thrown("missing", "ReferenceError: missing is not defined", 1, 1);
    thrown("const a = 1;\n  missing", "ReferenceError: missing is not defined", 2, 3);
    thrown("return missing", "ReferenceError: missing is not defined", 1, 8);
    thrown("const a = 1;\nthrow new TypeError('no')", "TypeError: no", 2, 11);
    let plain = ScriptError::Thrown { message: "just text".into(), position: None };
    assert_eq!(broken("throw 'just text'"), plain);
    let error = broken("const a = 1;\nconst b = ;");
    let ScriptError::Syntax { position, .. } = &error else { panic!("{error}") };
    assert_eq!(position.map(|at| at.line), Some(2), "{error}");
    assert!(matches!(broken("a\0b"), ScriptError::Syntax { .. }));
    assert!(matches!(broken("throw { toString() { throw 1 } }"), ScriptError::Thrown { .. }));
}

#[test]
fn reading_a_script_runs_nothing_of_it() {
    let source = "counter = (globalThis.counter || 0) + 1; return counter";
    assert_eq!(with(source, &json!({})), Ok(json!(1)));
    assert!(matches!(broken("} globalThis.x = 1; {"), ScriptError::Syntax { .. }));
}

#[test]
fn endless_work_ends() {
    for source in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch { continue } finally { } }",
        "while (true) { try { throw 1 } catch {} }",
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "/(x+x+)+y/.test('x'.repeat(60))",
        "const f = async () => { for (;;) await null }; return f()",
        "({ toJSON() { while (true) {} } })",
        "({ get x() { while (true) {} } })",
        "new Proxy({}, { ownKeys() { while (true) {} } })",
        "throw { toString() { while (true) {} } }",
        "new Function('while (true) {}')()",
        "[3, 2, 1].sort(() => { while (true) {} })",
    ] {
        assert_eq!(ended(source), ScriptError::Time { limit_ms: 200 }, "{source}");
    }
}

#[test]
fn work_that_is_endless_and_grows_ends_by_time_or_memory() {
    for source in [
        "[...(function* () { while (true) yield 1 })()]",
        "const f = () => Promise.resolve().then(f); f()",
        "new Promise(() => { (function f() { Promise.resolve().then(f).then(f) })() })",
        "Array.from({ length: 1e9 }, () => ({}))",
    ] {
        let error = ended(source);
        // Without memory the promise's work is dropped, and so it never settles.
        let is_dropped = error.to_string().contains("its promise never settled");
        let is_limit = matches!(error, ScriptError::Time { .. } | ScriptError::Memory { .. });
        assert!(is_limit || is_dropped, "{source}: {error}");
    }
}

#[test]
fn memory_is_limited() {
    for source in [
        "const list = []; for (;;) list.push(new Array(1000).fill(7))",
        "let text = 'x'; for (;;) text += text + 'y'",
        "'x'.repeat(2 ** 29)",
        "new ArrayBuffer(2 ** 30)",
        "new SharedArrayBuffer(2 ** 30)",
        "const map = new Map(); for (let i = 0;; i++) map.set(i, { i })",
        "let o = {}; for (;;) o = { o, p: o }",
        "new Uint8Array(2 ** 30).fill(1)",
        "JSON.stringify(new Array(2 ** 24).fill('0123456789'))",
    ] {
        let error = broken(source);
        // Some are refused by the language before they take any memory.
        let is_refused = matches!(&error, ScriptError::Thrown { message, .. }
            if message.starts_with("RangeError") || message == "InternalError: string too long");
        assert!(is_refused || matches!(error, ScriptError::Memory { .. }), "{source}: {error}");
    }
    let large = Map::from_iter([("large".to_owned(), json!("x".repeat(40_000_000)))]);
    let error = run("1", &large, LIMITS).expect_err("too large");
    assert_eq!(error, ScriptError::Memory { limit_bytes: LIMITS.memory_bytes });
}

#[test]
fn the_stack_is_limited() {
    for source in [
        "function f() { return f() + 1 } f()",
        "const f = () => [1].map(f); f()",
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)",
        "JSON.parse('['.repeat(100000))",
        "new Function('return ' + '('.repeat(100000))",
        "/(((((a)))))/.test('a'); new RegExp('('.repeat(50000) + ')'.repeat(50000))",
        "let a = {}; for (let i = 0; i < 100000; i++) a = { a }; a",
    ] {
        let error = broken(source);
        assert!(
            matches!(error, ScriptError::Thrown { .. } | ScriptError::Memory { .. }),
            "{source}: {error}"
        );
    }
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(broken(&deep), ScriptError::Syntax { .. }));
}

#[test]
fn nothing_blocks_the_thread() {
    let error = broken("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)");
    assert!(matches!(error, ScriptError::Thrown { .. } | ScriptError::Time { .. }), "{error}");
}

#[test]
fn a_result_is_json_of_limited_size() {
    let error = broken("'x'.repeat(70000)");
    assert_eq!(
        error.to_string(),
        "the script's result can't be used: it has 70002 bytes as JSON, expected at most 65536"
    );
    assert!(matches!(broken("const a = {}; a.a = a; a"), ScriptError::Thrown { .. }));
    assert!(matches!(broken("10n"), ScriptError::Thrown { .. }));
    let nested = "let a = 1; for (let i = 0; i < 500; i++) a = [a]; a";
    assert!(matches!(broken(nested), ScriptError::Result(_)));
    // Half of a surrogate pair is no text.
    assert!(matches!(broken("'\\ud800'"), ScriptError::Result(_)));
    check(
        "[NaN, 1/0, -0, 1e300, new Date(0)]",
        &json!([null, null, 0, 1e300, "1970-01-01T00:00:00.000Z"]),
    );
}

#[test]
fn limits_come_from_the_configuration() {
    let limits = Limits::from(&ScriptsConfig::default());
    assert_eq!(limits.time_ms, 1000);
    assert_eq!(run("1 + 1", &Map::new(), limits), Ok(json!(2)));
}
