"""Runs one peer on a Parquet file: FUNCTION PATH prints seconds, CPU seconds, memory and value.

Only the work is timed; libraries and the file are loaded before. Modules of `diversity` are loaded
one by one, since the package as a whole loads torch and asks the network.
"""

import importlib.util
import json
import resource
import sys
import time
import types

import pyarrow.parquet as pq


def module_of(package, name):
    """One module of a package whose `__init__` is not run."""
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location(name, f"{folder}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gzip_ratio(texts):
    import zlib

    def work():
        raw = " ".join(texts).encode()
        return len(raw) / len(zlib.compress(raw, 9, 31))

    return work


def zstd_ratio(texts):
    import zstandard

    def work():
        raw = " ".join(texts).encode()
        chosen = zstandard.ZstdCompressionParameters.from_level(19, source_size=len(raw), window_log=27, enable_ldm=True)
        return len(raw) / len(zstandard.ZstdCompressor(compression_params=chosen).compress(raw))

    return work


def xz_ratio(texts):
    import lzma

    def work():
        raw = " ".join(texts).encode()
        return len(raw) / len(lzma.compress(raw))

    return work


def ngram_diversity(texts):
    score = module_of("diversity", "ngram_diversity").ngram_diversity_score
    return lambda: score(texts, 4)


def self_repetition(texts):
    score = module_of("diversity", "self_repetition").self_repetition_score
    return lambda: score(texts, 4, verbose=False)


def homogenization(texts):
    # It asks for this one even where it is not used.
    sys.modules.setdefault("evaluate", types.SimpleNamespace(load=None))
    score = module_of("diversity", "homogenization").homogenization_score
    return lambda: score(texts, "rougel", verbose=False)


def self_bleu(texts):
    import fast_bleu

    def work():
        weights = {"4": (0.25,) * 4}
        scores = fast_bleu.SelfBLEU([text.split() for text in texts], weights).get_score()["4"]
        return sum(scores) / len(scores)

    return work


def richness(texts, measure):
    import lexicalrichness

    joined = " ".join(texts)
    return lambda: measure(lexicalrichness.LexicalRichness(joined))


def mtld(texts):
    return richness(texts, lambda set_: set_.mtld())


def hdd(texts):
    return richness(texts, lambda set_: set_.hdd())


def mattr(texts):
    # It asks setuptools, which no longer answers, for a file beside it.
    folder = importlib.util.find_spec("lexical_diversity").submodule_search_locations[0]
    answer = types.SimpleNamespace(resource_filename=lambda _, name: f"{folder}/{name}")
    sys.modules.setdefault("pkg_resources", answer)
    from lexical_diversity import lex_div

    joined = " ".join(texts)
    return lambda: lex_div.mattr(lex_div.tokenize(joined))


if __name__ == "__main__":
    name, path = sys.argv[1:]
    work = globals()[name](pq.read_table(path, columns=["text"])["text"].to_pylist())
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    value = work()
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mb": after.ru_maxrss / 1024, "value": value}))
