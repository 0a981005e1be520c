//! Records of reads that are gone, word for word: `key check`, `secrets info` and `secrets delete` say so, and nothing
//! is held up by it.

use crate::support::command::Home;

const CHECK_ERROR: &str = "um-host: error: records of reads are missing, were altered or cannot be read: what `secrets \
                           info` tells of use may be too little\n  hint: the secrets are whole; compare `reads/` in \
                           the data directory with a backup\n";
const NOTE: &str = "um-host: records of reads are missing or damaged, so it may have been used later than that\n";

#[test]
fn missing_records_of_reads_are_told_and_hold_nothing_up() {
    let home = Home::with_store();
    home.set("A", "pat-na1-7Hq2Lx9vTz");
    std::fs::remove_dir_all(home.data().join("reads")).unwrap();
    home.um_host(["key", "check"])
        .status(125)
        .stdout(
            "the key opens the store in `[HOME]/.local/share/um-host`\n\
             store       [ID]\n\
             key         [KEY]\n\
             changes     2\n\
             workspaces  1\n\
             audit       2 verified rows\n",
        )
        .stderr(CHECK_ERROR)
        .run();
    let checked = home.um_host(["key", "check", "--json"]).answer();
    assert_eq!((checked.status, checked.stderr.as_str()), (125, CHECK_ERROR));
    assert_eq!(checked.json()["reads_damaged"], true);
    let shown = home.um_host(["secrets", "info", "A"]).answer();
    assert_eq!((shown.status, shown.stderr.as_str()), (0, NOTE));
    assert!(shown.stdout.contains("last used    never"), "{shown:?}");
    assert_eq!(home.um_host(["secrets", "info", "A", "--json"]).answer().json()["reads_damaged"], true);
    home.set("B", "pat-na1-9Hq2Lx7vTz");
    home.um_host(["secrets", "delete", "A"])
        .status(2)
        .stderr(format!(
            "um-host: A in workspace `default` was last used: never\n{NOTE}\
             um-host: error: stdin is no terminal, so nobody can be asked; nothing was deleted\n  \
             hint: `um-host secrets delete A --yes` deletes without asking\n"
        ))
        .run();
    home.um_host(["secrets", "delete", "A", "--yes"])
        .stderr(format!("um-host: deleted A from workspace `default`\num-host: it was last used: never\n{NOTE}"))
        .run();
}
