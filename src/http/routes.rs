//! Every route of the server, in one list: each file of the API and each page brings its own.
//!
//! Must not know handlers.

use crate::http::route::Route;
use crate::http::{api, live};

/// All routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    [
        live::routes(),
        api::system::routes(),
        api::auth::routes(),
        api::users::routes(),
        api::groups::routes(),
        api::roles::routes(),
        api::tokens::routes(),
        api::audit::routes(),
    ]
    .concat()
}
