//! A drawing of a model: shapes with bounds and edges with waypoints, in drawing order.
//!
//! Lengths are the units of BPMN's diagram interchange, which people read as pixels; y grows
//! downwards. Must not know how it is rendered.

/// One drawing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// The process, collaboration or sub-process that is drawn.
    pub element_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Everything that has a place, in the order of the file.
    pub shapes: Vec<Shape>,
    /// Everything that connects two places.
    pub edges: Vec<Edge>,
    /// Drawings of their own for collapsed sub-processes.
    pub details: Vec<Diagram>,
}

/// Something that has a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The element's id.
    pub element_id: String,
    /// Its name, or an annotation's text.
    pub name: Option<String>,
    /// What is drawn.
    pub kind: ShapeKind,
    /// Its place.
    pub bounds: Bounds,
    /// The place of its name, where the file says so.
    pub label: Option<Bounds>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The id of the flow or association.
    pub element_id: String,
    /// Its name.
    pub name: Option<String>,
    /// What is drawn.
    pub kind: EdgeKind,
    /// At least two points.
    pub waypoints: Vec<Point>,
    /// The place of its name, where the file says so.
    pub label: Option<Bounds>,
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// At least 0.
    pub width: f64,
    /// At least 0.
    pub height: f64,
}

impl Bounds {
    /// Its right side.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower side.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// Its middle.
    #[must_use]
    pub fn center(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }
}

/// What a shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeKind {
    /// A circle.
    Event(EventShape),
    /// A box with round corners.
    Activity(ActivityShape),
    /// A diamond.
    Gateway(GatewayMark),
    /// A pool.
    Participant {
        /// Whether its name stands at the left side.
        is_horizontal: bool,
    },
    /// A part of a pool.
    Lane {
        /// Whether its name stands at the left side.
        is_horizontal: bool,
    },
    /// A sheet of paper.
    DataObject,
    /// A drum.
    DataStore,
    /// A text with a bracket.
    TextAnnotation,
    /// A dashed box.
    Group,
}

/// How an event is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventShape {
    /// Decides the border.
    pub position: EventPosition,
    /// The icon inside.
    pub mark: Option<EventMark>,
    /// A dashed border when not.
    pub is_interrupting: bool,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventPosition {
    /// Thin border.
    Start,
    /// Double border.
    Catch,
    /// Double border, filled icon.
    Throw,
    /// Double border, attached to an activity.
    Boundary,
    /// Thick border, filled icon.
    End,
}

/// The icon of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventMark {
    /// Envelope.
    Message,
    /// Clock.
    Timer,
    /// Flash.
    Error,
    /// Disc.
    Terminate,
    /// Triangle.
    Signal,
    /// Arrow upwards.
    Escalation,
    /// Sheet with lines.
    Conditional,
    /// Arrow to the right.
    Link,
    /// Two triangles to the left.
    Compensation,
    /// Cross.
    Cancel,
    /// Pentagon.
    Multiple,
    /// Plus.
    ParallelMultiple,
}

/// How an activity is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityShape {
    /// Decides border and icon.
    pub kind: ActivityKind,
    /// Mark at the lower side.
    pub repetition: Option<Repetition>,
    /// Whether it undoes another one: two triangles at the lower side.
    pub is_for_compensation: bool,
}

/// Kinds of activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// Without a type.
    Task,
    /// For a person.
    User,
    /// For a worker.
    Service,
    /// Script.
    Script,
    /// Sends a message.
    Send,
    /// Waits for a message.
    Receive,
    /// Begins with a message: an envelope in a circle.
    InstantiatingReceive,
    /// Done outside the system.
    Manual,
    /// Decision.
    BusinessRule,
    /// Another process; thick border.
    CallActivity,
    /// Sub-process.
    SubProcess {
        /// Whether its border is double.
        is_transaction: bool,
        /// Whether it has a wave at the lower side.
        is_ad_hoc: bool,
        /// Whether its inside is drawn.
        is_expanded: bool,
        /// Dashed border.
        is_event: bool,
    },
}

/// How often an activity is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// Multi-instance, all at once: three upright bars.
    Parallel,
    /// Multi-instance, one after the other: three level bars.
    Sequential,
    /// Standard loop: a round arrow.
    Loop,
}

/// Kinds of gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayMark {
    /// X.
    Exclusive,
    /// Plus.
    Parallel,
    /// Circle.
    Inclusive,
    /// Pentagon in two circles.
    EventBased,
    /// Pentagon in one circle: starts the process.
    InstantiatingEventBased,
    /// Plus in one circle: starts the process, and waits for all.
    ParallelEventBased,
    /// Star.
    Complex,
}

/// Kinds of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// Sequence flow.
    Sequence {
        /// A stroke at its start.
        is_default: bool,
        /// A diamond at its start: a condition at a flow from an activity.
        is_conditional: bool,
    },
    /// Message flow between pools.
    Message,
    /// Association with an annotation.
    Association,
    /// Association with data.
    DataAssociation,
}

impl ShapeKind {
    /// Whether other shapes may stand on it, so that it is drawn below them.
    #[must_use]
    pub fn is_container(&self) -> bool {
        match self {
            Self::Participant { .. } | Self::Lane { .. } | Self::Group => true,
            Self::Activity(activity) => {
                matches!(activity.kind, ActivityKind::SubProcess { is_expanded: true, .. })
            }
            _ => false,
        }
    }
}

impl Diagram {
    /// The smallest rectangle around everything; `None` for an empty drawing.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        let boxes = self.shapes.iter().flat_map(|it| std::iter::once(it.bounds).chain(it.label));
        let points = self.edges.iter().flat_map(|it| {
            let points =
                it.waypoints.iter().map(|at| Bounds { x: at.x, y: at.y, ..Bounds::default() });
            points.chain(it.label)
        });
        boxes.chain(points).reduce(Bounds::around)
    }
}
