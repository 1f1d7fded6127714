//! Powers, roots, exponentials and logarithms of numbers, to about 33 digits.
//! It knows nothing of how numbers are stored beyond their scale.

use super::{Number, Rounding};

/// ln 10 to 34 digits.
const LN_10: Number =
    Number { coefficient: 2_302_585_092_994_045_684_017_991_454_684_364, exponent: -33 };

impl Number {
    /// `self ^ other`; `None` when undefined or out of range.
    #[must_use]
    pub fn power(self, other: Self) -> Option<Self> {
        if let Some(exponent) = other.to_i64() {
            return self.power_whole(exponent);
        }
        if self.is_zero() {
            return if other.is_negative() { None } else { Some(Self::ZERO) };
        }
        let half = Self { coefficient: 5, exponent: -1 };
        if other == half { self.sqrt() } else { other.checked_mul(self.ln()?)?.exp() }
    }

    /// The square root; `None` below zero.
    #[must_use]
    pub fn sqrt(self) -> Option<Self> {
        if self.coefficient <= 0 {
            return if self.is_zero() { Some(self) } else { None };
        }
        // m × 10^(2k) with m in [1, 100), so that the first guess is good and the root exact.
        let half = (self.adjusted_exponent()).div_euclid(2);
        let mantissa = self.scaled(-2 * half)?;
        let mut root = Self::from_f64(mantissa.to_f64().sqrt())?;
        let two = Self { coefficient: 2, exponent: 0 };
        for _ in 0..3 {
            root = root.checked_add(mantissa.checked_div(root)?)?.checked_div(two)?;
        }
        root.scaled(half)
    }

    /// The natural exponential; `None` when out of range.
    #[must_use]
    pub fn exp(self) -> Option<Self> {
        let tens = self.checked_div(LN_10)?.round_to(0, Rounding::HalfEven)?;
        let rest = self.checked_sub(tens.checked_mul(LN_10)?)?;
        let Some(tens) = tens.to_i64().filter(|n| n.abs() < 20_000) else {
            return if self.is_negative() { Some(Self::ZERO) } else { None };
        };
        let (mut sum, mut term) = (Self::ONE, Self::ONE);
        for n in 1..60_i64 {
            term = term.checked_mul(rest)?.checked_div(Self::from(n))?;
            let next = sum.checked_add(term)?;
            if next == sum {
                break;
            }
            sum = next;
        }
        sum.scaled(tens)
    }

    /// The natural logarithm; `None` at and below zero.
    #[must_use]
    pub fn ln(self) -> Option<Self> {
        if self.coefficient <= 0 {
            return None;
        }
        let tens = self.adjusted_exponent();
        let mantissa = self.scaled(-tens)?;
        let mut result = Self::from_f64(mantissa.to_f64().ln())?;
        // Halley's step triples the digits: the binary guess has 15.
        for _ in 0..2 {
            let power = result.exp()?;
            let step = mantissa.checked_sub(power)?.checked_div(mantissa.checked_add(power)?)?;
            result = result.checked_add(step.checked_add(step)?)?;
        }
        LN_10.checked_mul(Self::from(tens))?.checked_add(result)
    }

    fn power_whole(self, exponent: i64) -> Option<Self> {
        if exponent < 0 {
            return Self::ONE.checked_div(self.power_whole(exponent.checked_neg()?)?);
        }
        let (mut result, mut base, mut left) = (Self::ONE, self, exponent);
        while left > 0 {
            if left % 2 == 1 {
                result = result.checked_mul(base)?;
            }
            left /= 2;
            if left > 0 {
                base = base.checked_mul(base)?;
            }
        }
        Some(result)
    }
}
