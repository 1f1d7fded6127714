//! Hostile sources and evaluations end quickly, in an error that says which limit was exceeded.
//! Each runs on the 2 MiB stack of a test's thread, and most of them in a debug build.

use std::time::{Duration, Instant};

use flowstead::core::feel::{Expression, Limit, Limits, Value};

use super::cases::context;

/// Far more than any of them needs, and far less than without limits.
const PATIENCE: Duration = Duration::from_secs(20);

fn parse_fails(name: &str, source: &str) {
    let start = Instant::now();
    assert!(Expression::parse(source).is_err(), "{name} was parsed");
    assert!(Expression::parse_unary_tests(source).is_err(), "{name} was parsed as tests");
    assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
}

/// The limit an evaluation exceeds.
fn exceeded(source: &str) -> Limit {
    let start = Instant::now();
    let expression = Expression::parse(source).expect("the source is an expression");
    let result = expression.evaluate(&(), &context());
    assert!(start.elapsed() < PATIENCE, "{source} took {:?}", start.elapsed());
    match result {
        Err(error) => error.limit,
        Ok(found) => panic!("{source} gave {:.100}", format!("{:?}", found.value)),
    }
}

#[test]
fn deeply_nested_sources_are_refused() {
    let openings = [
        "(",
        "[",
        "{a:",
        "-(",
        "not(",
        "f(",
        "a[",
        "if ",
        "if a then ",
        "for x in ",
        "some x in ",
        "function(x) ",
        "x in (",
        "x in (> (",
        "1 in [1..",
        "]",
        "[1..",
        "(1..",
        "1 + (",
        "a instance of list<",
        "function(x: list<",
        "1 between (",
        "get or else(",
    ];
    for opening in openings {
        parse_fails(opening, &opening.repeat(5_000));
    }
    parse_fails("parentheses", &"(".repeat(100_000));
    parse_fails("brackets", &"[".repeat(100_000));
}

#[test]
fn balanced_nesting_beyond_the_limit_is_refused() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{a:", "}"), ("not(", ")"), ("a[", "]")] {
        let nested = |levels| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        parse_fails(open, &nested(5_000));
        assert!(Expression::parse(&nested(50)).is_ok(), "fifty levels of {open}");
    }
}

#[test]
fn as_deep_as_is_parsed_can_be_evaluated_or_ends_in_an_error() {
    let opening = [
        "[",
        "-(",
        "not(",
        "{a:",
        "[1][",
        "(1 + ",
        "if true then 1 + ",
        "for x in 1..1 return 1 + ",
        "(function(x) 1 + ",
        "false or true and 1 < 2 + 3 * 4 ** -(",
        "sum(1, ",
        "1 in (? + ",
    ];
    let closing = ["]", ")", ")", "}", "]", ")", " else 2", "", ")(1)", ")", ")", ")"];
    for (open, close) in opening.into_iter().zip(closing) {
        for levels in [12, 20, 48, 97] {
            let source = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            match Expression::parse(&source).map(|parsed| parsed.evaluate(&(), &context())) {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => assert_eq!(error.limit, Limit::Depth, "{open} {levels} times"),
                Err(problem) => {
                    assert!(levels > 12 && problem.message.contains("nesting"), "{problem}");
                }
            }
        }
    }
}

#[test]
fn long_flat_sources_are_parsed_and_evaluated() {
    let start = Instant::now();
    for (first, link) in
        [("1", " + 1"), ("true", " and true"), ("1", " = 1"), ("1", "-1"), ("2", " ** 1")]
    {
        let source = format!("{first}{}", link.repeat(50_000));
        let expression = Expression::parse(&source).expect("flat chains have no depth");
        expression.evaluate(&(), &context()).expect("flat chains take little");
    }
    for (first, link) in [("{}", ".a"), ("[]", "[true]"), ("1", "(1)"), ("a", " b"), ("a", "-b")] {
        let source = format!("{first}{}", link.repeat(50_000));
        let expression = Expression::parse(&source).expect("flat chains have no depth");
        expression.evaluate(&(), &context()).expect("flat chains take little");
    }
    let branches = "if false then 1 else ".repeat(20_000) + "2";
    let expression = Expression::parse(&branches).expect("branches have no depth");
    let found = expression.evaluate(&(), &context()).expect("branches take little");
    assert_eq!(found.value, Value::Number(2_i64.into()));
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
}

#[test]
fn work_without_end_runs_out_of_fuel() {
    for source in [
        "some i in 1..999999999999 satisfies i < 0",
        "every i in 1..999999999999 satisfies i > 0",
        "count(for i in 1..300, j in 1..300, k in 1..300 return [])",
        "some a in 1..99999, b in 1..99999 satisfies a + b < 0",
        "{xs: for i in 1..20000 return i, r: distinct values(xs)}.r",
        "{s: \"aaaaaaaaaaaaaaaa\", f: function(a) a, r: some i in 1..9999999 satisfies f(i) < 0}.r",
        "some i in 1..9999999 satisfies matches(string(i), \"(x+x+)+y\" + string(i))",
        "count(for i in 1..30000 return count(partial))",
    ] {
        assert!(matches!(exceeded(source), Limit::Fuel | Limit::ListItems), "{source}");
    }
}

#[test]
fn lists_texts_and_values_do_not_grow_without_end() {
    assert_eq!(exceeded("for i in 1..999999999999 return i"), Limit::ListItems);
    assert_eq!(exceeded("for i in 1..9999, j in 1..9999 return i"), Limit::ListItems);
    let doubling = "{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: f(\"ab\", 40)}.r";
    assert_eq!(exceeded(doubling), Limit::TextBytes);
    let lists = "{f: function(l, n) if n = 0 then l else f(concatenate(l, l), n - 1), \
                 r: f([1, 2], 40)}.r";
    assert_eq!(exceeded(lists), Limit::ListItems);
    let shared = "{f: function(l, n) if n = 0 then l else f([l, l], n - 1), r: f([1], 40)}.r";
    assert_eq!(exceeded(shared), Limit::ValueWeight);
    let nested = "count(for i in 1..1000 return [partial[-1]])";
    assert_eq!(exceeded(nested), Limit::ValueWeight);
    let closures = "count(for i in 1..1000 return function(x) partial)";
    assert!(matches!(exceeded(closures), Limit::ValueWeight | Limit::Fuel));
    assert_eq!(
        exceeded(
            "{s: string join(for i in 1..9999 return \"0123456789\"), \
                  r: replace(s, \".\", s)}.r"
        ),
        Limit::TextBytes
    );
}

#[test]
fn endless_recursion_ends() {
    for source in [
        "{f: function(n) f(n + 1), r: f(0)}.r",
        "{f: function(n) 1 + f(n + 1), r: f(0)}.r",
        "{f: function(n) [f(n)], r: f(0)}.r",
        "{f: function(g) g(g), r: f(f)}.r",
        "{f: function(x, y) sort([3, 2, 1], f), r: f(1, 2)}.r",
        "{f: function(n) some i in 1..3 satisfies f(n), r: f(0)}.r",
        "{f: function(n) {a: [n, {b: f(n)}]}, r: f(0)}.r",
    ] {
        assert!(matches!(exceeded(source), Limit::Depth | Limit::Fuel), "{source}");
    }
}

#[test]
fn a_context_may_set_tighter_limits() {
    let expression = Expression::parse("for i in 1..100 return i").expect("an expression");
    let mut ctx = context();
    ctx.limits = Limits { fuel: 50, ..Limits::default() };
    let error = expression.evaluate(&(), &ctx).expect_err("fifty steps are too few");
    assert_eq!(error.limit, Limit::Fuel);
    ctx.limits = Limits { list_items: 99, ..Limits::default() };
    let error = expression.evaluate(&(), &ctx).expect_err("ninety-nine items are too few");
    assert_eq!(error.limit, Limit::ListItems);
    ctx.limits = Limits { list_items: 100, ..Limits::default() };
    assert!(expression.evaluate(&(), &ctx).is_ok());
}

const PARTS: [&str; 51] = [
    "1",
    "a",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "..",
    ".",
    ",",
    ":",
    "+",
    "-",
    "**",
    "<",
    "=",
    "?",
    "if",
    "then",
    "else",
    "for",
    "in",
    "return",
    "and",
    "or",
    "not",
    "function",
    "instance of",
    "list<",
    ">",
    "\"x\"",
    "@\"P1D\"",
    "`",
    "'",
    "\\",
    "é",
    "🐎",
    " ",
    "\n",
    "//",
    "/*",
    "item",
    "date and time(",
    "between",
    "some",
    "satisfies",
    "null",
    "sum",
    "1e5",
    "-1",
];

#[test]
fn any_bytes_are_an_expression_or_a_problem() {
    // A multiplicative congruence: the same sources in every run.
    let mut state = 42_u64;
    for _ in 0..20_000 {
        let mut source = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pick = usize::try_from(state >> 40).expect("24 bits") % PARTS.len();
            source.push_str(PARTS[pick]);
            source.push_str(if state & (1 << 20) == 0 { " " } else { "" });
        }
        for parsed in [Expression::parse(&source), Expression::parse_unary_tests(&source)] {
            match parsed {
                Ok(expression) => {
                    let evaluated = expression.evaluate_unary(&Value::Null, &(), &context());
                    evaluated.expect("twelve words exceed no limit");
                }
                Err(error) => assert!(error.span.start <= source.len() + 1, "{source}: {error}"),
            }
        }
    }
}
