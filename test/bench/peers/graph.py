"""The peer of packages/embeddings/bench/graph-step.ts: ComplEx, 1-vs-all, N3 and Adagrad in PyTorch, written plainly.

Reads a JSON line with the sizes and the files of the initial values and queries, then for every line {"steps": N} takes N
steps and answers with the milliseconds of each, the losses and the peak of resident memory.
"""
import json
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F


def parts(x):
    return x.chunk(2, dim=-1)


def peak_bytes():
    """Of resident memory: the high-water mark of this process alone (ru_maxrss may be its parent's)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


def main():
    setup = json.loads(sys.stdin.readline())
    torch.set_num_threads(setup["threads"])
    values = np.fromfile(setup["values"], dtype=np.float32)
    split = setup["entities"] * setup["dim"]
    entities = torch.from_numpy(values[:split].reshape(setup["entities"], -1).copy()).requires_grad_()
    relations = torch.from_numpy(values[split:].reshape(setup["relations"], -1).copy()).requires_grad_()
    # For each step (3, size): entities, relations, answers.
    queries = torch.from_numpy(np.fromfile(setup["queries"], dtype=np.int32).astype(np.int64)).split([3 * size for size in setup["sizes"]])
    optimizer = torch.optim.Adagrad([entities, relations], lr=setup["learningRate"], eps=1e-10)
    print(json.dumps({"version": torch.__version__}), flush=True)
    at = 0
    for line in sys.stdin:
        times, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            e, r, a = queries[at].view(3, -1)
            at += 1
            started = time.perf_counter()
            h, relation, t = entities[e], relations[r], entities[a]
            (hr, hi), (rr, ri) = parts(h), parts(relation)
            query = torch.cat([hr * rr - hi * ri, hi * rr + hr * ri], dim=1)
            fit = F.cross_entropy(query @ entities.t(), a)
            moduli = [torch.sqrt(x ** 2 + y ** 2 + 1e-20) for x, y in (parts(h), (rr, ri), parts(t))]
            loss = fit + setup["penalty"] * sum((m ** 3).sum() for m in moduli) / len(e)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            times.append((time.perf_counter() - started) * 1000)
        print(json.dumps({"times": times, "losses": losses, "peakBytes": peak_bytes()}), flush=True)


main()
