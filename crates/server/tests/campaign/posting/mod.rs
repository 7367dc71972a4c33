//! However often reports are posted, lines break and the server dies: each counts once, and every
//! receipt stays true.

mod client;
mod judgement;
mod record;
mod report;

use std::collections::HashMap;
use std::sync::Arc;

use registry_testing::Engine;
use tokio::sync::watch;

use self::client::{Campaign, Client, Tokens};
use self::record::Record;
use self::report::{AGREED_FROM, PARTNERS};
use crate::chance::Chance;
use crate::harness::Home;
use crate::plan::{Plan, Stage};
use crate::registry::{Instance, issue};

/// A campaign this long shows something only if most reports were posted so often.
const LONG: u32 = 30;
const OFTEN: usize = 5;

pub async fn posting(engine: Engine) {
    let plan = Plan::from_environment();
    let home = Home::new(engine).await;
    let campaign = Campaign { reports: report::all(), tokens: prepare(&home) };
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

/// Makes the tables, lets the partners report, and issues the tokens.
fn prepare(home: &Home) -> Tokens {
    home.done(&["migrate", "up"]);
    let partner = |code: &'static str| {
        let agreement = ["--agreement", "01/TT", "--agreed-from", AGREED_FROM];
        home.done(&[["partner", "update", code].as_slice(), &agreement].concat());
        (code, issue(home, &["--role", "partner", "--partner", code]))
    };
    let partners: HashMap<_, _> = PARTNERS.into_iter().map(partner).collect();
    Tokens { partners, reader: issue(home, &["--role", "reader"]) }
}

/// Lets the clients post while one server after the other dies; the last one lives on.
async fn post_and_kill(plan: &Plan, home: &Home, campaign: &Arc<Campaign>) -> (Instance, Record) {
    let server = Instance::start(home);
    let (tell, stage) = watch::channel(Stage::At(server.address.clone()));
    let mut seeds = Chance::new(plan.seed);
    let clients = (0..plan.clients).map(|_| {
        let client = Client::new(campaign.clone(), seeds.next());
        tokio::spawn(client.post_until_over(stage.clone()))
    });
    let clients: Vec<_> = clients.collect();
    let server = plan.kill(home, server, &tell).await;
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
