//! One file per screen: the struct its template shows, and the handlers that fill it.
//! Must not know SQL or the engine; pages ask services and only translate.

#![expect(
    missing_docs,
    reason = "a page's fields are named after what the template shows; the struct says the rest"
)]

pub mod layout;
pub mod parts;
pub mod chart;
pub mod form_view;

pub mod setup;
pub mod sign_in;
pub mod home;
pub mod processes;
pub mod deploy_problems;
pub mod process;
pub mod start_form;
pub mod inbox;
pub mod instances;
pub mod instance;
pub mod incidents;
pub mod schedules;
pub mod files;
pub mod audit;
pub mod users;
pub mod groups;
pub mod roles;
pub mod account;
pub mod system;
pub mod error;
pub mod not_found;
