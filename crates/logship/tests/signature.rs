//! Signatures against the test vectors that AWS publishes.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use spandrel_logship::{AwsCredentials, sign};
use std::path::Path;
use std::time::SystemTime;

#[test]
fn requests_are_signed_as_the_published_vectors_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sigv4");
    let mut checked = 0;
    for case in
        std::fs::read_dir(folder).unwrap().map(|case| case.unwrap().path()).filter(|case| case.is_dir())
    {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        let context: Value = serde_json::from_str(&read("context.json")).unwrap();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let credentials = AwsCredentials {
            access_key_id: text(&context["credentials"]["access_key_id"]).unwrap(),
            secret_access_key: text(&context["credentials"]["secret_access_key"]).unwrap(),
            session_token: text(&context["credentials"]["token"]),
        };
        let request = read("request.txt");
        let (head, body) = request.split_once("\n\n").unwrap_or((request.trim_end(), ""));
        let mut lines = head.lines();
        let mut first = lines.next().unwrap().split(' ');
        let (method, path) = (first.next().unwrap(), first.next().unwrap());
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).unwrap().1;
        let time: jiff::Timestamp = context["timestamp"].as_str().unwrap().parse().unwrap();
        let added = sign(
            method,
            &format!("https://{host}{path}"),
            &headers,
            body.as_bytes(),
            &credentials,
            context["region"].as_str().unwrap(),
            context["service"].as_str().unwrap(),
            SystemTime::from(time),
        )
        .unwrap();
        let authorization = &added.iter().find(|(name, _)| name == "authorization").unwrap().1;
        let signature = authorization.split_once("Signature=").unwrap().1;
        assert_eq!(signature, read("header-signature.txt").trim(), "{}", case.display());
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
}
