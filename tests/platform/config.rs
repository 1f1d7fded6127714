//! Settings: defaults, precedence, and words for everything that can be wrong.

use std::path::{Path, PathBuf};

use flowstead::platform::config::{
    Config, Flag, IpNetwork, LogFormat, MailTls, Sources, StoreKind,
};

use super::Folder;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml")
}

fn variables(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn from_variables(list: &[(&str, &str)]) -> Result<Config, String> {
    let sources = Sources { environment: variables(list), ..Sources::default() };
    Config::load(&sources).map_err(|error| error.to_string())
}

/// Loads a file with this text; in messages its path reads `FILE`.
fn from_text(text: &str) -> Result<Config, String> {
    let folder = Folder::new();
    let file = folder.write("flowstead.toml", text);
    let sources = Sources { file: Some(file.clone()), ..Sources::default() };
    let shown = |error: String| error.replace(&file.display().to_string(), "FILE");
    Config::load(&sources).map_err(|error| shown(error.to_string()))
}

fn keys(table: &toml::Table) -> Vec<String> {
    let sections = table.iter().filter_map(|(section, keys)| Some((section, keys.as_table()?)));
    sections
        .flat_map(|(section, keys)| keys.keys().map(move |key| format!("{section}.{key}")))
        .collect()
}

#[test]
fn nothing_set_gives_the_defaults() {
    assert_eq!(Config::load(&Sources::default()), Ok(Config::default()));
}

#[test]
fn the_example_holds_every_key_with_its_default() {
    let text = std::fs::read_to_string(example()).expect("the example is there");
    let shown: toml::Table = toml::from_str(&text).expect("the example is TOML");
    let defaults = toml::Table::try_from(Config::default()).expect("defaults are TOML");
    let (mut shown_keys, mut default_keys) = (keys(&shown), keys(&defaults));
    shown_keys.sort();
    default_keys.sort();
    assert_eq!(shown_keys, default_keys);
    let sources = Sources { file: Some(example()), ..Sources::default() };
    assert_eq!(Config::load(&sources), Ok(Config::default()));
}

#[test]
fn the_example_gives_a_reason_above_every_group_of_keys() {
    let text = std::fs::read_to_string(example()).expect("the example is there");
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")) {
        let is_explained = |above: &str| above.starts_with("# ") || above.contains(" = ");
        assert!(line.starts_with('#') || is_explained(lines[number - 1]), "{line}");
    }
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let folder = Folder::new();
    let text = "[server]\nlisten = \"127.0.0.1:1\"\nrate_burst = 11\ntimeout_ms = 111\n";
    let file = Some(folder.write("flowstead.toml", text));
    let environment = variables(&[
        ("FLOWSTEAD_SERVER__LISTEN", "127.0.0.1:2"),
        ("FLOWSTEAD_SERVER__RATE_BURST", "22"),
    ]);
    let flag = Flag { name: "--listen", key: "server.listen", value: "127.0.0.1:3".into() };
    let config = Config::load(&Sources { file, environment, flags: vec![flag] }).expect("valid");
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.server.rate_burst, 22);
    assert_eq!(config.server.timeout_ms, 111);
    assert_eq!(config.server.rate_per_second, Config::default().server.rate_per_second);
}

#[test]
fn every_key_can_be_set_by_a_variable() {
    let defaults = toml::Table::try_from(Config::default()).expect("defaults are TOML");
    for key in keys(&defaults) {
        let (section, name) = key.split_once('.').expect("a section");
        let text = match &defaults[section][name] {
            toml::Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let variable = format!("FLOWSTEAD_{}__{}", section.to_uppercase(), name.to_uppercase());
        assert_eq!(from_variables(&[(&variable, &text)]), Ok(Config::default()), "{variable}");
    }
}

#[test]
fn variables_are_read_as_the_type_of_their_key() {
    let config = from_variables(&[
        ("FLOWSTEAD_MAIL__PORT", "2_525"),
        ("FLOWSTEAD_MAIL__TLS", "none"),
        ("FLOWSTEAD_LOG__FORMAT", "json"),
        ("FLOWSTEAD_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("FLOWSTEAD_OUTBOUND__ALLOW_PRIVATE_NETWORKS", "[\"127.0.0.1\", \"erp.internal\"]"),
        ("FLOWSTEAD_TOKEN", "not a setting"),
        ("HOME", "/nowhere"),
    ])
    .expect("valid");
    assert_eq!(config.mail.port, 2525);
    assert_eq!(config.mail.tls, MailTls::None);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.outbound.allow_private_networks.len(), 2);
}

#[test]
fn a_mistake_is_named_with_its_key_source_value_and_expectation() {
    let check = |text: &str, expected: &str| assert_eq!(from_text(text), Err(expected.into()));
    check(
        "[server]\n\nlisten = \"localhost\"\n",
        "FILE:3: server.listen: \"localhost\" can't be used, expected an IP address and a port, \
         such as 127.0.0.1:8080",
    );
    check(
        "[mail]\nport = 70000",
        "FILE:2: mail.port: 70000 can't be used, expected a whole number from 0 to 65535",
    );
    check(
        "[mail]\nport = \"25\"",
        "FILE:2: mail.port: \"25\" can't be used, expected a whole number",
    );
    check(
        "[store]\nkind = \"mysql\"",
        "FILE:2: store.kind: \"mysql\" can't be used, expected `sqlite` or `postgres`",
    );
    check(
        "[store]\nkind = \"postgres\"",
        "default: store.url: \"\" can't be used, expected an address such as \
         postgres://user:password@host:5432/name, as store.kind is \"postgres\"",
    );
    check(
        "[execution]\nbatch_size = 0",
        "FILE:2: execution.batch_size: 0 can't be used, expected 1 to 10000",
    );
    check(
        "[execution]\nqueue_length = -1",
        "FILE:2: execution.queue_length: -1 can't be used, expected a whole number from 0 to \
         4294967295",
    );
    check(
        "[server]\ntrusted_proxies = [\"10.0.0.0/33\"]",
        "FILE:2: server.trusted_proxies: [\"10.0.0.0/33\"] can't be used, expected a network such \
         as 10.0.0.0/8 or an address such as ::1",
    );
    check(
        "[outbound]\nallow_private_networks = [\"10.0.0.256\"]",
        "FILE:2: outbound.allow_private_networks: [\"10.0.0.256\"] can't be used, expected a \
         network such as 10.0.0.0/8, an address, or a host name",
    );
    check(
        "[server]\npublic_url = \"flow.example.com/\"",
        "FILE:2: server.public_url: \"flow.example.com/\" can't be used, expected an address such \
         as https://flow.example.com, without a slash at its end",
    );
    check(
        "[mail]\nhost = \"mail.example.com\"",
        "default: mail.from: \"\" can't be used, expected a sender such as \"Flowstead \
         <flowstead@example.com>\", as mail.host is set",
    );
}

#[test]
fn an_unknown_key_suggests_the_nearest() {
    let check = |text: &str, expected: &str| assert_eq!(from_text(text), Err(expected.into()));
    check("[server]\nlisen = 1", "FILE:2: server.lisen: unknown key, did you mean server.listen?");
    check("[sever]\nlisten = 1", "FILE:2: sever.listen: unknown key, did you mean server.listen?");
    check("server = 1", "FILE:1: server: 1 can't be used, expected a section [server]");
    check(
        "[server]\nquick_and_dirty = true",
        "FILE:2: server.quick_and_dirty: unknown key, expected one in the sections data, \
         execution, identity, log, mail, outbound, scripts, search, server, store",
    );
}

#[test]
fn a_variable_that_sets_nothing_is_noticed() {
    let check = |name: &str, expected: &str| {
        assert_eq!(from_variables(&[(name, "x")]), Err(expected.into()));
    };
    check(
        "FLOWSTEAD_SERVER_LISTEN",
        "FLOWSTEAD_SERVER_LISTEN: sets nothing, expected FLOWSTEAD_SERVER__LISTEN",
    );
    check(
        "FLOWSTEAD_SERVER__LISTENS",
        "FLOWSTEAD_SERVER__LISTENS: server.listens: unknown key, did you mean server.listen?",
    );
}

#[test]
fn all_mistakes_come_at_once() {
    let text = "[server]\nlisten = 5\nlisen = 5\n[mail]\nport = true\n";
    let message = from_text(text).expect_err("three mistakes");
    assert_eq!(message.lines().count(), 3, "{message}");
}

#[test]
fn a_file_that_is_no_toml_is_named_with_its_line() {
    let message = from_text("[server]\nlisten = \n").expect_err("no value");
    assert!(message.starts_with("FILE:2: is not TOML: "), "{message}");
    let sources = Sources { file: Some("/nowhere/flowstead.toml".into()), ..Sources::default() };
    let message = Config::load(&sources).expect_err("no file").to_string();
    assert!(message.starts_with("/nowhere/flowstead.toml: can't be read: "), "{message}");
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = Folder::new();
    let file = folder.write("password", "hunter2\nsecond line\n").display().to_string();
    let config = from_variables(&[("FLOWSTEAD_MAIL__PASSWORD_FILE", &file)]).expect("valid");
    assert_eq!(config.mail.password.expose(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    let shown = toml::to_string(&config).expect("settings are TOML");
    assert!(shown.contains("password = \"***\"") && !shown.contains("hunter2"), "{shown}");

    let both =
        [("FLOWSTEAD_MAIL__PASSWORD_FILE", file.as_str()), ("FLOWSTEAD_MAIL__PASSWORD", "x")];
    let message = from_variables(&both).expect_err("two passwords");
    assert_eq!(
        message,
        "FLOWSTEAD_MAIL__PASSWORD_FILE: mail.password_file: the secret is also set directly, \
         expected one of the two"
    );
    let message = from_text("[store]\nurl = 17").expect_err("a number");
    assert_eq!(message, "FILE:2: store.url: *** can't be used, expected a text");
    let message = from_text("[store]\nurl = \"mysql://root:hunter2@db\"\nkind = \"postgres\"");
    assert!(!message.expect_err("the wrong database").contains("hunter2"));
}

#[test]
fn a_postgres_store_needs_only_its_url() {
    let config = from_variables(&[
        ("FLOWSTEAD_STORE__KIND", "postgres"),
        ("FLOWSTEAD_STORE__URL", "postgres://flow:secret@db:5432/flow"),
    ])
    .expect("valid");
    assert_eq!(config.store.kind, StoreKind::Postgres);
}

#[test]
fn links_use_the_public_address_if_there_is_one() {
    let mut server = Config::default().server;
    assert_eq!(server.base_url(), "http://127.0.0.1:8080");
    server.public_url = "https://flow.example.com".into();
    assert_eq!(server.base_url(), "https://flow.example.com");
}

#[test]
fn networks_hold_their_addresses() {
    let check = |network: &str, address: &str, expected: bool| {
        let network: IpNetwork = network.parse().expect("a network");
        let address = address.parse().expect("an address");
        assert_eq!(network.contains(address), expected, "{network} {address}");
    };
    check("10.0.0.0/8", "10.255.0.1", true);
    check("10.0.0.0/8", "11.0.0.1", false);
    check("10.0.0.0/8", "::ffff:10.0.0.1", true);
    check("0.0.0.0/0", "8.8.8.8", true);
    check("0.0.0.0/0", "2001:4860::1", false);
    check("127.0.0.1", "127.0.0.2", false);
    check("fd00::/8", "fdff::1", true);
    check("::/0", "fe80::1", true);
    check("::1", "::2", false);
}
