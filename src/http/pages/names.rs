//! Names of people for pages that know their login names only.
//! Must not know what the people do there.

use std::collections::{BTreeSet, HashMap};

use crate::http::app::App;
use crate::http::error::HttpError;

/// Display names by login name.
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// The names of these people; whoever is no user any more keeps the login name.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn load<'i>(
        app: &App,
        user_ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<Self, HttpError> {
        let mut names = HashMap::new();
        for user_id in user_ids.into_iter().collect::<BTreeSet<_>>() {
            if let Some(user) = app.identity.find_user(user_id).await? {
                names.insert(user_id.to_owned(), user.display_name);
            }
        }
        Ok(Self(names))
    }

    /// The name to show.
    pub(crate) fn of(&self, user_id: &str) -> String {
        self.0.get(user_id).map_or_else(|| user_id.to_owned(), Clone::clone)
    }
}
