//! Connections: TLS, time limits, and headers that keep browsers safe.

use std::fs;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use registry_domain::access::Principal;
use registry_server::config::{HttpSettings, TlsSettings};
use registry_server::http::Certificate;
use registry_testing::Engine;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::harness::{Setup, TestApp, settings};

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async fn app(settings: HttpSettings, certificate: Option<Certificate>) -> TestApp {
    let setup = Setup { http: settings, certificate, ..Setup::default() };
    TestApp::start_with(Engine::Sqlite, Principal::development(), setup).await
}

/// Sends what a client would and reads to the end.
async fn exchange(app: &TestApp, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.host()).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Puts a new certificate for `localhost` in place.
fn renew(files: &TlsSettings) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    fs::write(&files.certificate, cert.pem()).unwrap();
    cert.der().clone()
}

/// One request by TLS from a client that trusts `root` only.
async fn exchange_by_tls(app: &TestApp, root: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(app.host()).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(GET).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let folder = TempDir::new().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let files = TlsSettings { certificate, key };
    let first = renew(&files);
    let app = app(settings(), Some(Certificate::load(files.clone()).unwrap())).await;
    let answer = exchange_by_tls(&app, &first).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");

    fs::write(&files.certificate, "broken").unwrap();
    // The files are looked at again after at most a second; until then, and after, the old one serves.
    let later = std::time::Instant::now() + std::time::Duration::from_millis(1_500);
    while std::time::Instant::now() < later {
        exchange_by_tls(&app, &first).await.unwrap();
    }
    let second = renew(&files);
    // Ends by the test's own time limit if the new one never comes.
    while exchange_by_tls(&app, &second).await.is_err() {}
    assert!(exchange_by_tls(&app, &first).await.is_err());
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_told_by_their_setting() {
    let folder = TempDir::new().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let files = TlsSettings { certificate, key };
    let told = || Certificate::load(files.clone()).unwrap_err().to_string();
    assert!(told().contains("tls.certificate: "), "{}", told());
    renew(&files);
    fs::remove_file(&files.key).unwrap();
    assert!(told().contains("tls.key: "), "{}", told());
    let other = TlsSettings { certificate: folder.path().join("other.pem"), ..files.clone() };
    renew(&other);
    renew(&TlsSettings { key: folder.path().join("other.key"), ..files.clone() });
    assert!(told().contains("tls.certificate and tls.key: "), "{}", told());
}

#[tokio::test]
async fn a_body_that_trickles_is_refused() {
    let app = app(HttpSettings { body_timeout_seconds: 1, ..settings() }, None).await;
    let half = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                 Content-Length: 100\r\n\r\n{\"query\":";
    let answer = exchange(&app, half).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("BAD_USER_INPUT"), "{answer}");
}

#[tokio::test]
async fn silent_half_sent_and_idle_connections_are_closed() {
    let app = app(HttpSettings { header_timeout_seconds: 1, ..settings() }, None).await;
    let kept_alive = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for (sent, answer) in
        [(&b""[..], ""), (b"GET / HTTP/1.1\r\nHo", ""), (kept_alive, "HTTP/1.1 200")]
    {
        assert!(exchange(&app, sent).await.starts_with(answer));
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let app = app(HttpSettings { max_connections: 1, ..settings() }, None).await;
    let held = TcpStream::connect(app.host()).await.unwrap();
    let waiting = app.get("/healthz").send();
    let waiting = tokio::spawn(waiting);
    drop(held);
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn the_console_cannot_be_framed_and_tells_nobody_where_it_was() {
    let app = app(settings(), None).await;
    let page = app.get("/").send().await.unwrap();
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(page.headers()[name], value);
    }
    for absent in ["server", "strict-transport-security"] {
        assert!(!page.headers().contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn many_requests_share_one_http2_connection() {
    let app = app(HttpSettings { max_connections: 1, ..settings() }, None).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let url = format!("http://{}/healthz", app.host());
    let asked: Vec<_> = (0..150).map(|_| tokio::spawn(client.get(&url).send())).collect();
    for asked in asked {
        let response = asked.await.unwrap().unwrap();
        assert_eq!(
            (response.version(), response.status().as_u16()),
            (reqwest::Version::HTTP_2, 200)
        );
    }
}
