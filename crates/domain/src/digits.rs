//! Decimal digits, written where they belong: a batch or a page has hundreds, and formatting each by the general
//! way shows in what it costs.

use chrono::{Datelike as _, NaiveDate, NaiveTime, Timelike as _};

/// `2024-02-29`, for years from 0 to 9999.
pub fn write_day(day: NaiveDate, out: &mut Vec<u8>) {
    write_digits::<4>(day.year().unsigned_abs(), out);
    out.push(b'-');
    write_digits::<2>(day.month(), out);
    out.push(b'-');
    write_digits::<2>(day.day(), out);
}

/// `23:59:59.123456`; what is beyond the microsecond is left out, and a leap second is the one before it.
pub fn write_time(time: NaiveTime, out: &mut Vec<u8>) {
    write_digits::<2>(time.hour(), out);
    out.push(b':');
    write_digits::<2>(time.minute(), out);
    out.push(b':');
    write_digits::<2>(time.second(), out);
    out.push(b'.');
    write_digits::<6>(time.nanosecond() / 1_000, out);
}

/// The last so many digits of a number.
fn write_digits<const WIDTH: usize>(number: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&digits::<WIDTH>(number));
}

/// The last so many digits of a number, in ASCII.
pub(crate) fn digits<const WIDTH: usize>(mut number: u32) -> [u8; WIDTH] {
    let mut digits = [b'0'; WIDTH];
    for digit in digits.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    digits
}
