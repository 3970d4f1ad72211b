"""Writes lexical.json: what peers count in texts that are made here, with their versions.

Run by hand with nltk, lexicalrichness, lexical-diversity, rouge-score, zstandard and
diversity 0.3.1 (without its dependencies) installed: python lexical.py > lexical.json
"""

import importlib.util
import json
import lzma
import random
import sys
import types
import zlib
from collections import Counter
from importlib.metadata import version
from math import log

import lexicalrichness
import zstandard
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu


def made_texts():
    """Plain lower-case words, so that every tokeniser cuts them alike; some texts nearly repeat."""
    draw = random.Random(20260101)
    words = [a + b + c for a in "bdgkmpt" for b in "aiou" for c in ("", "n", "rl", "st")]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    texts = [" ".join(draw.choices(words, weights, k=draw.randint(1, 30))) for _ in range(60)]
    for at in range(0, 60, 12):
        changed = texts[at].split()
        changed[draw.randrange(len(changed))] = draw.choice(words)
        texts[at + 5] = " ".join(changed)
        texts[at + 7] = texts[at]
    return texts


def module_of(package, name):
    """One module of a package whose `__init__` is not run."""
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location(name, f"{folder}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lexical_diversity():
    """The package asks setuptools, which no longer answers, for a file beside it."""
    folder = importlib.util.find_spec("lexical_diversity").submodule_search_locations[0]
    answer = types.SimpleNamespace(resource_filename=lambda _, name: f"{folder}/{name}")
    sys.modules.setdefault("pkg_resources", answer)
    from lexical_diversity import lex_div

    return lex_div


def bleu(hypothesis, references, n):
    smoothing = SmoothingFunction().method1
    return sentence_bleu(references, hypothesis, (1 / n,) * n, smoothing)


def entropy(counts):
    total = sum(counts)
    return -sum(count / total * log(count / total) for count in counts)


def values(texts):
    lex_div = lexical_diversity()
    rows = [text.split() for text in texts]
    joined = " ".join(texts)
    rich = lexicalrichness.LexicalRichness(joined)
    words = joined.split()
    others = [rows[:at] + rows[at + 1 :] for at in range(len(rows))]
    by = "lexicalrichness"
    yield "ttr", rich.ttr, by
    yield "root_ttr", rich.rttr, by
    yield "corrected_ttr", rich.cttr, by
    yield "log_ttr", rich.Herdan, by
    yield "maas", rich.Maas, by
    yield "mtld", rich.mtld(), by
    yield "hdd_42", rich.hdd(), by
    yield "mattr_50", rich.mattr(window_size=50), by
    yield "msttr_50", rich.msttr(segment_window=50), by
    yield "yule_k", rich.yulek, by
    yield "simpson", rich.simpsond, by
    yield "vocd_d", rich.vocd(within_sample=2000, iterations=10), by
    by = "lexical-diversity"
    yield "mtld_min_10", lex_div.mtld(words), by
    yield "maas_lexical_diversity", lex_div.maas_ttr(words), by
    by = "nltk"
    for n in (2, 3, 4, 5):
        scores = [bleu(row, rest, n) for row, rest in zip(rows, others)]
        yield f"self_bleu_{n}", sum(scores) / len(scores), by
    pairs = [bleu(a, [b], 4) for at, a in enumerate(rows) for to, b in enumerate(rows) if at != to]
    yield "pairwise_bleu_4", sum(pairs) / len(pairs), by
    by = "diversity"
    yield "self_repetition_4", module_of("diversity", "self_repetition").self_repetition_score(texts, 4, verbose=False), by
    by = "rouge-score"
    sys.modules.setdefault("evaluate", types.SimpleNamespace(load=None))
    from rouge_score import rouge_scorer

    scorer = rouge_scorer.RougeScorer(["rougeL"])
    scores = [scorer.score(a, b)["rougeL"].fmeasure for at, a in enumerate(texts) for b in texts[:at]]
    yield "homogenization_rouge_l", sum(scores) / len(scores), by
    by = "python"
    for n in (1, 2, 3, 4, 5):
        grams = [tuple(row[at : at + n]) for row in rows for at in range(len(row) - n + 1)]
        yield f"distinct_{n}", len(set(grams)) / len(grams), by
        yield f"distinct_{n}_of_tokens", len(set(grams)) / len(words), by
        of_text = [len({tuple(row[at : at + n]) for at in range(len(row) - n + 1)}) / len(row) for row in rows]
        yield f"distinct_{n}_per_text", sum(of_text) / len(of_text), by
    for n in (1, 2):
        grams = Counter(tuple(row[at : at + n]) for row in rows for at in range(len(row) - n + 1))
        yield f"entropy_{n}", entropy(grams.values()), by
    yield "duplicate_share_exact", 1 - len(set(texts)) / len(texts), by
    raw = joined.encode()
    yield "compression_ratio_gzip", len(raw) / len(zlib.compress(raw, 9, 31)), by
    yield "compression_ratio_xz", len(raw) / len(lzma.compress(raw)), by
    by = "zstandard"
    chosen = zstandard.ZstdCompressionParameters.from_level(19, source_size=len(raw), window_log=27, enable_ldm=True)
    yield "compression_ratio_zstd", len(raw) / len(zstandard.ZstdCompressor(compression_params=chosen).compress(raw)), by


if __name__ == "__main__":
    texts = made_texts()
    found = [{"metric": name, "value": value, "peer": peer} for name, value, peer in values(texts)]
    peers = ["lexicalrichness", "lexical-diversity", "nltk", "diversity", "rouge-score", "zstandard"]
    versions = {name: version(name) for name in peers}
    versions |= {"python": sys.version.split()[0], "zlib": zlib.ZLIB_RUNTIME_VERSION}
    versions["zstd"] = ".".join(map(str, zstandard.ZSTD_VERSION))
    json.dump({"versions": versions, "texts": texts, "values": found}, sys.stdout, indent=1)
    print()
