//! Asks for a secret, and publishes documents of binary bytes that look like the beginnings of compressed parts, which
//! takes long to find out. Says when all is written.

fn main() {
    um_action::secrets::get("HUBSPOT_API_KEY").expect("it is there");
    // Beginnings of zlib streams that only look like them, and of deflated blocks that say nothing.
    let mut bytes = vec![0, 0xff];
    while bytes.len() < 1 << 20 {
        bytes.extend_from_slice(&[0x78, 0x9c, 0x4b, 0x4c, 0x4a, 0x4e, 0x49, 0x4d, 0x4b, 0xcf, 0xc8, 0xcc]);
    }
    for number in 0..60 {
        let name = format!("{number}.bin");
        let mut document = um_action::documents::create(&name).expect("it may");
        std::io::Write::write_all(&mut document, &bytes).expect("it fits");
    }
    println!("written");
}
