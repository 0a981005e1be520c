//! Where the data directory is, and what is said when it cannot be there.

use crate::support::bound::Bounded;
use crate::support::command::Home;

#[test]
fn without_a_home_the_data_directory_has_to_be_named() {
    let home = Home::new();
    let mut command = home.um_host(["key", "check"]).command();
    let output = command.env_remove("HOME").finish().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "um-host: error: there is no place for the store: neither XDG_DATA_HOME nor HOME is set\n  \
         hint: name one with --data-dir DIR or UM_HOST_DATA_DIR\n"
    );
}

#[test]
fn a_home_that_is_no_directory_is_told_with_the_way_around_it() {
    Home::new()
        .um_host(["init"])
        .env("HOME", "/dev/null")
        .status(125)
        .stderr(
            "um-host: error: could not make /dev/null/.local: Not a directory (os error 20)\n  \
             hint: a file stands where a directory is needed; set HOME, or name another place with --data-dir DIR (and \
             XDG_CONFIG_HOME for the key)\n",
        )
        .run();
}

#[test]
fn a_relative_data_directory_is_told_to_programs_whole() {
    let home = Home::new();
    let made = home.um_host(["--data-dir", "here", "init", "--json"]).answer().json();
    let checked = home.um_host(["--data-dir", "here", "key", "check", "--json"]).answer().json();
    for object in [made, checked] {
        assert_eq!(object["data_dir"], home.path("here").display().to_string());
    }
}

#[test]
fn a_data_directory_that_is_no_directory_is_told_as_one() {
    let home = Home::new();
    home.write("file", "");
    let answer = home.um_host(["--data-dir", "file", "secrets", "list"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{answer:?}");
    assert!(answer.stderr.starts_with("um-host: error: ") && answer.stderr.contains("file"), "{answer:?}");
    home.um_host(["--data-dir", "file", "init"])
        .status(125)
        .stderr("um-host: error: [HOME]/file is not a directory\n  hint: choose another place for the data\n")
        .run();
}
