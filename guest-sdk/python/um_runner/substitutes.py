"""What to take in the place of packages that do not work here: the one table of it."""

from __future__ import annotations

COMPILED: dict[str, str | None] = {
    "PIL": None,
    "_cffi_backend": None,
    "bcrypt": "`hashlib.scrypt` and `hashlib.pbkdf2_hmac` of the standard library hash passwords",
    "cachebox": "of what needs it, `deepdiff<8` is in pure Python",
    "cryptography": "`google-auth<2.48` with `rsa` does service accounts, `python-jose` with `rsa` makes tokens, and "
    "`hmac` and `hashlib` are in the standard library",
    "docx": "`docx` needs `lxml`; for tables `xlsxwriter` and `openpyxl` are in pure Python",
    "grpc": "most services of Google have the same calls over HTTP: `google-api-python-client` with `google-auth<2.48`",
    "jiter": "`json` of the standard library",
    "lxml": "`xml.etree.ElementTree` of the standard library reads XML, `beautifulsoup4` with `html5lib` reads HTML",
    "matplotlib": None,
    "msgspec": "`json` and `dataclasses` of the standard library, or `attrs`",
    "nacl": "`hmac` and `hashlib` are in the standard library",
    "numpy": "`statistics` and `array` of the standard library",
    "orjson": "`json` of the standard library",
    "pandas": "`csv`, `statistics` and `sqlite3` (in memory) of the standard library; `openpyxl` and "
    "`xlsxwriter` for Excel",
    "polars": "`csv`, `statistics` and `sqlite3` (in memory) of the standard library",
    "pyarrow": "`csv` and `json` of the standard library",
    "pydantic": "`pydantic<2`",
    "pydantic_core": "`pydantic<2`",
    "rpds": "of what needs it, `jsonschema<4.18` is in pure Python",
    "scipy": "`statistics` of the standard library",
    "ujson": "`json` of the standard library",
    "uvloop": "`asyncio` works as it is",
    "zstandard": "`app.http` reads answers that are compressed with zstd",
}
"""By the name that is imported: what to take for a package with compiled parts; None if nothing is known."""


def instead(module: str) -> str:
    """The end of a sentence on a package with compiled parts."""
    substitute = COMPILED.get(module)
    return f". In its place: {substitute}" if substitute else ", and nothing is known that could take its place"


_SQL = (
    "ask it over HTTP: PostgREST or Supabase for PostgreSQL, the HTTP interfaces of Neon, PlanetScale, Turso, "
    "ClickHouse, Snowflake (SQL API), BigQuery and Amazon RDS (Data API)"
)
_DOCUMENTS = "ask it over HTTP: RESTHeart or a function of your own before it"

DATABASES = {
    **dict.fromkeys(("aiomysql", "asyncmy", "MySQLdb", "mysql", "pymysql"), _SQL),
    **dict.fromkeys(("aiopg", "asyncpg", "pg8000", "pgdb", "psycopg", "psycopg2"), _SQL),
    **dict.fromkeys(
        ("cassandra", "cx_Oracle", "clickhouse_driver", "oracledb", "pymssql", "pyodbc", "snowflake"), _SQL
    ),
    **dict.fromkeys(("motor", "pymongo"), _DOCUMENTS),
    **dict.fromkeys(("aioredis", "redis", "valkey"), "ask it over HTTP: Upstash, or Webdis before it"),
}
"""By the name that is imported: how to come to a database without its driver."""

STOOD_IN_FOR = {
    **dict.fromkeys("O365 authlib docusign_esign firebase_admin github msal reportlab sendgrid xhtml2pdf".split(), ""),
    **dict.fromkeys(("anthropic", "openai"), " 'pydantic<2'"),
}
"""What loads though it requires packages with compiled parts, since something stands in for them: what it needs
besides. Of these pip finds no set in pure Python, or one that is years old."""

PROJECTS = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "github": "PyGithub",
    "googleapiclient": "google-api-python-client",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "nacl": "pynacl",
    "slack_sdk": "slack-sdk",
    "slugify": "python-slugify",
    "yaml": "pyyaml",
}
"""What pip calls a package, where that is not how it is imported."""
