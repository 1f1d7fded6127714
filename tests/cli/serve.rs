//! `flowstead serve`: beginning, ending, and not beginning twice.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::Folder;
use crate::support::postgres::fresh_database;
use crate::support::server::{ADMINISTRATOR, PASSWORD, Server, run_program};

#[test]
fn one_line_says_where_to_go_and_with_an_administrator_where_it_is() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut server = Server::start(&data);
    let expected = format!(
        "flowstead {} is ready, set it up at {}/setup?token={}",
        env!("CARGO_PKG_VERSION"),
        server.base,
        server.setup_token().expect("a token")
    );
    assert_eq!(server.ready_line, expected);
    assert_eq!(server.get("/ready")["alive"], true);
    server.set_up();
    assert!(server.stop().success());
    let again = Server::start(&data);
    let expected = format!("flowstead {} is ready at {}", env!("CARGO_PKG_VERSION"), again.base);
    assert_eq!(again.ready_line, expected);
}

#[test]
fn the_folder_belongs_to_one_server() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut server = Server::start(&data);
    let path = data.to_str().expect("UTF-8");
    for arguments in
        [&["serve", "--listen", "127.0.0.1:0", "--data", path][..], &["reindex", "--data", path]]
    {
        let (code, output, errors) = run_program(arguments, &[]);
        assert_eq!((code, output.as_str()), (1, ""));
        let start = format!("error: the data folder {path} is in use by process ");
        let end = "; stop it, or choose another folder\n";
        assert!(errors.starts_with(&start) && errors.ends_with(end), "{errors}");
    }
    server.kill();
    drop(Server::start(&data));
}

#[test]
fn a_taken_address_is_told() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let data = folder.at("data");
    let (code, _, errors) = run_program(&["serve", "--data", &data, "--listen", &address], &[]);
    let expected = format!(
        "error: can't listen on {address}; stop what listens there, or choose another address \
         with --listen: Address already in use (os error 98)\n"
    );
    assert_eq!((code, errors), (1, expected));
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_nobody_elses_business() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let data = folder.path().join("deep/data");
    let _server = Server::start(&data);
    let mode = std::fs::metadata(&data).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn signals_end_long_polls_and_streams_at_once() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let mut server = Server::start(&folder.path().join("data"));
        server.set_up();
        let cookies = server.browser_cookies(ADMINISTRATOR, PASSWORD);
        let mut stream = follow(&server.base, &cookies);
        let wanted = json!({ "types": ["none"], "worker": "w", "wait_ms": 60_000 });
        let poll = server.request(Method::POST, "/api/v1/jobs/activate").json(&wanted);
        let poll = std::thread::spawn(move || poll.send().expect("it answers").status());
        server.wait_for("/api/v1/system", |system| system["open_streams"] == 1);
        // The poll is on its way; whether it is already waiting makes no difference.
        let started = Instant::now();
        server.signal(signal);
        assert!(server.wait().success());
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        let status = poll.join().expect("the poll ends").as_u16();
        assert!(matches!(status, 200 | 503), "{status}");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the stream ends");
    }
}

/// Opens a stream of changes and reads its first bytes.
fn follow(base: &str, cookies: &str) -> TcpStream {
    let address = base.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!(
        "GET /events?topics=tasks HTTP/1.1\r\nhost: {address}\r\n\
         cookie: {cookies}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it can be sent");
    let mut head = [0; 15];
    stream.read_exact(&mut head).expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    stream
}

#[test]
fn what_was_acknowledged_is_there_after_a_stop() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let mut server = Server::start(&data);
    server.set_up();
    server.post("/api/v1/deployments/examples", &json!({ "examples": ["expense-approval"] }));
    let variables = json!({ "amount": 500, "purpose": "Desk", "email": "ada@example.org" });
    let start = json!({ "process_id": "expense-approval", "variables": variables });
    let keys: Vec<String> = (0..5)
        .map(|_| {
            let started = server.post("/api/v1/process-instances", &start);
            started["key"].as_str().expect("a key").to_owned()
        })
        .collect();
    assert!(server.stop().success());
    let mut again = Server::start(&data);
    again.sign_in(ADMINISTRATOR, PASSWORD);
    for key in keys {
        let instance = again.get(&format!("/api/v1/process-instances/{key}"));
        assert_eq!(instance["state"], "active");
    }
    assert!(again.log().contains("stopped"));
}

#[test]
fn a_server_on_postgresql_keeps_its_users_beside_its_processes() {
    let folder = Folder::new();
    let url = fresh_database();
    let environment = [("FLOWSTEAD_STORE__KIND", "postgres"), ("FLOWSTEAD_STORE__URL", &*url)];
    let data = folder.path().join("data");
    let mut server = Server::start_with(&data, &environment);
    server.set_up();
    server.post("/api/v1/deployments/examples", &json!({ "examples": ["expense-approval"] }));
    let variables = json!({ "amount": 500, "purpose": "Desk", "email": "ada@example.org" });
    let start = json!({ "process_id": "expense-approval", "variables": variables });
    let started = server.post("/api/v1/process-instances", &start);
    assert!(server.stop().success());
    let mut again = Server::start_with(&data, &environment);
    assert_eq!(again.setup_token(), None);
    again.sign_in(ADMINISTRATOR, PASSWORD);
    let key = started["key"].as_str().expect("a key");
    let instance = again.get(&format!("/api/v1/process-instances/{key}"));
    assert_eq!(instance["state"], "active");
    assert!(!data.join("main.db").exists());
}
