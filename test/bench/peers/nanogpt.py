"""The peer of the nanoGPT benchmark: the same model, data and update in PyTorch, as its users write them.

Reads a JSON line with the model's sizes and the files of the initial weights and batches, then for every line
{"steps": N} trains N steps and answers with the milliseconds of each and the losses.
"""
import json
import math
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class LayerNorm(nn.Module):
    """Without bias, which nn.LayerNorm of this version cannot leave out."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight)


class Block(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.norm1 = LayerNorm(width)
        self.norm2 = LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        self.register_buffer("mask", torch.tril(torch.ones(context, context)).view(1, 1, context, context))

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.attention(self.norm1(x)).split(c, dim=2)
        q, k, v = (z.view(n, t, self.heads, c // self.heads).transpose(1, 2) for z in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        x = x + self.output(y.transpose(1, 2).contiguous().view(n, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, width, heads, layers, context):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads, context) for _ in range(layers))
        self.norm = LayerNorm(width)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))


def main():
    setup = json.loads(sys.stdin.readline())
    torch.set_num_threads(setup["threads"])
    model = GPT(*(setup[k] for k in ("vocabSize", "width", "heads", "layers", "context")))
    values = np.fromfile(setup["weights"], dtype=np.float32)
    own = dict(model.named_parameters())
    offset = 0
    with torch.no_grad():
        for name, shape in setup["names"]:
            size = int(np.prod(shape))
            part = torch.from_numpy(values[offset : offset + size].reshape(shape).copy())
            offset += size
            own.pop(name).copy_(part)
    assert not own, own
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    rest = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=setup["learningRate"], betas=(0.9, 0.99))
    batches = np.fromfile(setup["batches"], dtype=np.int32).reshape(-1, 2, setup["batch"], setup["context"])
    print(json.dumps({"version": torch.__version__}), flush=True)
    step = 0
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            ids, targets = torch.from_numpy(batches[step % len(batches)].astype(np.int64))
            started = time.perf_counter()
            loss = model(ids, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            times.append((time.perf_counter() - started) * 1000)
            step += 1
        print(json.dumps({"times": times, "losses": losses}), flush=True)


main()
