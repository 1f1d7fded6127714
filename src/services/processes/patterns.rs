//! The control-flow patterns that come with the program, each a small model with its scenarios.
//!
//! Numbers, names and meanings follow N. Russell, A. ter Hofstede, W. van der Aalst, N. Mulyar:
//! Workflow Control-Flow Patterns, A Revised View (2006). Must not know where they are shown.
//!
//! **Invariant:** every model of `examples/patterns/` is one pattern of the list here.

use super::examples::Files;

/// A control-flow pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The name of its files without their endings; begins with its number.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

/// Patterns that are about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternGroup {
    /// Its id in addresses.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    numbers: &'static [&'static str],
}

/// All groups; every pattern is in one of them.
pub const PATTERN_GROUPS: [PatternGroup; 7] = [
    PatternGroup { id: "basic", name: "Basic control flow", numbers: &["1", "2", "3", "4", "5"] },
    PatternGroup {
        id: "branching",
        name: "Branching and merging",
        numbers: &["6", "7", "8", "33", "37", "38", "41", "42"],
    },
    PatternGroup {
        id: "partial-joins",
        name: "Partial joins",
        numbers: &["9", "28", "29", "30", "31", "32"],
    },
    PatternGroup {
        id: "instances",
        name: "Multiple instances",
        numbers: &["12", "13", "14", "15", "34", "35", "36"],
    },
    PatternGroup { id: "states", name: "States", numbers: &["16", "17", "18", "39", "40"] },
    PatternGroup {
        id: "cancellation",
        name: "Cancellation",
        numbers: &["19", "20", "25", "26", "27"],
    },
    PatternGroup {
        id: "further",
        name: "Loops, ends, triggers",
        numbers: &["10", "11", "21", "22", "23", "24", "43"],
    },
];

impl PatternGroup {
    /// The group of an id, if there is one.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        PATTERN_GROUPS.into_iter().find(|group| group.id == id)
    }

    /// Its patterns in the order of their numbers.
    pub fn patterns(&self) -> impl Iterator<Item = &'static Pattern> {
        let numbers = self.numbers;
        PATTERNS.iter().filter(move |pattern| numbers.contains(&pattern.number()))
    }
}

/// All patterns in the order of their numbers.
pub static PATTERNS: [Pattern; 43] = [
    Pattern::new(
        "01-sequence",
        "Sequence",
        "An activity begins when the one before it has completed.",
    ),
    Pattern::new(
        "02-parallel-split",
        "Parallel Split",
        "One path becomes several that go on at the same time.",
    ),
    Pattern::new(
        "03-synchronization",
        "Synchronization",
        "Several paths become one that goes on when all of them have arrived.",
    ),
    Pattern::new(
        "04-exclusive-choice",
        "Exclusive Choice",
        "Of several paths exactly one is taken, by a decision over the data.",
    ),
    Pattern::new(
        "05-simple-merge",
        "Simple Merge",
        "Alternative paths become one again, without waiting for each other.",
    ),
    Pattern::new(
        "06-multi-choice",
        "Multi-Choice",
        "Of several paths one or more are taken, by decisions over the data.",
    ),
    Pattern::new(
        "07-structured-synchronizing-merge",
        "Structured Synchronizing Merge",
        "After a multi-choice, what follows waits for exactly the paths that were taken.",
    ),
    Pattern::new(
        "08-multi-merge",
        "Multi-Merge",
        "Several paths lead into one, and what follows is done for each of them.",
    ),
    Pattern::new(
        "09-structured-discriminator",
        "Structured Discriminator",
        "The first of several paths lets the process go on; the others are awaited without effect before it begins anew.",
    ),
    Pattern::new(
        "10-arbitrary-cycles",
        "Arbitrary Cycles",
        "A loop with more than one way in or out.",
    ),
    Pattern::new(
        "11-implicit-termination",
        "Implicit Termination",
        "A process is over when nothing is left to be done.",
    ),
    Pattern::new(
        "12-multiple-instances-without-synchronization",
        "Multiple Instances without Synchronization",
        "An activity is begun several times, and nobody waits for any of them.",
    ),
    Pattern::new(
        "13-multiple-instances-with-design-time-knowledge",
        "Multiple Instances with a Priori Design-Time Knowledge",
        "An activity is done a number of times that the model says, and what follows waits for all.",
    ),
    Pattern::new(
        "14-multiple-instances-with-run-time-knowledge",
        "Multiple Instances with a Priori Run-Time Knowledge",
        "An activity is done for each of a number of things that is known when it begins.",
    ),
    Pattern::new(
        "15-multiple-instances-without-run-time-knowledge",
        "Multiple Instances without a Priori Run-Time Knowledge",
        "More of an activity can be begun while it is under way; what follows waits for all.",
    ),
    Pattern::new(
        "16-deferred-choice",
        "Deferred Choice",
        "Which of several paths is taken is decided by what happens first.",
    ),
    Pattern::new(
        "17-interleaved-parallel-routing",
        "Interleaved Parallel Routing",
        "Activities are done one at a time, in any order that respects the order some of them have.",
    ),
    Pattern::new(
        "18-milestone",
        "Milestone",
        "An activity can be done only while a certain state lasts.",
    ),
    Pattern::new(
        "19-cancel-activity",
        "Cancel Activity",
        "An activity that is under way is withdrawn.",
    ),
    Pattern::new(
        "20-cancel-case",
        "Cancel Case",
        "The whole process is withdrawn, whatever is under way in it.",
    ),
    Pattern::new(
        "21-structured-loop",
        "Structured Loop",
        "An activity is repeated as long as a condition holds, tested before or after it.",
    ),
    Pattern::new("22-recursion", "Recursion", "An activity calls the process that it is part of."),
    Pattern::new(
        "23-transient-trigger",
        "Transient Trigger",
        "A trigger that nobody waits for at its moment is lost.",
    ),
    Pattern::new(
        "24-persistent-trigger",
        "Persistent Trigger",
        "A trigger that nobody waits for yet is kept until somebody does.",
    ),
    Pattern::new(
        "25-cancel-region",
        "Cancel Region",
        "All that is under way in a part of the process is withdrawn, and nothing else.",
    ),
    Pattern::new(
        "26-cancel-multiple-instance-activity",
        "Cancel Multiple Instance Activity",
        "An activity that is done several times is withdrawn with all that is left of it.",
    ),
    Pattern::new(
        "27-complete-multiple-instance-activity",
        "Complete Multiple Instance Activity",
        "An activity that is done several times is ended early, and the process goes on as if all were done.",
    ),
    Pattern::new(
        "28-blocking-discriminator",
        "Blocking Discriminator",
        "The first of several paths lets the process go on; what comes again waits until all have arrived once.",
    ),
    Pattern::new(
        "29-cancelling-discriminator",
        "Cancelling Discriminator",
        "The first of several paths lets the process go on, and the others are withdrawn.",
    ),
    Pattern::new(
        "30-structured-partial-join",
        "Structured Partial Join",
        "When some of several paths have arrived the process goes on; the others are awaited without effect.",
    ),
    Pattern::new(
        "31-blocking-partial-join",
        "Blocking Partial Join",
        "When some of several paths have arrived the process goes on; what comes again waits until all have arrived once.",
    ),
    Pattern::new(
        "32-cancelling-partial-join",
        "Cancelling Partial Join",
        "When enough of several paths have arrived the process goes on, and the others are withdrawn.",
    ),
    Pattern::new(
        "33-generalized-and-join",
        "Generalized AND-Join",
        "Paths are joined each time all have arrived; one that comes twice waits for the next time.",
    ),
    Pattern::new(
        "34-static-partial-join-for-multiple-instances",
        "Static Partial Join for Multiple Instances",
        "When a fixed number of the instances of an activity is done the process goes on; the others may be completed, to no effect.",
    ),
    Pattern::new(
        "35-cancelling-partial-join-for-multiple-instances",
        "Cancelling Partial Join for Multiple Instances",
        "When a fixed number of the instances of an activity is done the process goes on, and the others are withdrawn.",
    ),
    Pattern::new(
        "36-dynamic-partial-join-for-multiple-instances",
        "Dynamic Partial Join for Multiple Instances",
        "More instances can be begun while others run, and the process goes on when a condition over what is done holds.",
    ),
    Pattern::new(
        "37-local-synchronizing-merge",
        "Local Synchronizing Merge",
        "What follows waits for the paths that can still come, as can be seen from where the process is.",
    ),
    Pattern::new(
        "38-general-synchronizing-merge",
        "General Synchronizing Merge",
        "What follows waits exactly as long as another path can arrive, even out of a loop.",
    ),
    Pattern::new(
        "39-critical-section",
        "Critical Section",
        "Of several parts of a process only one is under way at a time, whatever else goes on.",
    ),
    Pattern::new(
        "40-interleaved-routing",
        "Interleaved Routing",
        "Activities are done one at a time, in any order, each once.",
    ),
    Pattern::new(
        "41-thread-merge",
        "Thread Merge",
        "A number of paths that follow one another on one flow become one.",
    ),
    Pattern::new(
        "42-thread-split",
        "Thread Split",
        "One path becomes a number of paths that go on along one flow.",
    ),
    Pattern::new(
        "43-explicit-termination",
        "Explicit Termination",
        "A process is over when a certain end is reached, whatever else is under way.",
    ),
];

impl Pattern {
    const fn new(id: &'static str, name: &'static str, meaning: &'static str) -> Self {
        Self { id, name, meaning }
    }

    /// The pattern of an id, if there is one.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        PATTERNS.into_iter().find(|pattern| pattern.id == id)
    }

    /// Its number among all patterns.
    #[must_use]
    pub fn number(&self) -> &'static str {
        let digits = self.id.split('-').next().unwrap_or_default();
        digits.trim_start_matches('0')
    }

    /// Its model.
    #[must_use]
    pub fn model(&self) -> String {
        self.file(".bpmn")
    }

    /// Its scenarios.
    #[must_use]
    pub fn scenarios(&self) -> String {
        self.file(".test.yaml")
    }

    fn file(&self, ending: &str) -> String {
        let file = Files::get(&format!("patterns/{}{ending}", self.id));
        let text = file.and_then(|it| String::from_utf8(it.data.into_owned()).ok());
        text.unwrap_or_default()
    }
}
