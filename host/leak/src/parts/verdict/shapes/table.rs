//! The table of shapes: facts that issuers and public secret scanners tell of keys.

use super::shape::Letters::{Alphanumeric, Base64, Digits, Dotted, Hex, Lower, Parts, Upper, Url};
use super::shape::Shape;

/// By the issuer's name.
#[rustfmt::skip]
pub(super) static SHAPES: [Shape; 162] = [
    Shape("AGE-SECRET-KEY-1", Upper, 58..=58),                    // age
    Shape("patE", Dotted, 60..=90),                               // Airtable
    Shape("LTAI", Alphanumeric, 17..=26),                         // Alibaba
    Shape("amzn.mws.", Url, 36..=36),                             // Amazon
    Shape("AKIA", Upper, 16..=16),
    Shape("ASIA", Upper, 16..=16),
    Shape("ABIA", Upper, 16..=16),
    Shape("ACCA", Upper, 16..=16),
    Shape("ABSK", Base64, 100..=280),
    Shape("IQoJb3JpZ2lu", Base64, 100..=4096),
    Shape("FwoGZXIvYXdz", Base64, 100..=4096),
    Shape("sk-ant-", Url, 32..=160),                              // Anthropic
    Shape("apify_api_", Alphanumeric, 36..=40),                   // Apify
    Shape("AKCp", Alphanumeric, 60..=80),                         // Artifactory
    Shape("cmVmd", Alphanumeric, 59..=59),
    Shape("0/", Hex, 32..=32),                                    // Asana
    Shape("ATATT3", Base64, 150..=250),                           // Atlassian
    Shape("ATCTT3", Base64, 150..=250),
    Shape("ATBB", Alphanumeric, 28..=40),
    Shape("ATTA", Hex, 64..=80),                                  // Trello
    Shape("bkua_", Hex, 40..=40),                                 // Buildkite
    Shape("CCIPAT_", Url, 40..=80),                               // CircleCI
    Shape("v1.0-", Url, 100..=180),                               // Cloudflare
    Shape("CLOJARS_", Hex, 60..=60),                              // Clojars
    Shape("cio", Alphanumeric, 32..=32),                          // the registry of Rust
    Shape("dapi", Hex, 32..=34),                                  // Databricks
    Shape("dop_v1_", Hex, 64..=64),                               // DigitalOcean
    Shape("doo_v1_", Hex, 64..=64),
    Shape("dor_v1_", Hex, 64..=64),
    Shape("dckr_pat_", Url, 24..=40),                             // Docker
    Shape("dckr_oat_", Url, 24..=60),
    Shape("dp.pt.", Alphanumeric, 40..=48),                       // Doppler
    Shape("dp.st.", Dotted, 40..=80),
    Shape("sl.", Url, 60..=1300),                                 // Dropbox
    Shape("duffel_live_", Url, 43..=43),                          // Duffel
    Shape("dt0c01.", Dotted, 80..=100),                           // Dynatrace
    Shape("dt0s16.", Dotted, 60..=100),
    Shape("EZAK", Alphanumeric, 54..=54),                         // EasyPost
    Shape("EZTK", Alphanumeric, 54..=54),
    Shape("EAACEdEose0cBA", Alphanumeric, 8..=400),               // Facebook
    Shape("EAA", Alphanumeric, 80..=400),
    Shape("AAAA", Parts, 140..=180),                              // Firebase
    Shape("figd_", Url, 38..=60),                                 // Figma
    Shape("FLWSECK-", Url, 30..=50),                              // Flutterwave
    Shape("FLWSECK_TEST-", Url, 20..=50),
    Shape("fio-u-", Url, 60..=70),                                // Frame.io
    Shape("fm2_", Base64, 40..=1200),                             // Fly.io
    Shape("FlyV1 ", Base64, 40..=1200),
    Shape("ghp_", Alphanumeric, 36..=40),                         // GitHub
    Shape("gho_", Alphanumeric, 36..=40),
    Shape("ghu_", Alphanumeric, 36..=40),
    Shape("ghs_", Alphanumeric, 36..=40),
    Shape("ghr_", Alphanumeric, 36..=80),
    Shape("github_pat_", Url, 60..=100),
    Shape("glpat-", Dotted, 20..=64),                             // GitLab
    Shape("gldt-", Url, 20..=64),
    Shape("glrt-", Dotted, 20..=64),
    Shape("glptt-", Hex, 40..=40),
    Shape("glcbt-", Url, 20..=64),
    Shape("glsoat-", Url, 20..=64),
    Shape("glagent-", Url, 50..=64),
    Shape("glimt-", Url, 25..=32),
    Shape("gloas-", Hex, 64..=64),
    Shape("glft-", Url, 20..=32),
    Shape("GR1348941", Url, 20..=32),
    Shape("gitea_", Hex, 40..=40),
    Shape("AIza", Url, 32..=39),                                  // Google
    Shape("ya29.", Dotted, 30..=2048),
    Shape("GOCSPX-", Url, 24..=40),
    Shape("1//0", Url, 40..=120),
    Shape("glsa_", Url, 36..=48),                                 // Grafana
    Shape("glc_", Base64, 32..=400),
    Shape("eyJrIjoi", Base64, 40..=400),
    Shape("pat.", Dotted, 60..=90),                               // Harness
    Shape("HRKU-", Url, 36..=70),                                 // Heroku
    Shape("pat-na1-", Url, 36..=36),                              // HubSpot
    Shape("pat-eu1-", Url, 36..=36),
    Shape("hf_", Alphanumeric, 30..=40),                          // Hugging Face
    Shape("api_org_", Alphanumeric, 34..=34),
    Shape("IGQV", Url, 60..=400),                                 // Instagram
    Shape("napi_", Lower, 60..=70),                               // Neon
    Shape("lin_api_", Alphanumeric, 40..=40),                     // Linear
    Shape("lin_oauth_", Hex, 64..=64),
    Shape("WPL_AP1.", Dotted, 16..=40),                           // LinkedIn
    Shape("key-", Hex, 32..=32),                                  // Mailgun
    Shape("pubkey-", Hex, 32..=32),
    Shape("sk.eyJ", Dotted, 60..=200),                            // Mapbox
    Shape("live_", Alphanumeric, 30..=40),                        // Mollie
    Shape("mdb_sa_sk_", Url, 40..=50),                            // MongoDB
    Shape("nfp_", Alphanumeric, 36..=44),                         // Netlify
    Shape("NRAK-", Upper, 27..=27),                               // New Relic
    Shape("NRJS-", Hex, 19..=19),
    Shape("NRII-", Url, 32..=32),
    Shape("NRRA-", Hex, 42..=42),
    Shape("ntn_", Alphanumeric, 40..=50),                         // Notion
    Shape("secret_", Alphanumeric, 43..=43),
    Shape("npm_", Alphanumeric, 36..=36),                         // npm
    Shape("oy2", Lower, 43..=43),                                 // NuGet
    Shape("nvapi-", Url, 60..=70),                                // NVIDIA
    Shape("ops_eyJ", Base64, 200..=1200),                         // 1Password
    Shape("A3-", Url, 30..=44),
    Shape("sk-proj-", Url, 40..=200),                             // OpenAI
    Shape("sk-svcacct-", Url, 40..=200),
    Shape("sk-admin-", Url, 40..=200),
    Shape("sk-or-v1-", Hex, 64..=64),                             // OpenRouter
    Shape("sk-", Alphanumeric, 32..=64),                          // OpenAI, DeepSeek
    Shape("pplx-", Alphanumeric, 40..=56),                        // Perplexity
    Shape("access_token$production$", Dotted, 40..=80),           // PayPal
    Shape("pscale_tkn_", Dotted, 32..=64),                        // PlanetScale
    Shape("pscale_pw_", Dotted, 32..=64),
    Shape("pscale_oauth_", Dotted, 32..=64),
    Shape("phc_", Alphanumeric, 40..=48),                         // PostHog
    Shape("phx_", Alphanumeric, 40..=48),
    Shape("PMAK-", Url, 59..=59),                                 // Postman
    Shape("pnu_", Lower, 36..=36),                                // Prefect
    Shape("pul-", Hex, 40..=40),                                  // Pulumi
    Shape("pypi-AgE", Url, 50..=1000),                            // PyPI
    Shape("rdme_", Lower, 70..=70),                               // ReadMe
    Shape("r8_", Alphanumeric, 37..=37),                          // Replicate
    Shape("rnd_", Alphanumeric, 28..=36),                         // Render
    Shape("re_", Url, 32..=40),                                   // Resend
    Shape("rubygems_", Hex, 48..=48),                             // RubyGems
    Shape("tk-us-", Url, 48..=48),                                // Scalingo
    Shape("SG.", Dotted, 60..=70),                                // SendGrid
    Shape("xkeysib-", Url, 81..=81),                              // Brevo
    Shape("sntrys_", Base64, 60..=400),                           // Sentry
    Shape("sntryu_", Hex, 64..=64),
    Shape("shpat_", Hex, 32..=32),                                // Shopify
    Shape("shpca_", Hex, 32..=32),
    Shape("shppa_", Hex, 32..=32),
    Shape("shpss_", Hex, 32..=32),
    Shape("xoxb-", Url, 40..=80),                                 // Slack
    Shape("xoxp-", Url, 60..=100),
    Shape("xoxa-", Url, 40..=100),
    Shape("xoxe.", Dotted, 100..=240),
    Shape("xapp-", Url, 60..=120),
    Shape("sqp_", Hex, 40..=40),                                  // SonarQube
    Shape("sqa_", Hex, 40..=40),
    Shape("squ_", Hex, 40..=40),
    Shape("sq0atp-", Url, 22..=60),                               // Square
    Shape("sq0csp-", Url, 43..=60),
    Shape("EAAA", Url, 60..=64),
    Shape("sk_live_", Alphanumeric, 16..=110),                    // Stripe, Clerk
    Shape("sk_test_", Alphanumeric, 16..=110),
    Shape("rk_live_", Alphanumeric, 16..=110),
    Shape("rk_test_", Alphanumeric, 16..=110),
    Shape("whsec_", Base64, 24..=64),
    Shape("SWMTKN-1-", Lower, 25..=50),                           // Docker Swarm
    Shape("sbp_", Hex, 40..=40),                                  // Supabase
    Shape("sb_secret_", Url, 24..=48),
    Shape("tskey-", Url, 24..=64),                                // Tailscale
    Shape("tfp_", Url, 40..=60),                                  // Typeform
    Shape("hvs.", Url, 24..=200),                                 // Vault
    Shape("hvb.", Url, 100..=300),
    Shape("hvr.", Url, 24..=300),
    Shape("vercel_", Alphanumeric, 24..=40),                      // Vercel
    Shape("t1.", Dotted, 80..=300),                               // Yandex
    Shape("AQVN", Url, 35..=38),
    Shape("y0_", Url, 50..=60),
    Shape("xai-", Alphanumeric, 60..=90),                         // xAI
    Shape("gsk_", Alphanumeric, 50..=56),                         // Groq
    Shape("tvly-", Url, 32..=48),                                 // Tavily
];

/// Names of things: what they name can be had by nobody who knows no key.
#[rustfmt::skip]
pub(super) static PUBLIC: [Shape; 32] = [
    Shape("cus_", Alphanumeric, 8..=24),
    Shape("prod_", Alphanumeric, 8..=24),
    Shape("price_", Alphanumeric, 8..=28),
    Shape("sub_", Alphanumeric, 8..=28),
    Shape("acct_", Alphanumeric, 8..=24),
    Shape("pi_", Alphanumeric, 14..=28),
    Shape("evt_", Alphanumeric, 14..=28),
    Shape("we_", Alphanumeric, 14..=28),
    Shape("org-", Alphanumeric, 20..=28),
    Shape("proj_", Alphanumeric, 20..=28),
    Shape("asst_", Alphanumeric, 20..=28),
    Shape("ami-", Hex, 8..=17),
    Shape("i-", Hex, 8..=17),
    Shape("vpc-", Hex, 8..=17),
    Shape("subnet-", Hex, 8..=17),
    Shape("sg-", Hex, 8..=17),
    Shape("vol-", Hex, 8..=17),
    Shape("snap-", Hex, 8..=17),
    Shape("eni-", Hex, 8..=17),
    Shape("igw-", Hex, 8..=17),
    Shape("nat-", Hex, 8..=17),
    Shape("rtb-", Hex, 8..=17),
    Shape("fs-", Hex, 8..=17),
    Shape("eipalloc-", Hex, 8..=17),
    Shape("lt-", Hex, 8..=17),
    Shape("tgw-", Hex, 8..=17),
    Shape("age1", Lower, 58..=58),
    Shape("GTM-", Upper, 6..=9),
    Shape("G-", Upper, 10..=10),
    Shape("UA-", Parts, 8..=14),
    Shape("AW-", Digits, 9..=11),
    Shape("ca-pub-", Digits, 16..=16),
];

/// How hashes of passwords begin, and how long they are at least: whoever has them tries passwords as fast as he can.
pub(super) static HASHES: [(&str, usize); 15] = [
    ("$1$", 20),
    ("$2a$", 50),
    ("$2b$", 50),
    ("$2y$", 50),
    ("$5$", 40),
    ("$6$", 60),
    ("$7$", 60),
    ("$y$", 50),
    ("$apr1$", 30),
    ("$argon2", 50),
    ("$scrypt$", 50),
    ("pbkdf2_sha256$", 60),
    ("{SSHA}", 30),
    ("{SHA}", 30),
    ("SCRAM-SHA-256$", 80),
];
