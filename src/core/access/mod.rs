//! Who may do what: permissions, the roles that grant them, and the rules about user tasks.
//!
//! Pure rules over facts handed in. Must not know how somebody signed in, nor how facts are stored.

mod permission;
mod principal;
mod role;
mod user_task;

pub use permission::{Permission, PermissionSet};
pub use principal::{Principal, Via};
pub use role::Role;
pub use user_task::{
    TaskFacts, may_assign, may_claim, may_complete, may_release, may_see_instance_of, may_see_task,
};
