//! The words by which names are told. Each list is sorted.

/// Of these, and of what ends like [`SECRET_ENDINGS`], the value is a secret.
#[rustfmt::skip]
pub(super) static SECRET: [&str; 75] = [
    "adgangskode", "apipass", "clave", "contrasena", "contraseña", "cred", "creds", "dbpass", "geheim", "geheimnis",
    "geslo", "hasło", "heslo", "jelszó", "jeton", "jsessionid", "keypass", "kodeord", "kw", "losenord", "losung",
    "losungswort", "lozinka", "lösenord", "masterauth", "mdp", "mnemonic", "motdepasse", "mypass", "otp", "parola",
    "pass", "passe", "passwords", "phpsessid", "pin", "pincode", "pins", "psk", "psw", "pswd", "puk", "pw",
    "salasana", "secret", "secreto", "segreto", "senha", "sessionid", "sifre", "slaptažodis", "sleutelwoord",
    "smtppass", "sshpass", "storepass", "tan", "token", "totp", "userpass", "wachtwoord", "zugangscode", "şifre",
    "κωδικός", "ключ", "пароль", "секрет", "токен", "トークン", "パスワード", "令牌", "密码", "密碼", "密钥", "鍵", "비밀번호",
];

/// No other words end like that.
#[rustfmt::skip]
pub(super) static SECRET_ENDINGS: [&str; 37] = [
    "accesskey", "accountkey", "apikey", "appkey", "authkey", "authpass", "clientkey", "consumerkey", "cryptkey",
    "encryptionkey", "gpgkey", "haslo", "kennwort", "licensekey", "masterkey", "passcode", "passphrase", "passwd",
    "password", "passwort", "privatekey", "pw", "pwd", "requirepass", "schluessel", "schlüssel", "secret",
    "secretkey", "servicekey", "sessionkey", "sharedkey", "signingkey", "signkey", "sshkey", "sslkey", "tlskey",
    "token",
];

/// Words of languages that say first what it is and then of what.
#[rustfmt::skip]
pub(super) static SECRET_FIRST: [&str; 19] = [
    "clave", "contrasena", "contraseña", "geslo", "haslo", "hasło", "heslo", "jelszó", "lozinka", "lösenord", "mdp",
    "parola", "passe", "salasana", "senha", "sifre", "wachtwoord", "şifre", "пароль",
];

/// What stands behind `password` where it says whose it is.
#[rustfmt::skip]
pub(super) static OWNERS: [&str; 22] = [
    "account", "admin", "api", "app", "backend", "cluster", "database", "db", "email", "ftp", "host", "login", "mail",
    "root", "server", "service", "sftp", "smtp", "ssh", "user", "users", "web",
];

/// Two words that name a secret where the last alone does not.
#[rustfmt::skip]
pub(super) static SECRET_PAIRS: [(&str, &str); 30] = [
    ("access", "code"), ("activation", "code"), ("auth", "basic"), ("auth", "code"), ("backup", "code"),
    ("backup", "codes"), ("code", "verifier"), ("connect", "sid"), ("de", "passe"), ("door", "code"),
    ("join", "command"), ("pairing", "code"), ("pass", "code"), ("pass", "phrase"), ("pass", "word"), ("pin", "code"),
    ("recovery", "code"), ("recovery", "codes"), ("recovery", "phrase"), ("ro", "community"), ("rw", "community"),
    ("secret", "base"), ("security", "code"), ("seed", "phrase"), ("session", "cookie"), ("session", "id"),
    ("setup", "code"), ("snmp", "community"), ("unlock", "code"), ("verification", "code"),
];

/// Of these the value is a secret if it does not read like words.
#[rustfmt::skip]
pub(super) static WEAK: [&str; 25] = [
    "auth", "authorization", "avain", "bearer", "chave", "chiave", "cle", "clef", "clé", "credential", "credentials",
    "csrf", "jwt", "klucz", "klíč", "llave", "nyckel", "passes", "pepper", "salt", "schlüssel", "secrets", "sig",
    "signature", "sleutel",
];

/// Of these it is one if it reads like chance.
#[rustfmt::skip]
pub(super) static FAINT: [&str; 10] = [
    "cookie", "cookies", "key", "keys", "licence", "license", "phrase", "seed", "session", "tokens",
];

/// What is kept of a secret instead of it.
#[rustfmt::skip]
pub(super) static HASHED: [&str; 10] = [
    "argon", "bcrypt", "crypt", "digest", "hash", "hashed", "hashes", "md", "pbkdf", "sha",
];

/// Whose hashes are those of secrets.
#[rustfmt::skip]
pub(super) static KNOWN_BY_HASH: [&str; 16] = [
    "account", "accounts", "admin", "auth", "lm", "login", "member", "nt", "ntlm", "pin", "remember", "reset", "root",
    "shadow", "user", "users",
];

/// Prose and code.
#[rustfmt::skip]
pub(super) static PROSE: [&str; 31] = [
    "banner", "body", "column", "columns", "comment", "condition", "copyright", "description", "field", "fields",
    "filter", "format", "hint", "label", "labels", "message", "note", "notes", "pattern", "prompt", "query", "regex",
    "remark", "remarks", "schema", "sql", "subject", "summary", "template", "text", "title",
];

/// Before the name of a secret: what is done with it, or whether there is one.
#[rustfmt::skip]
pub(super) static ABOUT_SECRETS: [&str; 51] = [
    "allow", "band", "boarding", "bos", "change", "cls", "confirm", "disable", "enable", "enter", "eos", "expired",
    "fastcgi", "first", "forgot", "forgotten", "grpc", "has", "hide", "high", "invalid", "low", "mask", "missing",
    "multi", "need", "needs", "no", "optional", "pad", "proxy", "render", "require", "required", "reset", "scgi",
    "season", "second", "sep", "show", "single", "ski", "skip", "special", "stop", "unk", "use", "uwsgi", "with",
    "without", "wrong",
];

/// Before `secret`: the name of one that is kept elsewhere.
#[rustfmt::skip]
pub(super) static KEPT_ELSEWHERE: [&str; 14] = [
    "ca", "cert", "certificate", "docker", "existing", "external", "image", "ingress", "pull", "ref", "registry",
    "ssl", "target", "tls",
];

/// A key that is called so, or stands under one of these, is a secret.
#[rustfmt::skip]
pub(super) static OF_SECRET_KEYS: [&str; 74] = [
    "access", "account", "activation", "aes", "api", "app", "application", "auth", "backup", "broadcast",
    "certificate", "client", "consumer", "cookie", "csrf", "database", "db", "deploy", "derivation", "deterministic",
    "disk", "encrypted", "encryption", "enrollment", "enrolment", "gateway", "gpg", "guest", "hmac", "hook", "ingest",
    "ingestion", "integration", "ipsec", "join", "jwt", "keyauth", "license", "live", "luks", "mail", "master",
    "pairing", "pgp", "preshared", "private", "product", "radius", "rails", "registration", "rsa", "sdk", "secret",
    "session", "shared", "signing", "smtp", "ssh", "ssl", "storage", "stream", "subscription", "tls", "token",
    "tunnel", "unlock", "vapid", "vpn", "wallet", "webhook", "wep", "wifi", "wlan", "wpa",
];

/// A key that is called so is part of a table, a message or a lock that all may see.
#[rustfmt::skip]
pub(super) static OF_PLAIN_KEYS: [&str; 64] = [
    "arrow", "attribute", "backend", "cache", "candidate", "child", "cluster", "clustering", "composite", "config",
    "context", "data", "dedup", "dict", "event", "feature", "field", "flag", "foreign", "function", "group",
    "grouping", "hash", "header", "home", "hot", "idempotency", "image", "index", "issue", "item", "join", "json",
    "label", "locale", "lookup", "map", "menu", "message", "meta", "n", "natural", "object", "order", "parent",
    "partition", "primary", "project", "query", "range", "record", "ref", "registry", "resource", "routing", "row",
    "search", "setting", "shard", "sort", "state", "surrogate", "translation", "unique",
];

/// RFC 7517: what is public of a key.
#[rustfmt::skip]
pub(super) static PUBLIC_OF_JWK: [&str; 9] = [
    "alg", "crv", "e", "kty", "n", "use", "x", "x5c", "y",
];

/// What says no more than that something is a value, or which of several.
#[rustfmt::skip]
pub(super) static EMPTY: [&str; 41] = [
    "alt", "b64", "backup", "bak", "base", "base64", "bytes", "current", "data", "default", "dev", "development",
    "encoded", "fallback", "fallbacks", "hex", "latest", "legacy", "live", "new", "next", "old", "override", "plain",
    "plaintext", "prev", "previous", "prod", "production", "raw", "sandbox", "secondary", "stage", "staging", "str",
    "test", "testing", "v", "val", "value", "values",
];

/// Names and numbers of things; they may look random.
#[rustfmt::skip]
pub(super) static IDS: [&str; 63] = [
    "address", "addresses", "aid", "appid", "asin", "bic", "bssid", "cid", "clientid", "container", "cursor",
    "customer", "ean", "eori", "eui", "gid", "gtin", "guid", "guids", "handle", "id", "identifier", "ids", "imei",
    "invoice", "isbn", "lineage", "mac", "nonce", "npub", "oid", "order", "pid", "place", "playlist", "projectid",
    "pubkey", "recipient", "recipients", "ref", "request", "reservation", "rid", "serial", "sid", "sku", "snapshot",
    "span", "tenant", "tid", "trace", "traceparent", "tracestate", "track", "uid", "ulid", "upc", "uuid", "uuids",
    "video", "vin", "wallet", "xpub",
];

/// What is computed of something else.
#[rustfmt::skip]
pub(super) static DIGESTS: [&str; 30] = [
    "blob", "build", "checksum", "checksums", "commit", "crc", "digest", "etag", "fingerprint", "fingerprints",
    "hash", "hashes", "integrity", "md", "object", "parent", "release", "rev", "revision", "sha", "sha1", "sri",
    "stamp", "sum", "tag", "tags", "thumbprint", "tree", "version", "versions",
];

/// Places, persons, kinds, times.
#[rustfmt::skip]
pub(super) static PLAIN: [&str; 232] = [
    "account", "adapter", "addr", "age", "alg", "algo", "algorithm", "algorithms", "alias", "args", "arn", "at",
    "audience", "author", "backend", "banner", "base", "board", "body", "branch", "bucket", "ca", "category", "cert",
    "certificate", "certificates", "certs", "channel", "charset", "cipher", "ciphers", "city", "class", "cluster",
    "codename", "collation", "color", "colour", "column", "columns", "comment", "company", "condition", "context",
    "copyright", "count", "country", "cron", "crt", "currency", "database", "dataset", "date", "days", "db",
    "description", "destination", "device", "dialect", "dir", "directory", "dns", "domain", "domains", "driver",
    "duration", "email", "encoding", "encryption", "endpoint", "endpoints", "engine", "environment", "exchange",
    "expiration", "expires", "expiry", "extension", "field", "fields", "file", "filename", "files", "filter",
    "flavor", "folder", "font", "format", "from", "glob", "group", "groups", "guard", "handler", "hasher", "hashers",
    "header", "headers", "helper", "hint", "home", "host", "hostname", "hosts", "icon", "image", "index", "instance",
    "interface", "interfaces", "interval", "issuer", "job", "keywords", "kind", "label", "labels", "lang", "language",
    "length", "level", "limit", "locale", "location", "login", "mail", "mailer", "maintainer", "manager", "max",
    "mechanism", "message", "method", "min", "mode", "model", "module", "name", "names", "namespace", "network",
    "node", "note", "notes", "operator", "org", "organization", "os", "owner", "package", "path", "paths", "pattern",
    "period", "permission", "permissions", "person", "phone", "plan", "platform", "plugin", "policy", "pool", "port",
    "prefix", "profile", "project", "prompt", "protocol", "provider", "query", "queue", "realm", "receiver", "regex",
    "region", "registry", "remark", "remarks", "repo", "repository", "role", "schedule", "schema", "scheme", "scope",
    "serializer", "server", "servers", "service", "size", "source", "sql", "status", "stopwords", "subject", "subnet",
    "suffix", "summary", "table", "tables", "target", "team", "template", "text", "theme", "time", "timeout",
    "timestamp", "timezone", "title", "to", "tokenizer", "topic", "ttl", "type", "types", "tz", "unit", "units",
    "uri", "uris", "url", "urls", "user", "username", "users", "validator", "validators", "vendor", "website", "zone",
];

/// What has a number that all may know.
#[rustfmt::skip]
pub(super) static NUMBERED: [&str; 28] = [
    "account", "batch", "billing", "build", "case", "contract", "customer", "delivery", "house", "invoice", "line",
    "model", "order", "page", "part", "phone", "port", "purchase", "registration", "room", "sequence", "serial",
    "shipment", "tax", "ticket", "tracking", "vat", "version",
];

/// What stands beside a secret under the name of several.
#[rustfmt::skip]
pub(super) static BESIDE_SECRETS: [&str; 18] = [
    "backend", "driver", "external", "file", "host", "id", "kind", "mode", "name", "path", "port", "provider", "ref",
    "type", "uri", "url", "username", "version",
];

/// ISO 639-1, without those that are names of other things too.
#[rustfmt::skip]
pub(super) static LANGUAGES: [&str; 53] = [
    "af", "ar", "az", "bg", "bn", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "he",
    "hi", "hr", "hu", "hy", "it", "ja", "ka", "kk", "ko", "lt", "lv", "mk", "mt", "nb", "nl", "nn", "pl", "pt", "ro",
    "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "uz", "vi", "zh",
];

/// What texts of a program are kept under.
#[rustfmt::skip]
pub(super) static TEXTS: [&str; 22] = [
    "captions", "copy", "errors", "faq", "i18n", "l10n", "label", "labels", "lang", "locale", "locales", "messages",
    "phrases", "placeholder", "placeholders", "prompts", "strings", "texts", "tooltips", "translations", "ui",
    "validation",
];
