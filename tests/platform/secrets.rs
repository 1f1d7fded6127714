//! A secret is never shown, however it is printed.

use flowstead::platform::secrets::Secret;

#[test]
fn a_secret_shows_stars_everywhere_but_when_exposed() {
    let secret = Secret::new("hunter2");
    assert_eq!(secret.to_string(), "***");
    assert_eq!(format!("{secret:?}"), "\"***\"");
    assert_eq!(serde_json::to_string(&secret).expect("it serializes"), "\"***\"");
    assert_eq!(secret.expose(), "hunter2");
}

#[test]
fn an_empty_secret_shows_that_it_is_not_set() {
    let secret = Secret::default();
    assert!(secret.is_empty());
    assert_eq!(format!("{secret} {secret:?}"), " \"\"");
}
