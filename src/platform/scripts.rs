//! JavaScript in a sandbox: values in, one value out, nothing else.
//!
//! Knows no file, no network and no module; a script sees the language's own objects and its
//! variables. It can't hold up or bring down the process: time, memory, stack and the size of the
//! result are limited. It blocks its thread, so callers run it on one that may be blocked.
//!
//! **Invariant:** every script has a runtime of its own, so nothing passes from one to the next.

use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Exception, FromJs, Runtime, Value as JsValue};
use serde_json::{Map, Value};

use crate::platform::config::ScriptsConfig;

/// The name a script has in positions.
const FILE: &str = "script";

/// What one script may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory for everything, the variables included.
    pub memory_bytes: usize,
    /// Time by the wall clock.
    pub time_ms: u64,
    /// Stack; must be well below that of the calling thread.
    pub stack_bytes: usize,
    /// The result as JSON.
    pub result_bytes: usize,
}

impl From<&ScriptsConfig> for Limits {
    fn from(config: &ScriptsConfig) -> Self {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            memory_bytes: size(config.memory_bytes),
            time_ms: config.time_ms,
            stack_bytes: size(config.stack_bytes),
            result_bytes: size(config.result_bytes),
        }
    }
}

/// A place in a script; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// Why a script gave no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScriptError {
    /// It is no JavaScript.
    #[error("the script can't be read{}: {message}", at(*position))]
    Syntax {
        /// What the reader expected.
        message: String,
        /// Where.
        position: Option<Position>,
    },
    /// It threw, or its promise was rejected.
    #[error("the script failed{}: {message}", at(*position))]
    Thrown {
        /// Name and message of what it threw.
        message: String,
        /// Where.
        position: Option<Position>,
    },
    /// It ran for too long.
    #[error("the script took too long, expected at most {limit_ms} ms")]
    Time {
        /// The limit that was given.
        limit_ms: u64,
    },
    /// It wanted too much memory.
    #[error("the script used too much memory, expected at most {limit_bytes} bytes")]
    Memory {
        /// The limit that was given.
        limit_bytes: usize,
    },
    /// Its result can't be written as JSON.
    #[error("the script's result can't be used: {0}")]
    Result(String),
}

fn at(position: Option<Position>) -> String {
    position.map_or_else(String::new, |at| format!(" in line {}, column {}", at.line, at.column))
}

/// Runs a script and gives its result.
///
/// The source is an expression (`{ total: a + b }`), statements whose last value is the result, or
/// a function body with `return`; a promise is waited for. Variables are globals, and the object
/// `variables` holds them all, also those whose names are no identifiers. Numbers are doubles, as
/// the language has no others: integers beyond 2^53 lose digits. `undefined` counts as null.
///
/// # Errors
/// See [`ScriptError`]; a script that breaks a limit is ended there and then.
pub fn run(
    source: &str,
    variables: &Map<String, Value>,
    limits: Limits,
) -> Result<Value, ScriptError> {
    if source.contains('\0') {
        let message = "expected text without a null character".into();
        return Err(ScriptError::Syntax { message, position: None });
    }
    let sandbox = Sandbox { limits, deadline: deadline(limits) };
    let no_memory = |_| ScriptError::Memory { limit_bytes: limits.memory_bytes };
    let runtime = Runtime::new().map_err(no_memory)?;
    runtime.set_memory_limit(limits.memory_bytes);
    runtime.set_max_stack_size(limits.stack_bytes);
    let end = sandbox.deadline;
    runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() >= end)));
    let dry = Context::full(&runtime).map_err(no_memory)?;
    let reading = dry.with(|ctx| sandbox.reading(&ctx, source))?;
    drop(dry);
    let context = Context::full(&runtime).map_err(no_memory)?;
    context.with(|ctx| sandbox.run(&ctx, source, reading, variables))
}

fn deadline(limits: Limits) -> Instant {
    let now = Instant::now();
    // A limit beyond what the clock can say is as good as a day.
    now.checked_add(Duration::from_millis(limits.time_ms)).unwrap_or(now + Duration::from_hours(24))
}

/// A way to read a source: what is put before and after it.
type Reading = (&'static str, &'static str);

/// In the order they are tried.
const READINGS: [Reading; 3] = [("(", "\n)"), ("", "\n"), ("(function(){", "\n})()")];

struct Sandbox {
    limits: Limits,
    deadline: Instant,
}

impl Sandbox {
    fn run(
        &self,
        ctx: &Ctx<'_>,
        source: &str,
        (before, after): Reading,
        variables: &Map<String, Value>,
    ) -> Result<Value, ScriptError> {
        define(ctx, variables).map_err(|error| self.error(ctx, &error, 0))?;
        let failed = |error| self.error(ctx, &error, before.len());
        let result = eval(ctx, &format!("{before}{source}{after}")).map_err(failed)?;
        let result = self.settle(ctx, result, before.len())?;
        let json = ctx.json_stringify(result).map_err(failed)?;
        let json = match json {
            Some(json) => json.to_string().map_err(failed)?,
            None => return Ok(Value::Null),
        };
        self.parse(&json)
    }

    /// Finds the first way to read the source that is JavaScript, without running any of it: in
    /// a context of its own, where a `throw` before the source keeps it from being reached.
    fn reading(&self, dry: &Ctx<'_>, source: &str) -> Result<Reading, ScriptError> {
        const THROW: &str = "throw 0;";
        let mut refusal = ScriptError::Result("there is no way to read it".into());
        for (before, after) in READINGS {
            let Err(error) = eval(dry, &format!("{THROW}{before}{source}{after}")) else {
                continue;
            };
            refusal = match self.error(dry, &error, THROW.len() + before.len()) {
                ScriptError::Thrown { message, .. } if message == "0" => {
                    return Ok((before, after));
                }
                ScriptError::Thrown { message, position } => {
                    ScriptError::Syntax { message, position }
                }
                limit => limit,
            };
        }
        // The last reading accepts the most, so what stopped it is the mistake.
        Err(refusal)
    }

    /// Waits for a promise by doing the pending jobs; any other value is the result already.
    fn settle<'js>(
        &self,
        ctx: &Ctx<'js>,
        value: JsValue<'js>,
        prefix: usize,
    ) -> Result<JsValue<'js>, ScriptError> {
        let Some(promise) = value.as_promise() else { return Ok(value) };
        while promise.state() == PromiseState::Pending {
            if self.is_over() {
                return Err(self.out_of_time());
            }
            if !ctx.execute_pending_job() {
                let message = "its promise never settled, and no work is left".into();
                return Err(ScriptError::Thrown { message, position: None });
            }
        }
        let settled = promise.result::<JsValue<'js>>().expect("it is no longer pending");
        settled.map_err(|error| self.error(ctx, &error, prefix))
    }

    fn parse(&self, json: &str) -> Result<Value, ScriptError> {
        let limit = self.limits.result_bytes;
        if json.len() > limit {
            let size = json.len();
            let message = format!("it has {size} bytes as JSON, expected at most {limit}");
            return Err(ScriptError::Result(message));
        }
        serde_json::from_str(json).map_err(|error| ScriptError::Result(format!("as JSON: {error}")))
    }

    /// What an error of the engine means. `prefix`: how much was put before the source in line 1.
    fn error(&self, ctx: &Ctx<'_>, error: &rquickjs::Error, prefix: usize) -> ScriptError {
        let thrown = ctx.catch();
        let out_of_memory = || ScriptError::Memory { limit_bytes: self.limits.memory_bytes };
        // Describing may run the script's own `toString`, so the time is looked at afterwards.
        let (message, position) = describe(ctx, &thrown, prefix);
        if self.is_over() {
            return self.out_of_time();
        }
        if matches!(error, rquickjs::Error::Allocation) {
            return out_of_memory();
        }
        if !error.is_exception() {
            return ScriptError::Result(error.to_string());
        }
        // When there is no memory left even for the error, the engine throws null.
        if thrown.is_null() || message == "InternalError: out of memory" {
            return out_of_memory();
        }
        ScriptError::Thrown { message, position }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn out_of_time(&self) -> ScriptError {
        ScriptError::Time { limit_ms: self.limits.time_ms }
    }
}

fn define(ctx: &Ctx<'_>, variables: &Map<String, Value>) -> rquickjs::Result<()> {
    let json = serde_json::to_vec(variables).expect("a map of JSON values is JSON");
    let object = rquickjs::Object::from_js(ctx, ctx.json_parse(json)?)?;
    let globals = ctx.globals();
    for name in variables.keys() {
        // These three can't be redefined; as properties of `variables` they can be read.
        if !matches!(name.as_str(), "undefined" | "NaN" | "Infinity") {
            globals.set(name.as_str(), object.get::<_, JsValue<'_>>(name.as_str())?)?;
        }
    }
    globals.set("variables", object)
}

fn eval<'js>(ctx: &Ctx<'js>, source: &str) -> rquickjs::Result<JsValue<'js>> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(FILE.into());
    ctx.eval_with_options(source, options)
}

/// Name and message of what was thrown, which may be any value, and where.
fn describe<'js>(
    ctx: &Ctx<'js>,
    thrown: &JsValue<'js>,
    prefix: usize,
) -> (String, Option<Position>) {
    let exception = thrown.as_object().cloned().and_then(Exception::from_object);
    let text = rquickjs::Coerced::<String>::from_js(ctx, thrown.clone());
    let text = text.map_or_else(
        |_| {
            // Its own `toString` failed; what that threw is of no interest.
            ctx.catch();
            "an object that can't be shown".to_owned()
        },
        |text| text.0,
    );
    let stack = exception.and_then(|exception| exception.stack()).unwrap_or_default();
    (text, position(&stack, prefix))
}

/// The first place in a stack trace that lies in the script.
fn position(stack: &str, prefix: usize) -> Option<Position> {
    let (_, place) = stack.split_once(&format!("{FILE}:"))?;
    let mut numbers = place.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let line = numbers.next()?.ok()?;
    let column = numbers.next()?.ok()?;
    let shift = if line == 1 { u32::try_from(prefix).unwrap_or(0) } else { 0 };
    Some(Position { line, column: column.saturating_sub(shift).max(1) })
}
