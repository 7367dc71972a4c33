//! Anyone who keeps checkpoints: asks for the newest again and again.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::plan::Stage;

const EVERY: Duration = Duration::from_millis(100);

pub struct Follower {
    http: reqwest::Client,
    /// All different ones, in the order in which they were seen.
    checkpoints: Vec<String>,
}

impl Follower {
    pub fn new() -> Self {
        Self { http: reqwest::Client::new(), checkpoints: Vec::new() }
    }

    pub async fn follow_until_over(mut self, stage: watch::Receiver<Stage>) -> Vec<String> {
        let mut timer = interval(EVERY);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let Stage::At(address) = stage.borrow().clone() else { return self.checkpoints };
            // While a server starts, or has signed nothing yet, there is none.
            let Ok(newest) = self.newest(&address).await else { continue };
            if self.checkpoints.last() != Some(&newest) {
                self.checkpoints.push(newest);
            }
        }
    }

    async fn newest(&self, address: &str) -> reqwest::Result<String> {
        let answer = self.http.get(format!("http://{address}/log/checkpoint")).send().await?;
        answer.error_for_status()?.text().await
    }
}
