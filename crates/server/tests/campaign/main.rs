//! Campaigns: what partners rely on, while lines break and the server is killed again and again.
//!
//! Short unless the environment says otherwise; `cargo xtask campaign posting` runs the long form.
//! `REGISTRY_CAMPAIGN_SECONDS` and `REGISTRY_CAMPAIGN_CLIENTS` say how long and by how many,
//! `REGISTRY_CAMPAIGN_SEED` lets the clients choose as they did before.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be; this one tells what it saw"
)]

mod chance;
mod client;
#[expect(dead_code, reason = "the tests of the commands need the rest")]
#[path = "../command/harness.rs"]
mod harness;
mod judgement;
mod record;
mod registry;
mod report;

use std::env;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use registry_testing::{Engine, on_both_engines};
use tokio::sync::watch;
use tokio::task::block_in_place;
use tokio::time::{Instant, interval_at};

use crate::chance::Chance;
use crate::client::{Campaign, Client, Stage};
use crate::harness::Home;
use crate::record::Record;
use crate::registry::Instance;

on_both_engines!(posting);

/// The longest that a server lives.
const LIFE: u32 = 5;

/// A campaign this long shows something only if most reports were posted so often.
const LONG: u32 = 30;
const OFTEN: usize = 5;

/// How long, by how many, and by what chance.
struct Plan {
    seconds: u32,
    clients: usize,
    seed: u64,
}

impl Plan {
    fn from_environment() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self {
            seconds: set("REGISTRY_CAMPAIGN_SECONDS").unwrap_or(6),
            clients: set("REGISTRY_CAMPAIGN_CLIENTS").unwrap_or(8),
            seed: set("REGISTRY_CAMPAIGN_SEED").unwrap_or(now.as_secs()),
        }
    }

    /// How long each server lives, in seconds: some die even in a short campaign.
    fn life(&self) -> u32 {
        (self.seconds / 3).clamp(1, LIFE)
    }

    fn kills(&self) -> u32 {
        self.seconds / self.life()
    }
}

fn set<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// However often reports are posted, lines break and the server dies: each counts once, and every
/// receipt stays true.
async fn posting(engine: Engine) {
    let plan = Plan::from_environment();
    let home = Home::new(engine).await;
    let campaign = Campaign { reports: report::all(), tokens: registry::prepare(&home) };
    let campaign = Arc::new(campaign);
    let (server, mut record) = post_and_kill(&plan, &home, &campaign).await;
    let missing = record.unacknowledged();
    let client = Client::new(campaign.clone(), plan.seed);
    for report in &missing {
        record.note(*report, client.post(*report, &server.address).await);
    }
    let mut faults = judgement::judge(&home, &server, &campaign, &record).await;
    let often = record.posts.iter().filter(|posts| **posts >= OFTEN).count();
    if plan.seconds >= LONG && often * 2 < campaign.reports.len() {
        faults.push(format!("only {often} reports were posted {OFTEN} times or more"));
    }
    println!("{}", summary(engine, &plan, &record, missing.len(), faults.len()));
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Lets the clients post while one server after the other dies; the last one lives on.
async fn post_and_kill(plan: &Plan, home: &Home, campaign: &Arc<Campaign>) -> (Instance, Record) {
    let mut server = Instance::start(home);
    let (tell, stage) = watch::channel(Stage::At(server.address.clone()));
    let mut seeds = Chance::new(plan.seed);
    let clients = (0..plan.clients).map(|_| {
        let client = Client::new(campaign.clone(), seeds.next());
        tokio::spawn(client.post_until_over(stage.clone()))
    });
    let clients: Vec<_> = clients.collect();

    let life = Duration::from_secs(plan.life().into());
    let mut timer = interval_at(Instant::now() + life, life);
    for left in (0..plan.kills()).rev() {
        timer.tick().await;
        server = block_in_place(|| server.killed_and_started_again(home));
        // However slow it was to start, it is given its time.
        timer.reset();
        // Clients never hear of the last one: it has to be as the kill left it.
        if left > 0 {
            tell.send_replace(Stage::At(server.address.clone()));
        }
    }
    tell.send_replace(Stage::Over);
    let mut record = Record::new(campaign.reports.len());
    for client in clients {
        record.add(client.await.unwrap());
    }
    (server, record)
}

fn summary(
    engine: Engine,
    plan: &Plan,
    record: &Record,
    posted_at_last: usize,
    faults: usize,
) -> String {
    let Plan { seconds, clients, seed } = plan;
    let posts: usize = record.posts.iter().sum();
    let (least, most) = (record.posts.iter().min().unwrap(), record.posts.iter().max().unwrap());
    let acknowledged = record.receipts.len();
    let first = record.first.len();
    let Record { replayed, cut_off, turned_away, .. } = record;
    let (sending, waiting) = (record.hung_up_while_sending, record.hung_up_before_answer);
    let result = if faults == 0 { "exact".to_owned() } else { format!("{faults} FAULTS") };
    format!(
        "
campaign posting on {engine:?}: {clients} clients, {seconds} s, seed {seed}
  kills         {kills}
  posts         {posts} of {reports} reports, each {least} to {most} times
  acknowledged  {acknowledged}: {first} first, {replayed} replayed
  disconnects   {sending} while sending, {waiting} before the answer
  cut off       {cut_off} by kills; turned away {turned_away}
  at last       {posted_at_last} that nobody had a receipt for
  receipts      {acknowledged} checked
  result        {result}",
        kills = plan.kills(),
        reports = record.posts.len(),
    )
}
