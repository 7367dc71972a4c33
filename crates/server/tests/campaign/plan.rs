//! How long a campaign takes, by how many, by what chance; and the kills meanwhile.

use std::env;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::task::block_in_place;
use tokio::time::{Instant, interval_at};

use crate::harness::Home;
use crate::registry::Instance;

/// The longest that a server lives.
const LIFE: u32 = 5;

/// How long, by how many, and by what chance.
pub struct Plan {
    pub seconds: u32,
    pub clients: usize,
    pub seed: u64,
}

/// Where a campaign stands.
#[derive(Clone)]
pub enum Stage {
    /// There is a server at this host and port, unless it was killed since.
    At(String),
    Over,
}

impl Plan {
    pub fn from_environment() -> Self {
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

    pub fn kills(&self) -> u32 {
        self.seconds / self.life()
    }

    /// Kills one server after the other and tells where the next is; the last one lives on, and
    /// is told to nobody: it has to be as the kill left it.
    pub async fn kill(
        &self,
        home: &Home,
        first: Instance,
        tell: &watch::Sender<Stage>,
    ) -> Instance {
        let mut server = first;
        let life = Duration::from_secs(self.life().into());
        let mut timer = interval_at(Instant::now() + life, life);
        for left in (0..self.kills()).rev() {
            timer.tick().await;
            server = block_in_place(|| server.killed_and_started_again(home));
            // However slow it was to start, it is given its time.
            timer.reset();
            if left > 0 {
                tell.send_replace(Stage::At(server.address.clone()));
            }
        }
        tell.send_replace(Stage::Over);
        server
    }
}

fn set<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}
