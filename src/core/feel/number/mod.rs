//! FEEL numbers: decimal floating point with 34 significant digits (DMN 1.5, 10.3.2.3.1).
//! It knows arithmetic alone; neither values, nor JSON, nor what an expression is.
//!
//! Our own thin type instead of a crate: 34 digits fit one `i128`, so that comparing and adding
//! integers costs one instruction, and the rounding is exactly what DMN asks for.
//!
//! **Invariant:** every number has one representation. Whole numbers below 10^34 have exponent 0,
//! greater ones a full coefficient of 34 digits, fractions no trailing zeros. So equality is
//! structural.

mod functions;
mod text;

use std::cmp::Ordering;

pub use text::NumberError;

/// The significant digits of a number.
const DIGITS_MAX: u32 = 34;
const COEFFICIENT_MAX: u128 = 10u128.pow(DIGITS_MAX) - 1;
/// The exponents of IEEE 754 decimal128, adjusted to the first digit.
const EXPONENT_MAX: i64 = 6144;
const EXPONENT_MIN: i64 = -6176;
const HALF_SPLIT: u128 = 10u128.pow(17);

/// A decimal number with 34 significant digits, rounded half even.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    coefficient: i128,
    exponent: i32,
}

/// Which neighbour is taken when digits are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearer neighbour, in the middle to the even one.
    HalfEven,
    /// To the nearer neighbour, in the middle away from zero.
    HalfUp,
    /// To the nearer neighbour, in the middle towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards negative infinity.
    Floor,
    /// Towards positive infinity.
    Ceiling,
}

impl Rounding {
    /// Whether the cut magnitude grows by one; `rest` compares the cut part with one half.
    fn grows(self, negative: bool, odd: bool, rest: Ordering, inexact: bool) -> bool {
        match self {
            Self::HalfEven => rest == Ordering::Greater || (rest == Ordering::Equal && odd),
            Self::HalfUp => rest != Ordering::Less,
            Self::HalfDown => rest == Ordering::Greater,
            Self::Up => inexact,
            Self::Down => false,
            Self::Floor => inexact && negative,
            Self::Ceiling => inexact && !negative,
        }
    }
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { coefficient: 0, exponent: 0 };
    /// One.
    pub const ONE: Self = Self { coefficient: 1, exponent: 0 };

    /// The number `coefficient × 10^exponent`, rounded to 34 digits; `None` when out of range.
    #[must_use]
    pub fn from_parts(coefficient: i128, exponent: i32) -> Option<Self> {
        Self::rounded(coefficient < 0, coefficient.unsigned_abs(), i64::from(exponent), false)
    }

    /// The decimal number nearest to the shortest writing of `value`; `None` for NaN and infinity.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_finite() { format!("{value:e}").parse().ok() } else { None }
    }

    /// The nearest binary number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        format!("{}e{}", self.coefficient, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The whole number, if it is one and fits.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        if self.exponent == 0 { i64::try_from(self.coefficient).ok() } else { None }
    }

    /// The whole number, if it is one and fits.
    #[must_use]
    pub fn to_i128(self) -> Option<i128> {
        let scale = 10i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        self.coefficient.checked_mul(scale)
    }

    /// Whether it has no fraction.
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.exponent >= 0
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.coefficient == 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { coefficient: -self.coefficient, ..self }
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self { coefficient: self.coefficient.abs(), ..self }
    }

    /// The sum; `None` when out of range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.exponent == 0 && other.exponent == 0 {
            let sum = self.coefficient + other.coefficient;
            if sum.unsigned_abs() <= COEFFICIENT_MAX {
                return Some(Self { coefficient: sum, exponent: 0 });
            }
        }
        let (high, low) =
            if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        if high.is_zero() {
            return Some(low);
        }
        Self::add_aligned(high, low)
    }

    /// The difference; `None` when out of range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.negated())
    }

    /// The product; `None` when out of range.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let negative = (self.coefficient < 0) != (other.coefficient < 0);
        let (a, b) = (self.coefficient.unsigned_abs(), other.coefficient.unsigned_abs());
        let exponent = i64::from(self.exponent) + i64::from(other.exponent);
        match a.checked_mul(b) {
            Some(product) => Self::rounded(negative, product, exponent, false),
            None => Self::multiply_wide(negative, a, b, exponent),
        }
    }

    /// The quotient; `None` when the divisor is zero or the result out of range.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let negative = (self.coefficient < 0) != (other.coefficient < 0);
        let (a, b) = (self.coefficient.unsigned_abs(), other.coefficient.unsigned_abs());
        let mut exponent = i64::from(self.exponent) - i64::from(other.exponent);
        let (mut quotient, mut rest) = (a / b, a % b);
        // Four digits at a time: a rest below 10^34 times 10^4 still fits, as does the quotient.
        while rest != 0 && quotient <= COEFFICIENT_MAX {
            quotient = quotient * 10_000 + rest * 10_000 / b;
            rest = rest * 10_000 % b;
            exponent -= 4;
        }
        Self::rounded(negative, quotient, exponent, rest != 0)
    }

    /// `self - other × floor(self / other)` (DMN 1.5, 10.3.4.5); `None` for a zero divisor.
    #[must_use]
    pub fn modulo(self, other: Self) -> Option<Self> {
        let whole = self.checked_div(other)?.round_to(0, Rounding::Floor)?;
        self.checked_sub(other.checked_mul(whole)?)
    }

    /// Rounded to `scale` digits after the point (before it, when negative).
    #[must_use]
    pub fn round_to(self, scale: i64, rounding: Rounding) -> Option<Self> {
        let target = scale.saturating_neg();
        let drop = target.saturating_sub(i64::from(self.exponent));
        if drop <= 0 {
            return Some(self);
        }
        let (negative, magnitude) = (self.coefficient < 0, self.coefficient.unsigned_abs());
        let divisor = u32::try_from(drop).ok().and_then(|drop| 10u128.checked_pow(drop));
        let (kept, rest) = match divisor {
            Some(divisor) => (magnitude / divisor, half_order(magnitude % divisor, divisor)),
            None => (0, Ordering::Less),
        };
        let inexact = divisor.map_or(magnitude != 0, |divisor| magnitude % divisor != 0);
        let grown = kept + u128::from(rounding.grows(negative, kept % 2 == 1, rest, inexact));
        Self::rounded(negative, grown, target, false)
    }

    fn add_aligned(high: Self, low: Self) -> Option<Self> {
        let gap = i64::from(high.exponent) - i64::from(low.exponent);
        let magnitude = high.coefficient.unsigned_abs();
        let room = i64::from(37 - digits(magnitude));
        let up = u32::try_from(gap.min(room)).expect("37 digits are more than any coefficient has");
        let scaled = high.coefficient * 10i128.pow(up);
        let down = u32::try_from(gap - i64::from(up)).unwrap_or(u32::MAX);
        let divisor = 10i128.checked_pow(down);
        let cut = divisor.map_or(0, |divisor| low.coefficient / divisor);
        let inexact = divisor.map_or(low.coefficient != 0, |d| low.coefficient % d != 0);
        let mut sum = scaled + cut;
        // What was cut off points away from the sum: one less, and then something again.
        if inexact && (scaled < 0) != (low.coefficient < 0) {
            sum -= scaled.signum();
        }
        let exponent = i64::from(high.exponent) - i64::from(up);
        Self::rounded(sum < 0, sum.unsigned_abs(), exponent, inexact)
    }

    fn multiply_wide(negative: bool, a: u128, b: u128, exponent: i64) -> Option<Self> {
        let (a1, a0) = (a / HALF_SPLIT, a % HALF_SPLIT);
        let (b1, b0) = (b / HALF_SPLIT, b % HALF_SPLIT);
        let middle = a1 * b0 + a0 * b1;
        let low = (middle % HALF_SPLIT) * HALF_SPLIT + a0 * b0;
        let high = a1 * b1 + middle / HALF_SPLIT + low / (COEFFICIENT_MAX + 1);
        let low = low % (COEFFICIENT_MAX + 1);
        let kept = (37 - digits(high)).min(DIGITS_MAX);
        let cut = 10u128.pow(DIGITS_MAX - kept);
        let coefficient = high * 10u128.pow(kept) + low / cut;
        let exponent = exponent + i64::from(DIGITS_MAX - kept);
        Self::rounded(negative, coefficient, exponent, !low.is_multiple_of(cut))
    }

    /// `self × 10^shift`.
    fn scaled(self, shift: i64) -> Option<Self> {
        let magnitude = self.coefficient.unsigned_abs();
        Self::rounded(self.coefficient < 0, magnitude, i64::from(self.exponent) + shift, false)
    }

    /// The exponent of the first digit.
    fn adjusted_exponent(self) -> i64 {
        i64::from(self.exponent) + i64::from(digits(self.coefficient.unsigned_abs())) - 1
    }

    /// Rounds half even to 34 digits and gives the one representation. `sticky` says that more,
    /// not all zero, follows the digits given; the coefficient then has more than 34 of them.
    fn rounded(negative: bool, coefficient: u128, exponent: i64, sticky: bool) -> Option<Self> {
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        let drop = digits(coefficient).saturating_sub(DIGITS_MAX);
        if drop > 0 {
            let divisor = 10u128.pow(drop);
            let mut rest = half_order(coefficient % divisor, divisor);
            if rest == Ordering::Equal && sticky {
                rest = Ordering::Greater;
            }
            coefficient /= divisor;
            exponent += i64::from(drop);
            coefficient +=
                u128::from(Rounding::HalfEven.grows(negative, coefficient % 2 == 1, rest, true));
        }
        Self::canonical(negative, coefficient, exponent)
    }

    fn canonical(negative: bool, coefficient: u128, exponent: i64) -> Option<Self> {
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        if coefficient == 0 {
            return Some(Self::ZERO);
        }
        while exponent < 0 && coefficient.is_multiple_of(10) {
            coefficient /= 10;
            exponent += 1;
        }
        if exponent > 0 {
            let room = i64::from(DIGITS_MAX - digits(coefficient).min(DIGITS_MAX));
            let up = exponent.min(room);
            coefficient *= 10u128.pow(u32::try_from(up).expect("at most 34"));
            exponent -= up;
        }
        let first = exponent.saturating_add(i64::from(digits(coefficient)) - 1);
        if first > EXPONENT_MAX {
            return None;
        }
        if exponent < EXPONENT_MIN {
            return Some(Self::ZERO);
        }
        let magnitude = i128::try_from(coefficient).ok()?;
        let coefficient = if negative { -magnitude } else { magnitude };
        Some(Self { coefficient, exponent: i32::try_from(exponent).ok()? })
    }
}

fn digits(magnitude: u128) -> u32 {
    magnitude.checked_ilog10().map_or(1, |log| log + 1)
}

/// Compares what is cut off with one half of what it is cut by.
fn half_order(rest: u128, divisor: u128) -> Ordering {
    rest.cmp(&(divisor / 2))
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self { coefficient: i128::from(value), exponent: 0 }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self { coefficient: i128::from(value), exponent: 0 }
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.exponent == other.exponent {
            return self.coefficient.cmp(&other.coefficient);
        }
        let sign = self.coefficient.signum();
        let by_sign = sign.cmp(&other.coefficient.signum());
        if by_sign != Ordering::Equal || sign == 0 {
            return by_sign;
        }
        let (a, b) = (self.coefficient.unsigned_abs(), other.coefficient.unsigned_abs());
        let magnitude = self.adjusted_exponent().cmp(&other.adjusted_exponent()).then_with(|| {
            let gap = (self.exponent - other.exponent).unsigned_abs();
            // Equal first digits: the gap is the difference of two lengths of at most 34.
            let scale = 10u128.pow(gap.min(DIGITS_MAX));
            if self.exponent > other.exponent { (a * scale).cmp(&b) } else { a.cmp(&(b * scale)) }
        });
        if sign < 0 { magnitude.reverse() } else { magnitude }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().expect("the tests write numbers")
    }

    fn check(left: &str, operator: char, right: &str, expected: &str) {
        let (a, b) = (number(left), number(right));
        let result = match operator {
            '+' => a.checked_add(b),
            '-' => a.checked_sub(b),
            '*' => a.checked_mul(b),
            '/' => a.checked_div(b),
            '%' => a.modulo(b),
            _ => a.power(b),
        };
        let text = result.map_or_else(|| "none".to_owned(), |number| number.to_string());
        assert_eq!(text, expected, "{left} {operator} {right}");
    }

    #[test]
    fn arithmetic_rounds_half_even_to_34_digits() {
        check("0.1", '+', "0.2", "0.3");
        check("1", '/', "3", "0.3333333333333333333333333333333333");
        check("2", '/', "3", "0.6666666666666666666666666666666667");
        check(
            "9999999999999999999999999999999999",
            '+',
            "1",
            "10000000000000000000000000000000000",
        );
        check("1e34", '+', "-1e-40", "10000000000000000000000000000000000");
        check("1e33", '-', "0.25", "999999999999999999999999999999999.8");
        check("1e34", '+', "5", "10000000000000000000000000000000000");
        check("1e34", '+', "15", "10000000000000000000000000000000020");
        check(
            "1234567890123456789012345678901234",
            '*',
            "10",
            "12345678901234567890123456789012340",
        );
        check(
            "9999999999999999999999999999999999",
            '*',
            "9999999999999999999999999999999999",
            "9.999999999999999999999999999999998E+67",
        );
        check("10", '%', "-3", "-2");
        check("-10", '%', "3", "2");
        check("1", '/', "0", "none");
        check("9e6144", '*', "10", "none");
        check("1e-6176", '/', "10", "0");
    }

    #[test]
    fn powers_and_roots() {
        check("2", '^', "10", "1024");
        check("2", '^', "-2", "0.25");
        check("4", '^', "0.5", "2");
        check("1.21", '^', "0.5", "1.1");
        check("0", '^', "0", "1");
        check("0", '^', "-1", "none");
        check("-8", '^', "0.5", "none");
        assert_eq!(number("2").sqrt(), Some(number("1.414213562373095048801688724209698")));
        let e = Number::ONE.exp().expect("in range").to_string();
        assert!(e.starts_with("2.71828182845904523536028747135266"), "{e}");
        let ln = number("1234.5").ln().expect("positive").to_string();
        assert!(ln.starts_with("7.11842130878523419388"), "{ln}");
    }

    #[test]
    fn equal_numbers_have_one_form() {
        for (left, right) in [("1.0", "1"), ("100", "1e2"), ("0.0", "-0"), ("1e40", "10e39")] {
            assert_eq!(number(left), number(right), "{left} = {right}");
        }
        assert!(number("1e40") > number("9.99e39"));
        assert!(number("-1e40") < number("-9.99e39"));
        assert!(number("0.1") < number("0.11") && number("-1") < number("0.001"));
    }

    #[test]
    fn texts_that_are_no_numbers() {
        for text in ["", "-", ".", "1.", "1e", "1e+", "a", "1 000", "0x1", "--1", "+1", "1e9999"] {
            assert!(text.parse::<Number>().is_err(), "{text:?} is no number");
        }
        assert_eq!(number(".5").to_string(), "0.5");
        assert_eq!(number("00012.500").to_string(), "12.5");
        assert_eq!(number("1e-70").to_string(), "1E-70");
    }
}
