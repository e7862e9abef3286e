"""Reference vectors from PyTorch and the libraries around it: `python3 reference.py FOLDER`.

Writes one JSON file per library that is installed, each with its version, its inputs and what it computed from them, and
names the libraries that are missing. Inputs are closed forms, so that a test can make them again in any language.
"""
import importlib
import json
import os
import sys


def wave(*shape, phase=0.0):
    """sin(1.7 i + phase) over the flattened index i: float32."""
    import numpy as np

    size = int(np.prod(shape))
    return np.sin(1.7 * np.arange(size) + phase).astype(np.float32).reshape(shape)


TEXTS = ["The quick brown fox jumps over the lazy dog.", "Grüße aus Köln: 3,14 % – naïve café", "  two  spaces\tand\na line", "你好，世界 🙂"]
HYPOTHESES = ["the cat sat on the mat", "he eats a red apple", "it is raining"]
REFERENCES = ["the cat is on the mat", "he is eating a red apple", "it rains"]


def torch():
    import torch

    x = torch.from_numpy(wave(2, 5, 8)).requires_grad_()
    result = {}

    def record(name, output, *parameters):
        gradients = torch.autograd.grad(output.square().sum(), [x, *parameters])
        result[name] = {"output": output.tolist(), "gradients": [g.tolist() for g in gradients]}

    def filled(module):
        with torch.no_grad():
            for i, parameter in enumerate(module.parameters()):
                parameter.copy_(0.3 * torch.from_numpy(wave(*parameter.shape, phase=float(i))))
        return module

    attention = filled(torch.nn.MultiheadAttention(8, 2, batch_first=True))
    record("attention", attention(x, x, x)[0], *attention.parameters())
    for kind in ("LSTM", "GRU", "RNN"):
        cell = filled(getattr(torch.nn, kind)(8, 6, 2, batch_first=True, bidirectional=True))
        record(kind.lower(), cell(x)[0], *cell.parameters())
    block = filled(torch.nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True))
    record("transformer encoder layer", block(x), *block.parameters())
    convolution = filled(torch.nn.Conv1d(8, 4, 3, padding=1))
    record("convolution", convolution(x.transpose(1, 2)), *convolution.parameters())
    record("gelu", torch.nn.functional.gelu(x))
    record("log softmax", torch.log_softmax(x, -1))
    labels, lengths = torch.tensor([[1, 2, 2], [3, 1, 0]]), torch.tensor([3, 2])
    log_probabilities = torch.log_softmax(x, -1).transpose(0, 1)
    ctc = torch.nn.functional.ctc_loss(log_probabilities, labels, torch.tensor([5, 5]), lengths, reduction="none")
    record("ctc", ctc)
    return {"inputs": "x: sin(1.7 i), (2, 5, 8); parameter k of a module: 0.3 sin(1.7 i + k)", **result}


def torchaudio():
    import torch
    import torchaudio

    samples = torch.from_numpy(0.5 * wave(1, 4000))
    kaldi = torchaudio.compliance.kaldi.fbank(samples, num_mel_bins=23, dither=0.0, sample_frequency=16000.0)
    logits = torch.from_numpy(wave(1, 4, 3, 5)).requires_grad_()
    loss = torchaudio.functional.rnnt_loss(
        logits, torch.tensor([[1, 2]], dtype=torch.int32), torch.tensor([4], dtype=torch.int32), torch.tensor([2], dtype=torch.int32), blank=0
    )
    loss.backward()
    return {
        "kaldi fbank": {"samples": "0.5 sin(1.7 i), 4000 at 16 kHz", "output": kaldi.tolist()},
        "rnnt": {"logits": "sin(1.7 i), (1, 4, 3, 5)", "labels": [1, 2], "loss": loss.item(), "gradient": logits.grad.tolist()},
    }


def transformers():
    import torch
    from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

    result = {}
    ids = torch.tensor([[5, 1, 9, 3, 3, 7]])
    models = {
        "gpt2": GPT2LMHeadModel(GPT2Config(vocab_size=11, n_positions=8, n_embd=8, n_layer=2, n_head=2)),
        "bert": BertModel(BertConfig(vocab_size=11, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, max_position_embeddings=8)),
    }
    for name, model in models.items():
        model.eval()
        with torch.no_grad():
            for i, parameter in enumerate(model.parameters()):
                parameter.copy_(0.3 * torch.from_numpy(wave(*parameter.shape, phase=float(i))))
            result[name] = {"names": [n for n, _ in model.named_parameters()], "ids": ids.tolist(), "output": model(ids)[0].tolist()}
    return result


def tokenizers():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<eos>"])
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    return {"texts": TEXTS, "ids": [tokenizer.encode(t).ids for t in TEXTS], "tokenizer": json.loads(tokenizer.to_str())}


def sentencepiece():
    import base64
    import io

    import sentencepiece as spm

    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 10), model_writer=model, vocab_size=90, model_type="bpe", hard_vocab_limit=False, minloglevel=2
    )
    processor = spm.SentencePieceProcessor(model_proto=model.getvalue())
    return {"texts": TEXTS, "ids": [processor.encode(t) for t in TEXTS], "model": base64.b64encode(model.getvalue()).decode()}


def sacrebleu():
    from sacrebleu.metrics import BLEU, CHRF, TER

    result = {"hypotheses": HYPOTHESES, "references": REFERENCES}
    for name, metric in {"bleu": BLEU(), "chrf": CHRF(word_order=0), "chrf++": CHRF(word_order=2), "ter": TER()}.items():
        score = metric.corpus_score(HYPOTHESES, [REFERENCES])
        result[name] = {"score": score.score, "text": str(score), "signature": str(metric.get_signature())}
    return result


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    failed = False
    for compute in (torch, torchaudio, transformers, tokenizers, sentencepiece, sacrebleu):
        name = compute.__name__
        try:
            version = importlib.import_module(name).__version__
        except ImportError:
            print(f"{name}: not installed")
            continue
        try:
            values = compute()
        except Exception as error:
            failed = True
            print(f"{name} {version}: {type(error).__name__}: {error}")
            continue
        with open(os.path.join(folder, f"{name}.json"), "w", encoding="utf-8") as file:
            json.dump({"library": name, "version": version, **values}, file, ensure_ascii=False)
        print(f"{name} {version}: written")
    sys.exit(1 if failed else 0)


main()
