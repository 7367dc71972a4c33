//! Households that several requests ask for at once, each for one, are read by one statement: while one is on
//! its way, what is asked for meanwhile gathers for the next. Nobody waits for company.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use registry_domain::household::{Household, HouseholdNumber};
use sea_orm::ConnectionTrait;
use tokio::sync::oneshot;

use super::read::{HouseholdExtent, by_number};
use crate::StoreError;
use crate::cells::Cells;
use crate::store::Inner;

/// Statements under way at once.
const UNDER_WAY: usize = 2;

/// Households that one statement reads at most.
const AT_ONCE: usize = 64;

/// Who waits for which household.
#[derive(Debug, Default)]
pub(crate) struct Together(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    asked: Vec<Asked>,
    under_way: usize,
}

/// Which household, and whom to tell; who is told nothing has to ask alone.
type Asked = (HouseholdNumber, oneshot::Sender<Option<Household>>);

impl Together {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of those who read for all.
struct Turn {
    store: Arc<Inner>,
    ended: bool,
}

impl Turn {
    /// What is to be read next; `None` if nobody waits, and then whoever asks next begins anew.
    fn next(&mut self) -> Option<Vec<Asked>> {
        let mut waiting = self.store.together.waiting();
        if waiting.asked.is_empty() {
            waiting.under_way -= 1;
            self.ended = true;
            return None;
        }
        let first = waiting.asked.len().min(AT_ONCE);
        let rest = waiting.asked.split_off(first);
        Some(std::mem::replace(&mut waiting.asked, rest))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended {
            self.store.together.waiting().under_way -= 1;
        }
    }
}

/// The present state of a household, without its head; `None` within if there is none, `None` if it has to be
/// asked for alone.
pub(super) async fn read_together(
    store: &Arc<Inner>,
    number: HouseholdNumber,
) -> Option<Option<Household>> {
    let (tell, told) = oneshot::channel();
    let begins = {
        let mut waiting = store.together.waiting();
        waiting.asked.push((number, tell));
        let begins = waiting.under_way < UNDER_WAY;
        waiting.under_way += usize::from(begins);
        begins
    };
    if begins {
        // Others wait for it as well: it goes on whoever hangs up.
        tokio::spawn(read_all(Turn { store: Arc::clone(store), ended: false }));
    }
    told.await.ok()
}

async fn read_all(mut turn: Turn) {
    while let Some(asked) = turn.next() {
        let numbers: Vec<_> = asked.iter().map(|(number, _)| *number).collect();
        // What stands against it each finds out alone.
        let Ok(found) = read(&turn.store, &numbers).await else { continue };
        for (number, tell) in asked {
            let household = found.iter().find(|household| household.number == number);
            // Who has hung up misses nothing.
            _ = tell.send(household.cloned());
        }
    }
}

async fn read(store: &Inner, numbers: &[HouseholdNumber]) -> Result<Vec<Household>, StoreError> {
    // The statement is another for every length: so there are few.
    let length = numbers.len().next_power_of_two();
    let last = numbers.last().copied();
    let padded = numbers.iter().copied().chain(last.into_iter().cycle()).take(length);
    let select = by_number(padded, HouseholdExtent::State, None);
    let rows = store.connections.reading.query_all(&select).await?;
    rows.iter().map(|row| Cells::of(row)?.read_household(HouseholdExtent::State)).collect()
}
