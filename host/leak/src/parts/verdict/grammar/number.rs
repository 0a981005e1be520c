//! Numbers, and what is written in digits: money, telephones, versions, addresses, sizes, colours.

/// More digits are a number that somebody drew.
const FEWEST_DIGITS: usize = 12;
const LONGEST_TELEPHONE: usize = 17;

pub(super) fn is_number(text: &str) -> bool {
    is_small(text)
        || is_decimal(text)
        || is_moment(text)
        || is_telephone(text)
        || is_money(text)
        || is_version(text)
        || is_colour(text)
        || is_pairs_of_hex(text)
        || is_address(text)
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn only(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || others.contains(&byte))
}

/// A count, an address, a date or a time.
fn is_small(text: &str) -> bool {
    only(text, b".,:+-/ eE%_x#") && (1..FEWEST_DIGITS).contains(&digits(text))
}

/// With one point and digits on both sides of it, as coordinates and measures have it.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let parts = text.split_once('.');
    parts.is_some_and(|(whole, fraction)| {
        (1..=11).contains(&whole.len()) && (1..=17).contains(&fraction.len()) && only(whole, b"") && only(fraction, b"")
    })
}

/// Seconds, or thousandths of them, since 1970, between 2001 and 2033.
fn is_moment(text: &str) -> bool {
    matches!(text.len(), 13 | 16) && text.starts_with('1') && only(text, b"")
}

/// With the number of its country before it.
fn is_telephone(text: &str) -> bool {
    (text.starts_with('+') || text.starts_with("00"))
        && only(text, b"+ -()/.")
        && (7..=LONGEST_TELEPHONE).contains(&digits(text))
}

/// With the sign or the three letters of its currency, on either side.
fn is_money(text: &str) -> bool {
    let number = text.trim_matches(|c: char| "€$£¥ ".contains(c) || c.is_ascii_uppercase());
    let rest = text.chars().count() - number.chars().count();
    (1..=4).contains(&rest) && only(number, b".,' -") && (1..FEWEST_DIGITS).contains(&digits(number))
}

/// With two points or more, a `v` before it or a bound: `v2.14.0-rc.3`, `>= 1.6, < 2.0`, `^4.17.21`, `4.11.0+cd95919`.
fn is_version(text: &str) -> bool {
    let number = text.trim_start_matches(|c: char| "vV^~=<>! ".contains(c));
    let bounded = number.len() < text.len();
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (core, rest) = number.split_at(end);
    let points = core.bytes().filter(|byte| *byte == b'.').count();
    let is_rest = rest.split(['-', '+', '.', ',', ' ', '<', '>', '=', '*', 'x', '~', '|']).all(|part| {
        part.len() <= 12 && (part.bytes().all(|byte| byte.is_ascii_hexdigit()) || super::super::words::are(part))
    });
    core.starts_with(|c: char| c.is_ascii_digit())
        && (points >= 1 || bounded && points + core.len() <= 4)
        && core.len() <= 20
        && is_rest
}

/// `#ff8c00`, `0x1F`, `rgb(…)`.
fn is_colour(text: &str) -> bool {
    let hex = text.strip_prefix('#').or(text.strip_prefix("0x")).or(text.strip_prefix("0X"));
    let hex = hex.is_some_and(|hex| (1..=8).contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let called = ["rgb(", "rgba(", "hsl(", "hsla("].iter().find_map(|name| text.strip_prefix(name)?.strip_suffix(')'));
    hex || called.is_some_and(|parts| only(parts, b" ,.%/"))
}

/// An address of a network card, or a fingerprint.
fn is_pairs_of_hex(text: &str) -> bool {
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    [':', '-'].into_iter().any(|between| text.split(between).count() >= 6 && text.split(between).all(is_pair))
}

/// IPv6, with what is behind `/` or in brackets; IPv4 is a small number, or of twelve digits.
fn is_address(text: &str) -> bool {
    let bare = text.split(['/', '%']).next().unwrap_or(text);
    let four =
        |text: &str| text.parse::<std::net::SocketAddrV4>().is_ok() || text.parse::<std::net::Ipv4Addr>().is_ok();
    let six = |text: &str| {
        text.parse::<std::net::SocketAddrV6>().is_ok()
            || text.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>().is_ok()
    };
    let behind = &text[bare.len()..];
    (four(bare) || six(bare)) && (behind.is_empty() || behind.len() <= 16 && !behind.contains(' '))
}
