//! Random models, in the text of `engine::definition_text`.
//!
//! Most are blocks in blocks, with everything the engine supports; some are graphs without any
//! order, in which joins meet paths they were not made for.

use super::random::Random;

/// Variables that conditions read; jobs and people change them.
pub(crate) const VARIABLES: [&str; 3] = ["a", "b", "c"];

/// Error codes that are thrown and caught.
pub(crate) const CODES: [&str; 2] = ["RED", "BLUE"];

/// A random model.
pub(crate) fn model(random: &mut Random) -> String {
    let mut writer = Writer { random, text: String::new(), count: 0 };
    if writer.random.once_in(4) {
        writer.graph();
    } else {
        writer.process();
    }
    writer.text
}

/// A part of a model with one way in and one way out.
struct Block {
    first: String,
    last: String,
}

pub(super) struct Writer<'a> {
    pub(super) random: &'a mut Random,
    text: String,
    count: usize,
}

impl Writer<'_> {
    pub(super) fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    /// Declares an element where the writer stands.
    fn node(&mut self, kind: &str) -> String {
        self.count += 1;
        let id = format!("{kind}{}", self.count);
        self.line(&format!("{kind}:{id}"));
        id
    }

    fn single(&mut self, kind: &str) -> Block {
        let id = self.node(kind);
        Block { first: id.clone(), last: id }
    }

    fn flow(&mut self, from: &str, how: &str, to: &str) {
        self.line(&format!("{from} -{how}> {to}"));
    }

    fn condition(&mut self) -> String {
        let unknown = self.random.once_in(25);
        let name = if unknown { "unknown" } else { *self.random.pick(&VARIABLES) };
        format!("[{name} > {}]-", self.random.below(3))
    }

    fn process(&mut self) {
        let depth = 1 + self.random.below(3);
        match self.random.below(12) {
            0 => self.begun_by_task(depth),
            1 => self.begun_by_gateway(depth),
            _ => self.scope_inside(depth),
        }
    }

    /// A receive task starts the process.
    fn begun_by_task(&mut self, depth: usize) {
        let task = self.set("receive", "message begin").first;
        self.line(&format!("@{task} instantiates"));
        let block = self.sequence(depth);
        self.flow(&task, "", &block.first);
        self.end(&block.last);
    }

    /// The events behind a gateway start the process, the first of them or all.
    fn begun_by_gateway(&mut self, depth: usize) {
        let gateway = self.node("first");
        let all = if self.random.once_in(2) { "-with-all" } else { "" };
        self.line(&format!("@{gateway} instantiates{all}"));
        let kind = *self.random.pick(&["or", "and", "complex", "xor"]);
        let join = self.node(kind);
        for name in ["one", "two", "three"] {
            let event = self.catch(&format!("message {name} by a")).first;
            self.flow(&gateway, "", &event);
            let block = self.block(depth - 1);
            self.flow(&event, "", &block.first);
            self.flow(&block.last, "", &join);
        }
        self.end(&join);
    }

    /// Start, blocks, an end, and now and then event sub-processes.
    fn scope_inside(&mut self, depth: usize) {
        let start = self.node("start");
        let block = self.sequence(depth);
        self.flow(&start, "", &block.first);
        self.end(&block.last);
        if self.random.once_in(6) {
            self.event_sub_process(depth);
        }
    }

    fn end(&mut self, last: &str) {
        if self.random.once_in(10) {
            return;
        }
        let end = self.node("end");
        match self.random.below(20) {
            16 => self.line(&format!("@{end} throws message bye | signal alarm")),
            17 => self.line(&format!("@{end} throws escalation RED | error BLUE | message bye")),
            18 => self.line(&format!("@{end} throws signal alarm | terminate")),
            19 => self.line(&format!("@{end} throws compensation | message bye | message ciao")),
            0 => self.line(&format!("@{end} terminate")),
            1 => {
                let code = *self.random.pick(&CODES);
                self.line(&format!("@{end} error {code}"));
            }
            2 => self.line(&format!("@{end} message bye")),
            4 => self.line(&format!("@{end} signal alarm")),
            5 => self.line(&format!("@{end} compensation")),
            3 => {
                let code = *self.random.pick(&CODES);
                self.line(&format!("@{end} escalation {code}"));
            }
            _ => {}
        }
        self.flow(last, "", &end);
    }

    fn sequence(&mut self, depth: usize) -> Block {
        let first = self.block(depth);
        let mut last = first.last;
        for _ in 0..self.random.below(3) {
            let next = self.block(depth.saturating_sub(1));
            self.flow(&last, "", &next.first);
            last = next.last;
        }
        Block { first: first.first, last }
    }

    fn block(&mut self, depth: usize) -> Block {
        if depth == 0 {
            return self.activity(0);
        }
        match self.random.below(16) {
            14 | 15 => self.split("complex", depth),
            13 => self.ad_hoc(depth),
            10 | 11 => self.undoable(depth),
            12 => self.transaction(depth),
            9 => self.split("task", depth),
            0 => self.split("xor", depth),
            1 => self.split("and", depth),
            2 | 3 => self.split("or", depth),
            4 => self.repeated(depth),
            5 => self.race(depth),
            6 => self.with_boundary(depth),
            _ => self.activity(depth),
        }
    }

    fn activity(&mut self, depth: usize) -> Block {
        let kinds = [
            "service", "service", "user", "receive", "timer", "message", "feel", "task", "manual",
            "call", "throw", "tell", "script", "send", "sub", "escalate", "jump", "signal",
            "alarm", "undo", "until", "decide", "any", "all", "throws",
        ];
        let kind = *self.random.pick(&kinds);
        let block = match kind {
            "timer" => self.catch("duration PT1H"),
            "message" => self.catch("message news by a"),
            "receive" => self.set("receive", "message reply by b"),
            "feel" => {
                let name = *self.random.pick(&VARIABLES);
                self.set("script", &format!("feel {name} = if {name} > 2 then 0 else {name} + 1"))
            }
            "decide" => {
                let wanted = *self.random.pick(&["tier", "clash", "discount", "both", "nothing"]);
                self.set("decide", &format!("decision {wanted}"))
            }
            "tell" => self.set("throw", "message note"),
            "escalate" => {
                let code = *self.random.pick(&CODES);
                self.set("throw", &format!("escalation {code}"))
            }
            "signal" => self.set("throw", "signal alarm"),
            "until" => self.catch("condition a > 1"),
            "alarm" => self.catch("signal alarm"),
            "any" => self.catch("any message news by a | signal alarm | condition b > 1"),
            "all" => self.catch("all message news by a | signal alarm | condition b > 1"),
            "throws" => self.throws(),
            "undo" => self.set("throw", "compensation"),
            "jump" => self.jump(),
            "sub" => self.sub_process(depth),
            _ => self.single(kind),
        };
        let events = [
            "timer", "message", "throw", "tell", "escalate", "jump", "signal", "alarm", "undo",
            "until", "any", "all", "throws",
        ];
        let is_activity = !events.contains(&kind);
        if is_activity && self.random.once_in(5) {
            self.many(&block.first);
        }
        self.mappings(&block.first);
        self.listeners(&block.first);
        if is_activity {
            self.quantities(&block.first, &block.last);
        }
        self.data(&block.first);
        block
    }

    fn throws(&mut self) -> Block {
        let results = [
            "message note | message mail | signal alarm",
            "signal alarm | escalation RED | compensation",
            "message note | compensation | escalation BLUE",
        ];
        let results = *self.random.pick(&results);
        self.set("throw", &format!("throws {results}"))
    }

    /// A link instead of a flow.
    fn jump(&mut self) -> Block {
        let last = self.node("land");
        let first = self.set("throw", &format!("link {last}")).first;
        Block { first, last }
    }

    fn catch(&mut self, setting: &str) -> Block {
        self.set("catch", setting)
    }

    fn set(&mut self, kind: &str, setting: &str) -> Block {
        let block = self.single(kind);
        self.line(&format!("@{} {setting}", block.first));
        block
    }

    fn sub_process(&mut self, depth: usize) -> Block {
        self.count += 1;
        let id = format!("sub{}", self.count);
        self.line(&format!("sub:{id} {{"));
        self.scope_inside(depth.saturating_sub(1));
        self.line("}");
        Block { first: id.clone(), last: id }
    }

    /// An activity that can be undone, and now and then is.
    fn undoable(&mut self, depth: usize) -> Block {
        let kind = *self.random.pick(&["service", "task", "user", "sub"]);
        let host = if kind == "sub" { self.sub_process(depth).first } else { self.node(kind) };
        if self.random.once_in(5) {
            self.many(&host);
        }
        let undo = if self.random.once_in(3) {
            self.sub_process(depth).first
        } else {
            let kind = *self.random.pick(&["service", "task", "user"]);
            self.node(kind)
        };
        if self.random.once_in(5) {
            self.many(&undo);
        }
        self.count += 1;
        let boundary = format!("boundary{}", self.count);
        self.line(&format!("boundary:{boundary} on {host}"));
        self.line(&format!("@{boundary} compensation {undo}"));
        let block = self.block(depth.saturating_sub(1));
        self.flow(&host, "", &block.first);
        if !self.random.once_in(2) {
            return Block { first: host, last: block.last };
        }
        let what = if self.random.once_in(3) { host.as_str() } else { "" };
        let throw = self.set("throw", format!("compensation {what}").trim_end()).first;
        self.flow(&block.last, "", &throw);
        Block { first: host, last: throw }
    }

    fn ad_hoc(&mut self, depth: usize) -> Block {
        self.count += 1;
        let id = format!("adhoc{}", self.count);
        self.line(&format!("adhoc:{id} {{"));
        let (one, two) = (self.sequence(depth - 1), self.block(depth - 1));
        if self.random.once_in(4) {
            self.event_sub_process(depth);
        }
        self.line("}");
        let (one, two) = (one.first, two.first);
        let list = match self.random.below(3) {
            0 => format!("[\"{one}\"]"),
            1 => format!("[\"{one}\",\"{two}\",\"{two}\"]"),
            _ => format!("if a > 1 then [\"{one}\"] else [\"{two}\"]"),
        };
        if self.random.once_in(4) {
            self.line(&format!("@{id} worker choose"));
        } else {
            self.line(&format!("@{id} begins {list}"));
            if self.random.once_in(2) {
                self.line(&format!("@{id} done a > 1"));
            }
        }
        if self.random.once_in(3) {
            self.line(&format!("@{id} ordered"));
        }
        if self.random.once_in(3) {
            self.line(&format!("@{id} gathers results = a"));
        }
        if self.random.once_in(2) {
            self.line(&format!("@{id} keeps"));
        }
        if self.random.once_in(5) {
            self.many(&id);
        }
        Block { first: id.clone(), last: id }
    }

    /// A transaction that is cancelled on one of two paths.
    fn transaction(&mut self, depth: usize) -> Block {
        self.count += 1;
        let id = format!("transaction{}", self.count);
        self.line(&format!("transaction:{id} {{"));
        let start = self.node("start");
        let block = self.undoable(depth);
        let fork_kind = *self.random.pick(&["xor", "or", "and"]);
        let fork = self.node(fork_kind);
        self.flow(&start, "", &block.first);
        self.flow(&block.last, "", &fork);
        let (cancel, other) = (self.node("end"), self.activity(0));
        self.line(&format!("@{cancel} cancel"));
        let how = if fork_kind == "and" { String::new() } else { self.condition() };
        self.flow(&fork, &how, &cancel);
        let how = if fork_kind == "and" { "" } else { "*-" };
        self.flow(&fork, how, &other.first);
        if self.random.once_in(4) {
            self.event_sub_process(depth);
        }
        self.line("}");
        if self.random.once_in(5) {
            self.many(&id);
        }
        let join = self.node("xor");
        self.flow(&id, "", &join);
        self.count += 1;
        let boundary = format!("boundary{}", self.count);
        self.line(&format!("boundary:{boundary} on {id}"));
        self.line(&format!("@{boundary} cancel"));
        self.flow(&boundary, "", &join);
        Block { first: id, last: join }
    }

    fn event_sub_process(&mut self, depth: usize) {
        self.count += 1;
        let id = format!("event{}", self.count);
        self.line(&format!("event:{id} {{"));
        let start = self.node("start");
        let undoes = self.random.once_in(4);
        let trigger = if undoes { "compensation".to_owned() } else { self.trigger() };
        self.line(&format!("@{start} {trigger}"));
        if !trigger.contains("error") && self.random.once_in(2) {
            self.line(&format!("@{start} non-interrupting"));
        }
        let block = self.sequence(depth.saturating_sub(1));
        self.flow(&start, "", &block.first);
        self.end(&block.last);
        self.line("}");
        self.mappings(&start);
    }

    fn trigger(&mut self) -> String {
        let triggers = [
            "duration PT1H",
            "cycle R2/PT1H",
            "message news by a",
            "error RED",
            "error *",
            "escalation RED",
            "escalation *",
            "signal alarm",
            "condition b > 2",
            "any message news by a | signal alarm | condition b > 2",
            "any error RED | escalation * | duration PT1H",
            "all message news by a | signal alarm",
            "all cycle R2/PT1H | signal alarm | condition a > 1",
            "all condition a > 0 | condition b > 1",
            "all escalation * | duration PT1H",
        ];
        (*self.random.pick(&triggers)).to_owned()
    }

    /// Paths that part and, as a rule, meet again at a gateway of any kind.
    fn split(&mut self, kind: &str, depth: usize) -> Block {
        let fork = self.node(kind);
        self.opens(&fork);
        let same_join = !self.random.once_in(4);
        let join_kind =
            if same_join { kind } else { *self.random.pick(&["xor", "and", "or", "complex"]) };
        let join = self.node(join_kind);
        self.opens(&join);
        let paths = 2 + self.random.below(2);
        for path in 0..paths {
            let how = match kind {
                "and" => String::new(),
                _ if path == 0 && !self.random.once_in(12) => "*-".to_owned(),
                _ => self.condition(),
            };
            if self.random.once_in(5) {
                self.flow(&fork, &how, &join);
                continue;
            }
            let block = self.sequence(depth - 1);
            self.flow(&fork, &how, &block.first);
            if self.random.once_in(12) {
                self.end(&block.last);
            } else {
                self.flow(&block.last, "", &join);
            }
        }
        Block { first: fork, last: join }
    }

    /// When a complex gateway opens: with any path, with some, or when a variable says so.
    fn opens(&mut self, gateway: &str) {
        if !gateway.starts_with("complex") {
            return;
        }
        match self.random.below(6) {
            0 => self.line(&format!("@{gateway} opens a > 0")),
            1 | 2 => self.line(&format!("@{gateway} opens activationCount >= 2")),
            3 => self.line(&format!("@{gateway} opens activationCount > b")),
            _ => {}
        }
    }

    fn repeated(&mut self, depth: usize) -> Block {
        let kind = *self.random.pick(&["xor", "xor", "or", "complex"]);
        let entry = self.node(kind);
        let block = self.sequence(depth - 1);
        let exit = self.node("xor");
        self.flow(&entry, "", &block.first);
        self.flow(&block.last, "", &exit);
        let condition = self.condition();
        self.flow(&exit, &condition, &entry);
        let done = self.node("task");
        self.flow(&exit, "*-", &done);
        Block { first: entry, last: done }
    }

    /// An event-based gateway.
    fn race(&mut self, depth: usize) -> Block {
        let gateway = self.node("first");
        let join = self.node("xor");
        for setting in ["duration PT1H", "message news by a"] {
            let event = self.catch(setting).first;
            self.flow(&gateway, "", &event);
            let block = self.block(depth - 1);
            self.flow(&event, "", &block.first);
            self.flow(&block.last, "", &join);
        }
        if self.random.once_in(3) {
            let event = self.catch("any signal alarm | condition c > 1").first;
            self.flow(&gateway, "", &event);
            self.flow(&event, "", &join);
        }
        if self.random.once_in(2) {
            let task = self.set("receive", "message reply by b").first;
            self.flow(&gateway, "", &task);
            self.flow(&task, "", &join);
        }
        Block { first: gateway, last: join }
    }

    fn with_boundary(&mut self, depth: usize) -> Block {
        let kinds = ["service", "user", "call", "receive", "sub"];
        let kind = *self.random.pick(&kinds);
        let host = match kind {
            "receive" => self.set("receive", "message reply by b").first,
            "sub" => self.sub_process(depth).first,
            _ => self.node(kind),
        };
        if self.random.once_in(4) {
            self.many(&host);
        }
        let join_kind = *self.random.pick(&["xor", "or", "complex"]);
        let join = self.node(join_kind);
        self.flow(&host, "", &join);
        for _ in 0..=self.random.below(2) {
            self.boundary(&host, &join, depth);
        }
        Block { first: host, last: join }
    }

    fn boundary(&mut self, host: &str, join: &str, depth: usize) {
        self.count += 1;
        let id = format!("boundary{}", self.count);
        self.line(&format!("boundary:{id} on {host}"));
        let trigger = self.trigger();
        self.line(&format!("@{id} {trigger}"));
        if !trigger.contains("error") && self.random.once_in(2) {
            self.line(&format!("@{id} non-interrupting"));
        }
        self.mappings(&id);
        match self.random.below(3) {
            0 => self.flow(&id, "", join),
            1 => self.end(&id),
            _ => {
                let block = self.block(depth - 1);
                self.flow(&id, "", &block.first);
                self.flow(&block.last, "", join);
            }
        }
    }

    /// A graph: any element may lead to any other, backward too.
    fn graph(&mut self) {
        let start = self.node("start");
        let kinds = ["service", "service", "task", "xor", "and", "or", "or", "complex"];
        let size = 4 + self.random.below(8);
        let nodes: Vec<String> = (0..size)
            .map(|_| {
                let kind = *self.random.pick(&kinds);
                let node = self.node(kind);
                self.opens(&node);
                node
            })
            .collect();
        self.flow(&start, "", &nodes[0]);
        for (at, node) in nodes.iter().enumerate() {
            self.leave(&nodes, at, node);
        }
    }

    fn leave(&mut self, nodes: &[String], at: usize, node: &str) {
        let ways = 1 + self.random.below(if node.starts_with("service") { 1 } else { 3 });
        let chooses = ["xor", "or", "task", "complex"].iter().any(|kind| node.starts_with(kind));
        for way in 0..ways {
            let forward = self.random.below(nodes.len() - at);
            let target =
                if self.random.once_in(5) { self.random.below(nodes.len()) } else { at + forward };
            let how = match (chooses, way) {
                (true, 0) => "*-".to_owned(),
                (true, _) => self.condition(),
                (false, _) => String::new(),
            };
            // The last element of the list ends its path.
            if target != at {
                self.flow(node, &how, &nodes[target]);
            }
        }
    }
}
