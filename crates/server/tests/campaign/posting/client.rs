//! A partner's machine on a bad line: posts every report again and again, and often hangs up.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::record::{Post, Record};
use super::report::Report;
use crate::chance::Chance;
use crate::plan::Stage;

/// How long an answer takes, as long as a client had none.
const FIRST_GUESS: Duration = Duration::from_millis(60);

/// How a report is posted.
enum Manner {
    /// To the end.
    Whole,
    HangUpWhileSending,
    HangUpBeforeAnswer,
}

/// Tokens of those who take part.
pub struct Tokens {
    /// Each partner's.
    pub partners: HashMap<&'static str, String>,
    /// Of one who sees all reports.
    pub reader: String,
}

/// What all clients have in common.
pub struct Campaign {
    pub reports: Vec<Report>,
    pub tokens: Tokens,
}

pub struct Client {
    campaign: Arc<Campaign>,
    http: reqwest::Client,
    chance: Chance,
    /// The reports still to be posted in this turn.
    turn: Vec<usize>,
    /// How long the last answer took: who hangs up does so somewhere around that.
    usual: Duration,
}

impl Client {
    pub fn new(campaign: Arc<Campaign>, seed: u64) -> Self {
        let http = reqwest::Client::new();
        Self { campaign, http, chance: Chance::new(seed), turn: Vec::new(), usual: FIRST_GUESS }
    }

    /// Posts until the campaign is over; what came of it.
    pub async fn post_until_over(mut self, mut stage: watch::Receiver<Stage>) -> Record {
        let mut record = Record::new(self.campaign.reports.len());
        loop {
            let Stage::At(address) = stage.borrow_and_update().clone() else { return record };
            let report = self.next_report();
            let post = match self.manner() {
                Manner::Whole => self.post_and_time(report, &address).await,
                Manner::HangUpWhileSending => {
                    let sent = self.chance.below(self.request(report, &address).len());
                    let hung_up = self.hang_up(report, &address, sent).await;
                    hung_up.map_or(Post::CutOff, |()| Post::HungUpWhileSending)
                }
                Manner::HangUpBeforeAnswer => {
                    let hung_up = self.hang_up(report, &address, usize::MAX).await;
                    hung_up.map_or(Post::CutOff, |()| Post::HungUpBeforeAnswer)
                }
            };
            let is_gone = matches!(post, Post::CutOff);
            record.note(report, post);
            // At this address nobody answers any more.
            if is_gone && stage.changed().await.is_err() {
                return record;
            }
        }
    }

    async fn post_and_time(&mut self, report: usize, address: &str) -> Post {
        let started = Instant::now();
        let post = self.post(report, address).await;
        if matches!(post, Post::Acknowledged { .. }) {
            self.usual = started.elapsed();
        }
        post
    }

    /// Posts a report and takes the answer.
    pub async fn post(&self, report: usize, address: &str) -> Post {
        let Report { partner, body, .. } = &self.campaign.reports[report];
        let request = self.http.post(format!("http://{address}/graphql"));
        let request = request.header("content-type", "application/json").body(body.clone());
        let request = request.bearer_auth(&self.campaign.tokens.partners[partner]);
        let Ok(response) = request.send().await else { return Post::CutOff };
        let status = response.status();
        let Ok(text) = response.text().await else { return Post::CutOff };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Post::TurnedAway;
        }
        let read = |mut answer: Value| {
            let payload = answer["data"]["submitCertificateReport"].take();
            let is_taken = status.is_success() && payload["errors"].as_array()?.is_empty();
            let receipt = payload["receipt"].as_str().filter(|_| is_taken)?.to_owned();
            Some(Post::Acknowledged { receipt, replayed: payload["replayed"].as_bool()? })
        };
        let answered = serde_json::from_str(&text).ok().and_then(read);
        answered.unwrap_or_else(|| Post::Unexpected(format!("{status}: {text}")))
    }

    /// Sends so many bytes of the request, waits a moment, and breaks the connection.
    async fn hang_up(&mut self, report: usize, address: &str, sent: usize) -> io::Result<()> {
        let moment = self.chance.moment(self.usual * 2);
        let request = self.request(report, address);
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(&request.as_bytes()[..sent.min(request.len())]).await?;
        // An answer that comes all the same is lost on the way.
        _ = timeout(moment, connection.read(&mut [0])).await;
        Ok(())
    }

    fn request(&self, report: usize, address: &str) -> String {
        let Report { partner, body, .. } = &self.campaign.reports[report];
        let token = &self.campaign.tokens.partners[partner];
        format!(
            "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Every report once in an order of its own, then in another.
    fn next_report(&mut self) -> usize {
        if self.turn.is_empty() {
            self.turn = (0..self.campaign.reports.len()).collect();
            self.chance.shuffle(&mut self.turn);
        }
        self.turn.pop().unwrap()
    }

    fn manner(&mut self) -> Manner {
        match self.chance.below(4) {
            0 => Manner::HangUpWhileSending,
            1 => Manner::HangUpBeforeAnswer,
            _ => Manner::Whole,
        }
    }
}
