"""The peer of packages/nn/bench/rnnt.ts: joiner and transducer loss in PyTorch, differentiated by autograd.

Reads a JSON line with the sizes and the files of the initial values and targets, then for every line {"steps": N} takes N
steps of gradient descent and answers with the milliseconds of each, the losses and the peak of resident memory.
"""
import json
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F


def transducer_loss(logits, labels, frame_lengths, label_lengths):
    """All positions of a frame at a time: alpha minus the running sum of label scores is a cumulative log-sum-exp."""
    scores = F.log_softmax(logits, dim=-1)
    n, frames = scores.shape[:2]
    blank = scores[..., 0]
    index = labels[:, None, :, None].expand(n, frames, labels.shape[1], 1)
    label = scores[:, :, :-1].gather(3, index).squeeze(3)
    running = F.pad(label.cumsum(2), (1, 0))
    alpha = running[:, 0]
    alphas = [alpha]
    for t in range(1, frames):
        alpha = running[:, t] + torch.logcumsumexp(alpha + blank[:, t - 1] - running[:, t], dim=1)
        alphas.append(alpha)
    rows = torch.arange(n)
    total = torch.stack(alphas, 1) + blank
    return -total[rows, frame_lengths - 1, label_lengths].sum()


def peak_bytes():
    """Of resident memory: the high-water mark of this process alone (ru_maxrss may be its parent's)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


def main():
    setup = json.loads(sys.stdin.readline())
    torch.set_num_threads(setup["threads"])
    values = np.fromfile(setup["values"], dtype=np.float32)
    parameters = []
    offset = 0
    for shape in setup["shapes"]:
        size = int(np.prod(shape))
        parameters.append(torch.from_numpy(values[offset : offset + size].reshape(shape).copy()).requires_grad_())
        offset += size
    del values
    encoder, predictor, weight, bias = parameters
    targets = [torch.tensor(setup[name]) for name in ("labels", "frameLengths", "labelLengths")]
    optimizer = torch.optim.SGD(parameters, lr=setup["learningRate"])
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            started = time.perf_counter()
            hidden = torch.tanh(encoder[:, :, None] + predictor[:, None])
            loss = transducer_loss(F.linear(hidden, weight, bias), *targets) / len(targets[0])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps({"times": times, "losses": losses, "peakBytes": peak_bytes()}), flush=True)


main()
