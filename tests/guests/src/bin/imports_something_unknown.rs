//! Imports an interface that no um-host offers.

wit_bindgen::generate!({
    inline: "
        package acme:metal@1.0.0;
        interface smelter { melt: func(); }
        world guest { import smelter; }
    ",
});

fn main() {
    acme::metal::smelter::melt();
}
