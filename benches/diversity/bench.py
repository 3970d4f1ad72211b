#!/usr/bin/env python3
"""Compares score-diversity with the programs that people use for the same figures.

One row of CASES a comparison. Ours and the peer's run in turn on the same file, ROUNDS times, each
in a process of its own; medians are printed as a table in Markdown. Ours is the whole process:
start, reading, measuring, writing. The peer's is the measuring alone, without start and reading.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Case:
    """One comparison."""

    name: str
    peer: str  # a function of peers.py
    metrics: str  # for --metrics
    rows: int
    packages: list  # what pip installs for the peer
    options: list = field(default_factory=list)  # further options of score-diversity
    input: str = "texts"  # a function of inputs.py


WHITESPACE = ["--words", "whitespace"]

CASES = [
    Case("gzip ratio", "gzip_ratio", "compression_ratio_gzip", 1_000_000, []),
    Case("zstd ratio", "zstd_ratio", "compression_ratio_zstd", 100_000, ["zstandard"]),
    Case("xz ratio", "xz_ratio", "compression_ratio_xz", 100_000, []),
    Case("n-gram diversity 1..4", "ngram_diversity", "ngram_diversity_4_cshaib", 1_000_000, ["nltk", "diversity==0.3.1"]),
    Case("n-gram diversity 1..4, within texts", "ngram_diversity", "ngram_diversity_4", 1_000_000, ["nltk", "diversity==0.3.1"], WHITESPACE),
    Case("self-repetition 4", "self_repetition", "self_repetition_4", 10_000, ["nltk", "diversity==0.3.1"], WHITESPACE),
    Case("self-BLEU-4", "self_bleu", "self_bleu_4", 10_000, ["fast-bleu"], WHITESPACE),
    Case("self-BLEU-4, 1M, no peer", "none", "self_bleu_4", 1_000_000, [], WHITESPACE),
    Case("homogenization ROUGE-L", "homogenization", "homogenization_rouge_l_cshaib", 400, ["rouge-score", "diversity==0.3.1"]),
    Case("MTLD", "mtld", "mtld", 1_000_000, ["lexicalrichness"], WHITESPACE),
    Case("HD-D", "hdd", "hdd_42", 1_000_000, ["lexicalrichness"], WHITESPACE),
    Case("MATTR", "mattr", "mattr_50", 1_000_000, ["lexical-diversity"], WHITESPACE),
    Case("all of --preset fast, 1M, no peer", "none", "fast", 1_000_000, []),
]


def install(venv, packages):
    """The Python of the virtual environment, with these packages in it."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    wanted = ["pyarrow", "numpy", *packages]
    shown = subprocess.run([python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True)
    known = {row["name"].lower().replace("_", "-") for row in json.loads(shown.stdout)}
    missing = [name for name in dict.fromkeys(wanted) if name.split("=")[0].split("<")[0].lower() not in known]
    for name in missing:
        # diversity pins libraries that the functions compared here do not use.
        alone = ["--no-deps"] if name.startswith("diversity") else []
        subprocess.run([python, "-m", "pip", "install", "-q", *alone, name], check=False)
    return python


def measured(command):
    """Seconds of wall clock and of CPU, the largest resident set in MB, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, errors = done.communicate()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {errors.decode()[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, out.decode()


def ours(binaries, case, path, work):
    """Wall seconds, CPU seconds, MB and value of score-diversity."""
    asked = ["--preset", "fast"] if case.metrics == "fast" else ["--metrics", case.metrics]
    out = work / f"figures_{os.getpid()}.parquet"
    command = [binaries / "score-diversity", "-q", path, "--no-intervals", *asked, *case.options, "-o", out]
    timer = [sys.executable, HERE / "peak.py", *command]
    seconds, cpu, printed = measured(timer)
    shown = subprocess.run([binaries / "show", "-q", out, "--columns", "metric,value"], check=True, capture_output=True)
    value = json.loads(shown.stdout.splitlines()[0])["value"] if case.metrics != "fast" else None
    return seconds, cpu, json.loads(printed.splitlines()[-1])["mb"], value


def theirs(python, case, path):
    """The same of the peer; None where it is not there."""
    try:
        seconds, cpu, printed = measured([python, HERE / "peers.py", case.peer, path])
    except RuntimeError as error:
        print(f"{case.name}: the peer did not run: {str(error)[-300:]}", file=sys.stderr)
        return None
    found = json.loads(printed.splitlines()[-1])
    return found["seconds"], found["cpu"], found["mb"], found["value"]


def line(case, rows, our_runs, their_runs):
    """A line of the table, from medians."""
    wall, cpu, mb, value = (statistics.median(run[at] for run in our_runs) if our_runs[0][at] is not None else None for at in range(4))
    cells = [case.name, f"{rows:,}", f"{wall:.2f} s", f"{cpu:.2f} s", f"{mb:.0f} MB"]
    if their_runs:
        their_cpu, their_mb, their_value = (statistics.median(run[at] for run in their_runs) for at in (1, 2, 3))
        cells += [case.peer, f"{their_cpu:.2f} s", f"{their_mb:.0f} MB", f"{their_cpu / cpu:.1f}×", f"{mb / their_mb:.2f}"]
        cells += [f"{value:.10g}", f"{their_value:.10g}"]
    else:
        cells += ["–", "–", "–", "–", "–", f"{value:.10g}" if value is not None else "", ""]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", type=Path, default=HERE.parent.parent / "target" / "release")
    parser.add_argument("--venv", type=Path, default=Path.home() / ".cache" / "polyculture" / "bench-diversity")
    parser.add_argument("--work", type=Path, default=Path("/tmp/polyculture-bench-diversity"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most-rows", type=int, default=None, help="cut the larger inputs down to this many rows")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    args = parser.parse_args()
    cases = [case for case in CASES if args.only in case.name]
    python = install(args.venv, [package for case in cases for package in case.packages])
    args.work.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} processors, {args.rounds} rounds, medians; ours: whole process; peers: work alone")
    print("| work | rows | ours, wall | ours, CPU | ours, memory | peer | peer, CPU | peer, memory | CPU ratio | memory ratio | our value | its value |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for case in cases:
        rows = min(case.rows, args.most_rows or case.rows)
        path = args.work / f"{case.input}_{rows}.parquet"
        if not path.exists():
            subprocess.run([python, HERE / "inputs.py", case.input, str(rows), path], check=True)
        our_runs, their_runs = [], []
        for _ in range(args.rounds):
            our_runs.append(ours(args.binaries, case, path, args.work))
            if case.peer != "none":
                their_runs.append(theirs(python, case, path))
        print(line(case, rows, our_runs, [run for run in their_runs if run]), flush=True)


if __name__ == "__main__":
    main()
