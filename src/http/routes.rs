//! Every route of the server, in one list: each file of the API and each page brings its own.
//!
//! Must not know handlers.

use crate::http::route::Route;
use crate::http::{api, assets, live, pages};

/// All routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    [
        assets::routes(),
        live::routes(),
        pages::setup::routes(),
        pages::sign_in::routes(),
        pages::account::routes(),
        pages::users::routes(),
        pages::groups::routes(),
        pages::roles::routes(),
        pages::inbox::routes(),
        pages::task_actions::routes(),
        pages::start_form::routes(),
        pages::files::routes(),
        pages::home::routes(),
        pages::processes::routes(),
        pages::process::routes(),
        pages::patterns::routes(),
        pages::comparison::routes(),
        pages::history::routes(),
        pages::decisions::routes(),
        pages::decision::routes(),
        pages::evaluation::routes(),
        pages::instances::routes(),
        pages::instance::routes(),
        pages::instance_modify::routes(),
        pages::instance_migrate::routes(),
        pages::instance_restart::routes(),
        pages::bulk_choice::routes(),
        pages::bulk_operations::routes(),
        pages::bulk_operation::routes(),
        pages::incidents::routes(),
        pages::schedules::routes(),
        pages::audit::routes(),
        pages::system::routes(),
        api::system::routes(),
        api::auth::routes(),
        api::users::routes(),
        api::groups::routes(),
        api::roles::routes(),
        api::tokens::routes(),
        api::deployments::routes(),
        api::processes::routes(),
        api::history::routes(),
        api::decisions::routes(),
        api::instances::routes(),
        api::instance_changes::routes(),
        api::bulk_operations::routes(),
        api::jobs::routes(),
        api::messages::routes(),
        api::signals::routes(),
        api::conditions::routes(),
        api::incidents::routes(),
        api::schedules::routes(),
        api::search::routes(),
        api::audit::routes(),
        api::tasks::routes(),
        api::talk::routes(),
        api::files::routes(),
        api::forms::routes(),
    ]
    .concat()
}
