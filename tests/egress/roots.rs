//! Authorities of one's own, from PEM files, and those of this machine.

use std::process::Command;

use um_egress::{BuildError, Client, EgressError, PemError, TlsFault};

use super::authority::{Authority, names};
use super::http2_peer::Server;
use super::peer::Run;

use crate::bounded::Bounded;

/// Set for the test that is run as a child.
const ROLE: &str = "UM_HOST_TEST_ROLE";
const URL: &str = "UM_HOST_TEST_URL";

fn refusal(pem: impl AsRef<[u8]>) -> PemError {
    Client::builder().root_pem(pem.as_ref()).err().unwrap()
}

#[tokio::test]
async fn every_certificate_of_a_file_is_trusted_and_no_other() {
    let (first, second) = (Server::hello(&["h2"]).await, Server::hello(&["h2"]).await);
    let bundle = format!("# ours\r\n{}\n\ntheirs\n{}", first.authority.pem(), second.authority.pem());
    let client = Client::builder().resolver(names()).root_pem(bundle.as_bytes()).unwrap().build().unwrap();
    for server in [&first, &second] {
        assert_eq!(server.run().client(client.clone()).read(&server.url()).await.unwrap().1, "hello");
    }
    let alone = Client::builder().resolver(names()).root_pem(first.authority.pem().as_bytes()).unwrap();
    let error = second.run().client(alone.build().unwrap()).fetch(&second.url()).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls { fault: TlsFault::UnknownIssuer, .. }), "{error}");
}

#[test]
fn a_file_without_usable_certificates_is_refused_by_its_fault() {
    let authority = Authority::new("ours");
    let pem = authority.pem();
    let request = pem.replace("CERTIFICATE", "CERTIFICATE REQUEST");
    let body = |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    for (text, expected) in [
        (String::new(), PemError::NoCertificate),
        ("just text".to_owned(), PemError::NoCertificate),
        (String::from_utf8_lossy(&authority.der()).into_owned(), PemError::NoCertificate),
        (request, PemError::NoCertificate),
        (authority.private_key_pem(), PemError::PrivateKey),
        (format!("{pem}{}", authority.private_key_pem()), PemError::PrivateKey),
        (body("MIIB!!!!"), PemError::Base64 { number: 1 }),
        (format!("{pem}{}", body("MIIB*")), PemError::Base64 { number: 2 }),
        (body("TUlJQg=="), PemError::Certificate { number: 1 }),
        (pem.replace("-----END CERTIFICATE-----", ""), PemError::Boundary { number: 1 }),
        (pem.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE--"), PemError::Boundary { number: 1 }),
        (" ".repeat(1024 * 1024) + &pem, PemError::TooLong),
    ] {
        let told = refusal(&text);
        assert_eq!(told, expected, "{text:.60}");
        assert!(!told.to_string().contains("MII"), "{told}");
    }
}

#[tokio::test]
async fn this_machines_authorities_are_trusted_by_option_alone() {
    let server = Server::hello(&["h2"]).await;
    let folder = tempfile::tempdir().unwrap();
    for (role, pem) in
        [("trusting", server.authority.pem()), ("others", Authority::new("theirs").pem()), ("none", String::new())]
    {
        let file = folder.path().join(role);
        std::fs::write(&file, pem).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "roots::as_a_child_with_authorities_of_its_own"]);
        child.envs([(ROLE, role), (URL, &server.url())]).env("SSL_CERT_FILE", file);
        child.env("SSL_CERT_DIR", folder.path().join("empty"));
        let ended = tokio::task::spawn_blocking(move || child.finish().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && said.contains("1 passed"), "{role}: {said}");
    }
    assert_eq!(server.seen().len(), 1);
}

/// Run by the test above, in an environment that says what this machine trusts; by itself there is nothing to see.
#[tokio::test]
async fn as_a_child_with_authorities_of_its_own() {
    let (Ok(role), Ok(url)) = (std::env::var(ROLE), std::env::var(URL)) else { return };
    let by_default = Client::builder().resolver(names()).build().unwrap();
    let error = Run::reaching(&[&url]).client(by_default).fetch(&url).await.unwrap_err();
    assert!(matches!(error, EgressError::Tls { fault: TlsFault::UnknownIssuer, .. }), "{error}");
    let client = match (Client::builder().resolver(names()).platform_roots().build(), role.as_str()) {
        (Err(error), "none") => return assert_eq!(error, BuildError::NoPlatformRoots),
        (client, _) => client.unwrap(),
    };
    match (Run::reaching(&[&url]).client(client).read(&url).await, role.as_str()) {
        (Ok(answer), "trusting") => assert_eq!(answer.1, "hello"),
        (Err(EgressError::Tls { fault: TlsFault::UnknownIssuer, .. }), "others") => {}
        (answer, role) => panic!("{role}: {answer:?}"),
    }
}
