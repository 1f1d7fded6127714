//! The rows of one table that a batch of turns changes, gathered for as few statements as possible.
//!
//! Must not know what the rows mean.
//!
//! **Invariant:** a flush leaves the table as if every wish had been carried out in the order in
//! which it was made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::platform::store::{Sql, StoreError, Value};

/// What a batch wants of one table: rows to add, changes by key, keys to take away.
#[derive(Default)]
pub(crate) struct Rows {
    inserts: BTreeMap<i64, Vec<Value>>,
    changes: Vec<Group>,
    /// For each changed key the last group that holds one of its changes.
    last_group: HashMap<i64, usize>,
    deletes: BTreeSet<i64>,
}

/// Changes by one statement.
struct Group {
    statement: &'static str,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    /// A row that is new with this batch.
    pub(crate) fn insert(&mut self, key: i64, row: Vec<Value>) {
        self.inserts.insert(key, row);
    }

    /// A change of a row that exists, or was inserted earlier in this batch.
    pub(crate) fn change(&mut self, key: i64, statement: &'static str, row: Vec<Value>) {
        let first = self.last_group.get(&key).map_or(0, |last| last + 1);
        let fitting = |group: &Group| group.statement == statement;
        let found = self.changes.iter().skip(first).position(fitting).map(|i| first + i);
        let index = found.unwrap_or_else(|| {
            self.changes.push(Group { statement, rows: Vec::new() });
            self.changes.len() - 1
        });
        self.changes[index].rows.push(row);
        self.last_group.insert(key, index);
    }

    /// The row goes; one that this batch made never reaches the database.
    pub(crate) fn delete(&mut self, key: i64) {
        if self.inserts.remove(&key).is_none() {
            self.deletes.insert(key);
        }
    }

    /// Whether something about a row was not written yet.
    pub(crate) fn is_pending(&self, key: i64) -> bool {
        self.inserts.contains_key(&key)
            || self.last_group.contains_key(&key)
            || self.deletes.contains(&key)
    }

    /// Carries everything out and forgets it. `delete` is a statement that takes the key.
    pub(crate) fn flush(
        &mut self,
        sql: &mut dyn Sql,
        insert: &str,
        delete: &str,
    ) -> Result<(), StoreError> {
        let wishes = std::mem::take(self);
        let inserts: Vec<Vec<Value>> = wishes.inserts.into_values().collect();
        write_each(sql, insert, &inserts)?;
        for group in wishes.changes {
            write_each(sql, group.statement, &group.rows)?;
        }
        let deletes: Vec<Vec<Value>> =
            wishes.deletes.into_iter().map(|key| vec![Value::Integer(key)]).collect();
        write_each(sql, delete, &deletes)
    }
}

/// Runs a statement for each row; nothing for none.
pub(crate) fn write_each(
    sql: &mut dyn Sql,
    statement: &str,
    rows: &[Vec<Value>],
) -> Result<(), StoreError> {
    if !rows.is_empty() {
        sql.execute_each(statement, rows)?;
    }
    Ok(())
}
