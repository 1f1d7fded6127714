//! Numbers as people type them into forms, compared and divided exactly.
//!
//! Must not know fields or their rules.
//!
//! **Invariant:** a value is `units / 10^18` and its size is below 10^18.

use std::fmt;

use serde_json::{Number, Value};

/// Digits kept before and after the decimal point; more are refused.
pub(super) const DIGITS_MAX: usize = 18;

const ONE: i128 = 10_i128.pow(18);

/// A decimal number with at most 18 digits before and 18 after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal {
    units: i128,
}

impl Decimal {
    /// Reads `-12.5`, `1e3`; no spaces, no grouping, no sign `+`. `None` when it doesn't fit.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (is_negative, digits) =
            mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let units = scale(whole, fraction.trim_end_matches('0'), exponent)?;
        Some(Self { units: if is_negative { -units } else { units } })
    }

    /// Reads a JSON number, or a text that holds one.
    #[must_use]
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    /// How many digits stand after the point, without closing zeros.
    #[must_use]
    pub(super) fn fraction_digits(self) -> usize {
        self.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len())
    }

    /// Whether it is a whole number of steps from zero; a step of zero allows everything.
    #[must_use]
    pub(super) fn is_multiple_of(self, step: Self) -> bool {
        step.units == 0 || self.units % step.units == 0
    }

    /// As JSON number: whole where it is whole, else the nearest double.
    #[must_use]
    pub(super) fn to_number(self) -> Number {
        let text = self.to_string();
        let whole = text.parse::<i64>().ok().map(Number::from);
        let nearest = || text.parse::<f64>().ok().and_then(Number::from_f64);
        whole.or_else(nearest).unwrap_or_else(|| Number::from(0))
    }
}

/// `whole.fraction * 10^exponent` in units, when nothing is lost.
fn scale(whole: &str, fraction: &str, exponent: i32) -> Option<i128> {
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    if digits.len() > 2 * DIGITS_MAX {
        return None;
    }
    let lost = i32::try_from(fraction.len()).ok()?;
    let shift = exponent.checked_sub(lost)?.checked_add(i32::try_from(DIGITS_MAX).ok()?)?;
    let mantissa: i128 = digits.parse().ok()?;
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    let units = if shift >= 0 {
        mantissa.checked_mul(power)?
    } else if mantissa % power == 0 {
        mantissa / power
    } else {
        return None;
    };
    (units < ONE * ONE).then_some(units)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let size = self.units.unsigned_abs();
        let one = ONE.unsigned_abs();
        let fraction = format!("{:018}", size % one);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{fraction}", size / one)
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn round_trip(text: &str) -> Option<String> {
        Decimal::parse(text).map(|d| d.to_string())
    }

    #[test]
    fn reads_and_writes_exactly() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("007.50", "7.5"),
            ("-12.25", "-12.25"),
            ("1e3", "1000"),
            ("25E-3", "0.025"),
            ("0e99", "0"),
            ("999999999999999999.999999999999999999", "999999999999999999.999999999999999999"),
        ] {
            assert_eq!(round_trip(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number_or_too_large() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            "1,5",
            "1 000",
            "0x10",
            "1e",
            "1e2.5",
            "NaN",
            "inf",
            "--1",
            "1000000000000000000",
            "0.0000000000000000001",
            "1e18",
            "1e2147483647",
            "1e-2147483648",
            "१",
        ] {
            assert_eq!(round_trip(text), None, "{text}");
        }
    }

    #[test]
    fn divides_without_binary_rounding() {
        let is_multiple = |value, step| {
            let read = |text| Decimal::parse(text).expect("a number");
            read(value).is_multiple_of(read(step))
        };
        assert!(is_multiple("0.3", "0.1"));
        assert!(is_multiple("-7.5", "2.5"));
        assert!(is_multiple("7", "0"));
        assert!(!is_multiple("0.35", "0.1"));
    }
}
