//! Hostile FEEL and DMN in the real program: each case is answered, in little memory.
//!
//! The program answers case after case from its standard input; how much memory each took at its
//! peak is read from the system, which only Linux tells. Steps are bounded by the limits of FEEL;
//! the times are printed, as a machine under load says little about them.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::Folder;
use crate::support::server::PROGRAM;

/// What a case may take beyond what the program took before it.
const MEMORY_MAX_KB: u64 = 64 << 10;
/// Far more than any case takes, even in a debug build beside other tests.
const PATIENCE: Duration = Duration::from_secs(30);

struct Answering {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Answering {
    fn start(command: &str) -> Self {
        let mut process = Command::new(PROGRAM)
            .args([command, "eval", "--jsonl"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let input = process.stdin.take().expect("its input is a pipe");
        let output = BufReader::new(process.stdout.take().expect("its output is a pipe"));
        Self { process, input, output }
    }

    fn answer(&mut self, case: &Json) -> Json {
        serde_json::from_str(&self.line(&case.to_string())).expect("an answer is JSON")
    }

    fn line(&mut self, case: &str) -> String {
        writeln!(self.input, "{case}").and_then(|()| self.input.flush()).expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line
    }

    /// The most memory it ever had since the last reset, in kilobytes.
    fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("the process runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux says it");
        line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).expect("a number")
    }

    /// From here on the peak is counted anew.
    fn reset_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").expect("our own");
    }

    /// Answers a case, and holds it to its limits.
    fn check(&mut self, name: &str, case: &Json) -> Json {
        let case = case.to_string();
        self.reset_peak();
        let (before, start) = (self.peak_kb(), Instant::now());
        let answer = self.line(&case);
        let (took, grown) = (start.elapsed(), self.peak_kb().saturating_sub(before));
        let answer: Json = serde_json::from_str(&answer).expect("an answer is JSON");
        let shown: String = answer.to_string().chars().take(90).collect();
        println!("{name}: {took:.0?}, {grown} KB: {shown}");
        assert!(took < PATIENCE, "{name} took {took:?}");
        assert!(grown < MEMORY_MAX_KB, "{name} took {grown} KB");
        answer
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // It is no longer asked anything, and nobody waits for what it says.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_measurable() -> bool {
    let is_linux = std::path::Path::new("/proc/self/clear_refs").exists();
    if !is_linux {
        println!("skipped: the system doesn't tell the memory of a process");
    }
    is_linux
}

/// Expressions that would take all there is; each ends in an error, or in null with a reason.
fn expressions() -> Vec<(&'static str, String)> {
    let nested =
        |open: &str, close: &str| format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
    let long = "x".repeat(500_000);
    let mut sources = vec![
        ("nested parentheses", nested("(", ")")),
        ("nested lists", nested("[", "]")),
        ("nested contexts", nested("{a: ", "}")),
        ("nested conditions", "if true then ".repeat(50_000) + "1"),
        ("a long chain", format!("1{}", " + 1".repeat(200_000))),
        ("names in a row", "a ".repeat(200_000)),
        ("paths in a row", format!("a{}", ".b".repeat(200_000))),
        ("many tests", format!("1 in ({})", vec!["2"; 100_000].join(", "))),
        ("a number of many digits", "9".repeat(500_000)),
        ("a number with a large exponent", "1e999999999".to_owned()),
        ("a pattern made of a long text", format!("matches(\"{long}\", \"(x+x+)+y\")")),
        ("replacing in a long text", format!("replace(\"{long}\", \"x\", \"yyyyyyyyyy\")")),
        ("splitting a long text", format!("split(\"{long}\", \"x\")")),
    ];
    sources.extend(SHORT.map(|(name, source)| (name, source.to_owned())));
    sources
}

/// Short ones that compute without end, or grow.
const SHORT: [(&str, &str); 32] = [
    ("a huge range", "count([1..999999999999])"),
    ("a huge list", "for i in 1..999999999999 return i"),
    ("loops in loops", "for a in 1..9999, b in 1..9999, c in 1..9999 return a"),
    ("a search without end", "some i in 1..999999999999 satisfies i < 0"),
    ("partial results", "for i in 1..100000 return count(partial)"),
    ("recursion", "{f: function(n) f(n + 1), r: f(0)}.r"),
    ("recursion in two ways", "{f: function(n) f(n + 1) + f(n + 2), r: f(0)}.r"),
    ("mutual recursion", "{f: function(g, n) g(g, n + 1), r: f(f, 0)}.r"),
    (
        "a text that doubles",
        "{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: f(\"ab\", 60)}.r",
    ),
    (
        "a list that doubles",
        "{f: function(l, n) if n = 0 then l else f(concatenate(l, l), n - 1), r: f([1], 60)}.r",
    ),
    (
        "a value that is shared",
        "{f: function(l, n) if n = 0 then l else f([l, l], n - 1), r: string(f([1], 60))}.r",
    ),
    ("catastrophic backtracking", "matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a+)+$\")"),
    ("a pattern of patterns", "matches(\"a\", \"((((a{100}){100}){100}){100})\")"),
    (
        "alternatives in a loop",
        "replace(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"(a|aa|aaa)*b\", \"c\")",
    ),
    ("sorting by a slow function", "sort(for i in 1..50000 return i, function(a, b) a > b)"),
    ("distinct values", "count(distinct values(for i in 1..100000 return i))"),
    ("a mode", "mode(for i in 1..100000 return i)"),
    ("a union", "union(for i in 1..50000 return i, for i in 1..50000 return -i)"),
    (
        "removing one by one",
        "{l: for i in 1..90000 return i, r: for i in l return count(remove(l, 1))}.r",
    ),
    ("texts of lists", "string length(string(for i in 1..90000 return string(i)))"),
    ("joining", "string join(for i in 1..99999 return \"0123456789abcdef\", \"----------------\")"),
    ("powers of powers", "9 ** 9 ** 9 ** 9"),
    ("an exponential", "exp(1e30)"),
    ("a large scale", "decimal(1/3, 999999999)"),
    ("years without end", "date(\"2024-01-01\") + duration(\"P999999999Y\")"),
    ("days without end", "date(\"2024-01-01\") + duration(\"P99999999999999D\")"),
    ("nested results", "for i in 1..1000 return [partial]"),
    ("flattening", "flatten(for i in 1..90000 return [[i]])"),
    ("a wide context", "context(for i in 1..90000 return {key: string(i), value: i})"),
    ("merged contexts", "context merge(for i in 1..90000 return {a: i})"),
    ("putting entries", "for i in 1..20000 return context put({}, [\"a\", \"b\", \"c\"], i)"),
    ("functions without end", "count(for i in 1..99999 return function(x) partial)"),
];

#[test]
fn hostile_expressions_end_in_little_memory() {
    if !is_measurable() {
        return;
    }
    let mut program = Answering::start("feel");
    assert_eq!(program.answer(&json!({ "id": 0, "expression": "1 + 1" }))["value"], 2);
    for (name, source) in expressions() {
        let answer = program.check(name, &json!({ "id": 1, "expression": source }));
        assert!(answer.get("value").is_some() != answer.get("error").is_some(), "{answer}");
    }
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({ "a": deep, "b": [1, 2, 3] });
    }
    let case = json!({ "id": 2, "expression": "string(x)", "context": { "x": deep } });
    program.check("a deep variable", &case);
    assert_eq!(program.answer(&json!({ "id": 3, "expression": "2 + 2" }))["value"], 4);
}

fn model(elements: &str) -> String {
    format!(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" id=\"m\" name=\"m\" \
         namespace=\"m\">{elements}</definitions>"
    )
}

fn decision(name: &str, content: &str) -> String {
    format!("<decision id=\"{name}\" name=\"{name}\">{content}</decision>")
}

fn literal(feel: &str) -> String {
    format!("<literalExpression><text>{feel}</text></literalExpression>")
}

/// Models that would take all there is.
fn models() -> Vec<(&'static str, String)> {
    let bkm = "<businessKnowledgeModel id=\"f\" name=\"f\"><encapsulatedLogic>\
               <formalParameter name=\"n\"/>";
    let requires_f =
        "<knowledgeRequirement><requiredKnowledge href=\"#f\"/></knowledgeRequirement>";
    let recursive = format!(
        "{bkm}{}</encapsulatedLogic></businessKnowledgeModel>{}",
        literal("f(n + 1) + f(n + 2)"),
        decision("d", &(requires_f.to_owned() + &literal("f(0)")))
    );
    let rule = "<rule><inputEntry><text>&gt; 0</text></inputEntry><outputEntry>\
                <text>for i in 1..100 return x + i</text></outputEntry></rule>";
    let table = format!(
        "<decisionTable hitPolicy=\"COLLECT\"><input><inputExpression><text>x</text>\
         </inputExpression></input><output/>{}</decisionTable>",
        rule.repeat(5_000)
    );
    let mut services = String::from(&decision("s0", &literal("1")));
    for level in 1..40 {
        let before = level - 1;
        let _ = write!(
            services,
            "<decisionService id=\"v{before}\" name=\"v{before}\"><outputDecision \
             href=\"#s{before}\"/></decisionService>{}",
            decision(
                &format!("s{level}"),
                &format!(
                    "<knowledgeRequirement><requiredKnowledge href=\"#v{before}\"/>\
                     </knowledgeRequirement>{}",
                    literal(&format!("v{before}() + v{before}()"))
                )
            )
        );
    }
    let services = services.replace("id=\"s39\" name=\"s39\"", "id=\"d\" name=\"d\"");
    let iterate = "<for iteratorVariable=\"i\"><in>".to_owned()
        + &literal("[1..99999]")
        + "</in><return><for iteratorVariable=\"j\"><in>"
        + &literal("[1..99999]")
        + "</in><return>"
        + &literal("i * j")
        + "</return></for></return></for>";
    let entities = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                    <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>"
        .to_owned() + &model(&decision("d", &literal("\"&c;\"")));
    vec![
        ("a function that calls itself twice", model(&recursive)),
        ("a large table in which all match", model(&decision("d", &table))),
        ("services that call services twice", model(&services)),
        ("boxed loops in loops", model(&decision("d", &iterate))),
        (
            "deep elements",
            model(&decision("d", &("<list>".repeat(20_000) + &"</list>".repeat(20_000)))),
        ),
        ("entities", entities),
        (
            "many decisions",
            model(
                &(0..20_000)
                    .fold(String::new(), |mut all, number| {
                        all.push_str(&decision(&format!("d{number}"), &literal("1")));
                        all
                    })
                    .replace("id=\"d7\" name=\"d7\"", "id=\"d\" name=\"d\""),
            ),
        ),
    ]
}

#[test]
fn hostile_models_end_in_little_memory() {
    if !is_measurable() {
        return;
    }
    let folder = Folder::new();
    let mut program = Answering::start("dmn");
    let small = folder.write("small.dmn", &model(&decision("d", &literal("1 + x"))));
    let case =
        |path: &str| json!({ "id": 1, "model": path, "decisions": ["d"], "inputs": { "x": 1 } });
    assert_eq!(program.answer(&case(&small))["values"]["d"], 2);
    for (number, (name, source)) in models().into_iter().enumerate() {
        let path = folder.write(&format!("m{number}.dmn"), &source);
        let answer = program.check(name, &case(&path));
        assert!(answer.get("values").is_some() != answer.get("error").is_some(), "{answer}");
    }
    assert_eq!(program.answer(&case(&small))["values"]["d"], 2);
}
