//! Turns a statement for many rows into one array statement, where that means the same.
//!
//! Knows nothing of connections. The server takes all rows of parameters as arrays and joins
//! them in as `each_row`, which saves a round trip for each row.
//!
//! **Invariant:** a plan is made only if, for rows that [`Batch::suits`], running it once equals
//! running the original statement row by row. For `INSERT` that holds unless `ON CONFLICT DO
//! UPDATE` meets one row twice; for `UPDATE` and `DELETE` if no table row can match two rows of
//! parameters, which distinct values for an unassigned column compared by `=` rule out. Anything
//! else (subqueries, `OR`, other comparisons only) stays a loop.

use std::collections::HashSet;

use postgres::types::Type;

use super::rewrite::statement_of;
use super::tokens::{Kind, Token, find_outside, split_outside, tokenize};
use super::value::is_binary;
use crate::platform::store::sql::Value;

/// One array statement for many rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// The statement; parameter `n` is the array of the rows' `n`th values.
    pub(super) sql: String,
    /// Parameters, from 1, whose values together must differ from row to row.
    distinct: Vec<usize>,
}

impl Batch {
    /// A plan for a statement whose parameters have these types; `None` if it must loop.
    pub(super) fn plan(sql: &str, types: &[Type]) -> Option<Self> {
        let tokens = tokenize(sql);
        let banned = ["SELECT", "RETURNING", "FROM", "USING", "WITH"];
        let allowed = usize::from(tokens.first()?.is_word("DELETE"));
        if tokens.iter().filter(|token| banned.iter().any(|word| token.is_word(word))).count()
            > allowed
        {
            return None;
        }
        let source = source(types);
        match tokens.first()? {
            first if first.is_word("INSERT") => insert(&tokens, &source),
            first if first.is_word("UPDATE") => update(&tokens, &source),
            first if first.is_word("DELETE") => delete(&tokens, &source),
            _ => None,
        }
    }

    /// Whether these rows can go in one statement.
    pub(super) fn suits(&self, rows: &[Vec<Value>], types: &[Type]) -> bool {
        rows.iter().all(|row| {
            row.len() == types.len()
                && row.iter().zip(types).all(|(value, kind)| is_binary(value, kind))
        }) && self.are_distinct(rows)
    }

    fn are_distinct(&self, rows: &[Vec<Value>]) -> bool {
        let mut seen = HashSet::with_capacity(rows.len());
        self.distinct.is_empty()
            || rows.iter().all(|row| {
                let keys = self.distinct.iter().map(|number| Key::of(&row[number - 1]));
                keys.collect::<Option<Vec<_>>>().is_some_and(|keys| seen.insert(keys))
            })
    }
}

/// A value that can be compared exactly; floating point numbers can't.
#[derive(PartialEq, Eq, Hash)]
enum Key<'v> {
    Null,
    Integer(i64),
    Text(&'v str),
    Blob(&'v [u8]),
}

impl<'v> Key<'v> {
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Integer(value) => Some(Self::Integer(*value)),
            Value::Text(value) => Some(Self::Text(value)),
            Value::Blob(value) => Some(Self::Blob(value)),
            Value::Real(_) => None,
        }
    }
}

/// `unnest($1::int8[], …) AS each_row(each_1, …)`.
fn source(types: &[Type]) -> String {
    let numbered = types.iter().enumerate();
    let arrays = numbered.clone().map(|(at, kind)| format!("${}::{}[]", at + 1, kind.name()));
    let names = numbered.map(|(at, _)| format!("each_{}", at + 1));
    let (arrays, names): (Vec<_>, Vec<_>) = (arrays.collect(), names.collect());
    format!("unnest({}) AS each_row({})", arrays.join(", "), names.join(", "))
}

fn text(tokens: &[Token<'_>]) -> String {
    statement_of(tokens, |number| format!("each_row.each_{number}"))
}

fn has_parameter(tokens: &[Token<'_>]) -> bool {
    tokens.iter().any(|token| matches!(token.kind, Kind::Parameter(_)))
}

fn insert(tokens: &[Token<'_>], source: &str) -> Option<Batch> {
    let values = find_outside(tokens, |token| token.is_word("VALUES"))?;
    let (head, tail) = (&tokens[..values], &tokens[values + 1..]);
    let end = matching_bracket(tail)?;
    let (row, rest) = (&tail[1..end], &tail[end + 1..]);
    if has_parameter(rest) || !rest.first().is_none_or(|token| token.is_word("ON")) {
        return None;
    }
    let is_upsert = rest.iter().any(|token| token.is_word("UPDATE"));
    let distinct = if is_upsert { conflict_parameters(head, row, rest)? } else { Vec::new() };
    let sql = format!("{} SELECT {} FROM {source} {}", text(head), text(row), text(rest));
    Some(Batch { sql, distinct })
}

/// The parameters that fill the columns named in `ON CONFLICT (…)`.
fn conflict_parameters(
    head: &[Token<'_>],
    row: &[Token<'_>],
    rest: &[Token<'_>],
) -> Option<Vec<usize>> {
    let is_comma = |token: &Token<'_>| token.is_symbol(',');
    let columns = &head[head.iter().position(|token| token.is_symbol('('))?..];
    let columns = split_outside(&columns[1..matching_bracket(columns)?], is_comma);
    let values = split_outside(row, is_comma);
    let target = rest.get(2..)?;
    let target = split_outside(target.get(1..matching_bracket(target)?)?, is_comma);
    let parameter_of = |name: &&[Token<'_>]| {
        let [name] = name else { return None };
        let at =
            columns.iter().position(|column| matches!(column, [it] if it.text == name.text))?;
        match values.get(at)? {
            [Token { kind: Kind::Parameter(number), .. }] => Some(*number),
            _ => None,
        }
    };
    target.iter().map(parameter_of).collect()
}

fn matching_bracket(tokens: &[Token<'_>]) -> Option<usize> {
    tokens.first().filter(|token| token.is_symbol('('))?;
    find_outside(&tokens[1..], |token| token.is_symbol(')')).map(|at| at + 1)
}

fn update(tokens: &[Token<'_>], source: &str) -> Option<Batch> {
    let set = find_outside(tokens, |token| token.is_word("SET"))?;
    let filter = find_outside(tokens, |token| token.is_word("WHERE"))?;
    let assignments = split_outside(tokens.get(set + 1..filter)?, |it| it.is_symbol(','));
    let assigned = assignments.into_iter().map(|assignment| match assignment {
        [column, equals, ..] if column.kind == Kind::Word && equals.is_symbol('=') => {
            Some(column.text)
        }
        _ => None,
    });
    let assigned = assigned.collect::<Option<Vec<_>>>()?;
    let distinct = equalities(&tokens[filter + 1..], &assigned)?;
    let (change, rest) = (text(&tokens[..filter]), text(&tokens[filter..]));
    Some(Batch { sql: format!("{change} FROM {source} {rest}"), distinct })
}

fn delete(tokens: &[Token<'_>], source: &str) -> Option<Batch> {
    let filter = find_outside(tokens, |token| token.is_word("WHERE"))?;
    let distinct = equalities(&tokens[filter + 1..], &[])?;
    let (change, rest) = (text(&tokens[..filter]), text(&tokens[filter..]));
    Some(Batch { sql: format!("{change} USING {source} {rest}"), distinct })
}

/// The parameters of `column = ?n` in a conjunction, for columns that keep their value.
fn equalities(filter: &[Token<'_>], assigned: &[&str]) -> Option<Vec<usize>> {
    if find_outside(filter, |token| token.is_word("OR")).is_some() {
        return None;
    }
    let conditions = split_outside(filter, |token| token.is_word("AND"));
    let parameters = conditions.into_iter().filter_map(|condition| match condition {
        [column, equals, Token { kind: Kind::Parameter(number), .. }]
            if column.kind == Kind::Word
                && equals.is_symbol('=')
                && !assigned.iter().any(|it| it.eq_ignore_ascii_case(column.text)) =>
        {
            Some(*number)
        }
        _ => None,
    });
    Some(parameters.collect::<Vec<_>>()).filter(|parameters| !parameters.is_empty())
}

#[cfg(test)]
mod tests {
    use postgres::types::Type;

    use super::Batch;

    fn plan(sql: &str, types: &[Type]) -> Option<(String, Vec<usize>)> {
        Batch::plan(sql, types).map(|batch| (batch.sql.trim_end().to_owned(), batch.distinct))
    }

    #[test]
    fn an_insert_selects_from_arrays() {
        let (sql, distinct) = plan(
            "INSERT INTO a__b (x, y, z) VALUES (?1, 'k', ?2) ON CONFLICT (x) DO UPDATE SET \
             z = excluded.z",
            &[Type::INT8, Type::TEXT],
        )
        .expect("an upsert can be planned");
        assert_eq!(
            sql,
            "INSERT INTO a.b (x, y, z) SELECT each_row.each_1, 'k', each_row.each_2 FROM \
             unnest($1::int8[], $2::text[]) AS each_row(each_1, each_2) ON CONFLICT (x) DO UPDATE \
             SET z = excluded.z"
        );
        assert_eq!(distinct, [1]);
    }

    #[test]
    fn an_update_joins_arrays() {
        let (sql, distinct) = plan(
            "UPDATE t SET rev = ?3, body = ?2 WHERE key = ?1 AND rev = ?4",
            &[Type::INT8, Type::TEXT, Type::INT8, Type::INT8],
        )
        .expect("an update by key can be planned");
        assert!(sql.ends_with("WHERE key = each_row.each_1 AND rev = each_row.each_4"), "{sql}");
        assert!(sql.starts_with("UPDATE t SET rev = each_row.each_3, body"), "{sql}");
        assert_eq!(distinct, [1]);
    }

    #[test]
    fn what_could_mean_something_else_is_left_alone() {
        for sql in [
            "UPDATE t SET a = ?1 WHERE a = ?2",
            "UPDATE t SET (a, b) = (?1, 1) WHERE a = ?2",
            "UPDATE t SET A = ?1 WHERE a = ?2",
            "UPDATE t SET a = ?1 WHERE b > ?2",
            "UPDATE t SET a = ?1 WHERE b = ?2 OR c = ?2",
            "UPDATE t SET a = ?1",
            "DELETE FROM t WHERE a IN (SELECT b FROM u WHERE c = ?1)",
            "INSERT INTO t (a) VALUES ((SELECT max(a) + ?1 FROM t))",
            "INSERT INTO t (a) VALUES (?1) RETURNING a",
            "INSERT INTO t (a, b) VALUES (?1 + 1, ?2) ON CONFLICT (a) DO UPDATE SET b = 1",
            "INSERT INTO t VALUES (?1) ON CONFLICT (a) DO UPDATE SET b = 1",
            "SELECT ?1",
        ] {
            assert_eq!(plan(sql, &[Type::INT8, Type::INT8]), None, "{sql}");
        }
    }
}
