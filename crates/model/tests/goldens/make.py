"""Makes the tiny random models of this folder, and what transformers and torch compute with them.

Run once where transformers (4.57) and torch (2.15) are installed: `python make.py`.
The weights are random and belong to nobody; they are there so that every architecture is checked
against the implementation that its users know.
"""

import copy
import json
import pathlib

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
VOCABULARY = 48
ROWS = [[5, 17, 3, 41, 29, 8, 8, 30, 2, 19, 44, 12], [1, 40, 33, 7, 25, 25]]

LLAMA = dict(
    vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
    bos_token_id=1, eos_token_id=2, pad_token_id=None,
)
SCALED = dict(
    rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=32,
)
DECODERS = {
    "llama3": transformers.LlamaConfig(**LLAMA, rope_theta=50.0, rope_scaling=SCALED),
    "llama-linear": transformers.LlamaConfig(
        **LLAMA, attention_bias=True, rope_scaling=dict(rope_type="linear", factor=4.0), tie_word_embeddings=True),
    "mistral": transformers.MistralConfig(**LLAMA, head_dim=8, sliding_window=5),
    "qwen2": transformers.Qwen2Config(**LLAMA, tie_word_embeddings=True),
    "qwen3": transformers.Qwen3Config(**LLAMA, head_dim=8, tie_word_embeddings=True),
    "gpt2": transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=32, n_embd=16, n_layer=2, n_head=4, bos_token_id=1,
        eos_token_id=2, attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0),
}
ENCODERS = {
    "bert": transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=32),
    "distilbert": transformers.DistilBertConfig(
        vocab_size=VOCABULARY, dim=16, hidden_dim=24, n_layers=2, n_heads=4, max_position_embeddings=32),
    "roberta": transformers.RobertaConfig(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=40, type_vocab_size=1, pad_token_id=1,
        bos_token_id=0, eos_token_id=2, layer_norm_eps=1e-5),
}
STORED = {"qwen2": torch.bfloat16, "mistral": torch.float16}
SENTENCES = ["the cat sat", "a dog", "the cat and the dog sat on a mat"]


def shake(model):
    """Draws all weights anew, so that norms and biases are not 1 and 0."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            drawn = torch.randn(parameter.shape, generator=generator) * 0.3
            parameter.copy_(drawn + 1.0 if "norm" in name.lower() or "ln_" in name else drawn)
            if name.endswith("bias"):
                parameter.copy_(drawn)
    return model.eval()


def losses(model):
    total, tokens = 0.0, sum(len(row) - 1 for row in ROWS)
    for row in ROWS:
        logits = model(torch.tensor([row])).logits[0]
        total = total + torch.nn.functional.cross_entropy(
            logits[:-1], torch.tensor(row[1:]), reduction="sum")
    return total / tokens


def decoder(name, config):
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    model = shake(transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager"))
    folder = HERE / name
    kind = STORED.get(name, torch.float32)
    stored = copy.deepcopy(model).to(kind)
    stored.save_pretrained(folder, max_shard_size="6KB" if name == "qwen2" else "1MB")
    with torch.no_grad():
        # Computed in 32 bits with the numbers that were stored; the rotary frequencies stay exact.
        for parameter in model.parameters():
            parameter.copy_(parameter.to(kind).to(torch.float32))
    with torch.no_grad():
        logits = [model(torch.tensor([row])).logits[0].double() for row in ROWS]
        prompt = torch.tensor([ROWS[1]])
        greedy = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=12,
            eos_token_id=None, pad_token_id=0)
    loss = losses(model)
    loss.backward()
    golden = dict(
        transformers=transformers.__version__, torch=torch.__version__, rows=ROWS,
        last_logits=[[round(x, 7) for x in row[-1].tolist()] for row in logits],
        abs_sums=[row.abs().sum().item() for row in logits],
        greedy=greedy[0].tolist(), loss=loss.item(),
        grad_norms={n: p.grad.double().norm().item() for n, p in model.named_parameters()},
    )
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


def tokenizer(name):
    words = "the cat sat a dog and on mat".split()
    if name == "roberta":
        letters = sorted(set("".join(words))) + ["\u0120"]
        vocabulary = {t: i for i, t in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters])}
        made = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    else:
        vocabulary = {t: i for i, t in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
        made = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer()
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def encoder(name, config):
    torch.manual_seed(0)
    model = shake(transformers.AutoModel.from_config(config, attn_implementation="eager"))
    folder = HERE / name
    model.save_pretrained(folder)
    made = tokenizer(name)
    made.save(str(folder / "tokenizer.json"))
    means = []
    for sentence in SENTENCES:
        ids = made.encode(sentence).ids
        with torch.no_grad():
            hidden = model(torch.tensor([ids])).last_hidden_state[0]
        means.append([round(x, 7) for x in hidden.double().mean(0).tolist()])
    golden = dict(
        transformers=transformers.__version__, torch=torch.__version__, sentences=SENTENCES, means=means)
    (folder / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


for name, config in DECODERS.items():
    decoder(name, config)
for name, config in ENCODERS.items():
    encoder(name, config)
