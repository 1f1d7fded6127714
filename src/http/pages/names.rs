//! Names of people and groups for pages that know their ids only.
//! Must not know what they do there.

use std::collections::{BTreeSet, HashMap};

use crate::http::app::App;
use crate::http::error::HttpError;
use crate::services::identity::IdentityError;
use crate::services::instances::Naming;

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

/// Names of groups by id.
pub(crate) struct GroupNames(HashMap<String, String>);

impl GroupNames {
    /// The names of these groups; a group that nobody has made keeps the id its model gives it.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn load<'i>(
        app: &App,
        group_ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<Self, HttpError> {
        let mut names = HashMap::new();
        for group_id in group_ids.into_iter().collect::<BTreeSet<_>>() {
            match app.identity.load_group_by_id(group_id).await {
                Ok(group) => drop(names.insert(group_id.to_owned(), group.name)),
                Err(IdentityError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self(names))
    }

    /// The name to show.
    pub(crate) fn of(&self, group_id: &str) -> String {
        self.0.get(group_id).map_or_else(|| group_id.to_owned(), Clone::clone)
    }

    /// The names of several, as a list in words.
    pub(crate) fn list(&self, group_ids: &[String]) -> String {
        group_ids.iter().map(|it| self.of(it)).collect::<Vec<_>>().join(", ")
    }
}

/// Names of both, for whoever tells what happened.
pub(crate) struct KnownNames {
    people: Names,
    groups: GroupNames,
}

impl KnownNames {
    /// The names of these people and groups.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn load<'i>(
        app: &App,
        user_ids: impl IntoIterator<Item = &'i str>,
        group_ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<Self, HttpError> {
        let people = Names::load(app, user_ids).await?;
        Ok(Self { people, groups: GroupNames::load(app, group_ids).await? })
    }
}

impl Naming for KnownNames {
    fn person(&self, user_id: &str) -> String {
        self.people.of(user_id)
    }

    fn group(&self, group_id: &str) -> String {
        self.groups.of(group_id)
    }
}
