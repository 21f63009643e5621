//! Claims about traces that the first tests leave open.

use super::super::{LineShape, Runtime, line_shape, mention, parse};

fn root(text: &str) -> String {
    parse(text).map_or_else(|| "none".to_owned(), |chain| chain.headline())
}

#[track_caller]
fn check(text: &str, runtime: Runtime, headline: &str, in_app: Option<(&str, &str)>) {
    let chain = parse(text).unwrap_or_else(|| panic!("no chain in {text}"));
    assert_eq!((chain.runtime, chain.headline().as_str()), (runtime, headline));
    assert_eq!(chain.top_in_app_frame().map(|frame| (frame.file.as_str(), frame.function.as_str())), in_app);
}

const PY: &str = "Traceback (most recent call last):\n  File \"/app/lamps/main.py\", line 7, in light\n    x()\n";

#[test]
fn lines_logged_after_a_traceback_do_not_change_its_key() {
    let alone = parse(&format!("{PY}ValueError: too dark")).unwrap();
    for tail in [
        "\n\nINFO:     Shutting down",
        "\n[2026-03-02 10:00:01 +0000] [7] [INFO] Worker exiting (pid: 7)",
        "\nINFO:     Waiting for application shutdown.",
        "\nDuring task with name 'light' and id '00000000-0000-4000-8000-000000000001'",
    ] {
        let followed = parse(&format!("{PY}ValueError: too dark{tail}")).unwrap();
        assert_eq!(alone.key(), followed.key(), "{tail}");
        assert_eq!(followed.headline(), "ValueError: too dark", "{tail}");
    }
}

#[test]
fn values_given_to_a_validator_stay_out_of_the_headline() {
    let text = format!(
        "{PY}pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings\nlamp_key\n  Field required [type=missing, input_value={{'other_key': 'hunter2xyz'}}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.12/v/missing\nhue_url\n  Field required [type=missing, input_value={{'other_key': 'hunter2xyz'}}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.12/v/missing"
    );
    let chain = parse(&text).unwrap();
    let headline = chain.headline();
    assert!(headline.contains("lamp_key") && headline.contains("hue_url"), "{headline}");
    assert!(!headline.contains("hunter2") && !chain.key().contains("hunter2"), "{headline}");
}

#[test]
fn a_validation_error_cut_after_its_first_line_has_the_key_of_the_whole() {
    let cut =
        parse(&format!("{PY}pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings")).unwrap();
    let whole = parse(&format!("{PY}pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings\nlamp_key\n  Field required [type=missing]\nhue_url\n  Field required [type=missing]")).unwrap();
    assert_eq!(cut.key(), whole.key());
}

#[test]
fn fields_without_a_traceback_are_read_too() {
    let text = "Failed to load settings: 2 validation errors for Settings\nlamp_key\n  Field required [type=missing]\n    For further information visit x\nhue_url\n  Field required [type=missing]";
    let headline = root(text);
    assert!(
        headline.contains("ValidationError") && headline.contains("lamp_key") && headline.contains("hue_url"),
        "{headline}"
    );
}

#[test]
fn python_groups_and_passing_exceptions_do_not_hide_the_cause() {
    let group = "  + Exception Group Traceback (most recent call last):\n  |   File \"/app/a.py\", line 1, in f\n  |     x()\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"/app/b.py\", line 2, in g\n    |     y()\n    | ValueError: too dark\n    +------------------------------------";
    check(group, Runtime::Python, "ValueError: too dark", Some(("b.py", "g")));
    let passing = "Traceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/starlette/middleware/base.py\", line 1, in call\n    x()\nanyio.EndOfStream\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n    x()\nKeyError: 'LAMP'";
    check(passing, Runtime::Python, "KeyError: 'LAMP'", Some(("a.py", "f")));
    let cancelled = "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n    x()\nasyncio.exceptions.CancelledError: Cancelled by cancel scope 7f\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n    x()\nTimeoutError: database did not answer";
    check(cancelled, Runtime::Python, "TimeoutError: database did not answer", Some(("a.py", "f")));
}

#[test]
fn a_prefixed_or_escaped_traceback_is_read() {
    check(
        "[2026-03-02 10:00:00,000] ERROR in errors: Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n    x()\n    ^^^\nNameError: name 'Lamp' is not defined",
        Runtime::Python,
        "NameError: name 'Lamp' is not defined",
        Some(("a.py", "f")),
    );
    check(
        "boom: Traceback (most recent call last):\\n  File \\\"/app/a.py\\\", line 1, in f\\n    x()\\nNameError: name 'Lamp' is not defined",
        Runtime::Python,
        "NameError: name 'Lamp' is not defined",
        Some(("a.py", "f")),
    );
}

#[test]
fn drivers_in_every_wrapping_have_one_key() {
    let trace = |last: &str| parse(&format!("{PY}{last}")).unwrap().key();
    let keys = [
        trace("asyncpg.exceptions.UndefinedColumnError: column lamps.hue does not exist"),
        trace(
            "sqlalchemy.dialects.postgresql.asyncpg.AsyncAdapt_asyncpg_dbapi.ProgrammingError: <class 'asyncpg.exceptions.UndefinedColumnError'>: column lamps.hue does not exist",
        ),
        trace(
            "sqlalchemy.exc.ProgrammingError: (sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class 'asyncpg.exceptions.UndefinedColumnError'>: column lamps.hue does not exist\n[SQL: SELECT 1]\n[parameters: ('a',)]\n(Background on this error at: https://sqlalche.me/e/20/f405)",
        ),
    ];
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0], keys[2]);
    let inner = trace("pymysql.err.OperationalError: (1364, \"Field 'lamp_id' doesn't have a default value\")");
    assert_eq!(
        inner,
        trace(
            "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1364, \"Field 'lamp_id' doesn't have a default value\")\n[SQL: x]"
        )
    );
    assert!(inner.contains("lamp_id"), "{inner}");
}

#[test]
fn a_suppressed_exceptions_cause_is_not_the_root() {
    check(
        "java.lang.IllegalStateException: dark\n\tat com.acme.Lamp.light(Lamp.java:3)\n\tSuppressed: java.io.IOException: close failed\n\t\tat com.acme.Wire.close(Wire.java:9)\n\tCaused by: java.lang.Error: unrelated\n\t\tat com.acme.Wire.x(Wire.java:1)\nCaused by: java.net.ConnectException: refused\n\tat java.base/java.net.Net.connect(Net.java:1)\n\tat com.acme.Wire.open(Wire.java:5)\n\t... 3 more",
        Runtime::Java,
        "java.net.ConnectException: refused",
        Some(("Wire.java", "com.acme.Wire.open")),
    );
}

#[test]
fn a_java_message_of_several_lines_is_no_other_exception() {
    check(
        "2026-03-02 10:00:00 ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed\n\norg.springframework.beans.factory.BeanCreationException: Error creating bean with name 'lamp'\n\tat org.springframework.Factory.make(Factory.java:3)\nCaused by: com.acme.DarkException: no bulb\n\tat com.acme.Lamp.<init>(Lamp.java:8) ~[lamp.jar!/:1.0]\n\t... 20 common frames omitted",
        Runtime::Java,
        "com.acme.DarkException: no bulb",
        Some(("Lamp.java", "com.acme.Lamp.<init>")),
    );
}

#[test]
fn dotnet_without_sources_and_with_inner_exceptions_is_read() {
    check(
        "Unhandled exception. System.AggregateException: One or more errors occurred. (refused)\n ---> System.Net.Http.HttpRequestException: refused\n   at System.Net.Http.Pool.Connect()\n   at Acme.Lamp.Light(String hue)\n   --- End of inner exception stack trace ---\n   at Acme.Program.Main(String[] args)",
        Runtime::DotNet,
        "System.Net.Http.HttpRequestException: refused",
        Some(("", "Acme.Lamp.Light")),
    );
    check(
        "fail: Microsoft.AspNetCore.Server.Kestrel[13]\n      An unhandled exception was thrown by the application.\n      System.InvalidOperationException: Unable to resolve service for type 'Acme.ILamp'\n         at Microsoft.Extensions.DependencyInjection.X.Y(Type t)\n         at Acme.Lamp.Light(String hue)",
        Runtime::DotNet,
        "System.InvalidOperationException: Unable to resolve service for type 'Acme.ILamp'",
        Some(("", "Acme.Lamp.Light")),
    );
}

#[test]
fn node_headers_far_above_their_frames_are_found() {
    let nest = "\u{1b}[31m[Nest] 1  - \u{1b}[39m03/02/2026, 1:20:07 PM \u{1b}[31m  ERROR\u{1b}[39m \u{1b}[38;5;3m[ExceptionHandler] \u{1b}[39mUnknownDependenciesException [Error]: Nest can't resolve dependencies of the LampController (?). Please make sure that the argument \"LampRepository\" at index [0] is available in the HueModule context.\n\nPotential solutions:\n- Is HueModule a valid NestJS module?\n  @Module({\n    imports: [ /* x */ ]\n  })\n\n    at Injector.lookup \u{1b}[90m(/app/\u{1b}[39mnode_modules/\u{1b}[4m@nestjs/core\u{1b}[24m/injector.js:290:19\u{1b}[90m)\u{1b}[39m\n    at async Promise.all (index 0)";
    let chain = parse(&crate::classify::message::clean(nest)).unwrap();
    assert!(
        chain
            .headline()
            .starts_with("UnknownDependenciesException: Nest can't resolve dependencies of the LampController (?)"),
        "{}",
        chain.headline()
    );
    assert!(!chain.headline().contains("Potential"), "{}", chain.headline());
    let unnamed = "[Nest] 1  - 03/02/2026, 1:20:07 PM   ERROR [ExceptionHandler] Nest can't resolve dependencies of the LampGuard (?).\n\nPotential solutions:\n- Is HueModule a valid NestJS module?\n    at Injector.lookup (/app/node_modules/@nestjs/core/injector.js:262:19)\n    at start (/app/dist/main.js:3:4)";
    check(
        unnamed,
        Runtime::Node,
        "Error: Nest can't resolve dependencies of the LampGuard (?).",
        Some(("dist/main.js", "start")),
    );
}

#[test]
fn node_module_causes_and_dumps_are_read() {
    check(
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'lamps' imported from /app/index.mjs\n    at packageResolve (node:internal/modules/esm/resolve:873:9)\n    at file:///app/index.mjs:1:1 {\n  code: 'ERR_MODULE_NOT_FOUND'\n}",
        Runtime::Node,
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'lamps' imported from /app/index.mjs",
        Some(("index.mjs", "")),
    );
    check(
        "TypeError: fetch failed\n    at node:internal/deps/undici/undici:100:1\n    at async light (/app/dist/lamp.js:31:7) {\n  [cause]: Error: connect ECONNREFUSED 10.0.0.5:5432\n      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {\n    errno: -111,\n    code: 'ECONNREFUSED'\n  }\n}",
        Runtime::Node,
        "Error: connect ECONNREFUSED 10.0.0.5:5432",
        Some(("dist/lamp.js", "light")),
    );
    assert_eq!(
        root(
            "\u{274c} Error fetching lamps: {\n  message: 'TypeError: fetch failed',\n  details: 'TypeError: fetch failed\\n' +\n    '    at node:internal/deps/undici/undici:100:1\\n' +\n    '    at async Timeout._onTimeout (/app/dist/lamp.js:31:7)',\n  code: ''\n}"
        ),
        "TypeError: fetch failed"
    );
    assert_eq!(
        root(
            "error: new row for relation \"lamps\" violates check constraint \"lamps_hue_check\"\n  severity: 'ERROR',"
        ),
        "error: new row for relation \"lamps\" violates check constraint \"lamps_hue_check\""
    );
    check(
        "password rejected for lamp error: password rejected for lamp\n    at Parser.parse (/app/node_modules/pg/parser.js:9:8)\n    at light (/app/dist/lamp.js:1:2)",
        Runtime::Node,
        "error: password rejected for lamp",
        Some(("dist/lamp.js", "light")),
    );
}

#[test]
fn a_field_that_holds_an_escaped_trace_is_read() {
    let text = "  \"details\": \"TypeError: fetch failed\\n    at node:internal/deps/undici/undici:100:1\\n    at async light (/app/dist/lamp.js:31:7)\",";
    check(text, Runtime::Node, "TypeError: fetch failed", Some(("dist/lamp.js", "light")));
}

#[test]
fn two_validation_issues_are_one_line() {
    assert_eq!(
        root(
            "\u{274c} Failed to start worker: ZodError: [\n  {\n    \"code\": \"invalid_type\",\n    \"path\": [\n      \"LAMP_KEY\"\n    ],\n    \"message\": \"Required\"\n  },\n  {\n    \"code\": \"invalid_type\",\n    \"path\": [\n      \"HUE_URL\"\n    ],\n    \"message\": \"Required\"\n  }\n]\n    at main (/app/dist/worker.js:12:3)\n    at next (node:internal/main:1:2) {\n  issues: [\n    {\n      code: 'invalid_type',\n      path: [Array],\n      message: 'Required'\n    }\n  ]\n}"
        ),
        "ZodError: LAMP_KEY: Required; HUE_URL: Required"
    );
}

#[test]
fn go_rust_ruby_and_php_give_their_frames() {
    check(
        "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]\n\ngoroutine 1 [running]:\npanic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\nmain.(*Lamp).Light(0xc000012345, {0x1, 0x2})\n\t/app/lamp/light.go:12 +0x1d\nmain.main()\n\t/app/main.go:5 +0x1d\n\ngoroutine 7 [select]:\nmain.wait()\n\t/app/wait.go:1 +0x1",
        Runtime::Go,
        "panic: runtime error: invalid memory address or nil pointer dereference",
        Some(("lamp/light.go", "main.(*Lamp).Light")),
    );
    check(
        "2026/03/02 10:00:00 http: panic serving 10.0.0.1:3456: lamp is nil\ngoroutine 20 [running]:\nmain.serve()\n\t/app/main.go:9 +0x1",
        Runtime::Go,
        "panic: lamp is nil",
        Some(("main.go", "main.serve")),
    );
    check(
        "thread 'main' (1) panicked at src/main.rs:3:5:\ncalled `Option::unwrap()` on a `None` value\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/abc/library/std/src/panicking.rs:697:5\n   1: lamps::main\n             at ./src/main.rs:3:5",
        Runtime::Rust,
        "panic: called `Option::unwrap()` on a `None` value",
        Some(("src/main.rs", "lamps::main")),
    );
    check(
        "/usr/local/bundle/gems/rack/lib/rack.rb:3:in `require': cannot load such file -- hue (LoadError)\n\tfrom /app/lamp.rb:9:in `light'\n\tfrom /app/boot.rb:1:in `<main>'",
        Runtime::Ruby,
        "LoadError: cannot load such file -- hue",
        Some(("lamp.rb", "light")),
    );
    check(
        "PHP Fatal error:  Uncaught App\\Dark: no light in /app/src/Lamp.php:12\nStack trace:\n#0 /app/vendor/acme/run.php(3): Acme\\run()\n#1 /app/index.php(5): App\\Lamp->light()\n#2 {main}\n  thrown in /app/src/Lamp.php on line 12",
        Runtime::Php,
        "App\\Dark: no light",
        Some(("src/Lamp.php", "")),
    );
}

#[test]
fn prose_with_frames_words_is_no_exception() {
    for text in [
        "meet at noon\nlook at this: that",
        "started\n    at port 8080: fine\nok",
        "a\nb",
        "Deploying:\n  at: 10:00:00\n",
        "Warning: x\n    at 10:20:30",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn more_lines_have_their_shapes() {
    for (line, shape) in [
        ("panic: dark", LineShape::Head),
        ("Failed to load settings: 3 validation errors for Settings", LineShape::Head),
        ("error: relation \"lamps\" does not exist", LineShape::Head),
        ("hue_url", LineShape::Continuation),
        ("Potential solutions:", LineShape::Continuation),
        ("- Is HueModule a valid NestJS module?", LineShape::Continuation),
        (
            "For more common dependency resolution issues, see: https://docs.nestjs.com/faq/common-errors",
            LineShape::Continuation,
        ),
        (
            "\u{1b}[90m    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\u{1b}[39m",
            LineShape::Continuation,
        ),
        ("main.(*Lamp).Light(0xc000012345)", LineShape::Continuation),
        ("created by main.start in goroutine 1", LineShape::Continuation),
        ("Suppressed: java.io.IOException: x", LineShape::Continuation),
        ("---> System.Exception: x", LineShape::Continuation),
        ("--- End of inner exception stack trace ---", LineShape::Continuation),
        ("at 10:00 the job starts", LineShape::Plain),
        ("... loading lamps", LineShape::Plain),
        ("listening on port 8080", LineShape::Plain),
        ("GET /lamps 200", LineShape::Plain),
        ("finished with 0 errors", LineShape::Plain),
    ] {
        assert_eq!(line_shape(line), shape, "{line}");
    }
}

#[test]
fn mentions_are_found_and_dumps_are_not() {
    assert_eq!(
        mention("init failed: sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection refused")
            .map(|(kind, _)| kind)
            .as_deref(),
        Some("psycopg2.OperationalError")
    );
    assert_eq!(mention("Failed to start: ZodError: ["), None);
    assert_eq!(
        mention("call failed: google.api_core.exceptions.PermissionDenied: 403 denied")
            .map(|(kind, _)| kind)
            .as_deref(),
        Some("google.api_core.exceptions.PermissionDenied")
    );
}

#[test]
fn time_is_linear_in_the_text() {
    let started = std::time::Instant::now();
    for unit in [
        "a",
        "(",
        "\n ",
        ":",
        "a.",
        "at ",
        "\n    at ",
        "\n{",
        "a: ",
        "Error: ",
        "\nCaused by: ",
        "File \"",
        "\n  File \"a\", line 1, in f",
        "<",
        "'",
        "1",
        "- ",
        "/app/",
        ".rb:",
        "\\n    at ",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        let _ = (parse(&text), mention(&text), line_shape(&text));
        let _ = (
            crate::classify::mask::mask(&text),
            crate::classify::level::from_text(&text),
            crate::classify::message::from_json(&text),
        );
        let _ = (crate::classify::message::clean(&text), crate::classify::prefix::strip(&text));
        let python = format!("Traceback (most recent call last):\n{text}\nXError: x");
        let _ = parse(&python);
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
