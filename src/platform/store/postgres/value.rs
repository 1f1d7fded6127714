//! `Value` on PostgreSQL's wire: it binds itself to, and reads itself from, any type we meet.
//!
//! Knows nothing of statements.

use std::error::Error;
use std::fmt::Write;

use bytes::{BufMut, BytesMut};
use postgres::types::{Format, FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::platform::store::sql::Value;

type Failure = Box<dyn Error + Sync + Send>;

/// Whether a value travels in the binary form of a type; the rest goes as text that the server
/// converts. Arrays hold binary forms only.
pub(super) fn is_binary(value: &Value, kind: &Type) -> bool {
    match value {
        Value::Null | Value::Blob(_) => true,
        Value::Integer(_) | Value::Real(_) => *kind != Type::NUMERIC,
        Value::Text(_) => is_text(kind) || *kind == Type::JSONB || is_array(kind),
    }
}

fn is_text(kind: &Type) -> bool {
    matches!(
        *kind,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON
    )
}

fn is_array(kind: &Type) -> bool {
    matches!(kind.kind(), Kind::Array(_))
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Integer(value) => return integer_to_sql(*value, kind, out),
            Self::Real(value) => return real_to_sql(*value, kind, out),
            Self::Text(text) if is_array(kind) => return list_to_sql(text, kind, out),
            Self::Text(text) => {
                if *kind == Type::JSONB {
                    // The version of the format.
                    out.put_u8(1);
                }
                out.put_slice(text.as_bytes());
            }
            Self::Blob(bytes) if *kind == Type::BYTEA => out.put_slice(bytes),
            Self::Blob(_) => return Err(refusal("bytes", kind)),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, kind: &Type) -> Format {
        if is_binary(self, kind) { Format::Binary } else { Format::Text }
    }

    to_sql_checked!();
}

fn integer_to_sql(value: i64, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *kind {
        Type::INT8 => value.to_sql(kind, out),
        Type::INT4 => i32::try_from(value)?.to_sql(kind, out),
        Type::INT2 => i16::try_from(value)?.to_sql(kind, out),
        Type::OID => u32::try_from(value)?.to_sql(kind, out),
        Type::BOOL => (value != 0).to_sql(kind, out),
        Type::FLOAT8 => as_real(value).to_sql(kind, out),
        Type::NUMERIC => Ok(put_text(&value.to_string(), out)),
        _ if is_text(kind) => Ok(put_text(&value.to_string(), out)),
        _ => Err(refusal("an integer", kind)),
    }
}

fn real_to_sql(value: f64, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *kind {
        Type::FLOAT8 => value.to_sql(kind, out),
        Type::NUMERIC => Ok(put_text(&value.to_string(), out)),
        _ => Err(refusal("a floating point number", kind)),
    }
}

/// A list made by `Value::integers` or `Value::texts`.
fn list_to_sql(text: &str, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *kind {
        Type::INT8_ARRAY => serde_json::from_str::<Vec<i64>>(text)?.to_sql(kind, out),
        Type::TEXT_ARRAY => serde_json::from_str::<Vec<String>>(text)?.to_sql(kind, out),
        _ => Err(refusal("a list", kind)),
    }
}

fn put_text(text: &str, out: &mut BytesMut) -> IsNull {
    out.put_slice(text.as_bytes());
    IsNull::No
}

#[expect(clippy::cast_precision_loss, reason = "SQLite rounds an integer for REAL the same way")]
fn as_real(value: i64) -> f64 {
    value as f64
}

fn refusal(given: &str, kind: &Type) -> Failure {
    format!("{given} was given where the database expects {kind}").into()
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *kind {
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(kind, raw)?.into()),
            Type::OID => Self::Integer(u32::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::from(bool::from_sql(kind, raw)?),
            Type::FLOAT8 => Self::Real(f64::from_sql(kind, raw)?),
            Type::FLOAT4 => Self::Real(f32::from_sql(kind, raw)?.into()),
            Type::NUMERIC => numeric(raw)?,
            Type::BYTEA => Self::from(raw),
            Type::VOID => Self::Null,
            Type::JSONB => Self::from(std::str::from_utf8(raw.get(1..).unwrap_or_default())?),
            _ if is_text(kind) => Self::from(std::str::from_utf8(raw)?),
            _ => return Err(format!("the store does not read columns of type {kind}").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What `SUM` and `AVG` give: an integer when it has no decimals and fits, else floating point.
fn numeric(raw: &[u8]) -> Result<Value, Failure> {
    let field = |at: usize| -> Result<i16, Failure> {
        let bytes = raw.get(2 * at..2 * at + 2).ok_or("a number is cut short")?;
        Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let (length, weight, sign, decimals) = (field(0)?, field(1)?, field(2)?, field(3)?);
    if sign != 0 && sign != 0x4000 {
        return Ok(Value::Real(f64::NAN));
    }
    let mut digits = String::from(if sign == 0 { "0" } else { "-0" });
    // Each group holds four decimal digits; those not sent are zero.
    for at in 0..=weight.max(0) {
        let group = if at < length && weight >= 0 { field(4 + usize::try_from(at)?)? } else { 0 };
        write!(digits, "{group:04}")?;
    }
    if decimals == 0
        && let Ok(value) = digits.parse()
    {
        return Ok(Value::Integer(value));
    }
    digits.push('.');
    digits.push_str(&"0000".repeat(usize::try_from((-1 - weight).max(0))?));
    for at in (weight + 1).max(0)..length {
        write!(digits, "{:04}", field(4 + usize::try_from(at)?)?)?;
    }
    Ok(Value::Real(digits.parse()?))
}
