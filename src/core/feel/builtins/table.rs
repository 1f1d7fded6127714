//! The one table of built-in functions: name, ways to call it, code.
//! Names and parameters are those of DMN 1.5, 10.3.4, and of Camunda 8's extensions.

use super::{Bound, Builtin};
use super::{
    booleans, contexts, conversion, dates, lists, numbers, patterns, ranges, statistics, texts,
};
use crate::core::feel::evaluator::{Evaluator, Outcome};

type Code = fn(&mut Evaluator<'_>, &Bound) -> Outcome;
type Signatures = &'static [&'static [&'static str]];

const fn row(name: &'static str, signatures: Signatures, function: Code) -> Builtin {
    Builtin { name, signatures, function, accepts_missing: false }
}

/// A function that is asked whether its argument is there at all.
const fn lenient(name: &'static str, signatures: Signatures, function: Code) -> Builtin {
    Builtin { name, signatures, function, accepts_missing: true }
}

const LIST_OR_ITEMS: Signatures = &[&["list"], &["items..."]];
const SCALE: Signatures = &[&["n", "scale?"]];
const DATE: Signatures = &[&["date"]];
const POINTS_AND_RANGES: Signatures =
    &[&["point1", "point2"], &["point", "range"], &["range", "point"], &["range1", "range2"]];
const RANGES: Signatures = &[&["range1", "range2"]];
const POINT_IN_RANGE: Signatures = &[&["point", "range"], &["range1", "range2"]];
const RANGE_WITH_POINT: Signatures = &[&["range", "point"], &["range1", "range2"]];

pub(super) static BUILTINS: &[Builtin] = &[
    // Conversion.
    row("date", &[&["from"], &["year", "month", "day"]], conversion::date),
    row("time", &[&["from"], &["hour", "minute", "second", "offset?"]], conversion::time),
    row(
        "date and time",
        &[
            &["from"],
            &["date", "time"],
            &["date", "timezone"],
            &["year", "month", "day", "hour", "minute", "second", "offset?"],
            &["year", "month", "day", "hour", "minute", "second", "timezone"],
        ],
        conversion::date_and_time,
    ),
    row("duration", &[&["from"]], conversion::duration),
    row("years and months duration", &[&["from", "to"]], conversion::years_and_months_duration),
    row("number", &[&["from", "grouping separator?", "decimal separator?"]], conversion::number),
    row("string", &[&["from"]], conversion::string),
    row("context", &[&["entries"]], contexts::context),
    row("range", &[&["from"]], conversion::range),
    row("from json", &[&["value"]], conversion::from_json),
    row("to json", &[&["value"]], conversion::to_json),
    // Booleans and what is missing.
    row("not", &[&["negand"]], booleans::not),
    row("is", &[&["value1?", "value2?"]], booleans::is),
    lenient("is defined", &[&["value"]], booleans::is_defined),
    lenient("get or else", &[&["value", "default"]], booleans::get_or_else),
    lenient("assert", &[&["value", "condition", "cause?"]], booleans::assert),
    row("fromAi", &[&["value", "description?", "type?", "schema?", "options?"]], booleans::from_ai),
    // Texts.
    row("substring", &[&["string", "start position", "length?"]], texts::substring),
    row("string length", &[&["string"]], texts::string_length),
    row("upper case", &[&["string"]], texts::upper_case),
    row("lower case", &[&["string"]], texts::lower_case),
    row("substring before", &[&["string", "match"]], texts::substring_before),
    row("substring after", &[&["string", "match"]], texts::substring_after),
    row("contains", &[&["string", "match"]], texts::contains),
    row("starts with", &[&["string", "match"]], texts::starts_with),
    row("ends with", &[&["string", "match"]], texts::ends_with),
    row("trim", &[&["string"]], texts::trim),
    row("is blank", &[&["string"]], texts::is_blank),
    row("to base64", &[&["value"]], texts::to_base64),
    row(
        "string join",
        &[&["list", "delimiter?"], &["list", "delimiter", "prefix", "suffix"]],
        texts::string_join,
    ),
    row("matches", &[&["input", "pattern", "flags?"]], patterns::matches),
    row("replace", &[&["input", "pattern", "replacement", "flags?"]], patterns::replace),
    row("split", &[&["string", "delimiter"]], patterns::split),
    row("extract", &[&["string", "pattern"]], patterns::extract),
    // Numbers.
    row("decimal", &[&["n", "scale"]], numbers::decimal),
    row("floor", SCALE, numbers::floor),
    row("ceiling", SCALE, numbers::ceiling),
    row("round up", SCALE, numbers::round_up),
    row("round down", SCALE, numbers::round_down),
    row("round half up", SCALE, numbers::round_half_up),
    row("round half down", SCALE, numbers::round_half_down),
    row("abs", &[&["n"]], numbers::abs),
    row("modulo", &[&["dividend", "divisor"]], numbers::modulo),
    row("sqrt", &[&["number"]], numbers::sqrt),
    row("log", &[&["number"]], numbers::log),
    row("exp", &[&["number"]], numbers::exp),
    row("odd", &[&["number"]], numbers::odd),
    row("even", &[&["number"]], numbers::even),
    // Lists.
    row("list contains", &[&["list", "element"]], lists::list_contains),
    row(
        "list replace",
        &[&["list", "position", "newItem"], &["list", "match", "newItem"]],
        lists::list_replace,
    ),
    row("count", &[&["list"]], lists::count),
    row("is empty", &[&["list"]], lists::is_empty),
    row("sublist", &[&["list", "start position", "length?"]], lists::sublist),
    row("append", &[&["list", "items..."]], lists::append),
    row("concatenate", &[&["lists..."]], lists::concatenate),
    row("insert before", &[&["list", "position", "newItem"]], lists::insert_before),
    row("remove", &[&["list", "position"]], lists::remove),
    row("reverse", &[&["list"]], lists::reverse),
    row("index of", &[&["list", "match"]], lists::index_of),
    row("union", &[&["lists..."]], lists::union),
    row("distinct values", &[&["list"]], lists::distinct_values),
    row("duplicate values", &[&["list"]], lists::duplicate_values),
    row("flatten", &[&["list"]], lists::flatten),
    row("sort", &[&["list", "precedes?"]], lists::sort),
    row("partition", &[&["list", "size"]], lists::partition),
    row("all", LIST_OR_ITEMS, booleans::all),
    row("any", LIST_OR_ITEMS, booleans::any),
    row("min", LIST_OR_ITEMS, statistics::min),
    row("max", LIST_OR_ITEMS, statistics::max),
    row("sum", LIST_OR_ITEMS, statistics::sum),
    row("product", LIST_OR_ITEMS, statistics::product),
    row("mean", LIST_OR_ITEMS, statistics::mean),
    row("median", LIST_OR_ITEMS, statistics::median),
    row("stddev", LIST_OR_ITEMS, statistics::stddev),
    row("mode", LIST_OR_ITEMS, statistics::mode),
    // Contexts.
    row(
        "get value",
        &[&["m", "key"], &["context", "key"], &["context", "keys"]],
        contexts::get_value,
    ),
    row("get entries", &[&["m"], &["context"]], contexts::get_entries),
    row(
        "context put",
        &[&["context", "key", "value"], &["context", "keys", "value"]],
        contexts::context_put,
    ),
    row("put", &[&["context", "key", "value"]], contexts::context_put),
    row("context merge", &[&["contexts"], &["contexts..."]], contexts::context_merge),
    row("put all", &[&["contexts"], &["contexts..."]], contexts::context_merge),
    // Ranges.
    row("before", POINTS_AND_RANGES, ranges::before),
    row("after", POINTS_AND_RANGES, ranges::after),
    row("meets", RANGES, ranges::meets),
    row("met by", RANGES, ranges::met_by),
    row("overlaps", RANGES, ranges::overlaps),
    row("overlaps before", RANGES, ranges::overlaps_before),
    row("overlaps after", RANGES, ranges::overlaps_after),
    row("finishes", POINT_IN_RANGE, ranges::finishes),
    row("finished by", RANGE_WITH_POINT, ranges::finished_by),
    row("includes", RANGE_WITH_POINT, ranges::includes),
    row("during", POINT_IN_RANGE, ranges::during),
    row("starts", POINT_IN_RANGE, ranges::starts),
    row("started by", RANGE_WITH_POINT, ranges::started_by),
    row("coincides", &[&["point1", "point2"], &["range1", "range2"]], ranges::coincides),
    // Dates.
    row("now", &[&[]], dates::now),
    row("today", &[&[]], dates::today),
    row("day of week", DATE, dates::day_of_week),
    row("day of year", DATE, dates::day_of_year),
    row("week of year", DATE, dates::week_of_year),
    row("month of year", DATE, dates::month_of_year),
    row("last day of month", DATE, dates::last_day_of_month),
];
