"""The peer of the training-step benchmarks: the same models, data and updates in PyTorch, as its users write them.

Reads a JSON line with the setting and the files of the initial weights and batches, then for every line
{"steps": N} trains N steps and answers with the milliseconds of each, the losses and the peak of resident memory.
"""
import json
import math
import resource
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class LayerNorm(nn.Module):
    """Without bias, which nn.LayerNorm of older versions cannot leave out."""

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
        self.fused = hasattr(F, "scaled_dot_product_attention")
        if not self.fused:
            self.register_buffer("mask", torch.tril(torch.ones(context, context)).view(1, 1, context, context))

    def attend(self, q, k, v):
        if self.fused:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        t = q.size(-2)
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf"))
        return F.softmax(scores, dim=-1) @ v

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.attention(self.norm1(x)).split(c, dim=2)
        q, k, v = (z.view(n, t, self.heads, c // self.heads).transpose(1, 2) for z in (q, k, v))
        y = self.attend(q, k, v)
        x = x + self.output(y.transpose(1, 2).contiguous().view(n, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, model, batch):
        super().__init__()
        width = model["width"]
        self.tokens = nn.Embedding(model["vocabSize"], width)
        self.positions = nn.Embedding(model["context"], width)
        self.blocks = nn.ModuleList(Block(width, model["heads"], model["context"]) for _ in range(model["layers"]))
        self.norm = LayerNorm(width)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1))


class TiedLSTM(nn.Module):
    """Time-major, the states carried from step to step, as in PyTorch's word_language_model example."""

    def __init__(self, model, batch):
        super().__init__()
        width = model["width"]
        self.embedding = nn.Embedding(model["vocabSize"], width)
        self.lstm = nn.LSTM(width, width, model["layers"])
        self.bias = nn.Parameter(torch.zeros(model["vocabSize"]))
        self.state = [torch.zeros(model["layers"], batch, width) for _ in range(2)]

    def forward(self, ids, targets):
        before = tuple(z.detach().to(ids.device) for z in self.state)
        output, self.state = self.lstm(self.embedding(ids.t()), before)
        logits = F.linear(output, self.embedding.weight, self.bias)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.t().reshape(-1))


def peak_bytes():
    """Of resident memory: the high-water mark of this process alone (ru_maxrss may be its parent's)."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main():
    setup = json.loads(sys.stdin.readline())
    setting, device = setup["setting"], setup["device"]
    torch.set_num_threads(setup["threads"])
    config = setting["model"]
    model = (GPT if config["type"] == "transformer" else TiedLSTM)(config, setting["batch"])
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
    del values
    model.to(device)
    parameters = list(model.parameters())
    if setting["optimizer"] == "adamw":
        decayed = [p for p in parameters if p.dim() >= 2]
        rest = [p for p in parameters if p.dim() < 2]
        adamw = setup["adamw"]
        groups = [{"params": decayed, "weight_decay": adamw["weightDecay"]}, {"params": rest, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=setting["learningRate"], betas=(adamw["beta1"], adamw["beta2"]))
    else:
        optimizer = torch.optim.SGD(parameters, lr=setting["learningRate"])
    forward = torch.compile(model) if setup["compile"] else model
    batches = np.fromfile(setup["batches"], dtype=np.int32).reshape(-1, 2, setting["batch"], config["context"])
    name = torch.cuda.get_device_name() if device == "cuda" else None
    print(json.dumps({"version": torch.__version__, "device": name}), flush=True)
    step = 0
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            ids, targets = torch.from_numpy(batches[step % len(batches)].astype(np.int64))
            started = time.perf_counter()
            loss = forward(ids.to(device), targets.to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, setting["maxGradientNorm"])
            optimizer.step()
            losses.append(loss.item())
            times.append((time.perf_counter() - started) * 1000)
            step += 1
        print(json.dumps({"times": times, "losses": losses, "peakBytes": peak_bytes()}), flush=True)


main()
