//! The commands that talk to a server, one after the other as an operator uses them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use super::{Folder, example};
use crate::support::server::{ADMINISTRATOR, PASSWORD, PROGRAM, Server};

/// An operator with a home of its own.
pub(super) struct Operator {
    home: Folder,
}

impl Operator {
    /// Runs a command; gives exit code, output and errors.
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut process = Command::new(PROGRAM)
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut pipe = process.stdin.take().expect("a pipe");
        // A command that does not read its input may be gone already.
        let _ = pipe.write_all(input.as_bytes());
        drop(pipe);
        let done = process.wait_with_output().expect("the program ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code().expect("a code"), text(&done.stdout), text(&done.stderr))
    }

    /// Runs a command that succeeds; gives its output.
    pub(super) fn ok(&self, arguments: &[&str]) -> String {
        let (code, output, errors) = self.run(arguments, "");
        assert_eq!((code, errors.as_str()), (0, ""), "{arguments:?}: {output}");
        output
    }

    /// The data of a command that succeeds.
    pub(super) fn json(&self, arguments: &[&str]) -> Json {
        let output = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&output).expect("JSON")
    }
}

pub(super) fn operator(server: &Server) -> Operator {
    let operator = Operator { home: Folder::new() };
    let password = format!("{PASSWORD}\n");
    let login = ["login", &server.base, "--user", ADMINISTRATOR];
    let (code, output, errors) = operator.run(&login, &password);
    let saved = operator.home.at("flowstead/default.toml");
    let expected = format!("signed in at {} as {ADMINISTRATOR}; saved in {saved}\n", server.base);
    assert_eq!((code, output), (0, expected), "{errors}");
    operator
}

#[test]
fn from_sign_in_to_a_completed_instance() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.path().join("data"));
    server.set_up();
    let operator = operator(&server);
    let deployed = "expense-approval version 1\nform expense-decision\nform expense-request\n";
    assert_eq!(operator.ok(&["deploy", &example("expense-approval")]), deployed);
    let again = operator.ok(&["deploy", &example("expense-approval")]);
    assert!(again.starts_with("expense-approval version 1 (no change)\n"), "{again}");
    let start = ["start", "expense-approval", "--var", "amount=500", "--var", "purpose=Desk"];
    let started = operator.json(&[&start[..], &["--var", "email=ada@example.org"]].concat());
    let key = started["key"].as_str().expect("a key");
    let listed = operator.ok(&["instances", "list", "--process", "expense-approval"]);
    assert!(listed.starts_with("key") && listed.contains(key), "{listed}");
    assert_eq!(operator.json(&["instances", "list", "--state", "completed"]), Json::Array(vec![]));
    let shown = operator.json(&["instances", "show", key]);
    assert_eq!(shown["variables"]["amount"], 500);
    let tasks = operator.json(&["tasks", "list"]);
    let task = tasks[0]["key"].as_str().expect("a user task");
    assert_eq!(operator.ok(&["tasks", "claim", task]), format!("claimed user task {task}\n"));
    let complete = ["tasks", "complete", task, "--var", "approved=true", "--comment", "fine"];
    assert_eq!(operator.ok(&complete), format!("completed user task {task}\n"));
    assert_eq!(operator.json(&["tasks", "show", task])["state"], "completed");
    assert_eq!(operator.ok(&["tasks", "list"]), "there are none\n");
    // Without a mail server the mail waits as an incident.
    let path = format!("/api/v1/process-instances/{key}");
    server.wait_for(&path, |instance| instance["incidents"] == 1);
    let canceled = operator.ok(&["instances", "cancel", key]);
    assert_eq!(canceled, format!("canceled instance {key}\n"));
    assert_eq!(operator.json(&["instances", "show", key])["state"], "terminated");
}

#[test]
fn jobs_are_done_by_hand() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.path().join("data"));
    server.set_up();
    let operator = operator(&server);
    operator.ok(&["deploy", &example("order-fulfilment")]);
    let lines = r#"lines=[{"article":"desk","quantity":1},{"article":"lamp","quantity":2}]"#;
    let start = ["start", "order-fulfilment", "--var", "orderId=O-1", "--var", lines];
    operator.ok(&[&start[..], &["--var", "email=ada@example.org"]].concat());
    let jobs = operator.json(&["jobs", "activate", "reserve-stock", "--max", "2"]);
    let of = |index: usize, field: &str| jobs[index][field].as_str().expect("a text").to_owned();
    let (first, first_lease) = (of(0, "key"), of(0, "lease_token"));
    let (second, second_lease) = (of(1, "key"), of(1, "lease_token"));
    let failed = operator.ok(&[
        "jobs",
        "fail",
        &first,
        "--lease",
        &first_lease,
        "--message",
        "shelf locked",
        "--retries",
        "1",
    ]);
    assert_eq!(failed, format!("reported the failure of job {first}\n"));
    let (code, _, errors) =
        operator.run(&["jobs", "complete", &first, "--lease", &first_lease], "");
    assert_eq!(code, 1, "{errors}");
    let expected =
        format!("error: the lease of job {first} has ended; what was done under it is not taken\n");
    assert_eq!(errors, expected);
    let thrown = operator.ok(&[
        "jobs",
        "error",
        &second,
        "--lease",
        &second_lease,
        "--code",
        "OUT_OF_STOCK",
    ]);
    assert_eq!(thrown, format!("threw an error from job {second}\n"));
    let waiting = ["jobs", "activate", "reserve-stock", "--wait", "60"];
    let again = operator.json(&waiting);
    let lease = again[0]["lease_token"].as_str().expect("a lease");
    assert_eq!(again[0]["key"], first.as_str());
    let done = operator.ok(&["jobs", "complete", &first, "--lease", lease, "--var", "shelf=A1"]);
    assert_eq!(done, format!("completed job {first}\n"));
    let tasks = operator.json(&["tasks", "list"]);
    assert_eq!(tasks[0]["element_id"], "order_from_supplier");
}

#[test]
fn users_are_made_and_disabled() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.path().join("data"));
    server.set_up();
    let operator = operator(&server);
    let create = ["user", "create", "bob", "--name", "Bob", "--role", "operator"];
    let (code, output, errors) = operator.run(&create, "bobs long password\n");
    assert_eq!((code, output.as_str()), (0, "made the user bob\n"), "{errors}");
    let (code, _, errors) = operator.run(&create, "bobs long password\n");
    assert_eq!(code, 1, "{errors}");
    assert_eq!(operator.ok(&["user", "disable", "bob"]), "disabled the user bob\n");
    let users = operator.json(&["user", "list", "--search", "bob"]);
    assert_eq!(users[0]["disabled"], true);
    assert_eq!(operator.ok(&["user", "enable", "bob"]), "enabled the user bob\n");
    let (code, _, errors) = operator.run(&["user", "disable", "nobody"], "");
    assert_eq!((code, errors.as_str()), (1, "error: there is no user nobody\n"));
    let plain = Operator { home: Folder::new() };
    let login = ["login", &server.base, "--user", "bob"];
    let (code, ..) = plain.run(&login, "bobs long password\n");
    assert_eq!(code, 0);
    let (code, _, errors) = plain.run(&["user", "list"], "");
    assert_eq!((code, errors.as_str()), (4, "error: this needs the permission users:manage\n"));
    let (code, ..) = plain.run(&login, "another password\n");
    assert_eq!(code, 4);
}

#[test]
fn a_refused_deployment_tells_every_problem() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.path().join("data"));
    server.set_up();
    let operator = operator(&server);
    let model = folder.write("bad.bpmn", "<x/>");
    let (code, output, errors) = operator.run(&["deploy", &model], "");
    let expected = "error: nothing was deployed: 1 problem in 1 file\n  bad.bpmn:1:1: the \
                    outermost element is `x` (expected `definitions` in the namespace \
                    http://www.omg.org/spec/BPMN/20100524/MODEL)\n";
    assert_eq!((code, output.as_str(), errors.as_str()), (1, "", expected));
    assert_eq!(server.get("/api/v1/process-definitions"), Json::Array(vec![]));
}

#[test]
fn tokens_are_renewed_and_kept_from_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let mut server = Server::start(&folder.path().join("data"));
    server.set_up();
    let operator = operator(&server);
    let file = operator.home.path().join("flowstead/default.toml");
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).expect("text");
    let mut profile: toml::Table = text.parse().expect("TOML");
    profile.insert("access_token".into(), "expired".into());
    std::fs::write(&file, profile.to_string()).expect("it can be written");
    assert_eq!(operator.ok(&["instances", "list"]), "there are none\n");
    let renewed = std::fs::read_to_string(&file).expect("text");
    assert!(!renewed.contains("expired") && renewed != text, "{renewed}");
    assert_eq!(operator.ok(&["instances", "list"]), "there are none\n");
}

#[test]
fn the_index_is_rebuilt_while_the_server_is_stopped() {
    let folder = Folder::new();
    let data = folder.at("data");
    let mut server = Server::start(std::path::Path::new(&data));
    server.set_up();
    assert!(server.stop().success());
    let operator = Operator { home: Folder::new() };
    let report = operator.json(&["reindex", "--data", &data]);
    assert!(report["documents"].as_u64().expect("a number") > 0, "{report}");
}
