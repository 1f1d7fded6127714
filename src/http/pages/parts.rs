//! Small pieces that many pages show alike: chips, times, pagers, charts, diagrams, empty states.
//! Must not know any page, nor the services their values come from.
//!
//! **Invariant:** every piece escapes its own text, so a page prints it as it is.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How a chip, a bar or a message is meant; also its CSS class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Info,
    Good,
    Warn,
    Bad,
}

impl Tone {
    /// The CSS class of this tone.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A state in one word, told by text and icon and not by colour alone.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/chip.html")]
pub struct Chip {
    pub tone: Tone,
    /// A name from `templates/parts/icons.html`.
    pub icon: &'static str,
    pub text: String,
}

impl HtmlSafe for Chip {}

impl Chip {
    /// A chip with its own words.
    #[must_use]
    pub fn new(tone: Tone, icon: &'static str, text: impl Into<String>) -> Self {
        Self { tone, icon, text: text.into() }
    }

    /// Something that is under way.
    #[must_use]
    pub fn active() -> Self {
        Self::new(Tone::Info, "play", "Active")
    }

    /// Something that rests until a person lets it go on.
    #[must_use]
    pub fn suspended() -> Self {
        Self::new(Tone::Warn, "pause", "Suspended")
    }

    /// Something that ended as it should.
    #[must_use]
    pub fn completed() -> Self {
        Self::new(Tone::Good, "check", "Completed")
    }

    /// Something that was ended early by a person or by its process.
    #[must_use]
    pub fn terminated() -> Self {
        Self::new(Tone::Neutral, "stop", "Terminated")
    }

    /// Something that can't go on until a person repairs it.
    #[must_use]
    pub fn incident() -> Self {
        Self::new(Tone::Bad, "alert", "Incident")
    }

    /// Something that waits for its time, a message or a person.
    #[must_use]
    pub fn waiting(text: impl Into<String>) -> Self {
        Self::new(Tone::Warn, "clock", text)
    }
}

/// A moment: a short text, the full time as title, and the machine's form.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/stamp.html")]
pub struct Stamp {
    /// RFC 3339 in UTC, for `datetime`.
    pub iso: String,
    /// The full time with its zone.
    pub title: String,
    /// What is read at a glance, such as `5 min ago`.
    pub text: String,
}

impl HtmlSafe for Stamp {}

impl Stamp {
    /// The moment `at_ms` as seen at `now_ms`, both in milliseconds since 1970, UTC.
    #[must_use]
    pub fn at(at_ms: i64, now_ms: i64) -> Self {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let zoned = at.to_zoned(TimeZone::UTC);
        Self {
            iso: zoned.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            title: zoned.strftime("%-d %b %Y, %H:%M:%S UTC").to_string(),
            text: relative((at_ms - now_ms) / 1000)
                .unwrap_or_else(|| zoned.strftime("%-d %b %Y").to_string()),
        }
    }

    /// A moment `minutes` before the samples' fixed now; negative is in the future.
    pub(super) fn sample(minutes: i64) -> Self {
        let now_ms = 1_795_271_400_000;
        Self::at(now_ms - minutes * 60_000, now_ms)
    }
}

/// The distance in words up to a month; beyond it the date says more.
fn relative(seconds: i64) -> Option<String> {
    let (amount, unit) = match seconds.unsigned_abs() {
        0..45 => return Some("just now".into()),
        45..3_570 => ((seconds.unsigned_abs() + 30) / 60, "min"),
        3_570..84_600 => ((seconds.unsigned_abs() + 1_800) / 3_600, "h"),
        84_600..2_592_000 => ((seconds.unsigned_abs() + 43_200) / 86_400, "d"),
        _ => return None,
    };
    Some(if seconds < 0 { format!("{amount} {unit} ago") } else { format!("in {amount} {unit}") })
}

/// Where a list goes on; cursors are in the addresses.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    /// For example `1–50 of 1,204`.
    pub summary: String,
    /// The list's beginning; `None` on the first page.
    pub first_href: Option<String>,
    pub next_href: Option<String>,
}

impl HtmlSafe for Pager {}

/// What a list says when it has nothing to show, and what to do next.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/empty.html")]
pub struct EmptyState {
    pub icon: &'static str,
    pub title: String,
    pub text: String,
    pub action: Option<Link>,
}

impl HtmlSafe for EmptyState {}

impl EmptyState {
    /// An empty state without an action.
    #[must_use]
    pub fn new(icon: &'static str, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { icon, title: title.into(), text: text.into(), action: None }
    }

    /// Adds the next step as a button.
    #[must_use]
    pub fn with_action(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.action = Some(Link::new(label, href));
        self
    }
}

/// A text that leads somewhere; an empty address makes it plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parts/link.html")]
pub struct Link {
    pub label: String,
    pub href: String,
}

impl HtmlSafe for Link {}

impl Link {
    /// A link to `href`.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// One of several views of the same list, with its count; also used for tabs.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Stable part of the HTML id.
    pub id: &'static str,
    pub label: String,
    pub href: String,
    /// Empty shows none.
    pub count: String,
    pub is_current: bool,
}

impl Tab {
    /// A tab; the counts of lists that are not counted are empty.
    #[must_use]
    pub fn new(
        id: &'static str,
        label: &str,
        href: impl Into<String>,
        count: &str,
        is_current: bool,
    ) -> Self {
        Self { id, label: label.into(), href: href.into(), count: count.into(), is_current }
    }
}

/// One option of a select, a radio group, a checklist or a tag list.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl Choice {
    /// An option.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>, is_chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), is_chosen }
    }
}

/// A named value in a page's header; `value` may be a link.
#[derive(Clone, Debug)]
pub struct Fact {
    pub label: &'static str,
    pub value: Link,
}

impl Fact {
    /// A fact whose value is plain text.
    #[must_use]
    pub fn text(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: Link::new(value, "") }
    }

    /// A fact whose value leads somewhere.
    #[must_use]
    pub fn link(label: &'static str, value: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label, value: Link::new(value, href) }
    }
}

/// A piece of a search result's text; `is_hit` pieces are highlighted.
#[derive(Clone, Debug)]
pub struct Snippet {
    pub text: String,
    pub is_hit: bool,
}

/// A process diagram drawn by the server, in a frame that scrolls and zooms.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "parts/diagram.html")]
pub struct Diagram {
    /// A whole `<svg>` element made by the server; empty when the model has no layout.
    pub svg: String,
    /// What the picture shows, for screen readers.
    pub label: String,
    /// Explains the states drawn over the elements.
    pub has_states: bool,
}

impl HtmlSafe for Diagram {}

impl Diagram {
    /// A diagram without states.
    pub(super) fn sample() -> Self {
        Self {
            svg: include_str!("sample_diagram.svg").into(),
            label: "Diagram of Expense approval".into(),
            has_states: false,
        }
    }

    /// The same diagram with elements that are completed, active and stuck.
    pub(super) fn sample_with_states() -> Self {
        let states = [
            ("to_amount", "is-taken"),
            ("needs_approval", "is-taken"),
            ("to_decision", "is-taken"),
            ("is_approved", "is-taken"),
            ("to_reminder", "is-taken"),
            ("expense_requested", "is-completed"),
            ("amount_checked", "is-completed"),
            ("approve_expense", "is-completed"),
            ("decision_made", "is-completed"),
            ("send_reminder", "is-active"),
            ("notify_approved", "is-stuck"),
        ];
        let svg = states.iter().fold(Self::sample().svg, |svg, (id, state)| {
            let end = format!("\" data-element-id=\"{id}\"");
            svg.replace(&end, &format!(" {state}{end}"))
        });
        Self { svg, has_states: true, ..Self::sample() }
    }
}
