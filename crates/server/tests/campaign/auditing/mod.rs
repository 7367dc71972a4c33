//! However fast is written and however often the server dies: every acknowledged write has its one
//! event, places in the log have no gap, and each checkpoint that was seen goes on from the last.

mod follower;
mod judgement;
mod writer;

use std::sync::Arc;

use registry_testing::Engine;
use tokio::sync::watch;

use self::follower::Follower;
use self::writer::{Shared, Writer, Written};
use crate::chance::Chance;
use crate::harness::Home;
use crate::plan::{Plan, Stage};
use crate::registry::{Instance, issue};

pub async fn auditing(engine: Engine) {
    let plan = Plan::from_environment();
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let officer = issue(&home, &["--role", "officer", "--unit", "92"]);
    let auditor = issue(&home, &["--role", "auditor"]);
    let server = Instance::start(&home);
    let shared = Arc::new(Shared::prepare(&server.address, officer).await);
    let (tell, stage) = watch::channel(Stage::At(server.address.clone()));
    let mut seeds = Chance::new(plan.seed);
    let writers = (0..plan.clients).map(|number| {
        let writer = Writer::new(number, shared.clone(), seeds.next());
        tokio::spawn(writer.write_until_over(stage.clone()))
    });
    let writers: Vec<_> = writers.collect();
    let follower = tokio::spawn(Follower::new().follow_until_over(stage));
    let server = plan.kill(&home, server, &tell).await;
    let mut written = Written::default();
    for writer in writers {
        written.add(writer.await.unwrap());
    }
    let checkpoints = follower.await.unwrap();
    let faults = judgement::judge(&home, server, &auditor, &written, &checkpoints).await;
    println!("{}", summary(engine, &plan, &written, checkpoints.len(), faults.len()));
    assert!(faults.is_empty(), "{faults:#?}");
}

fn summary(
    engine: Engine,
    plan: &Plan,
    written: &Written,
    checkpoints: usize,
    faults: usize,
) -> String {
    let Plan { seconds, clients, seed } = plan;
    let Written { acknowledged, refused, cut_off, turned_away, .. } = written;
    let result = if faults == 0 { "exact".to_owned() } else { format!("{faults} FAULTS") };
    format!(
        "
campaign auditing on {engine:?}: {clients} writers, {seconds} s, seed {seed}
  kills         {kills}
  acknowledged  {acknowledged} writes, each with its event
  refused       {refused} because another was faster, each with its event
  cut off       {cut_off} by kills; turned away {turned_away}
  checkpoints   {checkpoints} seen, each goes on from the last
  result        {result}",
        kills = plan.kills(),
        acknowledged = acknowledged.len(),
        refused = refused.len(),
    )
}
