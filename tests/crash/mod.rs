//! The real server is killed again and again while work goes on; then everything it promised is
//! looked for in its folder.
//!
//! `FLOWSTEAD_CRASH_KILLS` and `FLOWSTEAD_CRASH_SEED` choose how often and when.

mod load;
mod promises;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::server::Server;
use load::{Acknowledged, Load};

/// Kills of a run, unless the environment says otherwise.
const KILLS: u64 = 200;
/// A run of the server lasts at most so long before it is killed.
const LIFE_MS_MAX: u64 = 350;
/// After the last message the work that is left is done in this time.
const REST: Duration = Duration::from_mins(3);

const MODEL: &str = include_str!("../fixtures/crash.bpmn");

/// Numbers that look random and are the same for a seed (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_done_twice() {
    let seed = number("FLOWSTEAD_CRASH_SEED", u64::from(std::process::id()));
    let kills = number("FLOWSTEAD_CRASH_KILLS", KILLS);
    println!("crash test: FLOWSTEAD_CRASH_SEED={seed} FLOWSTEAD_CRASH_KILLS={kills}");
    let folder = std::env::temp_dir().join(format!("flowstead-crash-{}", std::process::id()));
    let mut numbers = Numbers(seed);
    let token = prepare(&folder);

    let acknowledged = Acknowledged::default();
    for kill in 0..kills {
        let mut server = Server::start(&folder);
        let load = Load::start(&server.base, &token, kill, &acknowledged);
        std::thread::sleep(Duration::from_millis(numbers.below(LIFE_MS_MAX)));
        server.kill();
        load.stop();
    }
    println!("crash test: {}", acknowledged.summary());
    assert!(acknowledged.has_everything(), "the load did too little: {}", acknowledged.summary());

    let mut server = Server::start(&folder);
    server.use_token(&token);
    finish(&server, &acknowledged);
    promises::search_has_caught_up(&server, &acknowledged);
    assert!(server.stop().success(), "the server stops in good order");
    promises::check(&folder, &acknowledged);

    std::fs::remove_dir_all(&folder).expect("the folder can be removed");
}

/// Makes the administrator and deploys the model; gives a token that outlives the kills.
fn prepare(folder: &std::path::Path) -> String {
    let mut server = Server::start(folder);
    server.set_up();
    let resources = json!({ "resources": [{ "name": "crash.bpmn", "content": MODEL }] });
    server.post("/api/v1/deployments", &resources);
    let token = server.token().expect("the client is signed in").to_owned();
    assert!(server.stop().success(), "the server stops in good order");
    token
}

/// Does what is left, until no instance is active any more.
fn finish(server: &Server, acknowledged: &Acknowledged) {
    // What was sent but not answered may have arrived or not: it is sent again, with its id.
    let load = Load::finishing(&server.base, server.token().expect("a token"), acknowledged);
    let began = Instant::now();
    loop {
        let path = "/api/v1/process-instances?state=active&limit=1";
        let (status, answer) = server.call(Method::GET, path, None);
        assert_eq!(status, 200, "{answer}");
        if answer["data"].as_array().is_some_and(Vec::is_empty) {
            break;
        }
        assert!(began.elapsed() < REST, "some instances never end: {answer}");
        std::thread::sleep(Duration::from_millis(100));
    }
    load.stop();
}
