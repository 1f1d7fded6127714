//! Column names that are safe in SQL without quotes, made from whatever people call a variable.
//!
//! Must not know types or tables beyond the names of our own columns.

/// PostgreSQL cuts names at 63 bytes; the rest is room for the prefixes of indexes.
pub const COLUMN_NAME_CHARS_MAX: usize = 50;

/// Columns that a process's tables have anyway.
const OWN_COLUMNS: &str = " business_key created_at definition_key ended_at incident_count \
    instance_key journal key parent_key process_definition_key process_id process_instance_key \
    rev revision schema_version snapshot started_at started_by state tenant_id updated_at \
    variables version ";

/// Words that SQLite or PostgreSQL refuse as a bare column name, and hidden columns of both.
const RESERVED: &str = " abort action add after all alter always analyse analyze and any array \
    as asc asymmetric attach authorization autoincrement before begin between binary both by \
    cascade case cast check cmax cmin collate collation column commit concurrently conflict \
    constraint create cross ctid current current_catalog current_date current_role \
    current_schema current_time current_timestamp current_user database default deferrable \
    deferred delete desc detach distinct do drop each else end escape except exclude exclusive \
    exists explain fail false fetch filter first following for foreign freeze from full \
    generated glob grant group groups having if ignore ilike immediate in index indexed \
    initially inner insert instead intersect into is isnull join lateral leading left like limit \
    localtime localtimestamp match materialized natural no not nothing notnull null nulls of \
    offset oid on only or order others outer over overlaps partition placing plan pragma \
    preceding primary query raise range recursive references regexp reindex release rename \
    replace restrict returning right rollback row rowid rows savepoint select session_user set \
    similar some symmetric system_user table tableoid tablesample temp temporary then ties to \
    trailing transaction trigger true unbounded union unique update user using vacuum values \
    variadic verbose view virtual when where window with without xmax xmin ";

/// A name for a variable that `is_taken` doesn't know yet; a second one ends in `_2`.
pub(super) fn unique_name(variable: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let base = base_name(variable);
    if !is_taken(&base) {
        return base;
    }
    let numbered = |number: u32| {
        let suffix = format!("_{number}");
        let start: String = base.chars().take(COLUMN_NAME_CHARS_MAX - suffix.len()).collect();
        format!("{}{suffix}", start.trim_end_matches('_'))
    };
    let free = (2..=u32::MAX).map(numbered).find(|candidate| !is_taken(candidate));
    free.expect("a table has fewer columns than there are numbers")
}

fn base_name(variable: &str) -> String {
    let words = snake_case(variable);
    let is_listed = |list: &str| list.contains(&format!(" {words} "));
    let prefix = if words.is_empty() {
        "field"
    } else if words.starts_with(|c: char| c.is_ascii_digit()) {
        "n_"
    } else if is_listed(RESERVED) || is_listed(OWN_COLUMNS) {
        "v_"
    } else {
        ""
    };
    let name: String = format!("{prefix}{words}").chars().take(COLUMN_NAME_CHARS_MAX).collect();
    name.trim_end_matches('_').to_owned()
}

/// `orderTotal`, `Order-Total` and `order.total` all give `order_total`.
fn snake_case(variable: &str) -> String {
    let mut name = String::new();
    let mut was_lower = false;
    for character in variable.chars() {
        if character.is_uppercase() && was_lower {
            name.push('_');
        }
        was_lower = character.is_lowercase() || character.is_numeric();
        match character {
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            c => name.push_str(latin(c)),
        }
    }
    let words: Vec<_> = name.split('_').filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// The usual spelling of letters with marks; anything else separates words.
fn latin(character: char) -> &'static str {
    match character.to_lowercase().next().unwrap_or(character) {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ő' => "o",
        'ö' | 'œ' => "oe",
        'ř' => "r",
        'ß' => "ss",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ț' | 'þ' => "t",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ž' | 'ż' => "z",
        _ => "_",
    }
}
