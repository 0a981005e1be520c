//! What a script sees of the files around it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::run;
use crate::files::make_pipe;
use crate::support::command::Home;
use crate::support::python;

#[test]
fn modules_and_files_beside_a_script_are_there_and_read_only() {
    let home = Home::with_store();
    fs::create_dir_all(home.path("actions/lib")).unwrap();
    home.write("actions/helper.py", "def shout(text): return text.upper()\n");
    home.write("actions/lib/__init__.py", "");
    home.write("actions/lib/words.py", "from helper import shout\nWORD = shout('deep')\n");
    // CPython takes these from the script's folder as well, though it has modules of that name.
    home.write("actions/calendar.py", "OWN = True\n");
    home.write("actions/template.txt", "dear $name\n");
    let source = "
import calendar, os, helper
from lib.words import WORD
print(helper.shout('hello'), WORD, calendar.OWN, open('template.txt').read().strip())
print(open(os.path.join(os.path.dirname(__file__), 'template.txt')).read().strip())
for attempt in (lambda: open('new.txt', 'w'), lambda: os.remove('template.txt'), lambda: os.mkdir('d')):
    try:
        attempt()
        print('written')
    except OSError as error:
        print(type(error).__name__)
";
    let answer = run(&home, "beside.py", source).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(lines[..2], ["HELLO DEEP True dear $name", "dear $name"]);
    assert!(lines[2..].iter().all(|line| *line != "written") && lines.len() == 5, "{lines:?}");
    assert!(!home.path("actions/new.txt").exists() && !home.path("actions/__pycache__").exists());
}

/// A pipe beside a script took a thread of the host for good when it was opened, and one name that was no text failed the
/// listing of the whole folder, and with it every import.
#[test]
fn what_lies_beside_a_script_and_is_no_file_does_not_stop_it() {
    let home = Home::with_store();
    fs::create_dir(home.path("actions")).unwrap();
    make_pipe(&home.path("actions/pipe"));
    home.write("actions/helper.py", "NAME = 'helper'\n");
    fs::write(home.path("actions").join(OsStr::from_bytes(b"\xff.txt")), "").unwrap();
    let source = "
import os, stat, helper
print(helper.NAME, sorted(name for name in os.listdir('.')))
print(stat.S_ISREG(os.stat('pipe').st_mode), os.stat('helper.py').st_size)
try:
    open('pipe')
    print('opened')
except OSError as error:
    print('refused')
";
    let answer = run(&home, "beside.py", source).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    assert_eq!(answer.stdout, "helper ['beside.py', 'helper.py', 'pipe']\nFalse 16\nrefused\n");
}

#[test]
fn a_folder_with_main_py_is_an_action() {
    let home = Home::with_store();
    fs::create_dir_all(home.path("weekly")).unwrap();
    home.write("weekly/main.py", "import sys, part\nprint(part.NAME, sys.argv[0])\n");
    home.write("weekly/part.py", "NAME = 'weekly'\n");
    python::run(&home, &home.path("weekly")).stdout("weekly main.py\n").run();
    fs::remove_file(home.path("weekly/main.py")).unwrap();
    python::run(&home, &home.path("weekly"))
        .status(126)
        .stderr(
            "um-host: error: `[HOME]/weekly` is a directory without a main.py\n  \
             hint: name the script or the .wasm file that is meant\n",
        )
        .run();
}

#[test]
fn an_edit_needs_no_build() {
    let home = Home::with_store();
    for word in ["first", "second"] {
        fs::create_dir_all(home.path("actions")).unwrap();
        home.write("actions/part.py", format!("WORD = '{word}'\n"));
        run(&home, "edited.py", "import part\nprint(part.WORD)\n").stdout(format!("{word}\n")).run();
    }
}

#[test]
fn nothing_outside_the_folder_is_to_be_seen() {
    let home = Home::with_store();
    home.write("outside.txt", "secret");
    fs::create_dir_all(home.path("actions")).unwrap();
    symlink(home.path("outside.txt"), home.path("actions/link.txt")).unwrap();
    let source = "
import os
for path in ('../outside.txt', 'link.txt', '/etc/passwd', '/action/../outside.txt', '/proc/self/environ'):
    try:
        print(open(path).read())
    except OSError as error:
        print('no', type(error).__name__)
print(os.listdir('/action'))
";
    let answer = run(&home, "look.py", source).answer();
    assert_eq!(answer.status, 0, "{answer:?}");
    assert_eq!(answer.stdout.matches("no ").count(), 5, "{answer:?}");
    assert!(
        answer.stdout.ends_with("['link.txt', 'look.py']\n") || answer.stdout.ends_with("['look.py', 'link.txt']\n")
    );
}

#[test]
fn a_script_in_a_home_sees_what_is_beside_it_but_not_what_is_ours() {
    let home = Home::with_store();
    home.set("API_KEY", "hunter22-hunter22");
    let key = home.key_file();
    home.write("notes.txt", "notes");
    home.write(".env", "TOKEN=1");
    fs::copy(&key, home.path("key.txt")).unwrap();
    fs::create_dir(home.path("library")).unwrap();
    home.write("library/__init__.py", "NAME = 'library'\n");
    let script = home.write(
        "here.py",
        "import os, library\nprint(sorted(os.listdir('/action')), open('notes.txt').read(), library.NAME)\n\
         for path in ('.config', '.local', '.env', 'key.txt', 'library/../.config', '.local/share/um-host/keyring'):\n    \
             print(os.path.exists(path), end=' ')\n",
    );
    let source = format!("file:{}", home.path("key.txt").display());
    python::run(&home, &script)
        .args(["--key", &source])
        .stdout("['here.py', 'library', 'notes.txt'] notes library\nFalse False False False False False ")
        .run();
}

#[test]
fn the_scripts_place_is_taken() {
    let home = Home::with_store();
    fs::create_dir(home.path("in")).unwrap();
    home.write("in/a.txt", "a");
    let source = "print(open('/in/a.txt').read())\n";
    let dir = |guest: &str| format!("{}::{guest}", home.path("in").display());
    run(&home, "mounts.py", source).args(["--dir", &dir("/in")]).stdout("a\n").run();
    for guest in ["/action", "/action/in", "action", "./action/"] {
        run(&home, "mounts.py", source)
            .args(["--dir", &dir(guest)])
            .status(2)
            .stderr(
                "um-host: error: the directory `[HOME]/in` cannot be mounted: a Python action finds its own folder at \
                 /action; give this one another name\n",
            )
            .run();
    }
    run(&home, "mounts.py", source)
        .args(["--dir", &dir("/in/../action")])
        .status(2)
        .stderr(
            "um-host: error: the directory `[HOME]/in` cannot be mounted: the name that an action finds it by leads out of \
             another with `..`; write where it is to be\n",
        )
        .run();
}

#[test]
fn a_script_that_a_home_does_not_show_is_told_where_to_go() {
    let home = Home::with_store();
    let script = home.write(".hidden.py", "print(1)\n");
    let answer = python::run(&home, &script).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (126, ""), "{answer:?}");
    assert!(answer.stderr.contains("put the script into a folder of its own"), "{answer:?}");
}

#[test]
fn a_link_to_a_module_within_the_folder_is_imported_and_one_that_leads_out_is_not() {
    let home = Home::with_store();
    fs::create_dir_all(home.path("actions/lib")).unwrap();
    home.write("actions/lib/words.py", "WORD = 'linked'\n");
    home.write("outside.py", "WORD = 'outside'\n");
    symlink("lib/words.py", home.path("actions/words.py")).unwrap();
    symlink("../outside.py", home.path("actions/outside.py")).unwrap();
    let source = "
import os, words
print(words.WORD, sorted(os.listdir('.')), os.path.exists('outside.py'))
import outside
";
    let answer = run(&home, "links.py", source).answer();
    assert_eq!(
        (answer.status, answer.stdout.as_str()),
        (1, "linked ['lib', 'links.py', 'words.py'] False\n"),
        "{answer:?}"
    );
    assert!(answer.stderr.contains("No module named 'outside'"), "{answer:?}");
}

#[test]
fn a_module_that_is_too_large_is_refused_by_name() {
    let home = Home::with_store();
    fs::create_dir_all(home.path("actions")).unwrap();
    fs::File::create(home.path("actions/large.py")).unwrap().set_len(8 * 1024 * 1024 + 1).unwrap();
    run(&home, "small.py", "print(1)\n")
        .status(126)
        .stderr(
            "um-host: error: `[HOME]/actions/large.py` has 8388609 bytes; a script's modules may have 8388608 each\n  \
             hint: put the script into a folder without it\n",
        )
        .run();
}

/// What Python had compiled beside a module would have run in its place.
#[test]
fn what_was_compiled_beside_a_module_does_not_run_for_it() {
    let home = Home::with_store();
    fs::create_dir_all(home.path("actions/__pycache__")).unwrap();
    home.write("actions/words.py", "WORD = 'source'\n");
    home.write("actions/__pycache__/words.cpython-314.pyc", "this would be an error");
    let source = "import os, words\nprint(words.WORD, words.__cached__, os.listdir('__pycache__'))\n";
    run(&home, "compiled.py", source).stdout("source /action/__pycache__/words.cpython-314.pyc []\n").run();
}
