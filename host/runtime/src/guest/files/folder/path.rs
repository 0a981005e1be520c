//! Paths of guests, as places in a script's folder.

/// Where a path leads to, by its words alone.
pub struct FolderPath {
    /// Without `.`, `..` and what is empty; the folder itself is the empty one.
    pub path: String,
    /// Whether the path says by its end that a directory is meant.
    pub is_directory: bool,
    /// The places on the way that must be directories, other than those that it starts with.
    passed: Vec<String>,
}

impl FolderPath {
    /// Nothing, for a path that is empty, begins at the root, or leads out of `from`.
    pub fn of(from: &str, path: &str) -> Option<Self> {
        if path.is_empty() || path.starts_with('/') {
            return None;
        }
        let mut read = Self { path: from.to_owned(), is_directory: false, passed: Vec::new() };
        for (number, part) in path.split('/').enumerate() {
            match part {
                "" | "." => read.is_directory = true,
                ".." if read.path.len() == from.len() => return None,
                ".." => {
                    read.passed.push(read.path.clone());
                    let end = read.path.rfind('/').unwrap_or(0);
                    read.path.truncate(end);
                    read.is_directory = true;
                }
                name => {
                    if number > 0 {
                        read.passed.push(read.path.clone());
                    }
                    read.path = join(&read.path, name);
                    read.is_directory = false;
                }
            }
        }
        Some(read)
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
