//! How numbers are written and read.
//! It knows nothing of arithmetic.

use std::fmt;
use std::str::FromStr;

use super::{Number, digits};

/// Beyond this many digits before or after the point a number is written with an exponent.
const PLAIN_DIGITS_MAX: i64 = 64;

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.coefficient.unsigned_abs().to_string();
        let sign = if self.coefficient < 0 { "-" } else { "" };
        let first = self.adjusted_exponent();
        if first.abs() >= PLAIN_DIGITS_MAX {
            let rest = text[1..].trim_end_matches('0');
            let point = if rest.is_empty() { "" } else { "." };
            return write!(f, "{sign}{}{point}{rest}E{first:+}", &text[..1]);
        }
        if self.exponent >= 0 {
            let zeros = usize::try_from(self.exponent).unwrap_or_default();
            return write!(f, "{sign}{text}{:0<zeros$}", "");
        }
        let fraction = usize::try_from(-self.exponent).unwrap_or_default();
        let padded = format!("{text:0>width$}", width = fraction + 1);
        let (whole, rest) = padded.split_at(padded.len() - fraction);
        write!(f, "{sign}{whole}.{rest}")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal number such as 12, -0.5 or 1.2e3")]
pub struct NumberError;

impl FromStr for Number {
    type Err = NumberError;

    /// Reads `-?digits[.digits][e[+-]digits]` or `-?.digits`; rounds to 34 digits.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_digits = !whole.is_empty() || !fraction.is_empty();
        if mantissa.ends_with('.') || !has_digits || !is_digits(whole) || !is_digits(fraction) {
            return Err(NumberError);
        }
        let (mut coefficient, mut exponent, mut sticky) = (0u128, exponent, false);
        for (position, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
            let in_fraction = position >= whole.len();
            // 36 digits are kept: 34, and enough to see how the rest rounds.
            if digits(coefficient) < 36 {
                coefficient = coefficient * 10 + u128::from(byte - b'0');
                exponent -= i64::from(in_fraction);
            } else {
                sticky |= byte != b'0';
                exponent += i64::from(!in_fraction);
            }
        }
        Self::rounded(negative, coefficient, exponent, sticky).ok_or(NumberError)
    }
}

fn parse_exponent(text: &str) -> Result<i64, NumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError);
    }
    text.parse().map_err(|_| NumberError)
}
