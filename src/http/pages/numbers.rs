//! Numbers, sizes and spans of time in words people read.
//!
//! Must not know what is counted.

/// A number with its thousands apart: `12,345`.
#[must_use]
pub fn thousands(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(0).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count that stopped at a limit: `10,000+`.
#[must_use]
pub fn capped(count: i64, max: i64) -> String {
    if count > max { format!("{}+", thousands(max)) } else { thousands(count) }
}

/// A size with one unit: `84 KB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut tenths = bytes * 10;
    while tenths >= 10_240 && unit < UNITS.len() - 1 {
        tenths /= 1024;
        unit += 1;
    }
    if unit == 0 || tenths >= 100 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// A span with its two largest units: `3 d 4 h`.
#[must_use]
pub fn span(ms: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    let mut rest = ms.max(0);
    let mut parts = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        if count > 0 {
            parts.push(format!("{count} {name}"));
            rest %= length;
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "0 ms".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_easily() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(capped(10_000, 10_000), "10,000");
        assert_eq!(capped(10_001, 10_000), "10,000+");
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(1536), "1.5 KB");
        assert_eq!(size(432_013_312), "412 MB");
        assert_eq!(span(0), "0 ms");
        assert_eq!(span(1_500), "1 s 500 ms");
        assert_eq!(span(3 * 86_400_000 + 4 * 3_600_000 + 59_000), "3 d 4 h");
        assert_eq!(span(3_600_000), "1 h");
    }
}
