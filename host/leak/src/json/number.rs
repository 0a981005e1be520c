//! Numbers of JSON with an exponent, as the same number without one.

/// The same number without an exponent, if it has one and does not become much longer: no writer writes so many zeros.
pub(super) fn without_exponent(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E'])?;
    let exponent: i64 = exponent.parse().ok()?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let zeros = digits.bytes().take_while(|&byte| byte == b'0').count();
    let significant = digits[zeros..].trim_end_matches('0');
    // Where the point is among them, or how far off.
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_sub(i64::try_from(zeros).ok()?)?;
    let most = i64::try_from(number.len()).ok()?;
    let length = i64::try_from(significant.len()).ok()?;
    if significant.is_empty() || point < -most || point > length + most {
        return None;
    }
    let place = usize::try_from(point.clamp(0, length)).ok()?;
    let (before, behind) = significant.split_at(place);
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    let before = if before.is_empty() { "0".to_owned() } else { before.to_owned() + &zeros(point - length) };
    Some(match behind {
        "" => format!("{sign}{before}"),
        behind => format!("{sign}{before}.{}{behind}", zeros(-point)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_an_exponent_is_written_out() {
        for (number, plain) in [
            ("1.2345678e7", Some("12345678")),
            ("-1.2345678E+07", Some("-12345678")),
            ("0.00012345678e11", Some("12345678")),
            ("123456780e-1", Some("12345678")),
            ("12345678e0", Some("12345678")),
            ("1.2345678e9", Some("1234567800")),
            ("1.2345678e3", Some("1234.5678")),
            ("12.5e-2", Some("0.125")),
            ("12.5e-4", Some("0.00125")),
            ("1e3", Some("1000")),
            ("1e4", None),
            ("1e400", None),
            ("1e-400", None),
            ("1e99999999999999999999", None),
            ("0e5", None),
            ("12345678", None),
            ("1.5", None),
        ] {
            assert_eq!(without_exponent(number).as_deref(), plain, "{number}");
        }
    }
}
