//! Paths of guests, as places in a script's folder.

/// Where a path leads to, by its words alone.
pub struct Place {
    /// Without `.`, `..` and what is empty; the folder itself is the empty one.
    pub path: String,
    /// Whether the path says by its end that a directory is meant.
    pub is_directory: bool,
    /// The places on the way that must be directories, other than those that it starts with.
    passed: Vec<String>,
}

impl Place {
    /// Nothing, for a path that is empty, begins at the root, or leads out of `from`.
    pub fn of(from: &str, path: &str) -> Option<Self> {
        if path.is_empty() || path.starts_with('/') {
            return None;
        }
        let mut place = Self { path: from.to_owned(), is_directory: false, passed: Vec::new() };
        for (number, part) in path.split('/').enumerate() {
            match part {
                "" | "." => place.is_directory = true,
                ".." if place.path.len() == from.len() => return None,
                ".." => {
                    place.passed.push(place.path.clone());
                    let end = place.path.rfind('/').unwrap_or(0);
                    place.path.truncate(end);
                    place.is_directory = true;
                }
                name => {
                    if number > 0 {
                        place.passed.push(place.path.clone());
                    }
                    place.path = join(&place.path, name);
                    place.is_directory = false;
                }
            }
        }
        Some(place)
    }

    /// Its last name.
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// The places on the way to it.
    pub fn passes(&self) -> impl Iterator<Item = &str> {
        self.passed.iter().map(String::as_str)
    }
}

/// What has that name in a directory.
pub fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}
