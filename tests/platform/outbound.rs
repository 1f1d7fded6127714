//! Requests to a real server on this machine, with the guard open and closed.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use flowstead::platform::config::{Exempt, OutboundConfig};
use flowstead::platform::outbound::{
    Guard, OutboundClient, OutboundError, OutboundRequest, OutboundResponse,
};

/// A server that says what it was asked; it ends with the test's runtime.
async fn server() -> SocketAddr {
    let routes = Router::new()
        .route("/echo", any(echo))
        .route("/redirect/{status}", any(redirect))
        .route("/loop", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/loop")]) }))
        .route("/error", get(|| async { (StatusCode::BAD_GATEWAY, "later") }))
        .route("/never", get(std::future::pending::<()>))
        .route("/large", get(|| async { vec![7u8; 4096] }))
        .route("/endless", get(endless));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> String {
    let header = |name: &str| {
        let all: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
        format!("{name}={}", all.join(","))
    };
    let names = ["authorization", "cookie", "x-own", "content-type", "user-agent"];
    let headers: Vec<String> = names.iter().map(|name| header(name)).collect();
    format!("{method} {uri} {} body={}", headers.join(" "), String::from_utf8_lossy(&body))
}

/// Redirects to the address in the query.
async fn redirect(Path(status): Path<u16>, request: Request) -> Response {
    let to = request.uri().query().unwrap_or_default().to_owned();
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::LOCATION, to)]).into_response()
}

async fn endless() -> Body {
    let piece = Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1024]));
    Body::from_stream(futures_util::stream::repeat_with(move || {
        Ok::<_, std::io::Error>(piece.as_ref().expect("it is there").clone())
    }))
}

fn client(exempt: &[&str]) -> OutboundClient {
    let exempt = exempt.iter().map(|text| text.parse::<Exempt>().expect("an exemption"));
    let config = OutboundConfig {
        allow_private_networks: exempt.collect(),
        timeout_ms: 10_000,
        response_bytes: 4096,
    };
    OutboundClient::new(&config).expect("TLS can be set up")
}

fn request(method: &str, url: String) -> OutboundRequest {
    OutboundRequest { method: method.into(), url, ..OutboundRequest::default() }
}

fn text(response: &OutboundResponse) -> String {
    String::from_utf8(response.body.to_vec()).expect("text")
}

#[tokio::test]
async fn a_request_arrives_as_it_was_written() {
    let server = server().await;
    let mut post = request("POST", format!("http://{server}/echo?a=1"));
    post.query = vec![("b".into(), "x y&z".into())];
    post.headers = vec![
        ("X-Own".into(), "1".into()),
        ("x-own".into(), "2".into()),
        ("Content-Type".into(), "text/plain".into()),
        ("Content-Length".into(), "1".into()),
    ];
    post.body = Bytes::from("hello");
    let response = client(&["127.0.0.0/8"]).send(&post).await.expect("it answers");
    assert_eq!(response.status, 200);
    let agent = concat!("flowstead/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        text(&response),
        format!(
            "POST /echo?a=1&b=x+y%26z authorization= cookie= x-own=1,2 content-type=text/plain \
             user-agent={agent} body=hello"
        )
    );
    let content_type = response.headers.iter().find(|(name, _)| name == "content-type");
    assert_eq!(content_type.expect("a header").1, "text/plain; charset=utf-8");
    assert!(!format!("{post:?}").contains("hello"));
}

#[tokio::test]
async fn an_error_status_is_a_response() {
    let server = server().await;
    let get = request("GET", format!("http://{server}/error"));
    let response = client(&["127.0.0.1"]).send(&get).await.expect("it answers");
    assert_eq!((response.status, text(&response).as_str()), (502, "later"));
}

#[tokio::test]
async fn local_addresses_are_refused_however_they_are_written() {
    let server = server().await;
    let port = server.port();
    let client = client(&[]);
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ] {
        let get = request("GET", format!("http://{host}:{port}/echo"));
        let error = client.send(&get).await.expect_err(host);
        assert!(matches!(error, OutboundError::Refused(_)), "{host}: {error}");
        assert!(!error.is_retryable());
    }
    let get = request("GET", format!("http://localhost:{port}/echo"));
    let message = client.send(&get).await.expect_err("refused").to_string();
    assert!(
        message.starts_with("localhost (")
            && message.ends_with(
                ") is not a public address, expected one, or an entry for it in \
             outbound.allow_private_networks"
            ),
        "{message}"
    );
}

#[tokio::test]
async fn a_host_may_be_exempt_by_its_name() {
    let server = server().await;
    let client = client(&["LOCALHOST"]);
    let by_name = request("GET", format!("http://localhost:{}/echo", server.port()));
    assert_eq!(client.send(&by_name).await.expect("it answers").status, 200);
    let by_address = request("GET", format!("http://{server}/echo"));
    let error = client.send(&by_address).await.expect_err("only the name is exempt");
    assert!(matches!(error, OutboundError::Refused(_)), "{error}");
}

#[tokio::test]
async fn every_redirect_is_checked() {
    let server = server().await;
    let client = client(&["localhost"]);
    let port = server.port();
    for target in [format!("http://127.0.0.1:{port}/echo"), "http://169.254.169.254/".into()] {
        let get = request("GET", format!("http://localhost:{port}/redirect/302?{target}"));
        let error = client.send(&get).await.expect_err("it leads to a private address");
        assert!(matches!(error, OutboundError::Refused(_)), "{target}: {error}");
    }
    for target in ["file:///etc/passwd", "ftp://localhost/", "gopher://localhost/"] {
        let get = request("GET", format!("http://localhost:{port}/redirect/302?{target}"));
        let error = client.send(&get).await.expect_err("it leads out of the web");
        assert!(matches!(error, OutboundError::Broken(_)), "{target}: {error}");
    }
}

#[tokio::test]
async fn redirects_keep_or_change_the_method_as_browsers_do() {
    let server = server().await;
    let client = client(&["127.0.0.1"]);
    for (method, status, expected) in [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("PUT", 303, "GET"),
        ("PUT", 302, "PUT"),
        ("POST", 307, "POST"),
        ("DELETE", 308, "DELETE"),
        ("GET", 301, "GET"),
    ] {
        let mut first = request(method, format!("http://{server}/redirect/{status}?/echo"));
        first.body = Bytes::from("data");
        let answer = text(&client.send(&first).await.expect("it answers"));
        assert!(answer.starts_with(&format!("{expected} /echo ")), "{method} {status}: {answer}");
        let keeps_body = expected == method;
        assert_eq!(answer.ends_with("body=data"), keeps_body, "{method} {status}: {answer}");
    }
    let not_followed = request("GET", format!("http://{server}/redirect/304?/echo"));
    assert_eq!(client.send(&not_followed).await.expect("it answers").status, 304);
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_host() {
    let (here, there) = (server().await, server().await);
    let client = client(&["127.0.0.1"]);
    let send = async |target: String| {
        let mut get = request("GET", format!("http://{here}/redirect/302?{target}"));
        get.headers = ["authorization", "cookie", "x-own"].map(|n| (n.into(), "s".into())).to_vec();
        text(&client.send(&get).await.expect("it answers"))
    };
    let same = send("/echo".into()).await;
    assert!(same.contains("authorization=s cookie=s x-own=s"), "{same}");
    let other = send(format!("http://{there}/echo")).await;
    assert!(other.contains("authorization= cookie= x-own=s"), "{other}");
}

#[tokio::test]
async fn redirects_size_and_time_are_limited() {
    let server = server().await;
    let client = client(&["127.0.0.1"]);
    let send = async |path: &str, timeout_ms: Option<u64>| {
        let get = request("GET", format!("http://{server}/{path}"));
        client.send(&OutboundRequest { timeout_ms, ..get }).await
    };
    let error = send("loop", None).await.expect_err("it never ends");
    assert!(matches!(error, OutboundError::TooManyRedirects), "{error}");
    assert_eq!(send("large", None).await.expect("it just fits").body.len(), 4096);
    let error = send("endless", None).await.expect_err("it is larger");
    assert_eq!(error.to_string(), "the response is too large, expected at most 4096 bytes");
    let error = send("never", Some(50)).await.expect_err("it never answers");
    assert_eq!(error.to_string(), "no response within 50 ms");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn nobody_there_may_change() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    drop(listener);
    let client = client(&["127.0.0.1"]);
    let error = client.send(&request("GET", format!("http://{address}/"))).await;
    let error = error.expect_err("nobody listens");
    assert!(matches!(error, OutboundError::Connect { .. }) && error.is_retryable(), "{error}");
    let error = client.send(&request("GET", "http://nowhere.invalid/?key=secret".into())).await;
    let error = error.expect_err("there is no such name");
    assert!(matches!(error, OutboundError::Connect { .. }) && error.is_retryable(), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_words() {
    let client = client(&[]);
    let check = async |request: OutboundRequest, expected: &str| {
        let error = client.send(&request).await.expect_err(expected);
        assert_eq!(error.to_string(), format!("the request can't be sent: {expected}"));
        assert!(!error.is_retryable());
    };
    let expected = "expected an address such as https://example.com/path";
    check(
        request("GET", "example".into()),
        &format!("\"example\": relative URL without a base, {expected}"),
    )
    .await;
    check(
        request("GET", "file:///etc/passwd".into()),
        &format!("\"file:///etc/passwd\": {expected}"),
    )
    .await;
    check(
        request("GE T", "http://example.com".into()),
        "\"GE T\" is no method, expected one like GET",
    )
    .await;
    let secret = "credentials in the address are not sent, expected a header for them";
    check(request("GET", "http://user:key@example.com/".into()), secret).await;
    let mut bad = request("GET", "http://example.com".into());
    bad.headers = vec![("x y".into(), "1".into())];
    check(bad.clone(), "\"x y\" is no name of a header").await;
    bad.headers = vec![("x".into(), "1\r\nHost: evil".into())];
    check(bad, "header x: expected a value in one line").await;
}

const PUBLIC: &str = "1.1.1.1 8.8.8.8 93.184.216.34 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 \
    192.0.1.1 198.17.0.1 223.255.255.254 2606:4700::1111 2a00:1450:4001::200e ::ffff:8.8.8.8 \
    64:ff9b::808:808 2002:808:808::1";

const NOT_PUBLIC: &str = "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.254 127.0.0.1 \
    127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 \
    192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 \
    240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::10.0.0.1 \
    64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:a00:1::1 3fff::1 fc00::1 fd12::1 \
    fe80::1 fec0::1 ff02::1 5f00::1";

#[test]
fn the_guard_knows_public_addresses() {
    let guard = Guard::new(Vec::new());
    for (expected, addresses) in [(true, PUBLIC), (false, NOT_PUBLIC)] {
        for text in addresses.split_whitespace() {
            let address: IpAddr = text.parse().expect("an address");
            assert_eq!(guard.allows(text, address), expected, "{text}");
        }
    }
}
