//! Packages with compiled parts that others require: something stands in for them, for those others and nobody else.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::assert_says;
use crate::support::command::Home;
use crate::support::python;

/// What is imported, what pip calls it, and where its compiled parts are.
const PACKAGES: [[&str; 3]; 4] = [
    ["PIL", "pillow", "_imaging.cpython-311-x86_64-linux-gnu.so"],
    ["cryptography", "cryptography", "_rust.abi3.so"],
    ["jiter", "jiter", "jiter.cpython-314-darwin.so"],
    ["nacl", "pynacl", "_sodium.abi3.so"],
];

/// Where the package that is asked for comes from.
#[derive(Clone, Copy, PartialEq)]
enum There {
    Not,
    /// In version 9.8.7, for another machine.
    Compiled,
    /// The author's own, in pure Python.
    Own,
}

/// A package as `pip install --target` leaves it.
fn put(folder: &Path, project: &str, version: &str, requires: &[String], files: &[(String, String)]) {
    let information = folder.join(format!("{}-{version}.dist-info", project.replace('-', "_")));
    fs::create_dir_all(&information).unwrap();
    let requires: String = requires.iter().map(|line| format!("Requires-Dist: {line}\n")).collect();
    let header = format!("Metadata-Version: 2.4\nName: {project}\nVersion: {version}\n{requires}");
    fs::write(information.join("METADATA"), header + "\nRequires-Dist: is no field here\n").unwrap();
    let listed: String = files.iter().map(|(path, text)| format!("{path},sha256=x,{}\n", text.len())).collect();
    fs::write(information.join("RECORD"), listed).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

const TRIES: &str = "try:\n    import {} as got\nexcept ModuleNotFoundError:\n    got = None\n";

/// Imports what asks for each and what only tries it, and tells what they got.
const MAIN: &str = r#"
import importlib
from importlib.metadata import PackageNotFoundError, version

def run(input):
    return {name: [got(f"tries_{name}"), got(f"asks_{name}"), got(f"tries_{name}2"), of(pip)] for name, pip in input}

def got(module):
    try:
        found = importlib.import_module(module).got
    except ModuleNotFoundError as error:
        return f"no {error.name}"
    return found and found.__version__

def of(project):
    try:
        return version(project)
    except PackageNotFoundError:
        return None
"#;

/// An action with packages that ask for each, and others that can do without.
fn action(home: &Home, there: There, is_required: bool) -> PathBuf {
    let folder = home.path("action");
    fs::create_dir(&folder).unwrap();
    for [module, project, parts] in PACKAGES {
        match there {
            There::Not => {}
            There::Compiled => {
                let name = parts.split_once('.').unwrap().0;
                let files = [("__init__.py", format!("from . import {name}\n")), (parts, "\u{7f}ELF".to_owned())];
                let files = files.map(|(path, text)| (format!("{module}/{path}"), text));
                put(&folder, project, "9.8.7", &[], &files);
            }
            There::Own => fs::write(folder.join(format!("{module}.py")), "__version__ = 'own'\n").unwrap(),
        }
        let requires = [format!("{project}<10,>=1.4; python_version >= '3.8'")];
        let asks = [(format!("asks_{module}.py"), format!("import {module} as got\n"))];
        put(&folder, &format!("asks-{module}"), "1", if is_required { &requires[..] } else { &[] }, &asks);
        let tries = ["", "2"].map(|number| (format!("tries_{module}{number}.py"), TRIES.replace("{}", module)));
        put(&folder, &format!("tries-{module}"), "1", &[format!("{project}; extra == 'x'")], &tries);
    }
    fs::write(folder.join("main.py"), MAIN).unwrap();
    folder
}

/// What each package got, before and after the one that asks has loaded, and the version that is told.
fn taken(there: There, is_required: bool) -> Value {
    let home = Home::new();
    let names = json!(PACKAGES.map(|[module, project, _]| [module, project]));
    python::run(&home, &action(&home, there, is_required)).args(["--input", &names.to_string()]).answer().json()
}

#[track_caller]
fn assert_taken(there: There, is_required: bool, expected: impl Fn(&str) -> Value) {
    let expected: serde_json::Map<_, _> =
        PACKAGES.iter().map(|[module, ..]| ((*module).to_owned(), expected(module))).collect();
    assert_eq!(taken(there, is_required), Value::Object(expected));
}

#[test]
fn where_a_package_requires_one_it_loads_and_others_go_the_way_they_have_without() {
    assert_taken(There::Not, true, |_| json!([null, "1.4", null, "1.4"]));
    assert_taken(There::Compiled, true, |_| json!([null, "9.8.7", null, "9.8.7"]));
}

#[test]
fn where_none_requires_one_there_is_none() {
    assert_taken(There::Not, false, |module| json!([null, format!("no {module}"), null, null]));
    assert_taken(There::Compiled, false, |module| json!([null, format!("no {module}"), null, "9.8.7"]));
}

#[test]
fn one_that_works_is_never_stood_in_for() {
    assert_taken(There::Own, true, |_| json!(["own", "own", "own", null]));
}

/// Google's, before 2.48: with `rsa` it signs, and what stands in for another package's sake must not keep it from that.
#[test]
fn who_has_another_way_takes_it_beside_one_that_has_none() {
    let home = Home::new();
    let folder = home.path("action");
    let choice = "try:\n    from cryptography.hazmat.primitives import serialization\n    got = 'cryptography'\n\
                  except ImportError:\n    import rsa\n    got = 'rsa'\n";
    let by_extra = ["rsa<5,>=3.1.4", "cryptography>=38.0.3; extra == \"cryptography\""].map(str::to_owned);
    let file = |path: &str, text: &str| [(path.to_owned(), text.to_owned())];
    put(&folder, "google-auth", "2.47.0", &by_extra, &file("google/auth/crypt.py", choice));
    put(&folder, "rsa", "4.9.1", &[], &file("rsa/__init__.py", ""));
    let required = ["cryptography>=45.0.6".to_owned()];
    put(&folder, "sendgrid", "6.12.5", &required, &file("sendgrid/__init__.py", "import cryptography as got\n"));
    let main = "import sendgrid\nfrom google.auth import crypt\nprint(sendgrid.got.__version__, crypt.got)\n";
    fs::write(folder.join("main.py"), main).unwrap();
    let answer = python::run(&home, &folder).answer();
    assert_says(&answer, 0, &[]);
    assert_eq!(answer.stdout, "45.0.6 rsa\n");
}

/// Runs code of a package that requires all four.
#[track_caller]
fn uses(code: &str, status: i32, says: &[&str]) -> String {
    let home = Home::new();
    let folder = home.path("action");
    let requires = PACKAGES.map(|[_, project, _]| project.to_owned());
    put(&folder, "asks", "1", &requires, &[("asks.py".to_owned(), code.to_owned())]);
    fs::write(folder.join("main.py"), "import asks\nprint(asks.use())\n").unwrap();
    let answer = python::run(&home, &folder).answer();
    assert_says(&answer, status, says);
    answer.stdout
}

#[test]
fn using_one_is_an_error_that_says_of_what_and_what_to_do() {
    let said = ["`nacl.public.SealedBox` cannot be used: `nacl` has compiled parts", "In its place: `hmac` and"];
    uses("from nacl.public import SealedBox\ndef use(): return SealedBox(b'key')\n", 1, &said);
    let behind = "from cryptography.hazmat.primitives.serialization import load_pem_private_key\ndef use():\n  try:\n    \
                  return load_pem_private_key(b'', None)\n  except ImportError:\n    raise ValueError('no key') from None\n";
    let said = [
        "ValueError: no key\nhint: `cryptography.hazmat.primitives.serialization.load_pem_private_key` cannot be used",
        "`python-jose` with `rsa`",
    ];
    uses(behind, 1, &said);
    uses("from PIL import Image\ndef use(): return Image.open('a.png')\n", 1, &["`PIL.Image.open` cannot be used"]);
}

#[test]
fn jiter_reads_json_as_far_as_it_has_come() {
    let code = "import jiter\ndef use(): return jiter.from_json(b'{\"a\": [1, \"b', partial_mode='trailing-strings')\n";
    assert_eq!(uses(code, 0, &[]), "{'a': [1, 'b']}\n");
}
