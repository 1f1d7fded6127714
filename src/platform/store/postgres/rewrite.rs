//! Rewrites a statement from the shared subset to PostgreSQL's words.
//!
//! Knows nothing of connections; a statement's text is rewritten once and kept prepared.

use super::tokens::{Kind, Token, render, tokenize};

/// A query or change in PostgreSQL's words.
pub(super) fn statement(sql: &str) -> String {
    statement_of(&tokenize(sql), |number| format!("${number}"))
}

/// As [`statement`], from tokens, with placeholders written by `parameter`.
pub(super) fn statement_of(tokens: &[Token<'_>], parameter: impl Fn(usize) -> String) -> String {
    let (tokens, lists) = without_lists(tokens);
    render(&tokens, |token| match token.kind {
        Kind::Parameter(number) if lists.contains(&number) => format!("({})", parameter(number)),
        Kind::Parameter(number) => parameter(number),
        Kind::Word => word(token.text),
        Kind::Quoted | Kind::Symbol => token.text.to_owned(),
    })
}

/// A name or keyword: `schema__table` is qualified, SQLite's type names become 64 bits wide.
pub(super) fn word(text: &str) -> String {
    match text {
        "INTEGER" | "INT" => "BIGINT".to_owned(),
        "REAL" => "DOUBLE PRECISION".to_owned(),
        "BLOB" => "BYTEA".to_owned(),
        _ => match split_name(text) {
            Some((schema, name)) => format!("{schema}.{name}"),
            None => text.to_owned(),
        },
    }
}

/// The two halves of `schema__name`.
pub(super) fn split_name(text: &str) -> Option<(&str, &str)> {
    text.split_once("__").filter(|(schema, name)| !schema.is_empty() && !name.is_empty())
}

/// What stands between `IN` and the parameter of a list, and after it.
const LIST_START: [&str; 6] = ["(", "SELECT", "value", "FROM", "json_each", "("];
const LIST_END: [&str; 2] = [")", ")"];
const ANY: Token<'static> = Token { kind: Kind::Symbol, text: "= ANY", has_gap: true };
const ALL: Token<'static> = Token { kind: Kind::Symbol, text: "<> ALL", has_gap: true };

/// Replaces `IN (SELECT value FROM json_each(?1))`, so that the type of the array is inferred
/// from what stands before it. Gives the parameters that are lists, too.
fn without_lists<'s>(tokens: &[Token<'s>]) -> (Vec<Token<'s>>, Vec<usize>) {
    let mut kept: Vec<Token<'s>> = Vec::with_capacity(tokens.len());
    let mut lists = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let list = if tokens[at].is_word("IN") { list_after(&tokens[at + 1..]) } else { None };
        let Some((number, parameter)) = list else {
            kept.push(tokens[at]);
            at += 1;
            continue;
        };
        let is_negated = kept.pop_if(|last| last.is_word("NOT")).is_some();
        kept.extend([if is_negated { ALL } else { ANY }, parameter]);
        lists.push(number);
        at += 1 + LIST_START.len() + 1 + LIST_END.len();
    }
    (kept, lists)
}

fn list_after<'s>(tokens: &[Token<'s>]) -> Option<(usize, Token<'s>)> {
    let parameter = *tokens.get(LIST_START.len())?;
    let Kind::Parameter(number) = parameter.kind else { return None };
    let end = tokens.get(LIST_START.len() + 1..LIST_START.len() + 1 + LIST_END.len())?;
    (spells(tokens, &LIST_START) && spells(end, &LIST_END))
        .then_some((number, Token { has_gap: false, ..parameter }))
}

fn spells(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.iter().zip(words).all(|(token, word)| token.text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::statement;

    #[test]
    fn placeholders_and_names() {
        assert_eq!(
            statement("UPDATE sys_tasks__jobs SET a = ?2, b = '?1 x__y' WHERE key = ?1"),
            "UPDATE sys_tasks.jobs SET a = $2, b = '?1 x__y' WHERE key = $1"
        );
    }

    #[test]
    fn lists_become_arrays() {
        assert_eq!(
            statement("SELECT a FROM t WHERE k IN (SELECT value FROM json_each(?1)) AND b = ?2"),
            "SELECT a FROM t WHERE k = ANY($1) AND b = $2"
        );
        assert_eq!(
            statement("DELETE FROM t WHERE k NOT IN (SELECT value FROM json_each( ?3 ))"),
            "DELETE FROM t WHERE k <> ALL($3)"
        );
        let subquery = "SELECT a FROM t WHERE k IN (SELECT value FROM u)";
        assert_eq!(statement(subquery), subquery);
    }

    #[test]
    fn casts_mean_64_bits() {
        assert_eq!(statement("SELECT CAST(a AS INTEGER)"), "SELECT CAST(a AS BIGINT)");
    }
}
