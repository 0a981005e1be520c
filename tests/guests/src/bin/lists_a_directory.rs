//! Prints the names in the directory of its argument, sorted, with a slash after those of directories.

fn main() {
    let directory = std::env::args().nth(1).expect("a directory");
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .expect("it can be listed")
        .map(|entry| {
            let entry = entry.expect("each entry can be told");
            let slash = if entry.file_type().expect("its kind is known").is_dir() { "/" } else { "" };
            format!("{}{slash}", entry.file_name().into_string().expect("names are text"))
        })
        .collect();
    names.sort();
    for name in names {
        println!("{name}");
    }
}
