//! Wrong arguments: what is said, and that it is exit code 2.

use crate::support::server::run_program;

/// Arguments, and the first paragraph of what is said.
const ROWS: &[(&str, &str)] = &[
    ("serv", "error: unrecognized subcommand 'serv'"),
    ("serve --port 1", "error: unexpected argument '--port' found"),
    ("serve extra", "error: unexpected argument 'extra' found"),
    ("serve --data", "error: a value is required for '--data <DIR>' but none was supplied"),
    ("lint", "error: the following required arguments were not provided:\n  <MODEL>..."),
    ("lint nothing.bpmn", "error: can't read nothing.bpmn: No such file or directory (os error 2)"),
    ("lint --xml a.bpmn", "error: unexpected argument '--xml' found"),
    ("run", "error: the following required arguments were not provided:\n  <MODEL>..."),
    (
        "run x.bpmn --var amount",
        "error: invalid value 'amount' for '--var <NAME=VALUE>': expected name=value, such as \
         amount=50 or customer={\"id\":7}",
    ),
    (
        "run x.bpmn --var 5=6",
        "error: invalid value '5=6' for '--var <NAME=VALUE>': expected name=value, such as \
         amount=50 or customer={\"id\":7}",
    ),
    (
        "run x.bpmn --at yesterday",
        "error: invalid value 'yesterday' for '--at <TIME>': expected a time such as \
         2030-01-31T12:00:00Z",
    ),
    ("run x.bpmn", "error: can't read x.bpmn: No such file or directory (os error 2)"),
    ("start", "error: the following required arguments were not provided:\n  <PROCESS_ID>"),
    (
        "start a --version x",
        "error: invalid value 'x' for '--version <VERSION>': expected a version, such as 1",
    ),
    (
        "instances list --limit 0",
        "error: invalid value '0' for '--limit <LIMIT>': expected a whole number of 1 or more",
    ),
    (
        "instances show abc",
        "error: invalid value 'abc' for '<KEY>': expected a key, as lists show it",
    ),
    (
        "instances cancel 0",
        "error: invalid value '0' for '<KEY>': expected a key, as lists show it",
    ),
    ("tasks complete", "error: the following required arguments were not provided:\n  <KEY>"),
    (
        "jobs activate t --wait 61",
        "error: invalid value '61' for '--wait <SECONDS>': expected 0 to 60 seconds",
    ),
    (
        "jobs complete 5",
        "error: the following required arguments were not provided:\n  --lease <TOKEN>",
    ),
    (
        "jobs fail 5 --lease 6",
        "error: the following required arguments were not provided:\n  --message <MESSAGE>",
    ),
    (
        "jobs error 5 --lease x --code C",
        "error: invalid value 'x' for '--lease <TOKEN>': expected a key, as lists show it",
    ),
    (
        "user create bob",
        "error: the following required arguments were not provided:\n  --name <NAME>",
    ),
    ("login ftp://x", "error: expected an address such as http://127.0.0.1:8080, found ftp://x"),
    (
        "login --user a --token b",
        "error: the argument '--user <USER>' cannot be used with '--token <TOKEN>'",
    ),
    ("deploy", "error: the following required arguments were not provided:\n  <MODEL>..."),
    ("instances list --profile ../x", "error: expected a profile name of letters, digits, - and _"),
    ("version --xml", "error: unexpected argument '--xml' found"),
];

#[test]
fn wrong_arguments_are_told_in_words_with_exit_code_2() {
    for (arguments, expected) in ROWS {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let (code, output, errors) = run_program(&words, &[]);
        let said = errors.split("\n\n").next().unwrap_or_default().trim_end();
        assert_eq!(said, *expected, "flowstead {arguments}");
        assert_eq!((code, output.as_str()), (2, ""), "flowstead {arguments}");
    }
}

#[test]
fn without_a_sign_in_commands_say_how_to_get_one() {
    let home = super::Folder::new();
    let environment = [("XDG_CONFIG_HOME", home.path().to_str().expect("UTF-8"))];
    let (code, _, errors) = run_program(&["instances", "list"], &environment);
    let expected = "error: there is no profile default; sign in with `flowstead login`\n";
    assert_eq!((code, errors.as_str()), (4, expected));
}

#[test]
fn a_server_that_is_not_there_is_exit_code_3() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let (code, _, errors) = run_program(&["login", &address, "--token", "t"], &[]);
    let expected =
        format!("error: can't reach the server at {address}: Connection refused (os error 111)\n");
    assert_eq!((code, errors), (3, expected));
}

#[test]
fn the_version_is_told_as_text_and_as_json() {
    let version = env!("CARGO_PKG_VERSION");
    let (code, output, _) = run_program(&["version"], &[]);
    assert_eq!((code, output), (0, format!("flowstead {version}\n")));
    let (_, output, _) = run_program(&["version", "--json"], &[]);
    assert_eq!(output, format!("{{\n  \"version\": \"{version}\"\n}}\n"));
}
