//! What random models add to their elements: listeners, mappings, repetition, quantities and data.
//!
//! Must not know how elements are connected.

use super::models::{VARIABLES, Writer};

impl Writer<'_> {
    /// Jobs that an element waits for; a user task has more of them.
    pub(super) fn listeners(&mut self, id: &str) {
        if self.random.once_in(12) {
            self.line(&format!("@{id} starts look"));
        }
        if self.random.once_in(12) {
            self.line(&format!("@{id} ends look"));
        }
        if !id.starts_with("user") {
            return;
        }
        for event in ["creating", "assigning", "updating", "completing", "canceling"] {
            if self.random.once_in(5) {
                self.line(&format!("@{id} {event} check"));
            }
        }
        if self.random.once_in(3) {
            self.line(&format!("@{id} assignee anna"));
        }
    }

    pub(super) fn mappings(&mut self, id: &str) {
        let name = *self.random.pick(&VARIABLES);
        if self.random.once_in(6) {
            self.line(&format!("@{id} in {name} = {name}"));
        }
        if self.random.once_in(6) {
            self.line(&format!("@{id} out {name} = {name}"));
        }
    }

    pub(super) fn many(&mut self, id: &str) {
        match self.random.below(6) {
            0 => {
                self.line(&format!("@{id} while a > loopCounter"));
                if self.random.once_in(2) {
                    self.line(&format!("@{id} most 3"));
                }
                return;
            }
            1 => self.line(&format!("@{id} times b")),
            _ => {
                let items = *self.random.pick(&["[1,2,3]", "[]", "[7]", "[1,2]", "items"]);
                self.line(&format!("@{id} each {items}"));
            }
        }
        if self.random.once_in(2) {
            self.line(&format!("@{id} sequential"));
        }
        if self.random.once_in(2) {
            self.line(&format!("@{id} as item"));
        }
        if self.random.once_in(2) {
            self.line(&format!("@{id} collect results = a"));
        }
        if self.random.once_in(3) {
            self.line(&format!("@{id} until numberOfCompletedInstances >= 2"));
        }
        if self.random.once_in(4) {
            let when =
                *self.random.pick(&["each", "once", "[numberOfActiveInstances < 2]", "[b > 1]"]);
            let what = *self.random.pick(&["signal alarm", "escalation RED", "error BLUE"]);
            self.line(&format!("@{id} emits {when} {what}"));
        }
    }

    /// How many paths an activity takes in and gives out.
    pub(super) fn quantities(&mut self, first: &str, last: &str) {
        if self.random.once_in(12) {
            let quantity = 1 + self.random.below(3);
            self.line(&format!("@{first} begins-with {quantity}"));
        }
        if self.random.once_in(12) {
            let quantity = 1 + self.random.below(3);
            self.line(&format!("@{last} leaves-with {quantity}"));
        }
    }

    /// A variable that an element holds, needs or gives.
    pub(super) fn data(&mut self, id: &str) {
        if self.random.once_in(12) {
            let rule = *self.random.pick(&["holds", "needs", "gives"]);
            let name = *self.random.pick(&VARIABLES);
            self.line(&format!("@{id} {rule} {name}"));
        }
    }
}
