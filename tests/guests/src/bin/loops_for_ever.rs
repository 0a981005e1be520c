//! Computes without end and without a call to the host.

fn main() {
    println!("before");
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}
