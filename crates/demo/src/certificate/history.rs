//! When reports came and what became of them: most were right and in time, the rest is told here one by one.
//!
//! Figures as they were known at a past moment differ from those of now by these.

use chrono::{Days, Duration, NaiveTime};
use registry_domain::access::Agreement;
use registry_domain::certificate::Decision;
use registry_domain::time::{Date, Instant};

use super::report::{InForce, Sent, Told, lines};
use super::single::first_number;
use super::volume::Volume;
use super::{Certificates, LAST_MONTH, PARTNERS, VIETTEL, VNPT, day_of, period_of};
use crate::chance::{Question, pick};
use crate::{BATCH, Step, Work};

const AGREEMENT: &str = "Thoả thuận cung cấp chữ ký số công cộng (dữ liệu mẫu)";

/// Days after its end on which a period is closed; the last two are still open.
const CLOSED_AFTER: u64 = 45;

/// What did not go as usual with the report about one month.
struct Story {
    partner: usize,
    period: &'static str,
    /// What was told at first.
    first: Told,
    then: Then,
}

/// What came of it; the days are those on which it was recorded.
enum Then {
    /// Corrected before the period was closed.
    Corrected { on: &'static str, reason: &'static str },
    /// A correction came when it was closed, and counts.
    Approved { on: &'static str, reason: &'static str, decided_on: &'static str },
    /// A correction came when it was closed, and does not count.
    Rejected { told: Told, on: &'static str, reason: &'static str, decided_on: &'static str },
    /// Taken back, and sent again.
    SentAgain { withdrawn_on: &'static str, reason: &'static str, on: &'static str },
}

const STORIES: [Story; 7] = [
    Story {
        partner: VNPT,
        period: "2022-03",
        first: Told::Without(4),
        then: Then::Corrected {
            on: "2022-05-04", reason: "Bổ sung số liệu bốn xã gửi muộn"
        },
    },
    Story {
        partner: VIETTEL,
        period: "2022-10",
        first: Told::Twice(3),
        then: Then::Corrected {
            on: "2022-12-07",
            reason: "Ba xã, phường bị tính hai lần do nhập trùng tệp",
        },
    },
    Story {
        partner: VIETTEL,
        period: "2023-11",
        first: Told::Without(6),
        then: Then::Approved {
            on: "2024-02-06",
            reason: "Đối soát cuối năm: thiếu số liệu sáu xã, phường",
            decided_on: "2024-02-20",
        },
    },
    Story {
        partner: VNPT,
        period: "2024-01",
        first: Told::Twice(5),
        then: Then::Corrected {
            on: "2024-03-08",
            reason: "Chứng thư số cấp lại bị tính là cấp mới ở năm xã, phường",
        },
    },
    Story {
        partner: VNPT,
        period: "2024-03",
        first: Told::Without(5),
        then: Then::Corrected {
            on: "2024-05-08",
            reason: "Bổ sung số liệu năm điểm giao dịch gửi muộn",
        },
    },
    Story {
        partner: VIETTEL,
        period: "2025-02",
        first: Told::Rightly,
        then: Then::Rejected {
            told: Told::Twice(2),
            on: "2025-05-12",
            reason: "Rà soát lại hồ sơ quý I",
            decided_on: "2025-05-23",
        },
    },
    Story {
        partner: VNPT,
        period: "2025-08",
        first: Told::MonthBefore,
        then: Then::SentAgain {
            withdrawn_on: "2025-09-10",
            reason: "Gửi nhầm số liệu tháng 7",
            on: "2025-09-12",
        },
    },
];

/// Reports that came after they were due: partner, period and day of the month in which they came.
const LATE: [(usize, &str, u32); 3] =
    [(VNPT, "2022-01", 14), (VIETTEL, "2024-07", 18), (VIETTEL, "2026-01", 13)];

/// Something that was recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deed {
    at: Instant,
    partner: usize,
    month: u32,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Agreed,
    Reported(Sent),
    Withdrawn {
        revision: u32,
        reason: &'static str,
    },
    Reviewed {
        revision: u32,
        decision: Decision,
        reason: Option<&'static str>,
    },
    Closed,
    /// The certificates of the month from this place on.
    Certified {
        from: usize,
    },
    /// All that were revoked in the month.
    Revoked,
}

/// All that was recorded, in order of time.
pub(super) fn all(volume: &Volume) -> Vec<Deed> {
    let start = period_of(0).first_day();
    let mut deeds: Vec<Deed> = PARTNERS
        .map(|partner| Deed { at: at_hour(start, 8), partner, month: 0, what: What::Agreed })
        .into();
    for month in 0..=LAST_MONTH {
        for partner in PARTNERS {
            month_of(volume, partner, month, &mut deeds);
        }
        if month + 2 <= LAST_MONTH {
            let closed_on = period_of(month).last_day() + Days::new(CLOSED_AFTER);
            let at = at_hour(closed_on, 17);
            deeds.push(Deed { at, partner: VNPT, month, what: What::Closed });
        }
    }
    deeds.sort_by_key(|deed| deed.at);
    deeds
}

/// What a partner sent of a month, the reports first.
fn month_of(volume: &Volume, partner: usize, month: u32, deeds: &mut Vec<Deed>) {
    let period = period_of(month).to_string();
    let about = |known: (usize, &str)| known == (partner, period.as_str());
    let story = STORIES.iter().find(|story| about((story.partner, story.period)));
    let subject = first_number(partner) + month;
    let late = LATE.iter().find(|late| about((late.0, late.1))).map(|late| late.2);
    let usual = 3 + u32::try_from(pick(subject, Question::ReportDay, 7)).unwrap_or_default();
    let sent_on = day_of(month + 1, late.unwrap_or(usual));
    let minute = i64::try_from(pick(subject, Question::ReportMinute, 8 * 60)).unwrap_or_default();
    let told = story.map_or(Told::Rightly, |story| story.first);
    let mut push = |at, what| deeds.push(Deed { at, partner, month, what });
    let first = Sent { partner, month, told, corrects: None };
    push(at_hour(sent_on, 8) + Duration::minutes(minute), What::Reported(first));
    if let Some(story) = story {
        for (at, what) in story.then.deeds(partner, month) {
            push(at, what);
        }
    }
    // On the day after, in the order of partners, so that no two are at the same minute.
    let sizes = volume.month(partner, month);
    let rows = volume.firsts(partner, month).count() + sizes.renewals.len();
    let batches = (0..rows).step_by(BATCH).map(|from| What::Certified { from });
    let revocations = (!sizes.revocations.is_empty()).then_some(What::Revoked);
    let next_day = at_hour(sent_on + Days::new(1), if partner == VNPT { 9 } else { 14 });
    for (turn, what) in (0..).zip(batches.chain(revocations)) {
        push(next_day + Duration::minutes(turn), what);
    }
}

impl Then {
    fn deeds(&self, partner: usize, month: u32) -> Vec<(Instant, What)> {
        let sent = |told, corrects| What::Reported(Sent { partner, month, told, corrects });
        match *self {
            Self::Corrected { on, reason } => {
                vec![(on_day(on, 10), sent(Told::Rightly, Some((1, reason))))]
            }
            Self::Approved { on, reason, decided_on } => {
                let (revision, decision) = (2, Decision::Approve);
                let reviewed = What::Reviewed { revision, decision, reason: None };
                let corrected = sent(Told::Rightly, Some((1, reason)));
                vec![(on_day(on, 10), corrected), (on_day(decided_on, 15), reviewed)]
            }
            Self::Rejected { told, on, reason, decided_on } => {
                let why = "Không khớp với các chứng thư số đã đăng ký";
                let (revision, decision) = (2, Decision::Reject);
                let reviewed = What::Reviewed { revision, decision, reason: Some(why) };
                let corrected = sent(told, Some((1, reason)));
                vec![(on_day(on, 10), corrected), (on_day(decided_on, 15), reviewed)]
            }
            Self::SentAgain { withdrawn_on, reason, on } => {
                let withdrawn = What::Withdrawn { revision: 1, reason };
                let again = sent(Told::Rightly, None);
                vec![(on_day(withdrawn_on, 16), withdrawn), (on_day(on, 10), again)]
            }
        }
    }
}

/// All steps in order of time.
pub(super) fn steps(certificates: &Certificates) -> impl Iterator<Item = Step> + '_ {
    let mut known = Known { in_force: InForce::none(), closed: Vec::new() };
    let deeds = certificates.deeds.iter();
    deeds.filter_map(move |deed| Some(Step { at: deed.at, work: known.work(certificates, deed)? }))
}

/// What the registry knows after each deed.
struct Known {
    in_force: InForce,
    /// The months whose periods are closed.
    closed: Vec<u32>,
}

impl Known {
    fn work(&mut self, certificates: &Certificates, deed: &Deed) -> Option<Work> {
        let Deed { partner, month, .. } = *deed;
        let key = |revision| certificates.report_key(partner, month, revision);
        let work = match deed.what {
            What::Agreed => {
                let (reference, from) = (AGREEMENT.to_owned(), period_of(0).first_day());
                let agreement = Agreement { reference, from, until: None };
                Work::Agree(certificates.partners[partner].code.clone(), agreement)
            }
            What::Reported(sent) => {
                let (report, issued) = certificates.report(&sent, &self.in_force)?;
                if !self.closed.contains(&month) {
                    self.in_force.set(partner, month, issued);
                }
                Work::Report(report)
            }
            What::Withdrawn { revision, reason } => {
                self.in_force.set(partner, month, 0);
                Work::Withdraw(key(revision)?, reason.to_owned())
            }
            What::Reviewed { revision, decision, reason } => {
                if decision == Decision::Approve {
                    let sent = Sent { partner, month, told: Told::Rightly, corrects: None };
                    let issued = super::report::issued(&lines(&certificates.volume, &sent));
                    self.in_force.set(partner, month, issued);
                }
                Work::Review(key(revision)?, decision, reason.map(str::to_owned))
            }
            What::Closed => {
                self.closed.push(month);
                Work::ClosePeriod(period_of(month))
            }
            What::Certified { from } => {
                let firsts = certificates.volume.firsts(partner, month);
                let firsts = firsts.filter_map(|first| certificates.first(first));
                let renewals = certificates.volume.month(partner, month).renewals.iter();
                let renewals = renewals.filter_map(|renewal| certificates.renewal(*renewal));
                Work::Certify(firsts.chain(renewals).skip(from).take(BATCH).collect())
            }
            What::Revoked => {
                let revoked = certificates.volume.month(partner, month).revocations.iter();
                let changes = revoked.filter_map(|first| certificates.revocation(*first, month));
                Work::Revoke(certificates.partners[partner].code.clone(), changes.collect())
            }
        };
        Some(work)
    }
}

/// How many rows a deed has.
pub(super) fn rows(volume: &Volume, deed: &Deed) -> u64 {
    let rows = match &deed.what {
        What::Reported(sent) => lines(volume, sent).len(),
        What::Certified { from } => {
            let renewals = volume.month(deed.partner, deed.month).renewals.len();
            let rows = volume.firsts(deed.partner, deed.month).count() + renewals;
            (rows - from).min(BATCH)
        }
        What::Revoked => volume.month(deed.partner, deed.month).revocations.len(),
        _ => 1,
    };
    rows as u64
}

fn on_day(day: &str, hour: i64) -> Instant {
    at_hour(day.parse().unwrap_or_default(), hour)
}

/// An hour of a day in the province.
fn at_hour(day: Date, hour: i64) -> Instant {
    day.and_time(NaiveTime::MIN).and_utc() + Duration::hours(hour - 7)
}
