//! The contacts: the same at every start.

use serde_json::{Value, json};

pub const COUNT: usize = 60;

const FIRST_NAMES: [&str; 10] =
    ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Tony"];
const LAST_NAMES: [&str; 6] = ["Almeida", "Brandt", "Castellano", "Dubois", "Eriksen", "Fournier"];
const COMPANIES: [&str; 7] = [
    "Abacus & Sons",
    "Blue Harbour Logistics",
    "Café Central",
    "Delta \"Dry\" Goods",
    "Evergreen Foods",
    "Fjord Energy",
    "Glass Works",
];

/// The contact at this place of the list, 0 to 59.
pub fn contact(index: usize) -> Value {
    let first = FIRST_NAMES[index % FIRST_NAMES.len()];
    let last = LAST_NAMES[index / FIRST_NAMES.len()];
    json!({
        "id": (1001 + index).to_string(),
        "properties": {
            "firstname": first,
            "lastname": last,
            "email": format!("{first}.{last}@example.com").to_lowercase(),
            // Uneven on purpose: a summary of equal numbers would show nothing.
            "company": COMPANIES[(index * index + index / 3) % COMPANIES.len()],
            "createdate": format!("2026-{:02}-{:02}T09:{index:02}:00Z", 1 + index % 11, 1 + index * 7 % 28),
        },
    })
}
