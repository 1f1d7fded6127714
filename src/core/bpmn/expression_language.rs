//! Translates the simple cases of Camunda 7's expression language, `${…}`, into FEEL.
//!
//! Must not know FEEL's grammar: what is translated is parsed like any other expression.

/// Comparison operators with their FEEL form, longer ones first.
const OPERATORS: [(&str, &str); 12] = [
    ("==", "="),
    ("!=", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("<", "<"),
    (">", ">"),
    (" eq ", "="),
    (" ne ", "!="),
    (" le ", "<="),
    (" ge ", ">="),
    (" lt ", "<"),
    (" gt ", ">"),
];

/// Whether a text contains an expression of this language.
pub(super) fn is_one(text: &str) -> bool {
    text.contains("${") || text.contains("#{")
}

/// FEEL for a variable, a path, a negated one, or a comparison with a fixed value; else `None`.
pub(super) fn to_feel(text: &str) -> Option<String> {
    let inner = text.strip_prefix("${").or_else(|| text.strip_prefix("#{"))?;
    let inner = inner.strip_suffix('}')?.trim();
    if let Some(negated) = inner.strip_prefix('!') {
        return Some(format!("not({})", path(negated.trim())?));
    }
    for (operator, feel) in OPERATORS {
        if let Some((left, right)) = inner.split_once(operator) {
            return Some(format!("{} {feel} {}", operand(left)?, operand(right)?));
        }
    }
    operand(inner)
}

fn operand(text: &str) -> Option<String> {
    let text = text.trim();
    let is_number = text.starts_with(|it: char| it.is_ascii_digit() || it == '-')
        && text.ends_with(|it: char| it.is_ascii_digit())
        && text.parse::<f64>().is_ok();
    if is_number || matches!(text, "true" | "false" | "null") {
        return Some(text.to_owned());
    }
    string(text).or_else(|| path(text))
}

fn string(text: &str) -> Option<String> {
    let unquote = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    let inner = unquote('\'').or_else(|| unquote('"'))?;
    let is_plain = !inner.contains(['"', '\'', '\\']);
    is_plain.then(|| format!("\"{inner}\""))
}

fn path(text: &str) -> Option<String> {
    let is_name = |part: &str| {
        part.starts_with(|it: char| it.is_alphabetic() || it == '_')
            && part.chars().all(|it| it.is_alphanumeric() || it == '_')
    };
    text.split('.').all(is_name).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::to_feel;

    #[test]
    fn simple_expressions_are_translated() {
        for (given, feel) in [
            ("${approved}", "approved"),
            ("#{order.total}", "order.total"),
            ("${!approved}", "not(approved)"),
            ("${amount > 100}", "amount > 100"),
            ("${amount<=100.5}", "amount <= 100.5"),
            ("${status == 'open'}", "status = \"open\""),
            ("${status ne \"open\"}", "status != \"open\""),
            ("${approved == true}", "approved = true"),
        ] {
            assert_eq!(to_feel(given).as_deref(), Some(feel), "{given}");
        }
    }

    #[test]
    fn the_rest_is_left() {
        for given in ["${a && b}", "${bean.run()}", "x ${a}", "${}", "${a > b > c}", "${inf}x"] {
            assert_eq!(to_feel(given), None, "{given}");
        }
    }
}
