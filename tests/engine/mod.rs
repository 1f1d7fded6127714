//! Scenarios of the engine: what each element does in each situation, as text that is read and
//! played again.
//!
//! A scenario's expected trace stands in its file. When a trace differs, the test prints the whole
//! file as it was played.

mod changing;
pub(crate) mod decisions;
pub(crate) mod definition_text;
pub(crate) mod invariants;
mod journal;
mod large;
pub(crate) mod scenario;
mod trace;

fn check(text: &str) {
    let played = scenario::play(text);
    if played == text {
        return;
    }
    let differs = played.lines().zip(text.lines()).position(|(is, should)| is != should);
    let at = differs.unwrap_or_else(|| played.lines().count().min(text.lines().count()));
    let (is, should) = (played.lines().nth(at), text.lines().nth(at));
    panic!("line {} is {is:?}\nand should be {should:?}\nas played:\n{played}", at + 1);
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(include_str!(concat!("scenarios/", stringify!($name), ".txt")));
            }
        )*
    };
}

scenarios! {
    tasks
    events
    gateways
    sub_processes
    errors
    call_activities
    multi_instance
    variables
    incidents
    refusals
    found
    escalations
    loops
    ad_hoc
    conditions
    compensation
    transactions
    listeners
    task_listeners
    quantities
    data
    signals
    links
    implicit_splits
    modification
    migration
    suspension
    repair
    multiple_events
    complex_gateways
    instantiating
    places
    rewinds
    decisions
}
