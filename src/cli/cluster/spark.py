#!/usr/bin/env python3
"""Why was this service down? Asked of more logs than one machine should read, with Apache Spark.

Lists the log files of folders or buckets, scans each where an executor is free, merges the Facts in a tree, and
writes the report that `whydown analyze` would have written over all of them.

  spark-submit whydown_spark.py --binary ./whydown --output report.md --format markdown logs/
  gcloud dataproc batches submit pyspark whydown_spark.py --region=REGION --deps-bucket=BUCKET -- \\
    --binary gs://BUCKET/whydown --output gs://BUCKET/report.md --format markdown gs://LOGS/run.googleapis.com/

A path without a scheme must be the same on every machine. gs://, s3://, hdfs:// and file:// are read through
pyarrow, as a stream. The binary must run on the executors: one that is linked statically runs on all of them.

Retries are Spark's, and so are stragglers: add --conf spark.speculation=true. A scan writes nothing but its result,
so it may run twice. A log file that cannot be scanned is named and left out; with --strict there
is no report then, and the exit code is 5.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

from pyspark import SparkContext, SparkFiles, TaskContext

# Facts files that one merge joins: few rounds, and no machine holds more than these at once.
FAN_IN = 32
# Exit code of whydown for what no retry will change: the input cannot be opened.
UNREADABLE = 4


class Refused(Exception):
    """A log file that no retry will make readable."""


def main():
    options = arguments()
    sc = SparkContext.getOrCreate()
    sc.addFile(options.binary)
    try:
        work(sc, options)
    finally:
        sc.stop()


def work(sc, options):
    name = os.path.basename(options.binary)
    attempts = 1 if sc.master.startswith("local[") or sc.master == "local" else int(
        sc.getConf().get("spark.task.maxFailures", "4")
    )
    files = sorted({file for source in options.sources for file in found(source)})
    if not files:
        sys.exit("no file in " + ", ".join(options.sources))
    paths = deal(files, options.partitions or min(len(files), 4 * sc.defaultParallelism))
    flags = options.scan_flag
    tasks, left = list(enumerate(paths)), len(paths)
    parts = sc.parallelize(tasks, left).mapValues(lambda paths: scanned(name, paths, flags, attempts))
    while left > FAN_IN:
        grouped = parts.map(lambda pair: (pair[0] // FAN_IN, pair[1]))
        left = -(-left // FAN_IN)
        parts = grouped.groupByKey(left).mapValues(lambda some: merged(name, list(some)))
    parts = [part for _, part in sorted(parts.collect(), key=lambda pair: pair[0])]
    failures = sorted(failure for _, failed in parts for failure in failed)
    for path, why in failures:
        print(f"whydown: {path} is left out: {why}", file=sys.stderr)
    if failures and options.strict:
        print(f"whydown: no report, because {len(failures)} of {len(files)} files are left out", file=sys.stderr)
        sys.exit(5)
    with tempfile.TemporaryDirectory(prefix="whydown-") as folder:
        shards = kept(folder, [facts for facts, _ in parts if facts])
        if not shards:
            sys.exit(f"whydown: none of {len(files)} files could be scanned")
        whydown = executable(name, folder)
        if options.facts:
            whole = os.path.join(folder, "whole")
            run([whydown, "merge", *shards, "-o", whole])
            with open(whole, "rb") as file:
                put(options.facts, file.read())
        states = [word for state in options.state for word in ("--state", state)]
        put(options.output, run([whydown, "merge", *shards, *states, "--format", options.format]))
    print(f"whydown: {len(files) - len(failures)} of {len(files)} files read", file=sys.stderr)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="log files, folders or buckets")
    parser.add_argument("--binary", required=True, help="whydown for the executors: a path or a URL that Spark can read")
    # spark-submit mixes what a job prints with what it says, so the report is a file.
    parser.add_argument("--output", required=True, help="where the report goes: a path or a URL")
    parser.add_argument("--format", default="text", help="form of the report, as for whydown merge (default text)")
    parser.add_argument("--facts", help="keep the Facts of everything here, to merge with those of another day")
    parser.add_argument("--state", action="append", default=[], help="a service description on the driver")
    parser.add_argument("--scan-flag", action="append", default=[], metavar="FLAG", help="for whydown scan: --scan-flag=--from=-24h")
    parser.add_argument("--partitions", type=int, help="tasks that scan (default: four for each core)")
    parser.add_argument("--strict", action="store_true", help="no report when a file is left out")
    return parser.parse_args()


def is_url(path):
    return "://" in path


def found(source):
    """Files of a source with their sizes. Hidden names are left out, as whydown does."""
    if is_url(source):
        from pyarrow import fs

        system, path = fs.FileSystem.from_uri(source)
        head = source[: len(source) - len(path)] if source.endswith(path) else source.split("://")[0] + "://"
        info = system.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            sys.exit(f"{source} is not there")
        if info.type == fs.FileType.File:
            return [(source, info.size)]
        below = system.get_file_info(fs.FileSelector(path, recursive=True))
        return [
            (head + file.path, file.size)
            for file in below
            if file.type == fs.FileType.File and "/." not in file.path[len(path) :]
        ]
    if os.path.isfile(source):
        return [(source, os.path.getsize(source))]
    files = []
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [os.path.join(folder, name) for name in names if not name.startswith(".")]
        files += [(path, os.path.getsize(path) if os.path.exists(path) else 0) for path in paths]
    if not os.path.exists(source):
        sys.exit(f"{source} is not there")
    return files


def deal(files, count):
    """Shares of about one size, largest files first."""
    shares = [[0, []] for _ in range(max(1, min(count, len(files))))]
    for path, size in sorted(files, key=lambda file: (-file[1], file[0])):
        share = min(shares, key=lambda share: share[0])
        share[0] += size + 1
        # An executor runs in a folder of its own; the report shows the path as it was given.
        share[1].append((path, path if is_url(path) else os.path.abspath(path)))
    return [paths for _, paths in shares]


def executable(name, folder):
    """The binary as this machine can run it: not every way of sending it along keeps its mode."""
    sent = SparkFiles.get(name)
    if os.access(sent, os.X_OK):
        return sent
    path = os.path.join(folder, "whydown-binary")
    shutil.copyfile(sent, path)
    os.chmod(path, 0o755)
    return path


def scanned(name, paths, flags, attempts):
    """One task: the Facts of some files, and which of them could not be read."""
    shards, failures = [], []
    with tempfile.TemporaryDirectory(prefix="whydown-") as folder:
        whydown = executable(name, folder)
        for number, (path, place) in enumerate(paths):
            shard = os.path.join(folder, f"{number}.facts")
            try:
                scan(whydown, path, place, flags, shard)
                shards.append(shard)
            except Refused as why:
                failures.append((path, str(why)))
            except Exception as why:
                # Spark tries again, perhaps elsewhere, until this is its last attempt.
                if TaskContext.get().attemptNumber() + 1 < attempts:
                    raise
                failures.append((path, str(why)))
        return joined(whydown, shards, folder), failures


def scan(whydown, path, place, flags, shard):
    if not is_url(path):
        run([whydown, "scan", place, "--name", path, *flags, "-o", shard])
        return
    from pyarrow import fs

    system, inner = fs.FileSystem.from_uri(place)
    command = [whydown, "scan", "-", "--name", path, *flags, "-o", shard]
    with system.open_input_stream(inner, compression=None) as stream, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            shutil.copyfileobj(stream, process.stdin, 1 << 20)
            process.stdin.close()
        except BrokenPipeError:
            pass
        except BaseException:
            # What was not read must not look like the end of the file.
            process.kill()
            raise
        finally:
            code = process.wait()
        errors.seek(0)
        check(command, code, errors.read())


def merged(name, parts):
    """One inner node of the tree."""
    failures = [failure for _, failed in parts for failure in failed]
    with tempfile.TemporaryDirectory(prefix="whydown-") as folder:
        shards = kept(folder, [facts for facts, _ in parts if facts])
        return joined(executable(name, folder), shards, folder), failures


def kept(folder, parts):
    """Facts as files."""
    paths = []
    for number, facts in enumerate(parts):
        paths.append(os.path.join(folder, f"part-{number}.facts"))
        with open(paths[-1], "wb") as file:
            file.write(facts)
    return paths


def joined(whydown, shards, folder):
    """The bytes of one Facts file for several; none for none."""
    if not shards:
        return b""
    whole = shards[0]
    if len(shards) > 1:
        whole = os.path.join(folder, "joined")
        run([whydown, "merge", *shards, "-o", whole])
    with open(whole, "rb") as file:
        return file.read()


def run(command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(command, result.returncode, result.stderr)
    return result.stdout


def check(command, code, errors):
    if code != 0:
        said = errors.decode("utf-8", "replace").strip() or f"exit code {code}"
        kind = Refused if code == UNREADABLE and command[1] == "scan" else RuntimeError
        raise kind(said.removeprefix("whydown: "))


def put(target, content):
    """Writes a file, here or behind a URL."""
    if is_url(target):
        from pyarrow import fs

        system, path = fs.FileSystem.from_uri(target)
        with system.open_output_stream(path, compression=None) as stream:
            stream.write(content)
    else:
        with open(target, "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
