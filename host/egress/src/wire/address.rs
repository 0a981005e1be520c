//! Which IP addresses are inside: everything that is not plainly a host on the public internet.
//!
//! An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is as inside as that one is.
//!
//! Deliberately absent: NAT64 prefixes that a network chose for itself (RFC 6052, 2.2), and the public addresses of this
//! very machine: neither can be told from the address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a private address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inside {
    Unspecified,
    Loopback,
    Private,
    LinkLocal,
    /// Shared between a carrier and its customers.
    CarrierNat,
    /// Where a cloud tells a machine its credentials.
    Metadata,
    Protocol,
    Benchmark,
    Documentation,
    Multicast,
    Relay,
    Reserved,
}

type Row<A> = (A, u32, Inside);

/// The IANA special-purpose registry of IPv4, without what is globally reachable. The first row that fits counts.
#[rustfmt::skip]
const V4: [Row<Ipv4Addr>; 18] = [
    (v4(0, 0, 0, 0),         32, Inside::Unspecified),   // RFC 1122, 3.2.1.3
    (v4(0, 0, 0, 0),          8, Inside::Reserved),      // RFC 791, "this network": many systems take it for loopback
    (v4(10, 0, 0, 0),         8, Inside::Private),       // RFC 1918
    (v4(100, 64, 0, 0),      10, Inside::CarrierNat),    // RFC 6598; 100.100.100.200 is a cloud's metadata
    (v4(127, 0, 0, 0),        8, Inside::Loopback),      // RFC 1122, 3.2.1.3
    (v4(168, 63, 129, 16),   32, Inside::Metadata),      // a cloud's own host under a public number
    (v4(169, 254, 169, 254), 32, Inside::Metadata),      // most clouds
    (v4(169, 254, 0, 0),     16, Inside::LinkLocal),     // RFC 3927
    (v4(172, 16, 0, 0),      12, Inside::Private),       // RFC 1918
    (v4(192, 0, 0, 0),       24, Inside::Protocol),      // RFC 6890; 192.0.0.192 is a cloud's metadata
    (v4(192, 0, 2, 0),       24, Inside::Documentation), // RFC 5737
    (v4(192, 88, 99, 0),     24, Inside::Relay),         // RFC 7526: 6to4 relays, withdrawn
    (v4(192, 168, 0, 0),     16, Inside::Private),       // RFC 1918
    (v4(198, 18, 0, 0),      15, Inside::Benchmark),     // RFC 2544
    (v4(198, 51, 100, 0),    24, Inside::Documentation), // RFC 5737
    (v4(203, 0, 113, 0),     24, Inside::Documentation), // RFC 5737
    (v4(224, 0, 0, 0),        4, Inside::Multicast),     // RFC 5771
    (v4(240, 0, 0, 0),        4, Inside::Reserved),      // RFC 1112, 4; with 255.255.255.255, RFC 919
];

/// The same of IPv6. Besides, all is reserved that is not in [`GLOBAL_UNICAST`].
#[rustfmt::skip]
const V6: [Row<Ipv6Addr>; 15] = [
    (Ipv6Addr::UNSPECIFIED,  128, Inside::Unspecified),   // RFC 4291, 2.5.2
    (Ipv6Addr::LOCALHOST,    128, Inside::Loopback),      // RFC 4291, 2.5.3
    (v6(0, 0, 0, 0),          96, Inside::Reserved),      // RFC 4291, 2.5.5.1: v4-compatible, withdrawn
    (v6(0x64, 0xff9b, 1, 0),  48, Inside::Relay),         // RFC 8215: NAT64 of the local network
    (v6(0x100, 0, 0, 0),      64, Inside::Reserved),      // RFC 6666: discarded
    (v6(0x2001, 0, 0, 0),     32, Inside::Relay),         // RFC 4380: Teredo
    (v6(0x2001, 2, 0, 0),     48, Inside::Benchmark),     // RFC 5180
    (v6(0x2001, 0, 0, 0),     23, Inside::Protocol),      // RFC 2928
    (v6(0x2001, 0xdb8, 0, 0), 32, Inside::Documentation), // RFC 3849
    (v6(0x3fff, 0, 0, 0),     20, Inside::Documentation), // RFC 9637
    (v6(0x5f00, 0, 0, 0),     16, Inside::Protocol),      // RFC 9602: segment routing
    (v6(0xfc00, 0, 0, 0),      7, Inside::Private),       // RFC 4193; fd00:ec2::254 is a cloud's metadata
    (v6(0xfe80, 0, 0, 0),     10, Inside::LinkLocal),     // RFC 4291, 2.5.6
    (v6(0xfec0, 0, 0, 0),     10, Inside::Private),       // RFC 3879: site-local, withdrawn
    (v6(0xff00, 0, 0, 0),      8, Inside::Multicast),     // RFC 4291, 2.7
];

/// The only unicast addresses of the internet (RFC 4291, 2.4).
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (v6(0x2000, 0, 0, 0), 3);

/// Where an IPv6 address carries an IPv4 address: the prefix, its bits, and the first byte of what is carried.
#[rustfmt::skip]
const CARRIERS: [(Ipv6Addr, u32, usize); 3] = [
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, 12), // RFC 4291, 2.5.5.2: v4-mapped
    (v6(0x64, 0xff9b, 0, 0),                     96, 12), // RFC 6052: NAT64, which IPv6-only networks need
    (v6(0x2002, 0, 0, 0),                        16, 2),  // RFC 3056: 6to4
];

/// Why `address` is inside; `None` if it is a host on the public internet.
pub fn inside(address: IpAddr) -> Option<Inside> {
    match address {
        IpAddr::V4(address) => inside_v4(address),
        IpAddr::V6(address) => inside_v6(address),
    }
}

fn inside_v4(address: Ipv4Addr) -> Option<Inside> {
    let under = |(network, bits, _): &&Row<Ipv4Addr>| (address.to_bits() ^ network.to_bits()) >> (32 - bits) == 0;
    V4.iter().find(under).map(|row| row.2)
}

fn inside_v6(address: Ipv6Addr) -> Option<Inside> {
    if let Some((_, _, first)) = CARRIERS.iter().find(|(network, bits, _)| is_under(address, *network, *bits)) {
        let bytes = address.octets();
        return inside_v4(Ipv4Addr::from([bytes[*first], bytes[first + 1], bytes[first + 2], bytes[first + 3]]));
    }
    let special = V6.iter().find(|(network, bits, _)| is_under(address, *network, *bits)).map(|row| row.2);
    let global = is_under(address, GLOBAL_UNICAST.0, GLOBAL_UNICAST.1);
    special.or_else(|| (!global).then_some(Inside::Reserved))
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

/// The network with these first 64 bits.
const fn v6(a: u16, b: u16, c: u16, d: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)
}

fn is_under(address: Ipv6Addr, network: Ipv6Addr, bits: u32) -> bool {
    (address.to_bits() ^ network.to_bits()) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Option<Inside> {
        inside(text.parse().unwrap_or_else(|_| panic!("{text}")))
    }

    #[test]
    fn the_first_and_last_address_of_each_inside_network_is_inside_and_its_neighbours_are_not() {
        for (before, first, last, after) in [
            ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
            ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17"),
            ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
            ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
            ("223.255.255.255", "224.0.0.0", "255.255.255.255", ""),
            ("", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"),
            (
                "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001::",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:200::",
            ),
            ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff::", "2001:db9::"),
            ("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff::", "3fff:1000::"),
            ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
        ] {
            for outside in [before, after].into_iter().filter(|text| !text.is_empty()) {
                assert_eq!(verdict(outside), None, "{outside}");
            }
            assert!(verdict(first).is_some() && verdict(last).is_some(), "{first} to {last}");
        }
    }

    #[test]
    fn an_address_inside_is_named_for_what_it_is() {
        for (text, expected) in [
            ("0.0.0.0", Inside::Unspecified),
            ("127.0.0.53", Inside::Loopback),
            ("192.168.1.1", Inside::Private),
            ("169.254.169.254", Inside::Metadata),
            ("169.254.1.1", Inside::LinkLocal),
            ("100.100.100.200", Inside::CarrierNat),
            ("::1", Inside::Loopback),
            ("fd00:ec2::254", Inside::Private),
            ("fe80::a9fe:a9fe", Inside::LinkLocal),
            ("fec0::1", Inside::Private),
            ("ff02::1", Inside::Multicast),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Inside::Relay),
            ("2001:2::1", Inside::Benchmark),
            ("5f00::1", Inside::Protocol),
            ("4000::1", Inside::Reserved),
        ] {
            assert_eq!(verdict(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_address_that_carries_another_is_as_inside_as_that_one() {
        for (text, expected) in [
            ("::ffff:127.0.0.1", Some(Inside::Loopback)),
            ("::ffff:a9fe:a9fe", Some(Inside::Metadata)),
            ("::ffff:8.8.8.8", None),
            ("64:ff9b::10.0.0.1", Some(Inside::Private)),
            ("64:ff9b::8.8.8.8", None),
            ("64:ff9b:1::8.8.8.8", Some(Inside::Relay)),
            ("64:ff9b:0:0:1::", Some(Inside::Reserved)),
            ("2002:7f00:1::", Some(Inside::Loopback)),
            ("2002:a9fe:a9fe::1", Some(Inside::Metadata)),
            ("2002:808:808::1", None),
            ("::127.0.0.1", Some(Inside::Reserved)),
            ("::8.8.8.8", Some(Inside::Reserved)),
            ("::ffff:0:127.0.0.1", Some(Inside::Reserved)),
        ] {
            assert_eq!(verdict(text), expected, "{text}");
        }
    }

    #[test]
    fn hosts_of_the_public_internet_are_not_inside() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.216.34",
            "151.101.1.6",
            "2606:4700::1111",
            "2a00:1450:4001::",
            "2001:4860::8888",
        ] {
            assert_eq!(verdict(text), None, "{text}");
        }
    }
}
