//! A line to the registry that fails in every way, and one that never comes to be.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use registry_testing::{Engine, on_both_engines};
use serde_json::json;
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use super::{Kit, PYTHON, Province, REPORTS, SCRIPTS, SHELL, month, new_key, require_tools};

on_both_engines!(a_report_is_taken_once_however_often_the_line_fails);

/// What may happen to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    /// Nothing.
    None,
    /// It gets no further.
    Refused(u16),
    /// The registry can't just now.
    Unavailable,
    /// It is taken, and the connection breaks before the answer is there.
    AnswerLost,
}

/// A line to the registry on which things happen, in this order, to what is posted.
struct Line {
    registry: String,
    mishaps: Mutex<VecDeque<Mishap>>,
    /// What was posted: where, by which signature, and the body.
    posted: Mutex<Vec<(String, Option<HeaderValue>, Bytes)>>,
}

async fn carry(
    State(line): State<Arc<Line>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut mishap = Mishap::None;
    if method == Method::POST {
        mishap = line.mishaps.lock().unwrap().pop_front().unwrap_or(Mishap::None);
        let signature = headers.get("x-jws-signature").cloned();
        line.posted.lock().unwrap().push((uri.path().to_owned(), signature, body.clone()));
    }
    let unavailable = json!({ "message": "later", "extensions": { "code": "UNAVAILABLE" } });
    match mishap {
        Mishap::Refused(status) => {
            let status = StatusCode::from_u16(status).unwrap();
            return (status, [(header::RETRY_AFTER, "0")], "{}").into_response();
        }
        Mishap::Unavailable => {
            return json!({ "errors": [unavailable] }).to_string().into_response();
        }
        Mishap::AnswerLost | Mishap::None => {}
    }
    headers.remove(header::HOST);
    let request = reqwest::Client::new().request(method, format!("{}{uri}", line.registry));
    let answer = request.headers(headers).body(body).send().await.unwrap();
    let (status, answer) = (answer.status(), answer.bytes().await.unwrap());
    if mishap == Mishap::AnswerLost {
        let broken = stream::iter([Err::<Bytes, _>(io::Error::other("broken"))]);
        return Body::from_stream(broken).into_response();
    }
    (status, answer).into_response()
}

/// A port where nobody listens yet, and nobody else can.
fn quiet_port() -> (Socket, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, format!("http://{address}"))
}

fn listen(socket: Socket, router: Router) {
    socket.listen(16).unwrap();
    socket.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(socket.into()).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn a_report_is_taken_once_however_often_the_line_fails(engine: Engine) {
    let province = Province::new(engine).await;
    for (script, period) in [(SHELL, "2025-08"), (PYTHON, "2025-09")] {
        let (socket, address) = quiet_port();
        let kit = Kit { url: address, ..province.kit(script) };
        let post = ["post", "counts.csv", "--period", period, "--cumulative", "5000"];
        let mut command = kit.command(&[&post[..], &["--tries", "30"]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut err = BufReader::new(process.stderr.take().unwrap());
        let mut said = String::new();
        err.read_line(&mut said).unwrap();
        assert!(said.starts_with("post_counts: try 1: "), "{script}: {said}");

        // Two that meet the request for a token, then it comes; the rest meet the report.
        let for_token = [Mishap::Refused(503), Mishap::AnswerLost, Mishap::None];
        let transient = [503, 429, 502, 504].map(Mishap::Refused);
        // The token is over, and a new one comes.
        let expired = [Mishap::Refused(401), Mishap::None];
        let last = [Mishap::Unavailable, Mishap::AnswerLost];
        let mishaps = [&for_token[..], &transient, &expired, &last].concat();
        let line = Arc::new(Line {
            registry: province.url().to_owned(),
            mishaps: Mutex::new(mishaps.into()),
            posted: Mutex::default(),
        });
        listen(socket, Router::new().fallback(carry).with_state(line.clone()));
        let mut out = String::new();
        process.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        err.read_to_string(&mut said).unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(0), "{script}: {said}");
        let receipt = format!("receipts/VNPT-{period}-1.jws");
        assert_eq!(out, format!("replayed VNPT/{period}/1 ACCEPTED\nreceipt {receipt}\n"));
        assert_eq!(said.matches(" again in ").count(), 10, "{script}: {said}");

        let posted = std::mem::take(&mut *line.posted.lock().unwrap());
        let (reports, mut forms): (Vec<_>, Vec<_>) =
            posted.into_iter().partition(|(path, ..)| path == "/graphql");
        assert_eq!((reports.len(), forms.len()), (8, 4), "{script}");
        assert!(reports.iter().all(|report| *report == reports[0]), "{script}: {reports:?}");
        forms.dedup();
        assert_eq!(forms.len(), 4, "{script}: each request for a token has its own assertion");
    }
    assert_eq!(province.home.number(REPORTS).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_reached_is_given_up_after_the_tries() {
    require_tools();
    let folder = TempDir::new().unwrap();
    let key = new_key(&folder.path().join("key.pem"));
    let (_held, nobody) = quiet_port();
    let (socket, busy) = quiet_port();
    let later = async || (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]);
    listen(socket, Router::new().fallback(later));
    for script in SCRIPTS {
        let mut kit = Kit::new(script, &key, &nobody);
        kit.write("counts.csv", month());
        let unreached = kit.posted("2025-08", &["--tries", "3"]);
        assert_eq!((unreached.code, unreached.err.lines().count()), (Some(3), 3), "{unreached:?}");
        assert!(unreached.err.contains(" was not reached in 3 tries: "), "{script}: {unreached:?}");
        kit.url.clone_from(&busy);
        let told = kit.posted("2025-08", &["--tries", "2"]);
        assert_eq!(told.code, Some(3), "{script}: {told:?}");
        // Longer than the script's own wait of a millisecond.
        assert!(told.err.contains("try 1: HTTP 503; again in 1000 ms\n"), "{script}: {told:?}");
    }
}
