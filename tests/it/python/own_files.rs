//! The files that a script keeps in `/tmp`: what programs do there, how much, and that nothing of it stays.

use std::fs;

use super::run;
use crate::support::command::Home;

#[test]
fn temporary_files_are_those_of_python() {
    let home = Home::with_store();
    let source = "
import os, pathlib, shutil, tempfile
print(tempfile.gettempdir(), os.environ['TMPDIR'], pathlib.Path.home(), pathlib.Path.home().exists())
with open('/tmp/x', 'w') as file:
    file.write('one\\n')
with open('/tmp/x', 'a') as file:
    file.write('two\\n')
with open('/tmp/x', 'r+b') as file:
    file.seek(4)
    file.write(b'TWO')
    file.truncate()
print(repr(open('/tmp/x').read()), os.path.getsize('/tmp/x'))
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, 'a', 'b')
    path.mkdir(parents=True)
    (path / 'c.txt').write_text('c')
    shutil.copytree(path.parent, pathlib.Path(folder, 'copy'))
    shutil.move(pathlib.Path(folder, 'copy', 'b'), pathlib.Path(folder, 'moved'))
    shutil.copy(__file__, folder)
    print(sorted(str(p.relative_to(folder)) for p in pathlib.Path(folder).rglob('*')))
print(os.path.exists(folder))
with tempfile.NamedTemporaryFile('w+') as file, tempfile.TemporaryFile() as other, tempfile.SpooledTemporaryFile(9) as third:
    file.write('spam')
    file.seek(0)
    other.write(b'eggs' * 1000)
    third.write(b'more than nine')
    print(file.read(), file.name.startswith('/tmp/'), other.tell(), third.tell())
os.rename('/tmp/x', '/tmp/y')
os.replace('/tmp/y', '/tmp/z')
os.utime('/tmp/z', (5, 7))
print(os.listdir('/tmp'), os.stat('/tmp/z').st_mtime, os.stat('/tmp/z').st_atime)
for attempt in (lambda: open('/tmp/z', 'x'), lambda: os.rmdir('/tmp/z'), lambda: os.remove('/tmp/no'), lambda: os.mkdir('/tmp'),
                lambda: os.symlink('/tmp/z', '/tmp/l'), lambda: open('/tmp/../etc/passwd'), lambda: os.rename('/tmp/z', '/action/z'),
                lambda: open('/home/action/x', 'w')):
    try:
        attempt()
        print('done')
    except OSError as error:
        print(type(error).__name__, os.strerror(error.errno))
";
    let answer = run(&home, "keeps.py", source).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert_eq!(
        answer.stdout,
        "/tmp /tmp /home/action False\n\
         'one\\nTWO' 7\n\
         ['a', 'a/b', 'a/b/c.txt', 'copy', 'keeps.py', 'moved', 'moved/c.txt']\n\
         False\n\
         spam True 4000 14\n\
         ['z'] 7.0 5.0\n\
         FileExistsError File exists\n\
         NotADirectoryError Not a directory\n\
         FileNotFoundError No such file or directory\n\
         FileExistsError File exists\n\
         PermissionError Operation not permitted\n\
         PermissionError Operation not permitted\n\
         OSError Cross-device link\n\
         FileNotFoundError No such file or directory\n"
    );
    assert_eq!(fs::read_dir(home.path("actions")).unwrap().count(), 1);
    run(&home, "later.py", "import os\nprint(os.listdir('/tmp'))\n").stdout("[]\n").run();
}

#[test]
fn archives_and_databases_are_kept_there() {
    let home = Home::with_store();
    let source = "
import csv, dbm.dumb, os, shelve, sqlite3, tarfile, zipfile
with zipfile.ZipFile('/tmp/a.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('one.txt', 'one' * 1000)
with zipfile.ZipFile('/tmp/a.zip', 'a') as archive:
    archive.writestr('in/two.txt', 'two')
with zipfile.ZipFile('/tmp/a.zip') as archive:
    archive.extractall('/tmp/out')
    print(archive.testzip(), archive.namelist(), os.path.getsize('/tmp/out/one.txt'))
with tarfile.open('/tmp/a.tar.gz', 'w:gz') as archive:
    archive.add('/tmp/out', 'out')
with tarfile.open('/tmp/a.tar.gz') as archive:
    print(sorted(archive.getnames()))
with shelve.open('/tmp/shelf') as shelf:
    shelf['key'] = [1, 2]
with shelve.open('/tmp/shelf') as shelf:
    print(dict(shelf))
for mode in ('delete', 'truncate', 'memory'):
    db = sqlite3.connect('/tmp/data.db')
    db.execute(f'pragma journal_mode={mode}')
    db.execute('create table if not exists t (n integer primary key, x text)')
    with db:
        db.executemany('insert into t (x) values (?)', [('row ' + 'x' * n,) for n in range(300)])
    try:
        with db:
            db.execute('delete from t')
            raise KeyError
    except KeyError:
        pass
    db.execute('vacuum')
    db.close()
    db = sqlite3.connect('/tmp/data.db')
    print(mode, db.execute('select count(*), sum(length(x)) from t').fetchone(), db.execute('pragma integrity_check').fetchone()[0])
    db.close()
app.documents.write('data.db', open('/tmp/data.db', 'rb').read())
";
    let documents = home.path("out");
    let answer = run(&home, "keeps.py", source).arg("--documents").arg(&documents).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert_eq!(
        answer.stdout,
        "None ['one.txt', 'in/two.txt'] 3000\n\
         ['out', 'out/in', 'out/in/two.txt', 'out/one.txt']\n\
         {'key': [1, 2]}\n\
         delete (300, 46050) ok\n\
         truncate (600, 92100) ok\n\
         memory (900, 138150) ok\n"
    );
    assert!(fs::read(documents.join("data.db")).unwrap().starts_with(b"SQLite format 3\0"));
}

#[test]
fn a_full_tmp_is_an_error_that_a_script_can_catch() {
    let home = Home::with_store();
    let source = "
import errno, os
def fill(name, size):
    try:
        with open(name, 'wb', buffering=0) as file:
            left = size
            while left > 0:
                left -= file.write(b'x' * min(left, 65536))
        return 'fits'
    except OSError as error:
        return errno.errorcode[error.errno]
print(fill('/tmp/a', 1 << 20))
print(fill('/tmp/b', 1), os.path.getsize('/tmp/b'))
try:
    os.truncate('/tmp/b', 1 << 40)
except OSError as error:
    print(errno.errorcode[error.errno])
os.remove('/tmp/a')
print(fill('/tmp/b', (1 << 20) + 1), fill('/tmp/b', 1 << 20))
os.remove('/tmp/b')
made = 0
try:
    while True:
        os.mkdir(f'/tmp/{made}')
        made += 1
except OSError as error:
    print(made, errno.errorcode[error.errno])
";
    let answer = run(&home, "fills.py", source).args(["--limit", "tmp-bytes=1MiB"]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, ""), "{answer:?}");
    // The C library makes an I/O error of what it is told while it writes a file.
    assert_eq!(answer.stdout, "fits\nENOSPC 0\nENOSPC\nEIO fits\n10000 ENOSPC\n");
    home.write("policy.toml", "limits = { tmp-bytes = '4KiB' }\n");
    let narrowed = "
with open('/tmp/a', 'wb') as file:
    file.write(b'x' * 4096)
print('fits', flush=True)
with open('/tmp/b', 'w') as file:
    file.write('x')
";
    let answer = run(&home, "narrow.py", narrowed).args(["--policy", "policy.toml"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (1, "fits\n"), "{answer:?}");
    assert!(answer.stderr.contains("OSError: [Errno 51] No space left on device"), "{answer:?}");
}
