"""Runs our engine and its peers in turn, A B A B, and prints a table of medians.

`run.py FOLDER [MINILM]`: where cargo puts the benchmark's binary (the newest one is taken) and, to measure embedding, a folder with an
encoder such as all-MiniLM-L6-v2. Figures are per second and per second of processor time; the
latter is what to read where the machine is shared.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROUNDS = 3
CONFIG = dict(
    architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=288, intermediate_size=768,
    num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=6, vocab_size=4096,
    max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True, hidden_act="silu")
# Multiplications and additions of a token in training, without attention.
FLOP_A_TOKEN = 6 * 7_155_360


def measured(command, threads, scratch):
    settings = dict(
        os.environ, RAYON_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), BENCH_SCRATCH=scratch,
        TOKENIZERS_PARALLELISM="false")
    process = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        return None, errors.strip().splitlines()[-1:]
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return rows, usage.ru_maxrss / 1024


def compared(title, ours, peers, threads, scratch):
    """Medians over all repetitions of all rounds."""
    found = {name: ([], [], []) for name in ["ours", *peers]}
    for _ in range(ROUNDS):
        for name, command in [("ours", ours), *peers.items()]:
            rows, memory = measured(command, threads, scratch)
            if rows is None:
                print(f"{title}: {name} did not run: {memory}", file=sys.stderr)
                continue
            for row in rows:
                found[name][0].append(row["done"] / row["seconds"])
                found[name][1].append(row["done"] / max(row["cpu_seconds"], 0.01))
            found[name][2].append(memory)
    for name, (wall, cpu, memory) in found.items():
        if wall:
            print(
                f"| {title} | {threads} | {name} | {statistics.median(wall):.0f} "
                f"| {statistics.median(cpu):.0f} | {statistics.median(memory):.0f} MB |", flush=True)
    return found


def main():
    folder, *encoder = sys.argv[1:]
    built = [path for path in pathlib.Path(folder).glob("throughput-*") if not path.suffix]
    binary = str(max(built, key=lambda path: path.stat().st_mtime))
    peer = [sys.executable, str(HERE / "peers.py")]
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "config.json").write_text(json.dumps(CONFIG))
        print("| work | threads | who | per second | per processor second | memory |\n|---|---|---|---|---|---|")
        for threads in [1, 2]:
            limit, _ = measured([*peer, "gemm", "1024", "9"], threads, scratch)
            limit = statistics.median(row["done"] / row["cpu_seconds"] for row in limit)
            works = [
                ("train 4 × 256, tok", ["train", scratch, "4", "256", "4"]),
                ("generate 1 × 100, tok", ["generate", scratch, "1", "100", "2"]),
                ("generate 16 × 100, tok", ["generate", scratch, "16", "100", "2"]),
                ("generate 32 × 100, tok", ["generate", scratch, "32", "100", "2"]),
                ("score 16 × 256, tok", ["score", scratch, "16", "256", "3"]),
            ]
            for title, arguments in works:
                found = compared(title, [binary, *arguments], {"torch": [*peer, *arguments]}, threads, scratch)
                if arguments[0] == "train" and found["ours"][1]:
                    share = statistics.median(found["ours"][1]) * FLOP_A_TOKEN / limit
                    print(f"training runs at {share:.0%} of the limit of {limit / 1e9:.0f} GFLOP a processor second", file=sys.stderr)
            if encoder:
                texts = pathlib.Path(scratch) / "texts.txt"
                words = "the a of red small old market river reported sold found opened bridge school paper".split()
                rows = (" ".join(words[(i * 7 + j * j) % len(words)] for j in range(12 + i % 17)) for i in range(256))
                texts.write_text("\n".join(rows) + "\n")
                arguments = [encoder[0], str(texts), "2"]
                peers = {"torch": [*peer, "embed", *arguments], "onnxruntime": [*peer, "onnx", *arguments]}
                compared("embed 256 rows of 20, rows", [binary, "embed", *arguments], peers, threads, scratch)


main()
