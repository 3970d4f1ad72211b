"""Computes values.json beside it with the peers, whose versions it writes there too.

    python -m venv peers && peers/bin/pip install numpy scipy scikit-learn sacrebleu rouge-score transformers
    peers/bin/python make.py
"""

import json
import math
import pathlib
from importlib.metadata import version

import numpy as np
import sacrebleu
import scipy.stats
from rouge_score import rouge_scorer
from sklearn.calibration import calibration_curve
from sklearn.metrics import f1_score
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

PAIRS = [
    ("The cat sat on the mat.", ["The cat sat on the mat."]),
    ("the cat the cat the cat", ["The cat is on the mat.", "There is a cat on the mat."]),
    ("It costs $1,234.50 - or so (they say)!", ["It costs $1,234.50, they say.", "The price is 1234.5"]),
    ("a.b,,c ...d e.g. 3.5-4,000 x-y 5-x", ["a . b , c . d e.g. 3.5 - 4,000 x - y"]),
    ("Ein Stück Käse für die Königin", ["Ein Stueck Kaese für die Königin", "ein Stück Käse"]),
    ("日本語 の テスト です", ["日本語 の 試験 です"]),
    ("don't \"quote\" &amp; me &lt;ok&gt;", ["do not \"quote\" & me <ok>"]),
    ("short", ["a much longer reference than that"]),
    ("", ["not empty"]),
    ("An apple a day keeps the doctor away, the doctor says", ["an apple a day keeps doctors away"]),
    ("line one\nline two-\nthree <skipped> four ", ["line one line twothree four"]),
    ("İstanbul is a city; naïve café", ["istanbul is the city. naive café"]),
    ("x", ["x"]),
]


def texts():
    rouge = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    rows = []
    for written, references in PAIRS:
        scores = rouge.score_multi(references, written)
        rows.append(
            {
                "written": written,
                "references": references,
                "rouge1": scores["rouge1"].fmeasure,
                "rouge2": scores["rouge2"].fmeasure,
                "rougeL": scores["rougeL"].fmeasure,
                "chrf": sacrebleu.sentence_chrf(written, references).score,
                "bleu": sacrebleu.sentence_bleu(written, references, use_effective_order=False).score,
                "squad_exact_match": max(compute_exact(ref, written) for ref in references),
                "squad_f1": max(compute_f1(ref, written) for ref in references),
            }
        )
    written = [row[0] for row in PAIRS]
    most = max(len(row[1]) for row in PAIRS)
    streams = [[row[1][k] if k < len(row[1]) else None for row in PAIRS] for k in range(most)]
    corpus = {
        "bleu": sacrebleu.corpus_bleu(written, streams).score,
        "chrf": sacrebleu.corpus_chrf(written, streams).score,
    }
    return rows, corpus


def classes():
    rng = np.random.default_rng(7)
    names = ["a", "b", "c", "d"]
    truth = rng.integers(0, 4, 200)
    predicted = np.where(rng.random(200) < 0.6, truth, rng.integers(0, 3, 200))
    chance = np.round(0.25 + 0.75 * rng.random(200), 4)
    right = (truth == predicted).astype(int)
    edges = np.linspace(0, 1, 16)
    ece = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (chance > low) & (chance <= high)
        if inside.any():
            # scikit-learn's curve of one bin: the share that is right, and the mean chance.
            share, mean = calibration_curve(right[inside], chance[inside], n_bins=1)
            ece += inside.mean() * abs(share[0] - mean[0])
    return {
        "truth": [names[k] for k in truth],
        "predicted": [names[k] for k in predicted],
        "probability": chance.tolist(),
        "macro_f1": f1_score(truth, predicted, average="macro", zero_division=0),
        "ece_15": ece,
    }


def pairs():
    rng = np.random.default_rng(8)
    first = rng.random(150) < 0.7
    second = np.where(rng.random(150) < 0.7, first, rng.random(150) < 0.8)
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    difference = second.astype(float) - first.astype(float)
    test = scipy.stats.ttest_1samp(difference, 0.0)
    interval = test.confidence_interval(0.95)
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "mcnemar_p": scipy.stats.binomtest(only_second, only_first + only_second).pvalue,
        "t_p": test.pvalue,
        "t_low": interval.low,
        "t_high": interval.high,
        "cohens_dz": difference.mean() / difference.std(ddof=1),
    }


rows, corpus = texts()
peers = ["numpy", "scipy", "scikit-learn", "sacrebleu", "rouge-score", "transformers"]
values = {
    "versions": {peer: version(peer) for peer in peers},
    "texts": rows,
    "corpus": corpus,
    "classes": classes(),
    "pairs": pairs(),
}
assert all(math.isfinite(value) for value in corpus.values())
path = pathlib.Path(__file__).with_name("values.json")
path.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n")
