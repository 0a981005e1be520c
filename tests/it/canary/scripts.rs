//! Every way out that Python adds: each script lets the value go by another one.

/// Name, source, options, status.
pub const SCRIPTS: [(&str, &str, &[&str], i32); 18] = [
    (
        "prints",
        "import sys\nprint(token, repr(token), [token], ascii(token))\nprint(token.encode(), file=sys.stderr)\n",
        &[],
        0,
    ),
    ("in-pieces", "import sys\nfor c in token:\n    sys.stdout.write(c)\n    sys.stdout.flush()\n", &[], 0),
    (
        "logs",
        "import logging\nlogging.error('%s', token)\napp.log(token)\nimport warnings\nwarnings.warn(token)\n",
        &[],
        0,
    ),
    ("raises", "raise ValueError(token) from KeyError(token)\n", &[], 1),
    ("notes", "try:\n    1 / 0\nexcept Exception as error:\n    error.add_note(token)\n    raise\n", &[], 1),
    ("group", "raise ExceptionGroup(token, [ValueError(token), TypeError([token])])\n", &[], 1),
    ("exits", "import sys\nsys.exit(token)\n", &[], 1),
    ("returns", "def run(input): return {token: [token, {'x': token}]}\n", &[], 0),
    ("fails", "def run(input): raise RuntimeError(token)\n", &[], 1),
    ("no-json", "def run(input): return {token: object()}\n", &[], 1),
    ("evaluates", "eval(compile(f'1 +\\n{token!r} +', token, 'eval'))\n", &[], 1),
    (
        "documents",
        "app.documents.write('a.json', token)\nwith app.documents.open('b.txt') as file:\n    file.write(token)\n\
         try:\n    app.documents.write(token, 'x')\nexcept Exception as error:\n    print(error)\n",
        &[],
        0,
    ),
    (
        "keeps",
        "import os, sqlite3, tempfile\nopen('/tmp/a', 'w').write(token * 1000)\nos.mkdir('/tmp/d')\n\
         open(tempfile.mkstemp()[1], 'w').write(token)\ndb = sqlite3.connect('/tmp/db')\n\
         db.execute('create table t (x)')\ndb.execute('insert into t values (?)', (token,))\ndb.commit()\n",
        &[],
        0,
    ),
    (
        "archives",
        "import gzip\napp.documents.write('a.txt', token)\napp.documents.write('b.bin', b'\\xff' + token.encode())\n\
         app.documents.write('c.gz', gzip.compress(b'more of the same, ' * 100 + token.encode()))\n",
        &[],
        1,
    ),
    ("archives-cut", "import gzip\napp.documents.write('c.gz', gzip.compress(token.encode() * 50)[:-9])\n", &[], 1),
    (
        "names",
        "for name in ('-' + token, '~' + token, token + '\\u202e'):\n    try:\n        \
         app.documents.write(name, 'x')\n    except Exception as error:\n        print(error)\n",
        &[],
        0,
    ),
    (
        "fails-in-colours",
        "def run(input): raise RuntimeError('\\x1b]0;' + token + '\\x07\\num-host: ' + token)\n",
        &[],
        1,
    ),
    (
        "loops",
        "import sys\nsys.stdout.write(token[:-1])\nsys.stdout.flush()\nwhile True: pass\n",
        &["--timeout", "1s"],
        124,
    ),
];

/// What each of them begins with.
pub const BEGINNING: &str = "token = app.secrets.HUBSPOT_API_KEY\n";
