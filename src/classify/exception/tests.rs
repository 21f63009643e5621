mod traces;

use super::{LineShape, Runtime, line_shape, mention, parse};
use proptest::prelude::*;

#[test]
fn the_first_traceback_of_a_python_chain_is_the_root() {
    let text = "Traceback (most recent call last):\n  File \"/app/shop/main.py\", line 7, in setup\n    import shop.loyalty\nModuleNotFoundError: No module named 'shop.loyalty'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/gunicorn/arbiter.py\", line 608, in spawn_worker\n    worker.init_process()\nRuntimeError: setup failed";
    let chain = parse(text).unwrap();
    assert_eq!(chain.runtime, Runtime::Python);
    assert_eq!(chain.headline(), "ModuleNotFoundError: No module named 'shop.loyalty'");
    assert_eq!(chain.links.len(), 2);
    assert_eq!(chain.top_in_app_frame().unwrap().file, "shop/main.py");
}

#[test]
fn a_driver_error_wrapped_by_an_orm_has_the_key_of_the_driver_error() {
    let trace =
        |last: &str| format!("Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n    x()\n{last}");
    let inner = parse(&trace("asyncpg.exceptions.UndefinedColumnError: column orders.tip does not exist")).unwrap();
    let outer = parse(&trace("sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class 'asyncpg.exceptions.UndefinedColumnError'>: column orders.tip does not exist\n[SQL: SELECT 1]\n(Background on this error at: https://sqlalche.me/e/20/f405)")).unwrap();
    assert_eq!(inner.key(), outer.key());
}

#[test]
fn fields_of_a_validation_error_belong_to_its_message() {
    let text = "Traceback (most recent call last):\n  File \"/app/settings.py\", line 3, in <module>\n    s = Settings()\npydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings\npayment_key\n  Field required [type=missing]\nqueue_url\n  Field required [type=missing]";
    let headline = parse(text).unwrap().headline();
    assert!(headline.contains("payment_key") && headline.contains("queue_url"), "{headline}");
}

#[test]
fn the_last_caused_by_of_java_is_the_root() {
    let text = "Exception in thread \"main\" java.lang.IllegalStateException: cannot start\n\tat com.acme.Orders.main(Orders.java:10)\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect0(Native Method)\n\t... 12 more";
    let chain = parse(text).unwrap();
    assert_eq!(
        (chain.runtime, chain.headline().as_str()),
        (Runtime::Java, "java.net.ConnectException: Connection refused")
    );
}

#[test]
fn node_errors_and_their_causes_are_read() {
    let text = "Error: Cannot find module '/app/dist/main.js'\nRequire stack:\n- /app/index.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)\n    at start (/app/index.js:3:1) {\n  code: 'MODULE_NOT_FOUND'\n}";
    let chain = parse(text).unwrap();
    assert_eq!(chain.runtime, Runtime::Node);
    assert!(chain.headline().starts_with("Error: Cannot find module '/app/dist/main.js'"), "{}", chain.headline());
    let zod = "Failed to start: ZodError: [\n  {\n    \"code\": \"invalid_type\",\n    \"path\": [\n      \"QUEUE_URL\"\n    ],\n    \"message\": \"Required\"\n  }\n]\n    at env (/app/config.js:27:22)";
    assert_eq!(parse(zod).unwrap().headline(), "ZodError: QUEUE_URL: Required");
}

#[test]
fn other_runtimes_are_read() {
    for (text, runtime, headline) in [
        (
            "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:10 +0x1d",
            Runtime::Go,
            "panic: assignment to entry in nil map",
        ),
        (
            "Unhandled exception. System.InvalidOperationException: no connection string\n   at Acme.Program.Main() in /src/Program.cs:line 9",
            Runtime::DotNet,
            "System.InvalidOperationException: no connection string",
        ),
        (
            "/app/boot.rb:3:in `require': cannot load such file -- acme (LoadError)",
            Runtime::Ruby,
            "LoadError: cannot load such file -- acme",
        ),
        (
            "PHP Fatal error:  Uncaught Error: Class \"Acme\\Cart\" not found in /app/index.php:7",
            Runtime::Php,
            "Error: Class \"Acme\\Cart\" not found",
        ),
        ("thread 'main' panicked at src/main.rs:3:5:\nno such key", Runtime::Rust, "panic: no such key"),
    ] {
        let chain = parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((chain.runtime, chain.headline().as_str()), (runtime, headline));
    }
}

#[test]
fn prose_is_no_exception_but_may_mention_one() {
    assert_eq!(parse("setup failed: ModuleNotFoundError: No module named 'x'"), None);
    assert_eq!(
        mention("setup failed: ModuleNotFoundError: No module named 'x'"),
        Some(("ModuleNotFoundError".to_owned(), "No module named 'x'".to_owned()))
    );
    assert_eq!(mention("listening on http://0.0.0.0:8080"), None);
}

#[test]
fn lines_of_a_block_have_their_shapes() {
    for (line, shape) in [
        ("Traceback (most recent call last):", LineShape::Head),
        ("  File \"/app/a.py\", line 1, in f", LineShape::Continuation),
        ("NameError: name 'x' is not defined", LineShape::Head),
        ("❌ Failed to start worker: ZodError: [", LineShape::Head),
        ("    \"code\": \"invalid_type\",", LineShape::Continuation),
        ("}", LineShape::Continuation),
        ("Server started", LineShape::Plain),
    ] {
        assert_eq!(line_shape(line), shape, "{line}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "(?s).{0,300}") {
        let _ = (parse(&text), mention(&text), line_shape(&text));
    }

    #[test]
    fn no_trace_like_text_makes_reading_panic(parts in proptest::collection::vec("(Traceback \\(most recent call last\\):|  File \"a\", line 1, in f|    at f \\(é:1:2\\)|Caused by: a\\.BError: x|panic: é|goroutine 1|XError: é|PHP Fatal error:  é in |' panicked at |:in `)", 0..8)) {
        let text = parts.join("\n");
        let _ = (parse(&text), mention(&text), line_shape(&text));
    }
}
