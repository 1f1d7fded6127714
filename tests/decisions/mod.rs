//! Decisions on a server: deployed, called by processes, evaluated by themselves, kept and shown.

mod api;
mod calling;
mod deploying;

use crate::support::models;

/// A model of one table over `amount`, in a namespace of its own.
fn table(id: &str, namespace: &str, limit: u32) -> String {
    format!(
        r#"<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="{id}-model"
    name="{id} rules" namespace="{namespace}">
  <decision id="{id}" name="Level of {id}">
    <decisionTable id="{id}-table" hitPolicy="UNIQUE">
      <input label="Amount"><inputExpression><text>amount</text></inputExpression></input>
      <output name="level"/>
      <rule id="low"><inputEntry><text>&lt; {limit}</text></inputEntry>
        <outputEntry><text>"low"</text></outputEntry></rule>
      <rule id="high"><inputEntry><text>&gt;= {limit}</text></inputEntry>
        <outputEntry><text>"high"</text></outputEntry></rule>
      <rule id="huge"><inputEntry><text>&gt; 9000</text></inputEntry>
        <outputEntry><text>"huge"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"#
    )
}

/// Start, a business rule task `decide`, end.
fn process(called: &str) -> String {
    models::with_decision(called)
}
