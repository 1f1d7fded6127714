//! Deployed forms, and the form that starts a process.
//!
//! Must not know how a form is shown or checked.

use crate::core::forms::Form;
use crate::core::model::{
    Binding, Dynamic, ElementKind, FormReference, ProcessDefinition, StartEvent,
};
use crate::platform::store::{Row, Sql, StoreError};
use crate::services::execution::Deployed;

const SELECT: &str = "SELECT r.content FROM sys_views__forms f
     JOIN sys_flows__resources r ON r.key = f.resource_key WHERE f.form_id = ?1";

/// The latest version of a form, if it is deployed.
///
/// # Errors
/// `Corrupt` when it can't be read any more; `Driver` from the database.
pub fn find_form(sql: &mut dyn Sql, form_id: &str) -> Result<Option<Form>, StoreError> {
    let select = format!("{SELECT} ORDER BY f.version DESC LIMIT 1");
    let rows = sql.query(&select, &[form_id.into()])?;
    rows.first().map(|row| parse(form_id, row)).transpose()
}

/// One version of a form, if it is deployed.
///
/// # Errors
/// As for [`find_form`].
pub fn find_form_version(
    sql: &mut dyn Sql,
    form_id: &str,
    version: i64,
) -> Result<Option<Form>, StoreError> {
    let select = format!("{SELECT} AND f.version = ?2");
    let rows = sql.query(&select, &[form_id.into(), version.into()])?;
    rows.first().map(|row| parse(form_id, row)).transpose()
}

/// The version of a form that a binding means, with its text, if it is deployed.
///
/// # Errors
/// As for [`find_form`].
pub fn find_bound_source(
    sql: &mut dyn Sql,
    form_id: &str,
    binding: &Binding,
    deployment_key: i64,
) -> Result<Option<String>, StoreError> {
    let until = match binding {
        Binding::Deployment => deployment_key,
        Binding::Latest | Binding::VersionTag(_) => i64::MAX,
    };
    let select = format!("{SELECT} AND f.deployment_key <= ?2 ORDER BY f.version DESC");
    for row in sql.query(&select, &[form_id.into(), until.into()])? {
        let source = row.text(0)?;
        match binding {
            Binding::VersionTag(tag) if version_tag(source).as_ref() != Some(tag) => {}
            _ => return Ok(Some(source.to_owned())),
        }
    }
    Ok(None)
}

/// The `versionTag` of a form-js schema.
fn version_tag(source: &str) -> Option<String> {
    let schema: serde_json::Value = serde_json::from_str(source).ok()?;
    Some(schema.get("versionTag")?.as_str()?.to_owned())
}

/// The text of the latest version of a form and the version, if it is deployed.
///
/// # Errors
/// Those of the database.
pub fn find_form_source(
    sql: &mut dyn Sql,
    form_id: &str,
) -> Result<Option<(i64, String)>, StoreError> {
    let rows = sql.query(
        "SELECT f.version, r.content FROM sys_views__forms f
         JOIN sys_flows__resources r ON r.key = f.resource_key
         WHERE f.form_id = ?1 ORDER BY f.version DESC LIMIT 1",
        &[form_id.into()],
    )?;
    rows.first().map(|row| Ok((row.integer(0)?, row.text(1)?.to_owned()))).transpose()
}

fn parse(form_id: &str, row: &Row) -> Result<Form, StoreError> {
    read(form_id, row.text(0)?)
}

fn read(form_id: &str, source: &str) -> Result<Form, StoreError> {
    Form::parse(source).map_err(|_| StoreError::Corrupt(format!("form {form_id}")))
}

/// What a person is shown to fill in.
#[derive(Debug)]
pub enum ShownForm {
    /// A form of ours.
    Form(Box<Form>),
    /// An address outside; FEEL is not computed here.
    External(Dynamic),
}

/// The form a reference names, if there is one; the deployment is that of who refers to it.
///
/// # Errors
/// As for [`find_form`].
pub fn resolve_form(
    sql: &mut dyn Sql,
    reference: &FormReference,
    deployment_key: i64,
) -> Result<Option<ShownForm>, StoreError> {
    let form = match reference {
        FormReference::Bound(id, binding) => {
            let source = find_bound_source(sql, id, binding, deployment_key)?;
            let form = source.map(|source| read(id, &source)).transpose()?;
            form.map(Box::new).map(ShownForm::Form)
        }
        FormReference::Id(id) => find_form(sql, id)?.map(Box::new).map(ShownForm::Form),
        FormReference::Embedded(text) => {
            Some(ShownForm::Form(Box::new(read("of the model", text)?)))
        }
        FormReference::External(address) => Some(ShownForm::External(address.clone())),
    };
    Ok(form)
}

/// The form that asks a person for the first variables of an instance, if the process has one.
///
/// # Errors
/// As for [`find_form`].
pub fn start_form(sql: &mut dyn Sql, deployed: &Deployed) -> Result<Option<ShownForm>, StoreError> {
    match start_form_reference(&deployed.graph) {
        Some(reference) => resolve_form(sql, reference, deployed.deployment_key),
        None => Ok(None),
    }
}

fn start_form_reference(graph: &ProcessDefinition) -> Option<&FormReference> {
    let children = &graph.element(ProcessDefinition::ROOT).children;
    children.iter().find_map(|child| match &graph.element(*child).kind {
        ElementKind::StartEvent(StartEvent { trigger: None, form, .. }) => form.as_ref(),
        _ => None,
    })
}
