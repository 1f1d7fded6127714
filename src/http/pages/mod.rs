//! One file per screen: the struct its template shows, and the handlers that fill it.
//! Must not know SQL or the engine; pages ask services and only translate.

#![expect(
    missing_docs,
    reason = "a page's fields are named after what the template shows; the struct says the rest"
)]

pub mod chart;
mod filled_form;
pub mod form_shown;
pub mod form_view;
pub mod layout;
mod names;
pub mod numbers;
pub mod parts;
pub(crate) mod words;

pub mod account;
pub mod audit;
pub mod bulk_choice;
pub mod bulk_operation;
pub mod bulk_operations;
pub mod comparison;
pub mod decision;
pub mod decision_view;
pub mod decisions;
pub mod deploy_problems;
pub mod error;
pub mod evaluation;
pub mod files;
pub mod groups;
pub mod history;
pub mod home;
pub mod inbox;
pub mod incidents;
pub mod instance;
pub mod instance_migrate;
pub mod instance_modify;
pub mod instance_restart;
pub mod instance_variables;
pub mod instances;
pub mod not_found;
pub mod patterns;
pub mod process;
pub mod processes;
pub mod roles;
pub mod schedules;
pub mod setup;
pub mod sign_in;
pub mod start_form;
pub mod system;
pub mod task_actions;
mod task_pane;
pub mod timeline_rows;
pub mod users;
pub mod waiting_rows;
