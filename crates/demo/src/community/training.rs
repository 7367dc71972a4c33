//! Training sessions: about all topics, for all audiences, in all hamlets.

use std::collections::HashSet;

use registry_domain::community::{
    AttendeeCount, NewTraining, TrainingAudience, TrainingTitle, TrainingTopic,
};

use super::{MONTHS, month_of, recorded_after};
use crate::Step;
use crate::calibration::Calibration;
use crate::chance::{Question, day, pick};
use crate::ground::Ground;
use crate::steps::{at_times, batches};
use crate::work::{Society, Work};

use TrainingAudience::{Cooperatives, Enterprises, FarmHouseholds, Residents, TeamMembers};
use TrainingTopic::{
    CashlessPayment, DigitalSignature, DigitalSkills, Ecommerce, OnlineSafety, PublicServices,
};

/// What sessions are about and for whom, in turn.
const PROGRAMME: [(TrainingTopic, TrainingAudience, &str); 16] = [
    (DigitalSkills, Residents, "Kỹ năng số cơ bản cho người dân"),
    (PublicServices, Residents, "Nộp hồ sơ trên Cổng dịch vụ công"),
    (DigitalSkills, TeamMembers, "Tập huấn tổ công nghệ số cộng đồng"),
    (Ecommerce, FarmHouseholds, "Hộ nông dân mở gian hàng trên sàn thương mại điện tử"),
    (CashlessPayment, Residents, "Thanh toán không dùng tiền mặt"),
    (DigitalSkills, Residents, "Sử dụng điện thoại thông minh an toàn, hiệu quả"),
    (Ecommerce, Cooperatives, "Hợp tác xã bán hàng trên sàn thương mại điện tử"),
    (OnlineSafety, Residents, "Nhận biết lừa đảo trên mạng"),
    (PublicServices, TeamMembers, "Hướng dẫn người dân dùng dịch vụ công trực tuyến"),
    (Ecommerce, FarmHouseholds, "Chụp ảnh, viết bài giới thiệu nông sản"),
    (DigitalSkills, FarmHouseholds, "Ghi nhật ký đồng ruộng bằng điện thoại"),
    (DigitalSignature, Residents, "Đăng ký và sử dụng chữ ký số cá nhân"),
    (Ecommerce, Enterprises, "Doanh nghiệp mở tài khoản gian hàng, tài khoản thanh toán"),
    (CashlessPayment, Cooperatives, "Nhận thanh toán bằng mã QR"),
    (OnlineSafety, TeamMembers, "An toàn thông tin cho tổ công nghệ số"),
    (DigitalSignature, Enterprises, "Ký số hợp đồng và hoá đơn điện tử"),
];

/// What was recorded on the second day after each quarter, and after the last month.
pub(super) fn steps(ground: &Ground, calibration: &Calibration) -> Vec<Step> {
    let sessions = sessions(ground, ground.scaled(calibration.count("trainings")));
    let mut steps = Vec::new();
    for first in (0..MONTHS).step_by(3) {
        let last = (first + 2).min(MONTHS - 1);
        let span = month_of(first).first_day()..=month_of(last).last_day();
        let rows = sessions.iter().filter(|session| span.contains(&session.held_on)).cloned();
        let works = batches(rows, |rows| Work::Society(Society::Trainings(rows)));
        steps.extend(at_times(recorded_after(month_of(last)), works));
    }
    steps
}

/// So many sessions, spread evenly over the months.
fn sessions(ground: &Ground, count: usize) -> Vec<NewTraining> {
    let featured = (0..ground.hamlets.len()).filter(|at| ground.commune_of(*at).is_featured());
    let featured: Vec<usize> = featured.collect();
    let mut held = HashSet::new();
    let sessions = (0..count).zip(0..).filter_map(|(turn, key)| {
        let (topic, audience, title) = PROGRAMME[turn % PROGRAMME.len()];
        let month = u32::try_from(turn * MONTHS as usize / count).ok()?;
        // Every ninth is where there is something of everything.
        let place = if turn % 9 == 0 && !featured.is_empty() {
            featured[turn / 9 % featured.len()]
        } else {
            pick(key, Question::TrainingPlace, ground.hamlets.len())
        };
        let hamlet = ground.hamlets[place].id;
        let held_on = day(key, Question::TrainingDay, month_of(month).first_day(), 28);
        let attendees = 18 + i32::try_from(pick(key, Question::Attendees, 70)).ok()?;
        held.insert((hamlet, held_on, topic, audience)).then_some(())?;
        Some(NewTraining {
            held_on,
            hamlet,
            topic,
            audience,
            attendees: AttendeeCount::parse(attendees).ok()?,
            title: TrainingTitle::parse(title).ok(),
        })
    });
    sessions.collect()
}
