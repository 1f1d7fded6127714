//! Work in a scenario: jobs and calls answered when their time comes, timers between them.
//!
//! Must not know steps other than to say which one led here.
//!
//! **Invariant:** what happens at the same moment happens in the order jobs, calls, timers, and
//! among these the oldest first.

use serde_json::Value as Json;

use super::format::{Answer, AnswerOutcome, Answers, Pick, Step};
use super::given::Given;
use super::play::{Done, Failure, Player};
use crate::core::engine::{
    CallResult, Command, InstanceState, JobState, Parent, VariableMap, told, variables_at,
};
use crate::core::world::{Alarm, OpenCall, Refusal, Running};

/// Something that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Job { key: i64, instance_key: i64 },
    Call { child_key: i64 },
    Alarm(Alarm),
}

impl Player<'_> {
    /// Lets all happen that can at the present moment.
    pub(super) fn settle_now(&mut self, step: &Step) -> Result<(), Failure> {
        self.settle(step, self.world.now.as_millisecond())
    }

    /// Moves the clock to a moment, and lets all happen on the way.
    pub(super) fn settle(&mut self, step: &Step, until_ms: i64) -> Result<(), Failure> {
        while let Some((at_ms, act)) = self.next_act().filter(|(at_ms, _)| *at_ms <= until_ms) {
            self.world.move_to(at_ms);
            match act {
                Act::Job { key, instance_key } => self.do_job(step, instance_key, key)?,
                Act::Call { child_key } => self.do_call(step, child_key)?,
                Act::Alarm(alarm) => match self.world.fire(alarm) {
                    Ok(()) | Err(Refusal::Rejected(_)) => {}
                    Err(refusal) => return Err(step.failure("an end", &refusal.to_string())),
                },
            }
            self.follow();
        }
        self.world.move_to(until_ms);
        Ok(())
    }

    fn next_act(&self) -> Option<(i64, Act)> {
        let active = self.world.instances().iter();
        let active = active.filter(|(_, it)| it.instance.state == InstanceState::Active);
        let jobs = active.flat_map(|(instance_key, running)| {
            self.ready_jobs(running).map(|(at_ms, key)| {
                let instance_key = *instance_key;
                (at_ms, Act::Job { key, instance_key })
            })
        });
        let calls = self.world.calls.iter().filter_map(|call| {
            let (_, answer) = self.find_answer("calls", &[&call.process_id])?;
            let child_key = call.child_key;
            Some((call.since_ms.saturating_add(wait_ms(answer)?), Act::Call { child_key }))
        });
        let alarm = self.world.next_alarm().map(|alarm| (alarm.due_at, Act::Alarm(alarm)));
        jobs.chain(calls).chain(alarm).min()
    }

    /// The jobs that somebody does, and when.
    fn ready_jobs(&self, running: &Running) -> impl Iterator<Item = (i64, i64)> {
        running.instance.jobs.iter().filter_map(|(key, job)| {
            let open = running.jobs.get(key).filter(|_| job.state == JobState::Available)?;
            let names = [&*open.facts.element_id, &*open.facts.job_type];
            let wait_ms = match self.find_answer("jobs", &names) {
                Some((_, answer)) => wait_ms(answer)?,
                None if self.is_mocked(&names) => return None,
                None => self.worker.knows(&open.facts.job_type).then_some(0)?,
            };
            Some((open.due_at.saturating_add(wait_ms), *key))
        })
    }

    fn is_mocked(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.scenario.jobs.contains_key(*name))
    }

    /// The next answer under the first of some names that is known.
    fn find_answer(&self, kind: &'static str, names: &[&str]) -> Option<(String, &Answer)> {
        let all = if kind == "jobs" { &self.scenario.jobs } else { &self.scenario.calls };
        let name = names.iter().find(|name| all.contains_key(**name))?;
        let answer = match all.get(*name)? {
            Answers::Always(answer) => answer,
            Answers::Each(each) => {
                each.get(*self.used.get(&(kind, (*name).to_owned())).unwrap_or(&0))?
            }
        };
        Some(((*name).to_owned(), answer))
    }

    fn do_job(&mut self, step: &Step, instance_key: i64, job_key: i64) -> Result<(), Failure> {
        let running = &self.world.instances()[&instance_key];
        let facts = running.jobs[&job_key].facts.clone();
        let retries = running.instance.jobs[&job_key].retries;
        let variables = variables_at(&running.instance, facts.element_instance_key);
        let names = [&*facts.element_id, &*facts.job_type];
        let command = match self.find_answer("jobs", &names) {
            Some((name, answer)) => {
                let answer = answer.clone();
                *self.used.entry(("jobs", name)).or_default() += 1;
                self.answered(&answer, job_key, retries, &variables)?
            }
            None => {
                let done = self.worker.work(&facts, &variables);
                let retries = retries - 1;
                done.into_command(job_key, retries)
            }
        };
        self.submit(step, instance_key, &command)
    }

    /// A step answers a job that nobody else does.
    pub(super) fn answer_job(
        &mut self,
        step: &Step,
        name: &str,
        answer: &Answer,
        pick: &Pick,
    ) -> Result<(), Failure> {
        let open = self.candidates(step).flat_map(|(instance_key, running)| {
            let jobs = running.instance.jobs.iter();
            let free = jobs.filter(|(_, job)| job.state == JobState::Available);
            free.filter_map(move |(key, job)| {
                let facts = &running.jobs.get(key)?.facts;
                let is_meant = *facts.element_id == *name || *facts.job_type == *name;
                is_meant.then_some((*key, instance_key, job.element_instance_key))
            })
        });
        let open = open.collect();
        let (key, instance_key, place) =
            self.picked(step, open, pick, &format!("an open job {name}"))?;
        let instance = &self.world.instances()[&instance_key].instance;
        let (retries, variables) = (instance.jobs[&key].retries, variables_at(instance, place));
        let command = self.answered(answer, key, retries, &variables)?;
        self.submit(step, instance_key, &command)
    }

    fn answered(
        &mut self,
        answer: &Answer,
        job_key: i64,
        retries: i32,
        variables: &VariableMap,
    ) -> Result<Command, Failure> {
        self.check_input(answer, variables);
        let given = |given: &Given| self.given(answer, given, variables);
        Ok(match &answer.outcome {
            AnswerOutcome::Complete(given_variables) => {
                Command::CompleteJob { job_key, variables: given(given_variables)? }
            }
            AnswerOutcome::Fail { message, retries: left, variables } => Command::FailJob {
                job_key,
                retries: left.unwrap_or(retries - 1),
                message: message.clone(),
                backoff_until: None,
                variables: given(variables)?,
            },
            AnswerOutcome::Error { code, message, variables } => Command::ThrowJobError {
                job_key,
                code: code.clone(),
                message: message.clone(),
                variables: given(variables)?,
            },
            AnswerOutcome::Never => {
                return Err(answer.failure("a job that is answered", "never"));
            }
        })
    }

    fn given(
        &self,
        answer: &Answer,
        given: &Given,
        variables: &VariableMap,
    ) -> Result<VariableMap, Failure> {
        let given = given.variables(variables, &self.context());
        given.map_err(|reason| answer.failure("variables", &reason))
    }

    fn check_input(&mut self, answer: &Answer, variables: &VariableMap) {
        let context = self.context();
        for (name, test) in &answer.with {
            let value = variables.get(name).unwrap_or(&Json::Null);
            if !test.passes(value, variables, &context) {
                let failure = answer.failure(&test.describe(), &value.to_string());
                let path = format!("{}.with.{name}", answer.path);
                self.failures.push(Failure { path, ..failure });
            }
        }
    }

    fn do_call(&mut self, step: &Step, child_key: i64) -> Result<(), Failure> {
        let Some(call) = self.world.take_call(child_key) else { return Ok(()) };
        let Some((name, answer)) = self.find_answer("calls", &[&call.process_id]) else {
            return Ok(());
        };
        let answer = answer.clone();
        *self.used.entry(("calls", name)).or_default() += 1;
        self.answer(step, &answer, &call)
    }

    /// A step answers a call that nobody else does.
    pub(super) fn answer_call(
        &mut self,
        step: &Step,
        process_id: &str,
        answer: &Answer,
        pick: &Pick,
    ) -> Result<(), Failure> {
        let open = self.world.calls.iter().filter(|it| it.process_id == process_id);
        let open = open.map(|it| (it.child_key, it.instance_key, it.element_instance_key));
        let expected = format!("an open call of {process_id}, which `calls` names");
        let (child_key, ..) = self.picked(step, open.collect(), pick, &expected)?;
        match self.world.take_call(child_key) {
            Some(call) => self.answer(step, answer, &call),
            None => Ok(()),
        }
    }

    fn answer(&mut self, step: &Step, answer: &Answer, call: &OpenCall) -> Result<(), Failure> {
        self.check_input(answer, &call.variables);
        let command = self.called(answer, call)?;
        self.submit(step, call.instance_key, &command)
    }

    fn called(&self, answer: &Answer, call: &OpenCall) -> Result<Command, Failure> {
        let &OpenCall { instance_key, element_instance_key, child_key, .. } = call;
        let parent = Parent { instance_key, element_instance_key };
        let given = |given: &Given| self.given(answer, given, &call.variables);
        let result = match &answer.outcome {
            AnswerOutcome::Complete(variables) => {
                CallResult::Completed { variables: given(variables)? }
            }
            AnswerOutcome::Error { code, message, variables } => CallResult::Failed {
                code: code.clone(),
                message: message.clone(),
                variables: given(variables)?,
            },
            AnswerOutcome::Fail { message, .. } => {
                let message = message.clone();
                return Ok(Command::CalledInstanceRefused {
                    element_instance_key,
                    child_key,
                    message,
                });
            }
            AnswerOutcome::Never => {
                return Err(answer.failure("a call that is answered", "never"));
            }
        };
        Ok(told(parent, child_key, result))
    }
}

/// How long an answer takes; `None` for one that never comes.
fn wait_ms(answer: &Answer) -> Option<i64> {
    (!matches!(answer.outcome, AnswerOutcome::Never)).then_some(answer.after_ms)
}

impl Answer {
    fn failure(&self, expected: &str, found: &str) -> Failure {
        let (path, expected, found) = (self.path.clone(), expected.to_owned(), found.to_owned());
        Failure { line: self.line, path, expected, found }
    }
}

impl Done {
    fn into_command(self, job_key: i64, retries: i32) -> Command {
        match self {
            Self::Completed(variables) => Command::CompleteJob { job_key, variables },
            Self::Failed(message) => Command::FailJob {
                job_key,
                retries,
                message,
                backoff_until: None,
                variables: VariableMap::new(),
            },
            Self::Error { code, message, variables } => {
                Command::ThrowJobError { job_key, code, message, variables }
            }
        }
    }
}
