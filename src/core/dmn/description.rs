//! What stands in a DMN file, as people see it: tables, expressions, requirements, places.
//!
//! Reads what is written, whether or not it can be evaluated. Must not know how it is shown.

use std::collections::HashMap;

use super::model::ElementKind;
use super::xml::{self, Node};

/// The file's elements and how they require each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The model's name.
    pub name: Option<String>,
    /// The elements in the order of the file.
    pub elements: Vec<DescribedElement>,
    /// What requires what.
    pub requirements: Vec<DescribedRequirement>,
}

/// An element of the requirement graph.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedElement {
    /// What it is.
    pub kind: ElementKind,
    /// Its id.
    pub id: Option<String>,
    /// Its name, or its id where it has none.
    pub name: String,
    /// The question a decision answers.
    pub question: Option<String>,
    /// What its author says about it.
    pub description: Option<String>,
    /// The type of its value.
    pub type_ref: Option<String>,
    /// Its expression but for tables; empty where it is nothing but a table.
    pub lines: Vec<LogicLine>,
    /// The tables in it.
    pub tables: Vec<DescribedTable>,
    /// Where it is drawn, as left, top, width and height.
    pub bounds: Option<[f64; 4]>,
}

/// A line of a boxed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogicLine {
    /// How deep it stands in others, from 0.
    pub depth: usize,
    /// Its name, or what part it is; empty for a value.
    pub label: String,
    /// FEEL, as it is written.
    pub text: String,
}

/// A decision table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedTable {
    /// Its id.
    pub id: Option<String>,
    /// The hit policy, with the aggregator.
    pub hit_policy: String,
    /// What is tested.
    pub inputs: Vec<TableColumn>,
    /// What it gives.
    pub outputs: Vec<TableColumn>,
    /// The rules in their order.
    pub rules: Vec<DescribedRule>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its label or name, else its expression.
    pub label: String,
    /// The expression of an input, where it is not the label.
    pub expression: String,
    /// The type.
    pub type_ref: String,
    /// The values that are allowed.
    pub values: String,
}

/// A rule of a table; its number is its place, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedRule {
    /// The tests, `-` where there is none.
    pub tests: Vec<String>,
    /// What it gives.
    pub outputs: Vec<String>,
    /// What its author wrote beside it.
    pub annotations: Vec<String>,
}

/// That an element requires another.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedRequirement {
    /// The place of what is required among the elements.
    pub from: usize,
    /// The place of what requires it.
    pub to: usize,
    /// Whether a function is required, and not a value.
    pub is_knowledge: bool,
    /// How the line is drawn; empty where nobody drew it.
    pub points: Vec<[f64; 2]>,
}

/// Reads the outermost element of a file.
pub(super) fn read(root: Node<'_>) -> Description {
    let (shapes, edges) = drawn(root);
    let mut nodes = Vec::new();
    for node in xml::elements(root) {
        let kind = match node.tag_name().name() {
            "inputData" => ElementKind::Input,
            "decision" => ElementKind::Decision,
            "businessKnowledgeModel" => ElementKind::Knowledge,
            "decisionService" => ElementKind::Service,
            _ => continue,
        };
        nodes.push((kind, node));
    }
    let places: HashMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .filter_map(|(place, (_, node))| Some((xml::attribute(*node, "id")?, place)))
        .collect();
    let mut requirements = Vec::new();
    for (to, (_, node)) in nodes.iter().enumerate() {
        requirements.extend(required(*node, to, &places, &edges));
    }
    Description {
        name: xml::attribute(root, "name").map(str::to_owned),
        elements: nodes.into_iter().map(|(kind, node)| element(kind, node, &shapes)).collect(),
        requirements,
    }
}

fn required(
    node: Node<'_>,
    to: usize,
    places: &HashMap<&str, usize>,
    edges: &HashMap<&str, Vec<[f64; 2]>>,
) -> Vec<DescribedRequirement> {
    let mut found = Vec::new();
    for (holder, is_knowledge) in
        [("informationRequirement", false), ("knowledgeRequirement", true)]
    {
        for requirement in xml::children(node, holder) {
            let target = xml::elements(requirement).find_map(|it| xml::attribute(it, "href"));
            let id = target.map(|href| href.rsplit('#').next().unwrap_or(href));
            let Some(from) = id.and_then(|id| places.get(id)) else { continue };
            let edge = xml::attribute(requirement, "id").and_then(|id| edges.get(id));
            let points = edge.cloned().unwrap_or_default();
            found.push(DescribedRequirement { from: *from, to, is_knowledge, points });
        }
    }
    found
}

/// Places of shapes and lines of edges, by the id of what they draw.
type Drawn<'a> = (HashMap<&'a str, [f64; 4]>, HashMap<&'a str, Vec<[f64; 2]>>);

/// The first diagram of the file.
fn drawn(root: Node<'_>) -> Drawn<'_> {
    let (mut shapes, mut edges) = (HashMap::new(), HashMap::new());
    let Some(diagram) = root.descendants().find(|it| is_named(*it, "DMNDiagram")) else {
        return (shapes, edges);
    };
    let number = |node: Node<'_>, name: &str| {
        let number = node.attribute(name)?.trim().parse().ok()?;
        f64::is_finite(number).then_some(number)
    };
    for node in diagram.children() {
        let Some(id) = node.attribute("dmnElementRef") else { continue };
        let id = id.rsplit(['#', ':']).next().unwrap_or(id);
        if is_named(node, "DMNShape") {
            let bounds = node.children().find(|it| is_named(*it, "Bounds")).and_then(|it| {
                let side = |name| number(it, name);
                Some([side("x")?, side("y")?, side("width")?, side("height")?])
            });
            shapes.extend(bounds.map(|bounds| (id, bounds)));
        } else if is_named(node, "DMNEdge") {
            let points = node.children().filter(|it| is_named(*it, "waypoint"));
            let points = points.filter_map(|it| Some([number(it, "x")?, number(it, "y")?]));
            edges.insert(id, points.collect());
        }
    }
    (shapes, edges)
}

fn is_named(node: Node<'_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn element(
    kind: ElementKind,
    node: Node<'_>,
    shapes: &HashMap<&str, [f64; 4]>,
) -> DescribedElement {
    let id = xml::attribute(node, "id");
    let name = xml::attribute(node, "name").or(id).unwrap_or_default().to_owned();
    let text = |name| Some(xml::content(xml::child(node, name)?)?.value.trim().to_owned());
    let variable = xml::child(node, "variable");
    let mut logic = Logic::default();
    match xml::child(node, "encapsulatedLogic") {
        Some(function) => logic.function(function, 0),
        None => logic.child_of(node, 0, ""),
    }
    DescribedElement {
        kind,
        id: id.map(str::to_owned),
        name,
        question: text("question"),
        description: text("description"),
        type_ref: variable.and_then(|it| xml::attribute(it, "typeRef")).map(str::to_owned),
        lines: logic.lines,
        tables: logic.tables,
        bounds: id.and_then(|id| shapes.get(id)).copied(),
    }
}

/// Boxed expressions become lines, tables are set apart. The depth is that of the file's elements.
#[derive(Default)]
struct Logic {
    lines: Vec<LogicLine>,
    tables: Vec<DescribedTable>,
}

impl Logic {
    fn line(&mut self, depth: usize, label: &str, text: String) {
        self.lines.push(LogicLine { depth, label: label.to_owned(), text });
    }

    /// The expression among the children, under a label.
    fn child_of(&mut self, node: Node<'_>, depth: usize, label: &str) {
        if let Some(expression) = super::compiler::expression_in(node) {
            self.expression(expression, depth, label);
        }
    }

    fn expression(&mut self, node: Node<'_>, depth: usize, label: &str) {
        let name = node.tag_name().name();
        match name {
            "literalExpression" => self.line(depth, label, text_of(node)),
            "decisionTable" => {
                let table = table(node);
                if depth > 0 || !label.is_empty() {
                    self.line(depth, label, format!("a table of {} rules", table.rules.len()));
                }
                self.tables.push(table);
            }
            _ => {
                self.line(depth, label, describe_kind(node));
                self.parts(node, depth + 1);
            }
        }
    }

    fn parts(&mut self, node: Node<'_>, depth: usize) {
        match node.tag_name().name() {
            "context" => {
                for entry in xml::children(node, "contextEntry") {
                    self.child_of(entry, depth, variable_name(entry).unwrap_or("result"));
                }
            }
            "invocation" => {
                self.child_of(node, depth, "calls");
                for binding in xml::children(node, "binding") {
                    let parameter = xml::child(binding, "parameter");
                    let name = parameter.and_then(|it| xml::attribute(it, "name"));
                    self.child_of(binding, depth, name.unwrap_or("parameter"));
                }
            }
            "functionDefinition" => self.child_of(node, depth, "gives"),
            "relation" => self.relation(node, depth),
            _ => {
                for part in xml::elements(node) {
                    if super::expressions::is_expression(part.tag_name().name()) {
                        self.expression(part, depth, "");
                    } else {
                        self.child_of(part, depth, part.tag_name().name());
                    }
                }
            }
        }
    }

    fn function(&mut self, node: Node<'_>, depth: usize) {
        self.line(depth, "", describe_kind(node));
        self.child_of(node, depth + 1, "gives");
    }

    fn relation(&mut self, node: Node<'_>, depth: usize) {
        let columns: Vec<&str> = xml::children(node, "column")
            .map(|it| xml::attribute(it, "name").unwrap_or_default())
            .collect();
        for (row, number) in xml::children(node, "row").zip(1..) {
            self.line(depth, &format!("row {number}"), String::new());
            for (cell, column) in xml::elements(row).zip(&columns) {
                self.expression(cell, depth + 1, column);
            }
        }
    }
}

fn describe_kind(node: Node<'_>) -> String {
    match node.tag_name().name() {
        "functionDefinition" | "encapsulatedLogic" => {
            let parameters: Vec<&str> = xml::children(node, "formalParameter")
                .filter_map(|it| xml::attribute(it, "name"))
                .collect();
            format!("function({})", parameters.join(", "))
        }
        "for" | "some" | "every" => {
            let name = xml::attribute(node, "iteratorVariable").unwrap_or("item");
            format!("{} {name}", node.tag_name().name())
        }
        other => other.to_owned(),
    }
}

fn variable_name(node: Node<'_>) -> Option<&str> {
    xml::attribute(xml::child(node, "variable")?, "name")
}

fn text_of(node: Node<'_>) -> String {
    xml::text(node).map_or_else(String::new, |it| it.value.trim().to_owned())
}

fn table(node: Node<'_>) -> DescribedTable {
    let policy = xml::attribute(node, "hitPolicy").unwrap_or("UNIQUE");
    let aggregation = xml::attribute(node, "aggregation");
    let hit_policy = [Some(policy), aggregation].into_iter().flatten().collect::<Vec<_>>();
    DescribedTable {
        id: xml::attribute(node, "id").map(str::to_owned),
        hit_policy: hit_policy.join(" "),
        inputs: xml::children(node, "input").map(input).collect(),
        outputs: xml::children(node, "output").map(output).collect(),
        rules: xml::children(node, "rule").map(rule).collect(),
    }
}

fn input(node: Node<'_>) -> TableColumn {
    let inner = xml::child(node, "inputExpression");
    let expression = inner.map(text_of).unwrap_or_default();
    let label = xml::attribute(node, "label").unwrap_or(&expression).to_owned();
    TableColumn {
        expression: if label == expression { String::new() } else { expression },
        label,
        type_ref: inner.and_then(|it| xml::attribute(it, "typeRef")).unwrap_or("").to_owned(),
        values: xml::child(node, "inputValues").map(text_of).unwrap_or_default(),
    }
}

fn output(node: Node<'_>) -> TableColumn {
    let label = xml::attribute(node, "label").or_else(|| xml::attribute(node, "name"));
    TableColumn {
        label: label.unwrap_or("result").to_owned(),
        expression: String::new(),
        type_ref: xml::attribute(node, "typeRef").unwrap_or_default().to_owned(),
        values: xml::child(node, "outputValues").map(text_of).unwrap_or_default(),
    }
}

fn rule(node: Node<'_>) -> DescribedRule {
    let test = |it| match text_of(it) {
        empty if empty.is_empty() => "-".to_owned(),
        text => text,
    };
    let description = xml::child(node, "description").and_then(xml::content);
    let annotations = xml::children(node, "annotationEntry").filter_map(xml::text);
    let written = annotations.chain(description).map(|it| it.value.trim().to_owned());
    DescribedRule {
        tests: xml::children(node, "inputEntry").map(test).collect(),
        outputs: xml::children(node, "outputEntry").map(text_of).collect(),
        annotations: written.collect(),
    }
}
