//! Dates, times, durations, and when something is to happen.

/// Names of months and days as their first three letters, zones and halves of a day.
#[rustfmt::skip]
const NAMES: [&str; 27] = [
    "apr", "am", "aug", "bst", "cest", "cet", "dec", "est", "feb", "fri", "gmt", "jan", "jul", "jun", "mar", "may",
    "mon", "nov", "oct", "pm", "pst", "sat", "sep", "sun", "thu", "tue", "utc",
];
#[rustfmt::skip]
const UNITS: [&str; 24] = [
    "d", "day", "days", "h", "hour", "hours", "hr", "hrs", "m", "min", "mins", "minute", "minutes", "month", "months",
    "ms", "ns", "s", "sec", "seconds", "us", "w", "weeks", "y",
];
const LONGEST_DURATION: usize = 32;

pub(super) fn is_time(text: &str) -> bool {
    is_date(text) || is_named_date(text) || is_duration(text) || is_cron(text)
}

/// ISO 8601, RFC 3339, and what logs make of them, with what names the zone.
fn is_date(text: &str) -> bool {
    let Some((day, time)) = text.split_at_checked("2026-11-23".len()) else { return false };
    let is_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => matches!(byte, b'-' | b'/' | b'.'),
        _ => byte.is_ascii_digit(),
    });
    let time = time.split('[').next().unwrap_or(time);
    is_day && time.len() <= 30 && time.bytes().all(|byte| byte.is_ascii_digit() || b":.,+TZ -/UTC".contains(&byte))
}

/// RFC 9110, 5.6.7, `ctime`: numbers, with names of months and days.
fn is_named_date(text: &str) -> bool {
    let mut names = 0;
    let fits = text.split([' ', ',', ':', '-', '/', '.', '+']).filter(|word| !word.is_empty()).all(|word| {
        let lower = word.to_ascii_lowercase();
        let named = NAMES.contains(&lower.as_str())
            || lower.get(..3).is_some_and(|start| {
                word.len() <= 9 && NAMES.contains(&start) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
            });
        names += usize::from(named);
        named || word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit())
    });
    fits && names > 0 && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `90s`, `1h30m`, `5 minutes`, `P1DT12H`.
pub(super) fn is_duration(text: &str) -> bool {
    if is_iso_duration(text) {
        return true;
    }
    let mut rest = text;
    while !rest.is_empty() && text.len() <= LONGEST_DURATION {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let behind = number.trim_start();
        let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        if number.len() == rest.len() || !UNITS.contains(&behind[..end].to_ascii_lowercase().as_str()) {
            return false;
        }
        rest = behind[end..].trim_start();
    }
    rest.is_empty() && !text.is_empty()
}

fn is_iso_duration(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    rest.strip_prefix('P').is_some_and(|rest| {
        !rest.is_empty()
            && rest.ends_with(|c: char| "YMWDHS".contains(c))
            && rest.chars().all(|c| c.is_ascii_digit() || "YMWDTHS.,".contains(c))
            && rest.contains(|c: char| c.is_ascii_digit())
    })
}

/// Five fields or six, or one of the names; systemd's too.
fn is_cron(text: &str) -> bool {
    let named = text.strip_prefix('@').is_some_and(|name| {
        ["annually", "daily", "hourly", "midnight", "monthly", "reboot", "weekly", "yearly"].contains(&name)
            || name.starts_with("every ")
    });
    let is_field = |field: &str| {
        let words = field.split(['-', ',', '/', '*', '.', ':', '?', '#', 'L', 'W', '~']);
        words.filter(|word| !word.is_empty()).all(|word| {
            word.len() <= 4
                && (word.bytes().all(|byte| byte.is_ascii_digit())
                    || NAMES.contains(&word.to_ascii_lowercase().as_str()))
        })
    };
    let fields = text.split(' ').filter(|field| !field.is_empty());
    named || (2..=7).contains(&fields.clone().count()) && text.contains(['*', '/']) && fields.clone().all(is_field)
}
