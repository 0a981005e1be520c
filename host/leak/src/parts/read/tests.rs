//! Texts of every kind: each setting is found under its path, and what stands beside it is told apart.

use super::*;

/// Path and text of each setting, in each of its readings.
pub(super) fn found(value: &str) -> Vec<String> {
    let settings = settings(value);
    let each = settings
        .iter()
        .flat_map(|setting| setting.texts.iter().map(|text| format!("{}={}", setting.path.shown(), &**text)));
    each.collect()
}

#[track_caller]
fn assert_found(value: &str, due: &[&str]) {
    let found = found(value);
    for due in due {
        assert!(found.iter().any(|found| found == due), "{value}\n{due} is not in {found:#?}");
    }
}

#[test]
fn what_stands_behind_a_value_is_a_comment() {
    for text in [
        "PASSWORD=k7x!k7x! # the main one",
        "PASSWORD=k7x!k7x!\t# the main one",
        "PASSWORD=\"k7x!k7x!\" # the main one",
        "PASSWORD='k7x!k7x!'\t; the main one",
        "PASSWORD=k7x!k7x! ; the main one",
        "PASSWORD: k7x!k7x! // the main one",
        "PASSWORD=\"k7x!k7x!\", // the main one",
        "PASSWORD=k7x!k7x!;",
    ] {
        assert_found(text, &["PASSWORD=k7x!k7x!"]);
        assert_found(
            &format!("HOST=db.internal # where\n{text}\nMODE=production"),
            &["PASSWORD=k7x!k7x!", "HOST=db.internal"],
        );
    }
    assert_found("PASSWORD=k7x!#k7x;k7//x", &["PASSWORD=k7x!#k7x;k7//x"]);
    assert_found("#PASSWORD=k7x!k7x!\nHOST=db", &["PASSWORD=k7x!k7x!"]);
}

#[test]
fn yaml_is_read_with_its_items_flows_anchors_tags_and_blocks() {
    let text = "\
users:
  - name: app
    token: k7x!k7x!
  - &second {name: other, token: \"k7\\\"x!k7x\"}
tokens: [k7x!k7x1, 'it''s k7x2']
tagged: !!str k7x!k7x3
again: *second
block: |
  k7x!k7x4
  line two
folded: >
  k7x!k7x5
  goes on
# nothing
plain: us-east-1 # where
";
    assert_found(
        text,
        &[
            "users[0].token=k7x!k7x!",
            "users[1].token=k7\"x!k7x",
            "users[1].token=k7\\\"x!k7x",
            "tokens[0]=k7x!k7x1",
            "tokens[1]=it's k7x2",
            "tokens[1]=it''s k7x2",
            "tagged=k7x!k7x3",
            "block=k7x!k7x4\nline two",
            "block.line[1]=k7x!k7x4",
            "folded=k7x!k7x5 goes on",
            "plain=us-east-1",
        ],
    );
    assert_found("- token: k7x!k7x!\n- k7x!k7x1", &["[0].token=k7x!k7x!", "[1]=k7x!k7x1"]);
    assert_found("\n  db:\n    token: k7x!k7x!\n  mode: fast", &["db.token=k7x!k7x!"]);
    assert_found("- token: k7x!k7x!", &["[0].token=k7x!k7x!"]);
    assert_found("{token: k7x!k7x!, region: us-east-1}", &["token=k7x!k7x!", "region=us-east-1"]);
    assert_found("a: k7x!k7x!\n---\na: k7x!k7x1\n", &["a=k7x!k7x!", "document[1].a=k7x!k7x1"]);
    // What is no YAML as a whole is read line by line.
    assert_found("- token: k7x!k7x! # one\n\t- token: k7x!k7x1\n%", &["token=k7x!k7x!", "token=k7x!k7x1"]);
    assert_found("a: b-c-d\nkey: !k7x!k7x!\nother: &k7x!k7x1\n", &["key=!k7x!k7x!", "other=&k7x!k7x1"]);
    assert_found("é: ü\nkey: \"k\\u00e97x!k7x\"", &["key=k\u{e9}7x!k7x", "key=k\\u00e97x!k7x"]);
}

#[test]
fn toml_is_read_with_its_tables_and_lists() {
    let text = "\
title = \"settings\"
[db]
password = \"k7\\\"x!k7x\" # the main one
ports = [ 8000, 8001 ]
hosts.main.token = 'k7x!k7x1'
inline = { token = \"k7x!k7x2\", region = \"us-east-1\" }
long = \"\"\"
k7x!k7x3
goes on\"\"\"
[[users]]
token = \"k7x!k7x4\"
[[users]]
tokens = [\"k7x!k7x5\", [\"k7x!k7x6\"]]
pin = 88412077
";
    assert_found(
        text,
        &[
            "db.password=k7\"x!k7x",
            "db.password=k7\\\"x!k7x",
            "db.hosts.main.token=k7x!k7x1",
            "db.inline.token=k7x!k7x2",
            "db.long=k7x!k7x3\ngoes on",
            "users[0].token=k7x!k7x4",
            "users[1].tokens[0]=k7x!k7x5",
            "users[1].tokens[1][0]=k7x!k7x6",
            "users[1].pin=88412077",
        ],
    );
}

#[test]
fn xml_is_read_with_its_elements_attributes_and_entities() {
    let text = "\u{feff}<?xml version=\"1.0\"?>
<!-- <a/> -->
<configuration>
  <appSettings>
    <add key=\"DbPassword\" value=\"k7&amp;x!k7x\"/>
    <add key=\"Region\" value=\"us-east-1\" />
  </appSettings>
  <server><username>app</username><password>k7x&#33;k7x1</password></server>
  <server password='k7x!k7x2'><![CDATA[k7x!<k7x3]]></server>
  <property name=\"token\">k7x!k7x4</property>
</configuration>";
    assert_found(
        text,
        &[
            "configuration.appSettings.DbPassword=k7&x!k7x",
            "configuration.appSettings.Region=us-east-1",
            "configuration.server.password=k7x!k7x1",
            "configuration.server[1].password=k7x!k7x2",
            "configuration.server[1]=k7x!<k7x3",
            "configuration.token=k7x!k7x4",
        ],
    );
    assert_found("<dict><key>token</key><string>k7x!k7x!</string></dict>", &["dict.token=k7x!k7x!"]);
}

#[test]
fn lists_and_objects_of_programs_are_read() {
    for text in [
        "{'db': {'password': 'k7x!k7x!', 'port': 5432}, 'on': True}",
        "{\"db\": {\"password\": \"k7x!k7x!\", }, // a comment\n \"on\": true, /* b */}",
        "{db: {password: 'k7x!k7x!'}}",
        "{:db => {:password => \"k7x!k7x!\"}}",
        "db = {\n  password = \"k7x!k7x!\"\n  region = \"us-east-1\"\n}\n",
        "db {\n  password = \"k7x!k7x!\" # why\n}\n",
        "{b'db': {u'password': b'k7x!k7x!'}}",
        "$db = array('password' => 'k7x!k7x!', 'host' => 'localhost');",
        "module.exports = {\n  db: {\n    password: `k7x!k7x!`,\n  },\n};",
    ] {
        let found = found(text);
        assert!(found.iter().any(|found| found.ends_with("db.password=k7x!k7x!")), "{text} {found:#?}");
    }
    assert_found("{'a': 'it\\'s k7x', \"b\": \"k\\u00e97x!k7x\"}", &["a=it's k7x", "a=it\\'s k7x", "b=k\u{e9}7x!k7x"]);
    assert_found(
        "define('DB_PASSWORD', 'k7x!k7x!');\ndefine('DB_HOST', 'localhost');",
        &["define.DB_PASSWORD=k7x!k7x!"],
    );
    assert_found("tokens = [\"k7x!k7x!\", \"k7x!k7x1\"]", &["tokens[1]=k7x!k7x1"]);
    assert_found("['k7x!k7x!', 88412077]", &["[0]=k7x!k7x!", "[1]=88412077"]);
}

#[test]
fn a_name_that_stands_beside_its_value_is_its_name() {
    let due = "env[0].DB_PASSWORD=k7x!k7x!";
    assert_found(
        "env:\n- name: DB_PASSWORD\n  value: k7x!k7x!\n- name: MODE\n  value: production",
        &[due, "env[1].MODE=production"],
    );
    assert_found(
        r#"{"env": [{"name": "DB_PASSWORD", "value": "k7x!k7x!"}, {"value": "x", "name": "MODE"}]}"#,
        &[due, "env[1].MODE=x"],
    );
    assert_found(r#"{"name": "a", "inner": {"value": "k7x!k7x!"}}"#, &["inner.value=k7x!k7x!"]);
}

#[test]
fn files_of_settings_are_read() {
    let ini = "; notes\n[db]\npassword = k7x!k7x!\nuser=app\n\n[remote \"origin\"]\n\turl = https://bot:k7x!k7x1@git.example.com/x\n";
    assert_found(ini, &["db.password=k7x!k7x!", "remote.origin.url.password=k7x!k7x1"]);
    let dotenv = "A=\"first\nk7x!k7x!\"\nexport B='k7x!k7x1'\nC=\"k7\\$x!k7x\"\nD=k7x\\\n!k7x\n";
    assert_found(
        dotenv,
        &["A=first\nk7x!k7x!", "A.line[2]=k7x!k7x!", "B=k7x!k7x1", "C=k7$x!k7x", "C=k7\\$x!k7x", "D=k7x!k7x"],
    );
    let properties = "# notes\ndb.password=k7x\\:k7x\\=\\u00e9\n! notes\ndb.user:application\n";
    assert_found(properties, &["db.password=k7x:k7x=\u{e9}", "db.password=k7x\\:k7x\\=\\u00e9", "db.user=application"]);
    let headers = "Content-Type: application/json\nX-Api-Key: k7x!k7x!\nAuthorization: Bearer k7x!k7x1\nCookie: sid=k7x!k7x2; theme=dark\n";
    assert_found(headers, &["X-Api-Key=k7x!k7x!", "Authorization.bearer=k7x!k7x1", "Cookie.sid=k7x!k7x2"]);
    let script = "cat > key <<EOF\nnothing\nEOF\nKEY=<<END\nk7x!k7x!\nEND\n";
    assert_found(script, &["KEY=k7x!k7x!"]);
    let objects = "{\"token\": \"k7x!k7x!\", \"mode\": \"fast\"}\n{\"token\": \"k7x!k7x1\"}\n";
    assert_found(objects, &["token=k7x!k7x!", "token=k7x!k7x1"]);
    let unit = "[Service]\nEnvironment=\"A=k7x!k7x!\" \"B=k7x k7x1\"\n";
    assert_found(unit, &["Service.Environment.A=k7x!k7x!", "Service.Environment.B=k7x k7x1"]);
    let npm = "registry=https://npm.example.com/\n//npm.example.com/:_authToken=k7x!k7x!\n";
    assert_found(npm, &["_authToken=k7x!k7x!"]);
    let aws =
        "[profile prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG\n";
    assert_found(aws, &["profile.prod.aws_secret_access_key=wJalrXUtnFEMI/K7MDENG"]);
}

#[test]
fn a_value_that_was_pasted_with_what_stood_around_it_is_read() {
    for text in [
        "export NAME=k7x!k7x!",
        "export NAME=\"k7x!k7x!\"",
        "setx NAME k7x!k7x!",
        "setx NAME \"k7x!k7x!\"",
        "set \"NAME=k7x!k7x!\"",
        "$env:NAME = \"k7x!k7x!\"",
        "ENV NAME k7x!k7x!",
        "NAME: k7x!k7x!",
        "NAME = 'k7x!k7x!';",
        "\u{feff}NAME=k7x!k7x!",
        "os.environ['NAME'] = 'k7x!k7x!'",
        "const NAME = \"k7x!k7x!\";",
    ] {
        assert_found(text, &["NAME=k7x!k7x!"]);
    }
    for text in ["'k7x!k7x!'", "\"k7x!k7x!\"", "`k7x!k7x!`", "\u{feff}'k7x!k7x!' "] {
        assert_found(text, &["=k7x!k7x!"]);
    }
}

#[test]
fn several_values_in_one_are_values() {
    for (text, due) in [
        ("k7x!k7x!,k7x!k7x1", ["[0]=k7x!k7x!", "[1]=k7x!k7x1"]),
        ("k7x!k7x!; k7x!k7x1", ["[0]=k7x!k7x!", "[1]=k7x!k7x1"]),
        ("k7x!k7x! k7x!k7x1", ["[0]=k7x!k7x!", "[1]=k7x!k7x1"]),
        ("k7x!k7x!|k7x!k7x1", ["[0]=k7x!k7x!", "[1]=k7x!k7x1"]),
        ("eu:k7x!k7x!,us:k7x!k7x1", ["eu=k7x!k7x!", "us=k7x!k7x1"]),
        ("TOKENS=eu:k7x!k7x!,us:k7x!k7x1", ["TOKENS.eu=k7x!k7x!", "TOKENS.us=k7x!k7x1"]),
        ("Ym90Oms3eCFrN3gh,Ym90Oms3eCFrN3gx", ["[0].base64.password=k7x!k7x!", "[1].base64.password=k7x!k7x1"]),
        ("amqp://a:k7x!k7x!@h1,amqp://a:k7x!k7x1@h2", ["[0].url.password=k7x!k7x!", "[1].url.password=k7x!k7x1"]),
    ] {
        assert_found(text, &due);
    }
    for text in ["correct horse battery staple", "Monday, Tuesday", "north,south,east", "a sentence; with words"] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn urls_are_read_whatever_their_password_has() {
    for password in ["k7x/k7x!", "k7x#k7x!", "k7x?k7x!", "k7x@k7x!", "k7x:k7x!", "/#?@:k7x!", "k7x!k7x!"] {
        for url in [
            format!("postgres://app:{password}@db.internal:5432/main?sslmode=require"),
            format!("amqp://app:{password}@queue"),
        ] {
            let due = format!("url.password={password}");
            assert_found(&url, &[&due]);
            assert_found(&format!("DATABASE_URL={url}"), &[&format!("DATABASE_URL.{due}")]);
        }
    }
    assert_found("https://k7x!k7x!:@api.example.com", &["url.user=k7x!k7x!"]);
    assert_found("https://k7x!k7x!@api.example.com", &["url.user=k7x!k7x!"]);
    assert_found("https://k7x!k7x!:x-oauth-basic@git.example.com/x", &["url.user=k7x!k7x!"]);
    assert_found("https://x-access-token:k7x!k7x!@git.example.com/x", &["url.password=k7x!k7x!"]);
    assert_found(
        "https://a.example.com/x?token=k7x%21k7x&page=2#at=k7x",
        &["query.token=k7x%21k7x", "query.token=k7x!k7x"],
    );
    assert_found("git clone https://bot:k7x!k7x!@git.example.com/x.git", &["word[2].url.password=k7x!k7x!"]);
    for url in [
        "https://host.example.com:8080/path@v1/x",
        "https://example.com/a@b.example.com",
        "https://example.com/x?mail=a@b.example.com",
    ] {
        let found = found(url);
        assert!(
            !found.iter().any(|found| found.starts_with("url.password") || found.starts_with("url.user")),
            "{url} {found:#?}"
        );
    }
}

#[test]
fn logins_are_read() {
    for (text, due) in [
        ("app:k7x!k7x!", "password=k7x!k7x!"),
        ("app:k7x!k7x!@db:5432", "password=k7x!k7x!"),
        ("app:k7x@k7x!@tcp(db:3306)/x", "password=k7x@k7x!"),
        ("scott/k7x!k7x!@db:1521/orcl", "password=k7x!k7x!"),
        ("scott/k7x!k7x!@//db/orcl", "password=k7x!k7x!"),
        ("scott/\"k7x@k7x/\"@orcl", "password=k7x@k7x/"),
        ("jdbc:oracle:thin:scott/k7x!k7x!@db:1521:orcl", "password=k7x!k7x!"),
        ("db:5432:*:app:k7x\\:k7x!", "password=k7x:k7x!"),
        ("db:5432:*:app:k7x\\:k7x!", "password=k7x\\:k7x!"),
        ("Basic Ym90Oms3eCFrN3gh", "basic.base64.password=k7x!k7x!"),
        ("Authorization: Basic OmCDIWs3eCFrN3gh", "Authorization=Basic OmCDIWs3eCFrN3gh"),
        ("Authorization: Basic Oms3eCFrN3gh", "Authorization.basic.base64.password=k7x!k7x!"),
        ("Authorization: Basic azd4IWs3eCE6", "Authorization.basic.base64.user=k7x!k7x!"),
        ("Bearer k7x!k7x!", "bearer=k7x!k7x!"),
        ("Server=db;Pwd={k7x;}}k7x};", "Pwd=k7x;}k7x"),
        ("Server=db;Pwd={k7x;}}k7x};", "Pwd=k7x;}}k7x"),
        ("host=db password='k7x\\' k7x' user=app", "password=k7x' k7x"),
        ("sqlplus scott/k7x!k7x!@db:1521/orcl", "word[1].password=k7x!k7x!"),
        ("curl -u app:k7x!k7x! https://example.com", "u.password=k7x!k7x!"),
        ("machine api.example.com login bot password k7x!k7x!", "api.example.com.password=k7x!k7x!"),
        ("machine api.example.com\n  login bot\n  password \"k7x k7x!\"\n", "api.example.com.password=k7x k7x!"),
        ("alice:$apr1$k7x$k7xk7xk7x\nbob:{SHA}k7xk7xk7x=\n", "bob={SHA}k7xk7xk7x="),
        ("db:5432:*:app:k7x!k7x!\nother:5432:*:app:k7x!k7x1\n", "line[2].password=k7x!k7x1"),
        (
            r#"{"auths": {"r.example.com": {"auth": "Ym90Oms3eCFrN3gh"}}}"#,
            "auths.r.example.com.auth.base64.password=k7x!k7x!",
        ),
    ] {
        assert_found(text, &[due]);
    }
    for text in [
        "mailto:john.doe@example.com",
        "app:1.2.3@sha256:0123456789abcdef",
        "localhost:8080/x",
        "git@git.example.com:x/y.git",
    ] {
        let found = found(text);
        assert!(
            !found.iter().any(|found| found.contains("password=john")
                || found.contains("password=1.2")
                || found.contains("password=git")),
            "{text} {found:#?}"
        );
    }
}

#[test]
fn pem_is_one_part_wherever_it_stands() {
    let pem = "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----";
    for (text, path) in [
        (pem.to_owned(), "pem"),
        (pem.replace('\n', "\\n"), "pem"),
        (format!("KEY=\"{pem}\"\nA=b"), "KEY.pem"),
        (format!("KEY='{}'\nA=b", pem.replace('\n', "\\n")), "KEY.pem"),
        (format!("KEY={pem}\nA=b"), "KEY.pem"),
        (format!("a: b\nkey: |\n  {}\n", pem.replace('\n', "\n  ")), "key.pem"),
        (format!("<a><key>{pem}</key></a>"), "a.key.pem"),
        (format!("{{\"key\": {}}}", serde_json::to_string(pem).unwrap()), "key.pem"),
    ] {
        assert_found(&text, &[&format!("{path}=MIIBVgIBADANBgkqhkiG9w0B"), &format!("{path}=BgkqhkiG9w0B")]);
    }
}

#[test]
fn settings_come_in_the_order_in_which_they_stand() {
    let value = "a: https://u:k7x!k7x!@h/x\nb: k7x!k7x1\nc: {d: k7x!k7x2}\n";
    let mut paths: Vec<String> = settings(value).iter().map(|setting| setting.path.shown()).collect();
    paths.dedup();
    assert_eq!(paths, ["a", "a.url.password", "b", "c.d"]);
}

#[test]
fn a_password_of_all_signs_is_no_list() {
    for value in ["k#7x,(L0ng)$pa55&w;0rd", "aB3$dE6,hI9(kL2)nO5*qR8", "x9{Kq2|m4^Lp7<tR1>vW8"] {
        let mut found = Vec::new();
        super::values::read(value, &Path::default(), &mut found);
        assert!(found.is_empty(), "{value}");
    }
}
