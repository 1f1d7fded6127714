//! The envelope every API answer comes in, keys as strings, and cursors.
//!
//! Success is `{ "status": "ok", "data": …, "page": … }`; errors are put into their envelope by
//! the presenting layer. Must not know any resource.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::http::error::HttpError;

/// How many items a page has when the client does not say.
pub const PAGE_LIMIT_DEFAULT: u32 = 50;
/// How many items a page has at most: an answer stays small enough to be built in memory.
pub const PAGE_LIMIT_MAX: u32 = 500;

/// What an API handler returns.
pub type ApiResult<T> = Result<Answer<T>, HttpError>;

/// A successful answer.
#[derive(Debug)]
pub struct Answer<T> {
    status: StatusCode,
    location: Option<String>,
    data: T,
    page: Option<PageInfo>,
}

/// Where the next page of a list begins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PageInfo {
    /// Pass it as `cursor` for the next page; null on the last page.
    pub next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    status: &'static str,
    data: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a PageInfo>,
}

impl<T: Serialize> Answer<T> {
    /// 200 with data.
    pub fn ok(data: T) -> Self {
        Self { status: StatusCode::OK, location: None, data, page: None }
    }

    /// 201 with the new thing and its address.
    pub fn created(location: impl Into<String>, data: T) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location.into()), ..Self::ok(data) }
    }

    /// 202: accepted, to be worked on.
    pub fn accepted(data: T) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(data) }
    }
}

impl<T: Serialize> Answer<Vec<T>> {
    /// 200 with one page of a list and the position after it.
    #[must_use]
    pub fn page(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { page: Some(PageInfo { next_cursor }), ..Self::ok(items) }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let envelope = Envelope { status: "ok", data: &self.data, page: self.page.as_ref() };
        let body = match serde_json::to_vec(&envelope) {
            Ok(body) => body,
            Err(error) => return HttpError::internal(error.to_string()).into_response(),
        };
        let mut response = (self.status, [JSON], body).into_response();
        if let Some(Ok(location)) = self.location.map(HeaderValue::try_from) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// The content type of every API answer.
pub(crate) const JSON: (HeaderName, &str) = (header::CONTENT_TYPE, "application/json");

/// A key made by us: a 64-bit integer, written as a string in JSON and addresses.
///
/// A JSON number would lose digits in JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i64);

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let key = if digits { text.parse().ok() } else { None };
        key.map(Self).ok_or_else(|| {
            serde::de::Error::custom(format_args!(
                "expected a key of at most 19 digits, found `{text}`"
            ))
        })
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl JsonSchema for Key {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Key".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{1,19}$" })
    }
}

/// The opaque text for a position in a list.
///
/// # Panics
/// Never for positions made of numbers, texts and lists, which is what positions are.
#[must_use]
pub fn encode_cursor<T: Serialize>(position: &T) -> String {
    let json = serde_json::to_vec(position).expect("a position is plain data");
    URL_SAFE_NO_PAD.encode(json)
}

/// The position a client handed back; `None` starts at the beginning.
///
/// # Errors
/// 400 when the text was not made by [`encode_cursor`] for such a list.
pub fn decode_cursor<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, HttpError> {
    let Some(cursor) = cursor else { return Ok(None) };
    let json = URL_SAFE_NO_PAD.decode(cursor).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok()).map(Some).ok_or_else(|| {
        let message = "cursor: expected the next_cursor of an earlier answer of the same list";
        HttpError::bad_request("invalid_cursor", message)
    })
}

/// The number of items a page shall have.
///
/// # Errors
/// 400 outside 1 to [`PAGE_LIMIT_MAX`].
pub fn page_limit(limit: Option<u32>) -> Result<u32, HttpError> {
    match limit {
        None => Ok(PAGE_LIMIT_DEFAULT),
        Some(limit) if (1..=PAGE_LIMIT_MAX).contains(&limit) => Ok(limit),
        Some(limit) => Err(HttpError::bad_request(
            "invalid_query",
            format!("limit: expected 1 to {PAGE_LIMIT_MAX}, found {limit}"),
        )),
    }
}

/// The direction and field of `sort`, such as `-created_at`, out of the fields a list sorts by.
///
/// # Errors
/// 400 for a field that is not among them.
pub fn sort_field(
    sort: Option<&str>,
    fields: &[&'static str],
) -> Result<Option<(&'static str, bool)>, HttpError> {
    let Some(sort) = sort else { return Ok(None) };
    let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
    let field = fields.iter().find(|it| **it == name);
    field.map(|it| Some((*it, descending))).ok_or_else(|| {
        let expected = fields.join(", ");
        let message = format!("sort: expected one of {expected}, found `{name}`");
        HttpError::bad_request("invalid_query", message)
    })
}

/// One page out of one item more than it shall have, and the position after it if there is more.
#[must_use]
pub fn next_page<T>(
    mut items: Vec<T>,
    limit: u32,
    position: impl FnOnce(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if items.len() <= limit {
        return (items, None);
    }
    items.truncate(limit);
    let next = items.last().map(position);
    (items, next)
}

/// A point in time as RFC 3339 in UTC with milliseconds, from milliseconds since 1970.
#[must_use]
pub fn instant(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    format!("{at:.3}")
}

/// Milliseconds since 1970 of a point in time written as RFC 3339.
///
/// # Errors
/// 422 naming the field.
pub fn parse_instant(field: &str, text: &str) -> Result<i64, HttpError> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(jiff::Timestamp::as_millisecond).map_err(|_| {
        let message = format!(
            "{field}: expected a time such as 2030-01-31T12:00:00Z, found `{}`",
            text.escape_debug()
        );
        HttpError::unprocessable("invalid_value", message)
    })
}
