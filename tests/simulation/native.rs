//! How each runtime writes an exception, a start and an end: the shape of the lines is what a parser has to survive.

use serde_json::json;

use super::world::{Instance, Out, Runtime, SECOND, Service, World, time};

/// An exception as its runtime names it.
#[derive(Debug, Clone)]
pub struct Raised {
    /// Class, with its module or package; empty in Go.
    pub class: String,
    /// Message.
    pub message: String,
}

/// An exception.
pub fn raised(class: &str, message: impl Into<String>) -> Raised {
    Raised { class: class.to_owned(), message: message.into() }
}

impl World {
    /// The traceback, stack or block that the runtime makes of an exception raised in `function`.
    fn trace_text(&mut self, runtime: Runtime, raised: &Raised, function: &str) -> String {
        let Raised { class, message } = raised;
        let line = self.dice.range(12, 320);
        match runtime {
            Runtime::Uvicorn | Runtime::Gunicorn => {
                let site = self.dice.pick(&[
                    "/usr/local/lib/python3.11/site-packages",
                    "/home/app/.local/lib/python3.12/site-packages",
                ]);
                format!(
                    "Traceback (most recent call last):\n  File \"{site}/starlette/routing.py\", line 776, in app\n    await route.handle(scope, receive, send)\n  File \"/app/app/service.py\", line {line}, in {function}\n    result = {function}_inner(request)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^\n{class}: {message}"
                )
            }
            Runtime::Node => format!(
                "{class}: {message}\n    at {function} (/app/dist/service.js:{line}:17)\n    at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
            ),
            Runtime::Spring => format!(
                "{class}: {message}\n\tat com.acme.app.AppService.{function}(AppService.java:{line}) ~[classes!/:na]\n\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103) ~[na:na]\n\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885) ~[spring-webmvc-6.1.4.jar!/:6.1.4]"
            ),
            Runtime::Go => message.clone(),
        }
    }

    /// Writes an exception that a request handler raised and the framework logged. Returns when it was written.
    pub fn raise(
        &mut self,
        at: i64,
        place: &Instance,
        runtime: Runtime,
        raised: &Raised,
        function: &str,
        trace: &str,
    ) -> i64 {
        let text = self.trace_text(runtime, raised, function);
        match (runtime, self.style) {
            (Runtime::Uvicorn, 0) => {
                self.line(at, place, Out::Stderr, "ERROR:    Exception in ASGI application");
                self.joined(at + 900, place, &text);
            }
            (Runtime::Gunicorn, 0) => {
                self.line(at, place, Out::Stderr, &format!("[{}] ERROR in app: Exception on /api [GET]", clock(at)));
                self.joined(at + 900, place, &text);
            }
            (Runtime::Uvicorn | Runtime::Gunicorn, 1) => {
                let payload = json!({"message": format!("unhandled error in {function}"), "logger": "app.errors", "exc_info": text});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Uvicorn | Runtime::Gunicorn, _) => {
                let payload = json!({"message": format!("Request failed\n{text}"), "logger": "uvicorn.error"});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Node, 0) => self.lines_of(at, place, Out::Stderr, &text),
            (Runtime::Node, 1) => {
                let payload = json!({"level": 50, "pid": 1, "msg": "request errored", "err": {"type": raised.class, "message": raised.message, "stack": text}});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Node, _) => {
                let payload = json!({"message": raised.message, "stack": text, "context": "ExceptionsHandler"});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Spring, 0) => {
                let head = format!(
                    "{}  ERROR 1 --- [nio-8080-exec-4] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception [Request processing failed] with root cause",
                    clock(at)
                );
                self.line(at, place, Out::Stdout, &head);
                self.line(at + 20, place, Out::Stdout, "");
                self.lines_of(at + 40, place, Out::Stdout, &text);
            }
            (Runtime::Spring, _) => {
                let payload = json!({"message": "Request processing failed", "logger_name": "c.a.app.ErrorAdvice", "thread_name": "http-nio-8080-exec-2", "stack_trace": text});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Go, 0) => {
                let payload = json!({"msg": format!("{function} failed"), "err": raised.message, "level": "ERROR"});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Go, 1) => {
                let payload = json!({"message": format!("{function}: {}", raised.message)});
                self.structured(at, place, "ERROR", payload, trace);
            }
            (Runtime::Go, _) => {
                self.line(at, place, Out::Stderr, &format!("{} ERROR {function}: {}", clock(at), raised.message));
            }
        }
        at + 1_000
    }

    /// One entry for each line, as most runtimes print.
    pub fn lines_of(&mut self, at: i64, place: &Instance, out: Out, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let later = i64::try_from(number).expect("short texts") * self.dice.range(8, 30);
            self.line(at + later, place, out, line);
        }
    }

    /// The program dies of an exception while it starts. Returns when the process ended, and its exit code.
    pub fn die_at_boot(
        &mut self,
        at: i64,
        place: &Instance,
        runtime: Runtime,
        raised: &Raised,
        function: &str,
    ) -> (i64, i32) {
        let text = self.trace_text(runtime, raised, function);
        match runtime {
            Runtime::Gunicorn => {
                let stamp = |at: i64| format!("[{} +0000]", &clock(at)[..19]);
                self.line(at, place, Out::Stderr, &format!("{} [7] [ERROR] Exception in worker process", stamp(at)));
                self.joined(at + 700, place, &text);
                let end = at + self.dice.range(60_000, 140_000);
                self.line(
                    end - 30_000,
                    place,
                    Out::Stderr,
                    &format!("{} [7] [INFO] Worker exiting (pid: 7)", stamp(end)),
                );
                self.line(
                    end - 9_000,
                    place,
                    Out::Stderr,
                    &format!("{} [1] [ERROR] Worker (pid:7) exited with code 3", stamp(end)),
                );
                self.line(
                    end - 6_000,
                    place,
                    Out::Stderr,
                    &format!("{} [1] [ERROR] Shutting down: Master", stamp(end)),
                );
                self.line(
                    end - 5_000,
                    place,
                    Out::Stderr,
                    &format!("{} [1] [ERROR] Reason: Worker failed to boot.", stamp(end)),
                );
                (end, 3)
            }
            Runtime::Uvicorn if self.dice.chance(50) => {
                self.line(at - 4_000, place, Out::Stderr, "INFO:     Waiting for application startup.");
                self.line(at - 500, place, Out::Stderr, &format!("ERROR:    {}", text.replace('\n', "\n    ")));
                self.line(at + 2_000, place, Out::Stderr, "ERROR:    Application startup failed. Exiting.");
                (at + self.dice.range(40_000, 160_000), 3)
            }
            Runtime::Uvicorn => {
                self.joined(at, place, &text);
                (at + self.dice.range(40_000, 160_000), 1)
            }
            Runtime::Node => {
                self.lines_of(
                    at,
                    place,
                    Out::Stderr,
                    &format!("/app/dist/main.js:41\n    throw error;\n    ^\n\n{text}\n\nNode.js v20.11.1"),
                );
                (at + self.dice.range(30_000, 90_000), 1)
            }
            Runtime::Spring => {
                let head = format!(
                    "{}  ERROR 1 --- [           main] o.s.boot.SpringApplication               : Application run failed",
                    clock(at)
                );
                self.line(at, place, Out::Stdout, &head);
                self.lines_of(at + 30, place, Out::Stdout, &text);
                (at + self.dice.range(90_000, 400_000), 1)
            }
            Runtime::Go if self.dice.chance(50) => {
                self.lines_of(at, place, Out::Stderr, &format!("panic: {}\n\ngoroutine 1 [running]:\nmain.{function}(0xc0000b4000)\n\t/src/cmd/server/main.go:58 +0x1c4\nmain.main()\n\t/src/cmd/server/main.go:23 +0x85", raised.message));
                (at + self.dice.range(20_000, 60_000), 2)
            }
            Runtime::Go => {
                self.line(at, place, Out::Stderr, &format!("{} {function}: {}", clock(at), raised.message));
                (at + self.dice.range(20_000, 60_000), 1)
            }
        }
    }

    /// What a healthy program says when it starts.
    pub fn start_lines(&mut self, at: i64, place: &Instance, service: &Service) {
        let port = service.port;
        let text = match service.runtime {
            Runtime::Uvicorn => format!(
                "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\nINFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:{port} (Press CTRL+C to quit)"
            ),
            Runtime::Gunicorn => {
                let stamp = format!("[{} +0000]", &clock(at)[..19]);
                format!(
                    "{stamp} [1] [INFO] Starting gunicorn 21.2.0\n{stamp} [1] [INFO] Listening at: http://0.0.0.0:{port} (1)\n{stamp} [1] [INFO] Using worker: gthread\n{stamp} [7] [INFO] Booting worker with pid: 7"
                )
            }
            Runtime::Node => format!("> app@2.4.1 start\n> node dist/main.js\nServer listening on port {port}"),
            Runtime::Spring => format!(
                "{}  INFO 1 --- [           main] o.s.b.w.embedded.tomcat.TomcatWebServer  : Tomcat started on port {port} (http) with context path ''\n{}  INFO 1 --- [           main] com.acme.app.Application                 : Started Application in 6.214 seconds (process running for 7.02)",
                clock(at),
                clock(at)
            ),
            Runtime::Go => format!("{} listening on :{port}", clock(at)),
        };
        let out = if service.runtime.is_python() || service.runtime == Runtime::Go { Out::Stderr } else { Out::Stdout };
        for (number, line) in text.lines().enumerate() {
            let later = i64::try_from(number).expect("a few lines") * 30_000;
            self.line(at + later, place, out, line);
        }
    }

    /// What a program says when it is told to stop.
    pub fn stop_lines(&mut self, at: i64, place: &Instance, service: &Service) {
        let text = match service.runtime {
            Runtime::Uvicorn => "INFO:     Shutting down\nINFO:     Waiting for application shutdown.\nINFO:     Application shutdown complete.\nINFO:     Finished server process [1]".to_owned(),
            Runtime::Gunicorn => {
                let stamp = format!("[{} +0000]", &clock(at)[..19]);
                format!("{stamp} [1] [INFO] Handling signal: term\n{stamp} [7] [INFO] Worker exiting (pid: 7)\n{stamp} [1] [INFO] Shutting down: Master")
            }
            Runtime::Node => "SIGTERM received, closing server\nHTTP server closed".to_owned(),
            Runtime::Spring => format!("{}  INFO 1 --- [ionShutdownHook] com.zaxxer.hikari.HikariDataSource       : HikariPool-1 - Shutdown initiated...\n{}  INFO 1 --- [ionShutdownHook] com.zaxxer.hikari.HikariDataSource       : HikariPool-1 - Shutdown completed.", clock(at), clock(at)),
            Runtime::Go => format!("{} signal terminated: draining connections", clock(at)),
        };
        self.lines_of(at, place, Out::Stderr, &text);
    }

    /// Starts an instance that becomes ready.
    pub fn boot(&mut self, service: &Service, revision: &str, at: i64, reason: &str) -> Instance {
        let takes = if service.runtime == Runtime::Spring { self.dice.range(6, 12) } else { self.dice.range(1, 4) };
        let instance = self.instance(service, revision, at + takes * SECOND);
        self.starting(at, &instance, reason);
        self.start_lines(instance.ready - SECOND / 2, &instance, service);
        self.probe_passed(instance.ready, &instance, service.port);
        instance
    }

    /// The platform stops an instance that it no longer needs.
    pub fn stop(&mut self, service: &Service, instance: &Instance, at: i64) {
        if self.dice.chance(50) {
            self.system(at, instance, "INFO", "Shutting down user disabled instance");
        }
        self.stop_lines(at + 20_000, instance, service);
    }

    /// Starts an instance that dies of an exception before it serves. A gunicorn master has bound the port by then, so
    /// its probe passes; elsewhere the probe is cancelled.
    pub fn crash_at_boot(
        &mut self,
        service: &Service,
        revision: &str,
        at: i64,
        reason: &str,
        raised: &Raised,
        function: &str,
    ) -> Instance {
        let (instance, end, code) = self.dying(service, revision, at, reason, raised, function);
        self.exit(end, &instance, code);
        if service.runtime != Runtime::Gunicorn {
            let text = format!(
                "Default STARTUP TCP probe failed 1 time consecutively for container \"{}-1\" on port {}. The instance was not started. Connection failed with status CANCELLED.",
                service.name, service.port
            );
            self.system(end + 30_000, &instance, "ERROR", &text);
        }
        instance
    }

    /// Like [`Self::crash_at_boot`], up to the end of the process: what the platform says of it is left to the caller.
    pub fn dying(
        &mut self,
        service: &Service,
        revision: &str,
        at: i64,
        reason: &str,
        raised: &Raised,
        function: &str,
    ) -> (Instance, i64, i32) {
        let instance = self.instance(service, revision, i64::MAX);
        self.starting(at, &instance, reason);
        let dies = at + self.dice.range(2_400, 6_000) * 1_000;
        if service.runtime == Runtime::Gunicorn {
            self.start_lines(at + SECOND, &instance, service);
            self.probe_passed(at + 1_300_000, &instance, service.port);
        }
        let (end, code) = self.die_at_boot(dies, &instance, service.runtime, raised, function);
        (instance, end, code)
    }
}

/// `2026-03-02 06:00:01.123`, as applications print it.
pub fn clock(at: i64) -> String {
    let text = time(at).replace('T', " ");
    text.chars().take(23).collect()
}
