//! How much a client may ask for in a minute: points of complexity, by token, else by address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderName, HeaderValue, StatusCode, header};
use registry_domain::access::{PartnerCode, Principal, TokenId};
use registry_persistence::Store;

use super::client_address::ClientAddress;
use super::graphql::Refusal;
use crate::config::RateSettings;

/// As the draft `draft-ietf-httpapi-ratelimit-headers` names them.
pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
pub(super) const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The window that quotas are told for, in seconds.
const WINDOW: u32 = 60;

/// How often those who have been idle are forgotten.
const PRUNE_EVERY: u32 = 1_024;

/// The most clients remembered apart; further ones share.
const CLIENTS: usize = 100_000;

/// What is left, told with an answer.
pub(super) type Told = [(HeaderName, HeaderValue); 2];

/// The limits for those with a token and those without.
#[derive(Debug)]
pub(super) struct Rates {
    tokens: Buckets,
    anonymous: Buckets,
}

/// Whom points are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Client {
    Token(TokenId),
    Network(IpAddr),
    /// All machines of a partner.
    Partner(PartnerCode),
    /// Everybody who comes while too many are remembered.
    Crowd,
}

/// The registry's one clock, as the limiter reads it. If it is set back, waits grow by as much.
#[derive(Debug, Clone)]
struct StoreClock(Store);

impl Clock for StoreClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now().timestamp_micros().try_into().unwrap_or_default())
    }
}

impl Rates {
    pub(super) fn new(store: &Store, settings: &RateSettings) -> Self {
        let anonymous = (settings.anonymous_points_per_minute, settings.anonymous_burst);
        Self {
            tokens: Buckets::new(store, settings.points_per_minute, settings.burst),
            anonymous: Buckets::new(store, anonymous.0, anonymous.1),
        }
    }

    /// Takes the points for a request. Parts of the registry itself, and development, have no limit.
    pub(super) fn take(
        &self,
        principal: &Principal,
        address: ClientAddress,
        cost: usize,
    ) -> Result<Option<Told>, Refusal> {
        // A partner's machines share what is the partner's, however many tokens they hold.
        if let Some(partner) = principal.grant().partner() {
            return self.tokens.take(Client::Partner(partner.clone()), cost).map(Some);
        }
        match principal.token() {
            Some(token) => self.tokens.take(Client::Token(token.clone()), cost).map(Some),
            None if principal.is_anonymous() => {
                self.anonymous.take(Client::Network(network(address.0)), cost).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// One client has one IPv4 address, but 2⁶⁴ of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

type Limiter =
    RateLimiter<Client, DashMapStateStore<Client>, StoreClock, StateInformationMiddleware>;

/// The points of clients of one kind.
struct Buckets {
    limiter: Limiter,
    points: NonZeroU32,
    burst: NonZeroU32,
    taken: AtomicU32,
    crowded: AtomicBool,
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").field("points", &self.points).finish_non_exhaustive()
    }
}

impl Buckets {
    fn new(store: &Store, points: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_minute(points).allow_burst(burst);
        let limiter =
            RateLimiter::new(quota, DashMapStateStore::default(), StoreClock(store.clone()));
        Self { limiter, points, burst, taken: AtomicU32::new(0), crowded: AtomicBool::new(false) }
    }

    fn take(&self, client: Client, cost: usize) -> Result<Told, Refusal> {
        if self.taken.fetch_add(1, Ordering::Relaxed).is_multiple_of(PRUNE_EVERY) {
            self.limiter.retain_recent();
            self.crowded.store(self.limiter.len() > CLIENTS, Ordering::Relaxed);
        }
        let client = if self.crowded.load(Ordering::Relaxed) { Client::Crowd } else { client };
        let points = u32::try_from(cost).unwrap_or(u32::MAX);
        let points = NonZeroU32::new(points).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_key_n(&client, points) {
            Ok(Ok(state)) => Ok(self.told(state.remaining_burst_capacity())),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(StoreClock::now(self.limiter.clock()));
                Err(self.exhausted(cost, wait))
            }
            Err(_) => Err(self.never(cost)),
        }
    }

    fn told(&self, left: u32) -> Told {
        let Self { points, burst, .. } = self;
        // Until all of it is there again.
        let missing = u64::from(burst.get() - left.min(burst.get())) * u64::from(WINDOW);
        let whole_after = missing.div_ceil(points.get().into());
        let value =
            |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        [
            (POLICY, value(format!("\"points\";q={points};w={WINDOW};qu=\"points\""))),
            (STATE, value(format!("\"points\";r={left};t={whole_after}"))),
        ]
    }

    fn exhausted(&self, cost: usize, wait: Duration) -> Refusal {
        let wait = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let points = self.points;
        let message = format!(
            "this request costs {cost} points and too few of {points} a minute are left; try again in {wait} s / \
             hết hạn mức {points} điểm mỗi phút, hãy thử lại sau {wait} giây"
        );
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, message)
            .with("limit", points.get())
            .with("cost", cost)
            .with("retryAfter", wait)
            .header(header::RETRY_AFTER, &wait.max(1).to_string());
        self.told(0).into_iter().fold(refusal, |refusal, (name, value)| {
            refusal.header(name, value.to_str().unwrap_or_default())
        })
    }

    /// However long it waits, this client can't have so much at once.
    fn never(&self, cost: usize) -> Refusal {
        let burst = self.burst;
        let message = format!(
            "this request costs {cost} points; at most {burst} can be had at once / \
             yêu cầu có độ phức tạp {cost}; tối đa {burst} một lần"
        );
        Refusal::bad(message)
            .with("code", "TOO_COMPLEX")
            .with("what", "complexity")
            .with("limit", burst.get())
            .with("found", cost)
    }
}
