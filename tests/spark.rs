//! The cluster job on a real Spark: two executors, one of which is killed on the way.
//!
//! Needs Java 17 and Python 3 with `venv`; installs `pyspark` below the target folder once. Says loudly when it skips.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::skip;

const BINARY: &str = env!("CARGO_BIN_EXE_whydown");
const PYSPARK: &str = "pyspark==4.3.0";
const SHARDS: usize = 72;
/// A run takes about a minute; a machine that is busy with other things may need several.
const PATIENCE: Duration = Duration::from_secs(280);

/// Where `spark-submit` and its Python are, if this machine can have them.
struct Spark {
    python: PathBuf,
    home: PathBuf,
}

impl Spark {
    fn find() -> Option<Self> {
        let java = Command::new("java").arg("-version").output().ok()?;
        let version = String::from_utf8_lossy(&java.stderr).into_owned();
        let major = version.split('"').nth(1).and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if major.is_none_or(|major| major < 17) {
            skip(&format!("Spark needs Java 17: {}", version.lines().next().unwrap_or("no java")));
            return None;
        }
        let venv = Path::new(BINARY).ancestors().nth(2)?.join("pyspark-venv");
        let python = venv.join("bin/python");
        if !works(Command::new(&python).args(["-c", "import pyspark"])) {
            let made = works(Command::new("python3").args(["-m", "venv"]).arg(&venv))
                && works(Command::new(&python).args(["-m", "pip", "install", "--quiet", PYSPARK]));
            if !made {
                skip(&format!("{PYSPARK} cannot be installed into {}", venv.display()));
                return None;
            }
        }
        let code = "import os, pyspark; print(os.path.dirname(pyspark.__file__))";
        let home = Command::new(&python).args(["-c", code]).output().ok()?;
        Some(Self { python, home: PathBuf::from(String::from_utf8(home.stdout).ok()?.trim()) })
    }

    /// Runs the job that the program prints; gives the exit code and what it said.
    fn submit(&self, folder: &Path, master: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let job = Command::new(BINARY).args(["cluster", "--engine", "spark"]).output().expect("the binary runs");
        let script = folder.join("job.py");
        fs::write(&script, job.stdout).expect("a writable folder");
        let said = folder.join("said.txt");
        let log = fs::File::create(&said).expect("a writable folder");
        let mut child = Command::new(self.home.join("bin/spark-submit"))
            .args(["--master", master, "--conf", "spark.ui.enabled=false"])
            .arg(&script)
            .args(arguments)
            .current_dir(folder)
            .env("SPARK_HOME", &self.home)
            .env("PYSPARK_PYTHON", &self.python)
            .env("SPARK_LOCAL_IP", "127.0.0.1")
            .env("SPARK_WORKER_DIR", folder.join("work"))
            .env("SPARK_LOCAL_DIRS", folder.join("local"))
            .stdin(Stdio::null())
            // spark-submit joins the two streams of a Python driver.
            .stdout(log.try_clone().expect("it is there"))
            .stderr(log)
            .spawn()
            .expect("spark-submit runs");
        let start = Instant::now();
        let code = loop {
            if let Some(status) = child.try_wait().expect("it is there") {
                break status.code();
            }
            if start.elapsed() > PATIENCE {
                child.kill().expect("it is there");
                panic!("Spark is not done after {PATIENCE:?}: {}", tail(&said));
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        (code, fs::read_to_string(said).expect("readable"))
    }
}

fn works(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(" INFO ")).collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// Two hours of a service in shards: requests, a stack trace that lies across two shards every few, entries that two
/// shards hold.
fn write_shards(folder: &Path) {
    let mut before = String::new();
    for shard in 0..SHARDS {
        let mut text = String::new();
        for n in 0..60 {
            let second = shard * 100 + n;
            let failed = (second * 7_919) % 23 == 0;
            let body = if n == 59 && shard % 5 == 0 {
                r#""logName":"projects/acme/logs/run.googleapis.com%2Fstderr","textPayload":"Traceback (most recent call last):""#.to_owned()
            } else if n == 0 && shard % 5 == 1 {
                r#""logName":"projects/acme/logs/run.googleapis.com%2Fstderr","textPayload":"ValueError: ledger is closed""#.to_owned()
            } else {
                format!(
                    r#""logName":"projects/acme/logs/run.googleapis.com%2Frequests","httpRequest":{{"requestMethod":"GET","requestUrl":"https://cart.example/api/cart","status":{},"latency":"0.{:03}s"}}"#,
                    if failed { 503 } else { 200 },
                    second * 31 % 1_000,
                )
            };
            // The last second of a shard and the first of the next are one moment, so that the trace is one.
            let moment = if n == 59 { (shard + 1) * 100 } else { second };
            let line = format!(
                r#"{{"insertId":"id-{second}","timestamp":"2026-04-02T{:02}:{:02}:{:02}.{}Z","resource":{{"type":"cloud_run_revision","labels":{{"project_id":"acme","location":"europe-west1","service_name":"cart","revision_name":"cart-0000{}-abc"}}}},"labels":{{"instanceId":"00aa{}"}},{body}}}"#,
                8 + moment / 3_600,
                moment / 60 % 60,
                moment % 60,
                if n == 59 { 100 } else { 150 },
                7 + shard / 40,
                if n % 59 == 0 { 0 } else { second % 7 },
            );
            writeln!(text, "{line}").expect("a writable folder");
        }
        let last = text.lines().nth(30).expect("it is there").to_owned();
        fs::write(folder.join(format!("{shard:03}.ndjson")), format!("{text}{before}")).expect("a writable folder");
        before = last;
    }
}

/// A binary that kills the executor it runs in, once, and refuses one file.
fn write_wrapper(path: &Path, flag: &Path) {
    let script = format!(
        "#!/bin/sh
case \"$*\" in
*refused.ndjson*) echo 'whydown: cannot read refused.ndjson: it was taken away' >&2; exit 4 ;;
*scan*041.ndjson*)
  if mkdir '{flag}' 2>/dev/null; then
    pid=$$
    while [ \"$pid\" -gt 1 ]; do
      if tr '\\0' ' ' < /proc/$pid/cmdline | grep -q CoarseGrainedExecutorBackend; then
        kill -9 \"$pid\" && : > '{flag}/killed'
        exit 1
      fi
      pid=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status)
    done
  fi ;;
esac
exec '{BINARY}' \"$@\"
",
        flag = flag.display(),
    );
    fs::write(path, script).expect("a writable folder");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a writable folder");
}

#[test]
fn spark_gives_the_report_of_one_process_although_an_executor_dies() {
    let Some(spark) = Spark::find() else { return };
    let folder = tempfile::tempdir().expect("a writable folder");
    let folder = folder.path();
    let logs = folder.join("logs");
    fs::create_dir(&logs).expect("a writable folder");
    write_shards(&logs);
    let expected = Command::new(BINARY)
        .args(["analyze", "logs", "--format", "json"])
        .current_dir(folder)
        .output()
        .expect("it can be read and written")
        .stdout;
    assert!(String::from_utf8_lossy(&expected).contains("ledger is closed"));
    let (flag, wrapper) = (folder.join("flag"), folder.join("whydown"));
    write_wrapper(&wrapper, &flag);
    fs::write(logs.join("refused.ndjson"), "{}").expect("a writable folder");
    let common = ["--binary", wrapper.to_str().expect("it is there"), "--format", "json", "--output", "report.json"];
    let (code, said) = spark.submit(folder, "local-cluster[2,1,1024]", &[&common[..], &["logs"]].concat());
    assert_eq!(code, Some(0), "{}", tail(&folder.join("said.txt")));
    assert!(flag.join("killed").exists(), "no executor was killed");
    assert!(said.contains("Lost executor"), "{}", tail(&folder.join("said.txt")));
    assert!(said.contains("logs/refused.ndjson is left out: cannot read"), "{}", tail(&folder.join("said.txt")));
    let report = fs::read(folder.join("report.json")).expect("readable");
    assert!(report == expected, "the report of the cluster differs from that of one process");

    fs::remove_file(folder.join("report.json")).expect("a writable folder");
    let strict = [&common[..], &["--strict", "logs/000.ndjson", "logs/refused.ndjson"]].concat();
    let (code, said) = spark.submit(folder, "local[1]", &strict);
    assert_eq!(code, Some(5), "{}", tail(&folder.join("said.txt")));
    assert!(said.contains("1 of 2 files are left out") && !folder.join("report.json").exists());
}
