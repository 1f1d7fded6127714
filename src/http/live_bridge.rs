//! From what commits changed to the topics that open pages follow.
//!
//! Must not know who follows what.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::http::live::LiveBus;
use crate::services::execution::{Change, Changes, Notice};

/// How often pages about the program itself look again.
const SYSTEM_EVERY: Duration = Duration::from_secs(5);

/// Tells the bus of every change until told to stop.
pub fn spawn(changes: &Changes, bus: LiveBus, stop: CancellationToken) {
    let mut notices = changes.listen();
    tokio::spawn(async move {
        let mut system = interval(SYSTEM_EVERY);
        system.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Ok(notice) => publish(&bus, &notice),
                    Err(RecvError::Lagged(_)) => bus.publish_all(),
                    Err(RecvError::Closed) => return,
                },
                _ = system.tick() => bus.publish("system"),
                () = stop.cancelled() => return,
            }
        }
    });
}

fn publish(bus: &LiveBus, notice: &Notice) {
    let mut has_instance = false;
    for change in notice.iter() {
        let topic = match change {
            Change::Instance(key) => {
                // The list shows where instances are, so each turn may change it.
                if !has_instance {
                    bus.publish("instances");
                    has_instance = true;
                }
                bus.publish(&format!("instance-{key}"));
                continue;
            }
            Change::Operation(key) => {
                bus.publish("operations");
                bus.publish(&format!("operation-{key}"));
                continue;
            }
            Change::Instances => "instances",
            Change::UserTasks => "tasks",
            Change::Incidents => "incidents",
            Change::Processes => "processes",
            Change::Schedules => "schedules",
            Change::Files => "files",
            Change::Identity => "users",
        };
        bus.publish(topic);
    }
}
