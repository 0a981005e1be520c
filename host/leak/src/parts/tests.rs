//! Which parts of a value are looked for, how far, and what is told of them.

use super::list::FIRST;
use super::*;

/// In the order of their length.
fn texts(value: &str, form: Form) -> Vec<String> {
    let parts = of(value, &Parts::default()).into_iter();
    let parts = parts.filter(|part| part.form == form && part.extent != Extent::AcrossLines);
    parts.map(|part| part.text.to_string()).collect()
}

/// Those that no line is.
fn parts(value: &str) -> Vec<String> {
    texts(value, Form::Part)
}

fn told(value: &str) -> Vec<(String, Verdict)> {
    parts_of(value).list.into_iter().map(|part| (part.path, part.verdict)).collect()
}

#[test]
fn leaves_of_json_are_parts_and_so_is_what_is_in_them() {
    let value = r#"{"user": "postgres-service", "n": [1234567, -123456789012, 1.2345678e9, null], "pin_token": 88412077,
        "url": "amqp://app:p%40ss-w0rd@host/x", "same": "changeme", "deep": "{\"pass\": \"in the depth\"}"}"#;
    let parts = parts(value);
    for due in
        ["88412077", "p@ss-w0rd", "p%40ss-w0rd", "in the depth", "-123456789012", "app:p@ss-w0rd", "app:p%40ss-w0rd"]
    {
        assert!(parts.iter().any(|part| part == due), "{due} is not in {parts:?}");
    }
    for plain in ["postgres-service", "1234567", "1.2345678e9", "changeme"] {
        assert!(!parts.iter().any(|part| part == plain), "{plain} is in {parts:?}");
    }
}

#[test]
fn json_is_read_however_deep_it_is_and_its_keys_mean_nothing() {
    let secret = "k7x-L0ng.pa55";
    assert_eq!(parts(&format!("{}\"{secret}\"{}", "[".repeat(500), "]".repeat(500))), [secret]);
    assert!(parts(&"[".repeat(60_000)).is_empty());
    assert_eq!(parts(&format!("{{\"$serde_json::private::Number\": \"{secret}\"}}")), [secret]);
    let layers = (0..11).fold(format!("\"{secret}\""), |text, _| {
        let inner = serde_json::to_string(&format!("{}{text}{}", "[".repeat(100), "]".repeat(100))).unwrap();
        format!("{{\"$serde_json::private::RawValue\": {inner}}}")
    });
    assert!(!parts(&layers).is_empty(), "it is looked into as deep as any");
    let twice = parts(r#"{"password": "correct-horse-1", "password": "correct-horse-2"}"#);
    assert_eq!(twice, ["correct-horse-1", "correct-horse-2"], "whichever its reader takes");
}

#[test]
fn the_frames_of_pem_are_no_parts() {
    let value = "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n";
    assert_eq!(texts(value, Form::Line), ["BgkqhkiG9w0B", "MIIBVgIBADAN"]);
    assert_eq!(parts(value), ["MIIBVgIBADANBgkqhkiG9w0B"]);
    let value = "-----BEGIN k7x!k7x!-----\nMIIBVgIBADAN\n-----END k7x!k7x!-----";
    assert_eq!(texts(value, Form::Line), ["MIIBVgIBADAN", "-----END k7x!k7x!-----", "-----BEGIN k7x!k7x!-----"]);
}

#[test]
fn line_breaks_that_are_written_are_line_breaks() {
    for line_break in ["\\n", "\\r\\n"] {
        let value = ["-----BEGIN KEY-----", "MIIBVgIBADAN", "BgkqhkiG9w0B", "-----END KEY-----", ""].join(line_break);
        let unescaped = "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----";
        assert_eq!(texts(&value, Form::Line), ["BgkqhkiG9w0B", "MIIBVgIBADAN"]);
        assert_eq!(parts(&value), ["MIIBVgIBADANBgkqhkiG9w0B", unescaped]);
        let setting = parts(&format!("KEY=\"{value}\""));
        assert!(setting.contains(&unescaped.to_owned()) || line_break == "\\r\\n", "{setting:?}");
        assert!(setting.contains(&"MIIBVgIBADANBgkqhkiG9w0B".to_owned()), "{setting:?}");
    }
}

#[test]
fn the_long_segments_of_a_url_are_parts() {
    let hook = "https://hooks.example.com/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh";
    let path = "/services/T00000000/B00000000/XXXXabcdXXXX1234XXXXefgh";
    assert!(parts(hook).contains(&"XXXXabcdXXXX1234XXXXefgh".to_owned()) && parts(hook).contains(&path.to_owned()));
    let signed = "https://files.example.com/c/f.zip?sv=2022&sig=abcdEFGH1234abcdEFGH%3D";
    let [value, decoded] = ["abcdEFGH1234abcdEFGH%3D", "abcdEFGH1234abcdEFGH="];
    let tail = "/c/f.zip?sv=2022&sig=";
    assert_eq!(parts(signed), [decoded, value, &format!("{tail}{decoded}"), &format!("{tail}{value}")]);
    assert!(parts("https://db.example.com/some/long/path/to/nothing?of=interest").is_empty());
    assert!(parts("https://deploy-bot@git.example.com/x").is_empty(), "a name of words is no token");
    assert_eq!(parts("https://ghp_16C7e42F292c@git.example.com/x"), ["ghp_16C7e42F292c"]);
}

#[test]
fn the_password_of_a_connection_string_is_a_part() {
    for value in [
        "jdbc:mysql://app:correcthorse@db/x",
        "jdbc:postgresql://db/x?user=app&password=correcthorse",
        "jdbc:sqlserver://db:1433;user=app;password=correcthorse",
        "app:correcthorse@tcp(db:3306)/x?loc=a@b",
        "Server=db;Database=x;User Id=app;Password=correcthorse;",
        "host=db user=app password=correcthorse",
        "db:6380,password=correcthorse,ssl=True",
        "db:5432:x:app:correcthorse",
        "apiuser:correcthorse",
        "Bearer correcthorse",
        "Authorization: Bearer correcthorse",
        "//packages.example.com/:_authToken=correcthorse",
        "machine h\n  login u\n  password correcthorse",
        "A=1\nexport DB_PASSWORD='correcthorse'\n",
        "url: \"postgres://app:correcthorse@db/x\"\nport: 5432",
        "{\"auths\": {\"r.example.com\": {\"auth\": \"Ym90OmNvcnJlY3Rob3JzZQ==\"}}}",
        "eyJwYXNzd29yZCI6ICJjb3JyZWN0aG9yc2UifQ",
    ] {
        assert!(parts(value).iter().any(|part| part == "correcthorse"), "{value}: {:?}", parts(value));
    }
}

#[test]
fn what_is_base64_of_text_is_decoded() {
    assert!(parts("azd4IWxvbmctcGFz\nc3dvcmQ=").contains(&"k7x!long-password".to_owned()));
    assert!(parts("16C7e42F292c6912E7710c838347Ae178B4a").is_empty(), "it decodes to no text");
    let value = "apiVersion: v1\nkind: Secret\ndata:\n  region: ZXVyb3BlLXdlc3Qx\n  password: azd4IWs3eCE=\n";
    let parts = parts(value);
    assert!(parts.contains(&"k7x!k7x!".to_owned()) && parts.contains(&"azd4IWs3eCE=".to_owned()), "{parts:?}");
    assert!(!parts.iter().any(|part| part.starts_with("ZXVy")), "a plain word in base64 is plain: {parts:?}");
}

#[test]
fn the_harmless_strings_of_an_account_are_no_parts() {
    let value = r#"{"type": "service_account", "project_id": "my-project-1",
        "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n",
        "client_email": "svc@my-project-1.iam.gserviceaccount.com",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": "https://www.googleapis.com/robot/v1/svc%40my-project-1.iam.gserviceaccount.com",
        "universe_domain": "googleapis.com"}"#;
    let parts = parts(value);
    for plain in [
        "service_account",
        "svc@my-project-1.iam.gserviceaccount.com",
        "https://oauth2.googleapis.com/token",
        "googleapis.com",
    ] {
        assert!(!parts.iter().any(|part| plain.contains(part)), "{plain} {parts:?}");
    }
    assert!(parts.contains(&"MIIEvQIBADANBgkqBKcwggSjAgEAAoIB".to_owned()));
}

#[test]
fn a_line_of_settings_is_a_part_through_its_value_alone() {
    let cluster = "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://10.0.0.1:6443\n  name: prod\n\
        users:\n- name: administration\n  user:\n    token: abcdef0123456789\n    client-key-data: azd4LWxvbmctcGFzc3dvcmQ=\n\
        current-context: europe-west1-eu\npreferences: {}\n";
    assert_eq!(texts(cluster, Form::Line), Vec::<String>::new());
    assert_eq!(parts(cluster), ["abcdef0123456789", "k7x-long-password", "azd4LWxvbmctcGFzc3dvcmQ="]);
    let account = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
        aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion = us-east-1\noutput = json\n";
    assert_eq!(parts(account), ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]);
    assert_eq!(texts(account, Form::Line), Vec::<String>::new());
    let environment = "DEBUG=false\nNODE_ENV=europe-west1\nDB_PASSWORD=\"correcthorse\"\nDB_HOST=db.internal\n";
    assert_eq!(parts(environment), ["correcthorse"]);
}

#[test]
fn a_line_of_settings_is_a_part_if_its_value_is_too_short_to_be_one() {
    for value in ["pin: 7cQ2mX\nmode: fast\n", "  pin: 7cQ2mX\n mode: fast\n\t\n"] {
        assert_eq!(texts(value, Form::Line), ["pin: 7cQ2mX"]);
        assert_eq!(parts(value), Vec::<String>::new());
    }
}

#[test]
fn a_line_of_another_text_is_a_part_and_doubtful_where_it_is_plain() {
    let value = "k7x!k7x!k7x!\nus-east-1\neurope-west1\n";
    assert_eq!(texts(value, Form::Line), ["us-east-1", "europe-west1", "k7x!k7x!k7x!"]);
    let due = [("line[1]", Verdict::Certain), ("line[2]", Verdict::Doubtful), ("line[3]", Verdict::Doubtful)];
    assert_eq!(told(value), due.map(|(path, verdict)| (path.to_owned(), verdict)));
}

#[test]
fn what_stands_beside_a_secret_is_told_to_be_plain() {
    let value = "# notes\nDB_PASSWORD=k7x!k7x! # the main one\nREGION=us-east-1 # where it is\nMODE=europe-west1\n";
    assert_eq!(parts(value), ["k7x!k7x!", "k7x!k7x! # the main one"]);
    let due = [("DB_PASSWORD", Verdict::Certain), ("REGION", Verdict::Plain), ("MODE", Verdict::Plain)];
    assert_eq!(told(value), due.map(|(path, verdict)| (path.to_owned(), verdict)));
    assert_eq!(parts_of(value).rules, RULES);
    assert!(parts_of("k7x!").list.is_empty() && parts_of("k7x!k7x!").list.is_empty());
}

#[test]
fn what_is_recorded_counts_if_it_is_more_and_the_owners_word_before_all() {
    let value = "TOKEN=k7x!k7x!\nMODE=europe-west1\nKIND=changeme\n";
    let with = |list: &[(&str, Verdict, Option<Word>)]| {
        let part = |(path, verdict, word): &(&str, Verdict, Option<Word>)| um_secret::Part {
            path: (*path).to_owned(),
            verdict: *verdict,
            word: *word,
            is_short: false,
        };
        let found = of(value, &Parts { rules: 0, list: list.iter().map(part).collect() });
        let parts = found.into_iter().filter(|part| part.form == Form::Part);
        parts.map(|part| (part.path.unwrap().to_string(), part.text.to_string(), part.verdict)).collect::<Vec<_>>()
    };
    let own = |list: &[(&str, &str, Verdict)]| {
        list.iter().map(|(path, text, verdict)| ((*path).to_owned(), (*text).to_owned(), *verdict)).collect::<Vec<_>>()
    };
    let token = ("TOKEN", "k7x!k7x!", Verdict::Certain);
    assert_eq!(with(&[]), own(&[token]));
    assert_eq!(with(&[("TOKEN", Verdict::Plain, None), ("GONE", Verdict::Certain, Some(Word::Guard))]), own(&[token]));
    assert_eq!(with(&[("MODE", Verdict::Doubtful, None)]), own(&[token, ("MODE", "europe-west1", Verdict::Doubtful)]));
    assert_eq!(
        with(&[("MODE", Verdict::Plain, Some(Word::Guard)), ("TOKEN", Verdict::Certain, Some(Word::Leave))]),
        own(&[("MODE", "europe-west1", Verdict::Certain)])
    );
    let insisted = with(&[("KIND", Verdict::Plain, Some(Word::Guard))]);
    assert_eq!(insisted, own(&[("KIND", "changeme", Verdict::Certain), token]), "even what stands in every log");
}

#[test]
fn a_path_that_stands_twice_is_told_once_with_the_highest_verdict() {
    assert_eq!(told(r#"{"a": "europe-west1", "a": "k7x!k7x!k7x!"}"#), [("a".to_owned(), Verdict::Doubtful)]);
    assert_eq!(parts(r#"{"a": "europe-west1", "a": "k7x!k7x!k7x!"}"#), ["k7x!k7x!k7x!"]);
}

#[test]
fn at_most_a_thousand_parts_are_told_and_all_are_found() {
    let value: Vec<String> = (0..1200).map(|number| format!("p4rt number {number}")).collect();
    let value = serde_json::to_string(&value).unwrap();
    assert_eq!((parts_of(&value).list.len(), parts(&value).len()), (MAX_PARTS, 1200));
}

#[test]
fn of_many_parts_the_long_ones_are_looked_for_as_they_are() {
    let value: Vec<String> = (0..2000).map(|number| format!("p4rt number {number}")).collect();
    let value = serde_json::to_string(&value).unwrap();
    let every = of(&value, &Parts::default()).into_iter();
    let every = every.filter(|part| part.form == Form::Part && part.extent != Extent::AsItIs);
    assert!((400..600).contains(&every.count()));
    assert_eq!(parts(&value).len(), 2000);
}

#[test]
fn a_long_part_takes_no_form_from_a_short_one() {
    let long = "ab1+".repeat(2250);
    let value = format!("{{\"cert\": \"{long}\", \"password\": \"k7x-L0ng.pa55 w0rd\"}}");
    let found = of(&value, &Parts::default()).into_iter().find(|part| &**part.text == "k7x-L0ng.pa55 w0rd");
    assert!(found.map(|part| part.extent) == Some(Extent::Every));
    let lines: Vec<String> = (0..200).map(|number| format!("{number:03}-{}", "x1+".repeat(60))).collect();
    let common = of(&lines.join("\n"), &Parts::default()).into_iter();
    let common = common.filter(|part| part.form == Form::Line && part.extent == Extent::Common);
    assert!((100..=FIRST).contains(&common.count()), "short ones have the common forms even beyond the bound");
}

#[test]
fn a_list_in_a_setting_is_none_itself() {
    let value = "azs = [\"europe-west1\", \"europe-west3\"]\ntokens = [\"k7x!k7x!k7x\", \"x7k!k7x!k7x\"]\n";
    assert_eq!(parts(value), ["k7x!k7x!k7x", "x7k!k7x!k7x"]);
    let python = "{'note': 'the main one', 'password': 'k7x!k7x!k7x'}";
    assert!(parts(python).iter().all(|part| !part.contains(['{', '}', '\''])), "{:?}", parts(python));
}

#[test]
fn a_password_drawn_from_all_signs_is_one_value() {
    for password in [
        "a:\"el_!sNb*4 :]XQ09UdW<?)@f|Dqy$|%/x}P{mTW419x",
        "EM/HE&[2jB)@0/{FGgQ_1l=Lvu3&?)al^8m)Y+\\quOH%02lGx",
        "S5[Rgg.cV~>bE1_mI==Yf/o*b+fL\"Sfb9Qx",
        "dc:(l#vmR#Y=J/;cz\"}EC~\"cBOcih:Q.Ii>j/_+ W*R@r\"qx/8g~.tOsx",
        "q6OA:y!\"]@_1/X/,WJD\\Mgx",
        "gz=r?+o(Te9OPHd)XmC:)O+[-qCNbhJW<lr~^:L7d3<Ag!0=ikqY%8Cz%RUjO_x",
    ] {
        assert!(parts(password).is_empty(), "{:?} are in {password}", parts(password));
        assert!(told(password).is_empty(), "{password}");
        // What has a name is a setting, whatever it says.
        for (setting, at) in [
            (format!("admin:{password}"), "password"),
            (format!("token={password}"), "token"),
            (format!("{{\"k\":{password:?}}}"), "k"),
        ] {
            let due = if setting.contains(' ') && setting.starts_with("admin") { continue } else { password };
            assert!(parts(&setting).iter().any(|part| part == due), "{due} is not in {:?}", parts(&setting));
            assert!(told(&setting).iter().any(|(path, _)| path.contains(at)), "{:?}", told(&setting));
        }
    }
}

#[test]
fn what_is_too_short_to_be_masked_is_told_as_that() {
    let short = |value: &str| {
        let parts = parts_of(value).list.into_iter();
        parts.filter(|part| part.is_short).map(|part| (part.path.clone(), part.stands())).collect::<Vec<_>>()
    };
    for (value, due) in [
        ("SMTP_PASS=hunter2\nREGION=eu-west-1\nPORT=25\n", vec!["SMTP_PASS", "PORT"]),
        ("postgres://ada:hunter2@db.example.com/orders", vec!["url.password"]),
        (r#"{"user":"ada","password":"hunter2","pin":4711,"token":"k7x!k7x!k7x!"}"#, vec!["user", "password", "pin"]),
    ] {
        let due: Vec<_> = due.into_iter().map(|path| (path.to_owned(), Verdict::Plain)).collect();
        assert_eq!(short(value), due, "{value}");
    }
    let parts = parts_of("SMTP_PASS=hunter2\nPORT=25\n");
    assert_eq!(parts.too_short().collect::<Vec<_>>(), ["SMTP_PASS"]);
}

#[test]
fn a_secret_that_is_one_assignment_is_what_that_says() {
    for value in ["export TOK=exp-token-5512-aa", "MY_VALUE=exp-token-5512-aa", "MY_VALUE='exp-token-5512-aa'\n"] {
        assert_eq!(parts(value), ["exp-token-5512-aa"], "{value}");
        assert_eq!(told(value)[0].1, Verdict::Certain, "{value}");
    }
    assert!(parts("MY_VALUE=blue-horse-battery\nOTHER=red\n").is_empty());
}
