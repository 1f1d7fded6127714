//! What tests of instances look at and do again and again.

use std::time::Duration;

use flowstead::core::access::Principal;
use flowstead::services::execution::{LeaseJobs, LeasedJob};
use flowstead::services::instances::{Inspection, Instances};
use flowstead::services::jobs;

use crate::support::engine::{Engine, origin};

/// Everything about an instance.
pub(super) async fn inspect(engine: &Engine, key: i64) -> Inspection {
    let instances = Instances::new(engine.execution.clone());
    let found = instances.inspect(&Principal::system(), key).await.expect("a read");
    found.expect("the instance exists")
}

/// Waits until an instance has ended; the engine works in threads of its own.
pub(super) async fn ended(engine: &Engine, key: i64) -> Inspection {
    for _ in 0..500 {
        let found = inspect(engine, key).await;
        if found.row.ended_at.is_some() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("instance {key} should have ended within ten seconds");
}

/// The jobs of a type that a worker gets now.
pub(super) async fn lease(engine: &Engine, job_type: &str) -> Vec<LeasedJob> {
    let wanted = LeaseJobs {
        job_types: vec![job_type.to_owned()],
        worker: "worker".to_owned(),
        limit: 10,
        lease_ms: 10_000,
        variable_names: None,
    };
    let taken = jobs::activate(&engine.execution, wanted, Duration::ZERO, origin("worker")).await;
    taken.expect("workers may ask")
}
