//! Wrong configurations: what `config check` and `serve` say, and that nothing is made.

use super::Folder;
use crate::support::server::run_program;

/// A file, and what is said of it; `FILE` stands for its path.
const FILES: &[(&str, &str)] = &[
    ("[server]\nlisten = 5\n", "FILE:2: server.listen: 5 can't be used, expected a text"),
    (
        "[server]\nlisten = \"here\"\n",
        "FILE:2: server.listen: \"here\" can't be used, expected an IP address and a port, such \
         as 127.0.0.1:8080",
    ),
    (
        "[server]\nlissten = \"127.0.0.1:1\"\n",
        "FILE:2: server.lissten: unknown key, did you mean server.listen?",
    ),
    (
        "[store]\nkind = \"mysql\"\n",
        "FILE:2: store.kind: \"mysql\" can't be used, expected `sqlite` or `postgres`",
    ),
    (
        "[store]\nkind = \"postgres\"\n",
        "default: store.url: \"\" can't be used, expected an address such as \
         postgres://user:password@host:5432/name, as store.kind is \"postgres\"",
    ),
    (
        "[execution]\nbatch_size = 0\n",
        "FILE:2: execution.batch_size: 0 can't be used, expected 1 to 10000",
    ),
    (
        "[scripts]\ntime_ms = -1\n",
        "FILE:2: scripts.time_ms: -1 can't be used, expected a whole number of 0 or more",
    ),
    (
        "[mail]\nhost = \"mail.example.com\"\n",
        "default: mail.from: \"\" can't be used, expected a sender such as \"Flowstead \
         <flowstead@example.com>\", as mail.host is set",
    ),
    (
        "[log]\nlevel = \"loud\"\n",
        "FILE:2: log.level: \"loud\" can't be used, expected one of `error`, `warn`, `info`, \
         `debug`, `trace`",
    ),
];

#[test]
fn each_problem_of_a_file_is_told_with_its_line() {
    let folder = Folder::new();
    for (content, expected) in FILES {
        let file = folder.write("config.toml", content);
        let (code, output, errors) = run_program(&["config", "check", "--config", &file], &[]);
        let expected = format!("error: {}\n", expected.replace("FILE", &file));
        assert_eq!(errors, expected, "{content}");
        assert_eq!((code, output.as_str()), (2, ""), "{content}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let folder = Folder::new();
    let file = folder.write("config.toml", "[server]\nbody_bytes = 1\n");
    let arguments = ["config", "check", "--config", &file, "--listen", "nowhere"];
    let environment = [("FLOWSTEAD_LOG__FORMAT", "poem"), ("FLOWSTEAD_DATA_FOLDER", "x")];
    let (code, _, errors) = run_program(&arguments, &environment);
    assert_eq!(code, 2);
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 3, "{errors}");
    assert!(
        errors.contains("FLOWSTEAD_DATA_FOLDER: sets nothing, expected FLOWSTEAD_DATA__FOLDER")
    );
}

#[test]
fn secrets_are_stars() {
    let environment = [
        ("FLOWSTEAD_STORE__KIND", "postgres"),
        ("FLOWSTEAD_STORE__URL", "postgres://flow:hunter2@127.0.0.1/flow"),
        ("FLOWSTEAD_MAIL__PASSWORD", "hunter2"),
    ];
    for format in [&["config", "check"][..], &["config", "check", "--json"]] {
        let (code, output, errors) = run_program(format, &environment);
        assert_eq!((code, errors.as_str()), (0, ""));
        assert!(!output.contains("hunter2"), "{output}");
        assert!(output.contains("***"), "{output}");
    }
}

#[test]
fn what_config_check_prints_is_a_configuration() {
    let folder = Folder::new();
    let (_, output, _) = run_program(&["config", "check", "--listen", "127.0.0.1:99"], &[]);
    let file = folder.write("config.toml", &output);
    let (code, again, errors) = run_program(&["config", "check", "--config", &file], &[]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(output, again);
}

#[test]
fn serve_refuses_a_wrong_configuration_before_it_makes_anything() {
    let folder = Folder::new();
    let data = folder.at("data");
    let file = folder.write("config.toml", "[execution]\nlease_ms = 1\n");
    let (code, output, errors) = run_program(&["serve", "--data", &data, "--config", &file], &[]);
    let expected =
        format!("error: {file}:2: execution.lease_ms: 1 can't be used, expected 1000 or more\n");
    assert_eq!((code, output.as_str(), errors), (2, "", expected));
    assert!(!std::path::Path::new(&data).exists());
}
