"""What torch, transformers and onnxruntime need for the same work: one JSON line a repetition.

`peers.py train|generate|score DIR BATCH TOKENS REPEATS`, `peers.py embed DIR FILE REPEATS`,
`peers.py onnx DIR FILE REPEATS`, `peers.py gemm SIZE REPEATS`; threads by OMP_NUM_THREADS.
"""

import json
import os
import sys
import time

import torch

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
PROMPT = 16


def timed(work, done, run):
    start, before = time.perf_counter(), time.process_time()
    run()
    print(json.dumps(dict(
        work=work, done=done, seconds=time.perf_counter() - start,
        cpu_seconds=time.process_time() - before)), flush=True)


def decoder(folder):
    import transformers

    torch.manual_seed(1)
    return transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder))


def draw(model, batch, tokens):
    return torch.randint(0, model.config.vocab_size, (batch, tokens))


def train(folder, batch, tokens, repeats):
    model = decoder(folder).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    ids = draw(model, batch, tokens)

    def step():
        model(input_ids=ids, labels=ids).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    step()
    for _ in range(repeats):
        timed("train", batch * tokens, step)


def generate(folder, batch, tokens, repeats):
    model = decoder(folder).eval()
    ids = draw(model, batch, PROMPT)

    def write():
        with torch.inference_mode():
            model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=tokens,
                min_new_tokens=tokens, pad_token_id=0)

    write()
    for _ in range(repeats):
        timed("generate", batch * tokens, write)


def score(folder, batch, tokens, repeats):
    model = decoder(folder).eval()
    ids = draw(model, batch, tokens)

    def read():
        with torch.inference_mode():
            logits = model(ids).logits[:, :-1].log_softmax(-1)
            logits.gather(-1, ids[:, 1:, None]).sum((1, 2))

    read()
    for _ in range(repeats):
        timed("score", batch * tokens, read)


def batches(folder, file):
    """Texts by length, 64 at a time, as sentence-transformers cuts them."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = sorted(open(file).read().splitlines(), key=len)
    return len(texts), [
        tokenizer(texts[at:at + 64], padding=True, truncation=True, max_length=256, return_tensors="pt")
        for at in range(0, len(texts), 64)]


def pooled(hidden, mask):
    mask = mask[..., None].float()
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def embed(folder, file, repeats):
    import transformers

    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    rows, parts = batches(folder, file)

    def run():
        with torch.inference_mode():
            for part in parts:
                pooled(model(**part).last_hidden_state, part["attention_mask"])

    run()
    for _ in range(repeats):
        timed("embed", rows, run)


def onnx(folder, file, repeats):
    import onnxruntime
    import transformers

    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    rows, parts = batches(folder, file)
    names = list(parts[0])
    path = os.path.join(os.environ["BENCH_SCRATCH"], "encoder.onnx")
    if not os.path.exists(path):
        axes = {name: {0: "batch", 1: "length"} for name in names}
        torch.onnx.export(
            model, tuple(parts[0][name] for name in names), path, input_names=names,
            output_names=["hidden"], dynamic_axes=axes, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run():
        for part in parts:
            hidden, = session.run(["hidden"], {name: part[name].numpy() for name in names})
            pooled(torch.from_numpy(hidden), part["attention_mask"])

    run()
    for _ in range(repeats):
        timed("onnx", rows, run)


def gemm(size, repeats):
    a, b = torch.rand(size, size), torch.rand(size, size)
    a @ b
    for _ in range(repeats):
        timed("gemm", 2 * size**3, lambda: a @ b)


if __name__ == "__main__":
    work, *arguments = sys.argv[1:]
    globals()[work](*(int(word) if word.isdigit() else word for word in arguments))
