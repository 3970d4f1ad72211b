"""Makes the inputs of the comparison: FUNCTION ROWS PATH writes one Parquet file."""

import itertools
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

VOCABULARY = 50_000
COPIES = 0.03
VARIED = 0.10


def texts(rows):
    """Short texts of about 14 words by Zipf's law; some are copies, some differ in two words."""
    draw = random.Random(1)
    syllables = [a + b for a, b in itertools.product("bdfgklmnprstvz", "aeiou")]
    words = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
    made = []
    for _ in range(rows):
        kind = draw.random()
        if made and kind < COPIES:
            made.append(draw.choice(made))
            continue
        row = draw.choices(words, cum_weights=weights, k=draw.randint(8, 20))
        if made and kind < COPIES + VARIED:
            changed = draw.choice(made).split()
            for word in row[:2]:
                changed[draw.randrange(len(changed))] = word
            row = changed
        made.append(" ".join(row))
    ids = [f"{row:032x}" for row in range(rows)]
    return pa.table({"id": ids, "text": made})


if __name__ == "__main__":
    name, rows, path = sys.argv[1:]
    pq.write_table({"texts": texts}[name](int(rows)), path)
