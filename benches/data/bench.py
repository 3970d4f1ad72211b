"""Compares filter and mix with rensa, datasketch, polars and duckdb on made rows.

    bench.py --bin target/release --work DIR [--rows 100000] [--rounds 3]

Every work is done by a process of its own; ours and the peers take turns, and what is printed is
the median of CPU seconds (user and system, all threads) and the largest memory of each.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys

WORDS = 6000


def made(path, rows, seed):
    """Rows of about 14 words, of which a tenth differ from an earlier one in one word and a twentieth in none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = random.Random(seed)
    vocabulary = [f"{draw.choice('bcdfgklmnprst')}{draw.choice('aeiou')}{draw.choice('bdgklmnrst')}{i:x}" for i in range(WORDS)]
    texts = []
    for row in range(rows):
        kind = draw.random()
        if row > 100 and kind < 0.05:
            texts.append(texts[draw.randrange(row)])
        elif row > 100 and kind < 0.15:
            words = texts[draw.randrange(row)].split()
            words[draw.randrange(len(words))] = draw.choice(vocabulary)
            texts.append(" ".join(words))
        else:
            length = draw.randint(8, 20)
            texts.append(" ".join(vocabulary[int(WORDS * draw.random() ** 2)] for _ in range(length)))
    ids = [f"{draw.getrandbits(128):032x}" for _ in range(rows)]
    labels = [draw.choice("abcd") for _ in range(rows)]
    pq.write_table(pa.table({"id": ids, "text": texts, "label": labels}), path, compression="zstd")


PEERS = {
    "rensa": """
import sys, pyarrow.parquet as pq
from rensa import RMinHash, RMinHashLSH, RMinHashDeduplicator
texts = pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist()
kept = RMinHashDeduplicator(threshold=0.7, num_perm=128, use_lsh=True, num_bands=32)
left = 0
for row, text in enumerate(texts):
    words = text.lower().split()
    sketch = RMinHash(num_perm=128, seed=42)
    sketch.update([" ".join(words[i:i + 3]) for i in range(max(1, len(words) - 2))])
    left += kept.add(str(row), sketch)
print(left)
""",
    "datasketch": """
import sys, pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH
texts = pq.read_table(sys.argv[1], columns=["text"])["text"].to_pylist()
lsh, kept = MinHashLSH(threshold=0.7, num_perm=128), 0
for row, text in enumerate(texts):
    words = text.lower().split()
    sketch = MinHash(num_perm=128)
    sketch.update_batch([" ".join(words[i:i + 3]).encode() for i in range(max(1, len(words) - 2))])
    if not lsh.query(sketch):
        lsh.insert(row, sketch)
        kept += 1
print(kept)
""",
    "polars-unique": """
import sys, polars as pl
out = pl.read_parquet(sys.argv[1]).unique(subset="text", keep="first", maintain_order=True)
out.write_parquet(sys.argv[2], compression="zstd")
print(out.height)
""",
    "duckdb-unique": """
import sys, duckdb
duckdb.sql(f"copy (select * exclude (n, place) from (select *, row_number() over (partition by text order by place) n from (select *, row_number() over () place from '{sys.argv[1]}')) where n = 1 order by place) to '{sys.argv[2]}' (format parquet, compression zstd)")
print(duckdb.sql(f"select count(*) from '{sys.argv[2]}'").fetchall()[0][0])
""",
    "polars-mix": """
import sys, polars as pl
real, made = pl.read_parquet(sys.argv[1]), pl.read_parquet(sys.argv[2])
n = min(real.height, made.height) // 4
out = pl.concat([real.sample(n, seed=1), made.sample(n, seed=2)]).sample(fraction=1.0, shuffle=True, seed=3)
out.write_parquet(sys.argv[3], compression="zstd")
print(out.height)
""",
    "duckdb-mix": """
import sys, duckdb
n = duckdb.sql(f"select least((select count(*) from '{sys.argv[1]}'), (select count(*) from '{sys.argv[2]}')) // 4").fetchall()[0][0]
duckdb.sql(f"copy (select * from (from (select * from '{sys.argv[1]}' order by hash(id) limit {n}) union all from (select * from '{sys.argv[2]}' order by hash(id) limit {n})) order by hash(id, 3)) to '{sys.argv[3]}' (format parquet, compression zstd)")
print(2 * n)
""",
}


def run(command):
    """CPU seconds, megabytes and the last line of a command."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.stdout.read(), child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command}\n{out}\n{err}")
    lines = (out + err).strip().splitlines()
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, lines[-1] if lines else ""


def compare(name, commands, rounds):
    figures = {who: [] for who in commands}
    for _ in range(rounds):
        for who, command in commands.items():
            figures[who].append(run(command))
    first = None
    for who, runs in figures.items():
        seconds = statistics.median(run[0] for run in runs)
        first = first or seconds
        memory = max(run[1] for run in runs)
        print(f"| {name} | {who} | {seconds:.2f} | {seconds / first:.1f} | {memory:.0f} | {runs[0][2]} |", flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bin", default="target/release")
    options.add_argument("--work", required=True)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    os.makedirs(given.work, exist_ok=True)
    human, synthetic = (os.path.join(given.work, f"{name}-{given.rows}.parquet") for name in ("human", "made"))
    for seed, path in enumerate((human, synthetic)):
        if not os.path.exists(path):
            made(path, given.rows, seed)
    out = os.path.join(given.work, "out.parquet")
    ours = lambda stage, *rest: [os.path.join(given.bin, stage), *rest, "-o", out]
    peer = lambda name, *rest: [sys.executable, "-c", PEERS[name], *rest]
    print("| work | who | CPU s | against ours | MB | what it says |\n|---|---|---|---|---|---|")
    near = {
        "filter": ours("filter", human, "--near-duplicate", "0.7"),
        "filter, minhash": ours("filter", human, "--near-duplicate", "0.7", "--candidates", "minhash"),
        "rensa": peer("rensa", human),
    }
    if given.rows <= 20_000:
        near["datasketch"] = peer("datasketch", human)
    compare("near-duplicates 0.7", near, given.rounds)
    compare("exact duplicates", {
        "filter": ours("filter", human, "--exact-duplicate"),
        "polars": peer("polars-unique", human, out),
        "duckdb": peer("duckdb-unique", human, out),
    }, given.rounds)
    total = str(given.rows // 2)
    compare("mix of two sources", {
        "mix": ours("mix", "--real", human, "--synthetic", synthetic, "--proportion", "0.5", "--total", total),
        "polars": peer("polars-mix", human, synthetic, out),
        "duckdb": peer("duckdb-mix", human, synthetic, out),
    }, given.rounds)


if __name__ == "__main__":
    main()
