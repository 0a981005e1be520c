//! Allocates and touches memory, a mebibyte at a time, as a program does that keeps everything: until it is ended.

fn main() {
    println!("before");
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&kept);
    }
}
