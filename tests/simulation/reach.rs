//! Other services and the way to them: upstreams, names, routes, certificates, quotas, and the code's own bugs.

use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, Told, told};
use super::traffic::Answer;
use super::truth::Truth;
use super::world::{MINUTE, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "upstream-503", make: upstream_503 },
    Kind { name: "upstream-timeouts", make: upstream_timeouts },
    Kind { name: "name-not-resolved", make: name_not_resolved },
    Kind { name: "connector-trouble", make: connector_trouble },
    Kind { name: "certificate-expired", make: certificate_expired },
    Kind { name: "quota-exceeded", make: quota_exceeded },
    Kind { name: "storage-denied", make: storage_denied },
    Kind { name: "exception-in-one-route", make: exception_in_one_route },
];

/// One dependency fails for every call of some routes.
fn fails(
    world: &mut World,
    title: &str,
    category: &[Category],
    text: &str,
    told: &Told,
    (percent, status): (i64, u16),
    latency: (i64, i64),
) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(title, category, text, &scene.service.name);
    if world.dice.chance(40) {
        let (service, old) = (scene.service.clone(), scene.fleet.clone());
        let at = scene.onset - 4 * MINUTE;
        world.traffic(&service, &old, scene.from, at + 20 * SECOND, 3 * SECOND);
        scene.fleet = world.healthy_deploy(&mut scene.service, &old, at);
        scene.from = at + 18 * SECOND;
        truth.forbid("(?i)deploy");
    }
    world.failing(&scene, told, "call_partner", percent, status, latency);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn upstream_503(world: &mut World) -> Truth {
    let told = told(
        (
            "httpx.HTTPStatusError",
            "Server error '503 Service Unavailable' for url 'https://api.partner.example.com/v2/rates'\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/503",
        ),
        ("AxiosError", "Request failed with status code 503"),
        (
            "org.springframework.web.client.HttpServerErrorException$ServiceUnavailable",
            "503 Service Unavailable: \"upstream connect error or disconnect/reset before headers\"",
        ),
        "GET https://api.partner.example.com/v2/rates: unexpected status 503 Service Unavailable",
    );
    fails(
        world,
        "a partner's interface answers 503",
        &[Category::Upstream],
        "(?i)503",
        &told,
        (60, 502),
        (200_000, 900_000),
    )
}

fn upstream_timeouts(world: &mut World) -> Truth {
    let told = told(
        (
            "requests.exceptions.ReadTimeout",
            "HTTPSConnectionPool(host='api.partner.example.com', port=443): Read timed out. (read timeout=10)",
        ),
        ("AxiosError", "timeout of 10000ms exceeded"),
        (
            "org.springframework.web.client.ResourceAccessException",
            "I/O error on GET request for \"https://api.partner.example.com/v2/rates\": Read timed out",
        ),
        "Get \"https://api.partner.example.com/v2/rates\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    );
    fails(
        world,
        "a partner's interface does not answer in time",
        &[Category::Upstream, Category::Timeout, Category::Network],
        "(?i)timed out|timeout|deadline exceeded",
        &told,
        (55, 504),
        (10_000_000, 10_090_000),
    )
}

fn name_not_resolved(world: &mut World) -> Truth {
    let told = told(
        (
            "requests.exceptions.ConnectionError",
            "HTTPConnectionPool(host='inventory.internal', port=80): Max retries exceeded with url: /stock (Caused by NameResolutionError(\"<urllib3.connection.HTTPConnection object at 0x7e1b2c>: Failed to resolve 'inventory.internal' ([Errno -2] Name or service not known)\"))",
        ),
        ("Error", "getaddrinfo ENOTFOUND inventory.internal"),
        ("java.net.UnknownHostException", "inventory.internal: Name or service not known"),
        "Get \"http://inventory.internal/stock\": dial tcp: lookup inventory.internal on 169.254.169.254:53: no such host",
    );
    fails(
        world,
        "an internal name does not resolve",
        &[Category::Network, Category::Config],
        r"(?i)inventory\.internal",
        &told,
        (70, 500),
        (20_000, 400_000),
    )
}

fn connector_trouble(world: &mut World) -> Truth {
    let told = told(
        ("httpcore.ConnectTimeout", "timed out connecting to 10.8.0.12:8443 (inventory)"),
        ("Error", "connect ETIMEDOUT 10.8.0.12:8443"),
        ("java.net.ConnectException", "Connection timed out: /10.8.0.12:8443"),
        "Post \"https://10.8.0.12:8443/stock\": dial tcp 10.8.0.12:8443: i/o timeout",
    );
    fails(
        world,
        "nothing in the private network is reached any more",
        &[Category::Network, Category::Upstream, Category::Timeout],
        r"10\.8\.0\.12",
        &told,
        (75, 500),
        (9_000_000, 15_000_000),
    )
}

fn certificate_expired(world: &mut World) -> Truth {
    let told = told(
        (
            "requests.exceptions.SSLError",
            "HTTPSConnectionPool(host='ledger.example.com', port=443): Max retries exceeded with url: /v1/post (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)')))",
        ),
        ("Error", "certificate has expired"),
        (
            "javax.net.ssl.SSLHandshakeException",
            "PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed",
        ),
        "Post \"https://ledger.example.com/v1/post\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-02T10:11:12Z is after 2026-03-02T09:00:00Z",
    );
    fails(
        world,
        "the certificate of a partner has expired",
        &[Category::Network, Category::Upstream],
        "(?i)certificate|PKIX",
        &told,
        (70, 500),
        (60_000, 300_000),
    )
}

fn quota_exceeded(world: &mut World) -> Truth {
    let told = told(
        (
            "google.api_core.exceptions.ResourceExhausted",
            "429 Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'translate.googleapis.com' for consumer 'project_number:700000000185'.",
        ),
        (
            "Error",
            "8 RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'translate.googleapis.com' for consumer 'project_number:700000000185'.",
        ),
        (
            "com.google.api.gax.rpc.ResourceExhaustedException",
            "io.grpc.StatusRuntimeException: RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'translate.googleapis.com'",
        ),
        "rpc error: code = ResourceExhausted desc = Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'translate.googleapis.com'",
    );
    fails(
        world,
        "the quota of an API of the platform is used up",
        &[Category::QuotaBilling, Category::Upstream],
        "(?i)quota",
        &told,
        (50, 500),
        (60_000, 300_000),
    )
}

fn storage_denied(world: &mut World) -> Truth {
    let told = told(
        (
            "google.api_core.exceptions.Forbidden",
            "403 GET https://storage.googleapis.com/storage/v1/b/acme-media/o/a.png: runner@acme-shop-prod.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist).",
        ),
        (
            "ApiError",
            "runner@acme-shop-prod.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist).",
        ),
        (
            "com.google.cloud.storage.StorageException",
            "runner@acme-shop-prod.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object.",
        ),
        "googleapi: Error 403: runner@acme-shop-prod.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object., forbidden",
    );
    fails(
        world,
        "the service account may not read the bucket",
        &[Category::Iam],
        r"storage\.objects\.get",
        &told,
        (60, 500),
        (60_000, 300_000),
    )
}

fn exception_in_one_route(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        ("AttributeError", "'NoneType' object has no attribute 'currency'"),
        ("TypeError", "Cannot read properties of undefined (reading 'currency')"),
        ("java.lang.NullPointerException", "Cannot invoke \"com.acme.app.Price.currency()\" because \"price\" is null"),
        "runtime error: invalid memory address or nil pointer dereference in currency",
    );
    let mut truth = Truth::incident(
        "one route fails on items without a price",
        &[Category::CodeRuntime],
        "currency",
        &scene.service.name,
    );
    let runtime = scene.service.runtime;
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, instance, call| {
        if call.path != "/api/v1/items/{id}" || !world.dice.chance(25) {
            return Answer::Well;
        }
        let latency = world.dice.range(8_000, 50_000);
        world.raise(at + latency - 3_000, instance, runtime, told.by(runtime), "show_item", &call.trace);
        Answer::Status(500, latency)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}
