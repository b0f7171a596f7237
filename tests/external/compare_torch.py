#!/usr/bin/env python3
# Copyright The Filigree Authors
# SPDX-License-Identifier: Apache-2.0
"""Layers, losses, optimizers and schedules against PyTorch: results and gradients.

usage: compare_torch.py filigree_torch_cases

The program writes what it was given and what it computed; this computes it again. Skipped (exit
code 77) where PyTorch or NumPy is missing.
"""
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    print(f"not compared: {error}")
    sys.exit(77)

# Relative to the largest entry, or to 1. f32: dozens of roundings of 6e-8, twice as many on the way
# back.
TOLERANCE = {"f64": 1e-12, "f32": 1e-6}
OF_GRADIENTS = 2
# L-BFGS ends, here and there, where the gradient is below 1e-10. The smallest curvatures are 2
# (quadratic) and 0.4 (Rosenbrock's function at its minimum): within 1e-10 / 0.4 of the minimum.
OF_MINIMA = 1e3
# Fixed points in f32 end within 4 epsilon / (1 - gamma) of |b| / (1 - gamma): 1.2e-5 for 0.8.
OF_FIXED_POINTS = {"f64": 1, "f32": 12}

ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "softplus": functional.softplus,
    "sin": torch.sin,
}


class Case:
    """One case of the file as tensors of its type."""

    def __init__(self, name, arrays):
        self.kind, self.name = name.split(":")
        dtype = torch.float64 if self.kind == "f64" else torch.float32
        prefix = name + "/"
        self.values = {
            key[len(prefix) :]: torch.tensor(value, dtype=dtype)
            for key, value in arrays.items()
            if key.startswith(prefix)
        }

    def part(self, kind):
        prefix = kind + "/"
        return {k[len(prefix) :]: v for k, v in self.values.items() if k.startswith(prefix)}

    def indices(self, key):
        return self.values["setting/" + key].long()


def linear(p, name, x):
    return functional.linear(x, p[name + ".weight"], p[name + ".bias"])


def mlp(p, name, x, hidden, last=lambda x: x):
    prefix = name + "layers." if name == "" else name + ".layers."
    n = sum(key.startswith(prefix) and key.endswith("weight") for key in p)
    for k in range(n):
        x = (hidden if k + 1 < n else last)(linear(p, f"{prefix}{k}", x))
    return x


def layer_norm(p, name, x):
    return functional.layer_norm(x, x.shape[-1:], p[name + "weight"], p[name + "bias"], 1e-5)


def batch_norm(case, p, x, training):
    mean, var = p["running_mean"].clone(), p["running_var"].clone()
    y = functional.batch_norm(x, mean, var, p["weight"], p["bias"], training, 0.1, 1e-5)
    return {"y": y, "running_mean": mean, "running_var": var}


def instance_norm(p, x):
    parts = [x[:4], x[4:]]  # the groups of the case
    return torch.cat(
        [
            functional.instance_norm(g.T[None], weight=p["weight"], bias=p["bias"], eps=1e-5)[0].T
            for g in parts
        ]
    )


def attention(p, x, context):
    """PyTorch's own function, whose tokens come first; its mask says what is left out."""
    mask = torch.zeros(2, 5, dtype=torch.bool)
    mask[0, 3:] = True
    y, _ = functional.multi_head_attention_forward(
        x.transpose(0, 1),
        context.transpose(0, 1),
        context.transpose(0, 1),
        embed_dim_to_check=6,
        num_heads=2,
        in_proj_weight=None,
        in_proj_bias=torch.cat([p["query.bias"], p["key.bias"], p["value.bias"]]),
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0,
        out_proj_weight=p["output.weight"],
        out_proj_bias=p["output.bias"],
        training=False,
        key_padding_mask=mask,
        need_weights=False,
        use_separate_proj_weight=True,
        q_proj_weight=p["query.weight"],
        k_proj_weight=p["key.weight"],
        v_proj_weight=p["value.weight"],
    )
    return y.transpose(0, 1)


def linear_attention(p, x, context, n_heads, features, adds_query):
    """The formulas, token by token."""
    q, k, v = (linear(p, n, t) for n, t in [("query", x), ("key", context), ("value", context)])
    counts = torch.ones(2, 5, dtype=x.dtype)
    counts[0, 3:] = 0
    d = q.shape[-1] // n_heads
    heads = []
    for h in range(n_heads):
        qh, kh, vh = (features(t[..., h * d : (h + 1) * d]) for t in (q, k, v))
        vh = v[..., h * d : (h + 1) * d]
        weights = torch.einsum("bid,bjd->bij", qh, kh) * counts[:, None, :]
        y = weights @ vh / weights.sum(-1, keepdim=True)
        heads.append(qh + y if adds_query else y)
    return linear(p, "output", torch.cat(heads, -1))


def aggregate(how, messages, receivers, n):
    rows = []
    for i in range(n):
        m = messages[receivers == i]
        if len(m) == 0:
            rows.append(torch.zeros(messages.shape[1], dtype=messages.dtype))
        elif how == "sum":
            rows.append(m.sum(0))
        elif how == "mean":
            rows.append(m.mean(0))
        elif how == "max":
            rows.append(m.max(0).values)
        else:
            rows.append((functional.softmax(m, 0) * m).sum(0))
    return torch.stack(rows)


def message_passing(case, p, x, e, w):
    how = case.name.split("_")[-1]
    senders, receivers = case.indices("senders"), case.indices("receivers")
    joined = torch.cat([e, x[senders], x[receivers]], -1)
    m = layer_norm(p, "edge_norm.", mlp(p, "edge_mlp", joined, torch.relu))
    received = aggregate(how, m * w, receivers, len(x))
    u = layer_norm(p, "node_norm.", mlp(p, "node_mlp", torch.cat([x, received], -1), torch.relu))
    return torch.cat([(x + u).flatten(), (e + m).flatten()])


def integral(case, p, queries, sources, f, w):
    kind = case.name.removeprefix("integral_").removesuffix("_weighted")
    senders, receivers = case.indices("senders"), case.indices("receivers")
    inputs = [queries[receivers], sources[senders]]
    if kind in ("nonlinear", "kernel_of_f"):
        inputs.append(f[senders])
    terms = mlp(p, "kernel", torch.cat(inputs, -1), functional.gelu)
    if kind in ("linear", "nonlinear"):
        terms = terms * f[senders]
    if case.name.endswith("_weighted"):
        return aggregate("sum", terms * w[senders], receivers, len(queries))
    return aggregate("mean", terms, receivers, len(queries))


def conv2d(p, x, stride, padding):
    y = functional.conv2d(x.permute(0, 3, 1, 2), p["weight"], p.get("bias"), stride, padding)
    return y.permute(0, 2, 3, 1)


def fourier(p, x, extents, modes):
    """Low frequencies by the fast transform: k >= 0 along the last axis, else both signs."""
    axes = tuple(range(1, 1 + len(extents)))
    spectrum = torch.fft.rfftn(x.unflatten(1, extents), dim=axes)
    kept = [list(range(m)) + list(range(n - m, n)) for n, m in zip(extents[:-1], modes[:-1])]
    kept.append(list(range(modes[-1])))
    at = (slice(None), *numpy.ix_(*kept))
    # The weights count the modes with the last axis slowest.
    weight = torch.complex(p["real"], p["imaginary"])
    weight = weight.unflatten(0, [len(k) for k in reversed(kept)])
    order = list(reversed(range(len(kept))))
    weight = weight.permute(*order, len(kept), len(kept) + 1)
    product = torch.einsum("b...i,...io->b...o", spectrum[at], weight)
    result = torch.zeros(*spectrum.shape[:-1], product.shape[-1], dtype=product.dtype)
    result[at] = product
    values = torch.fft.irfftn(result, s=extents, dim=axes).flatten(1, len(extents))
    return functional.gelu(values + linear(p, "pointwise", x))


NORMALIZERS = {
    "clip": lambda a: a.clamp(0, 1),
    "sigmoid": torch.sigmoid,
    "softmax": torch.exp,
}


def contraction(case, logits, bias, gamma, normalizer, by_sender):
    """(I - gamma A) z = b for each head, A from logits a row's share of which it is."""
    ends = case.indices("senders"), case.indices("receivers")
    rows, columns = ends if by_sender else reversed(ends)
    sizes = NORMALIZERS[normalizer](logits)
    n = len(bias)
    of_row = sizes if normalizer == "softmax" else torch.ones_like(sizes)
    totals = torch.zeros(n, logits.shape[1], dtype=bias.dtype).index_add(0, rows, of_row)
    weights = sizes / totals[rows]
    z = []
    for h in range(bias.shape[1]):
        a = torch.zeros(n, n, dtype=bias.dtype)
        a = a.index_put((rows, columns), weights[:, h], accumulate=True)
        z.append(torch.linalg.solve(torch.eye(n, dtype=bias.dtype) - gamma * a, bias[:, h]))
    return torch.stack(z, 1)


def contraction_case(case, p, logits, bias):
    _, normalizer, row, _ = case.name.split("_")
    return contraction(case, logits + 0.3, bias, 0.8, normalizer, row == "sender")


def cgs(case, p, x, e):
    """Park, Choo and Park, "Convergent graph solvers", ICLR 2022."""
    senders, receivers = case.indices("senders"), case.indices("receivers")
    for layer in range(2):
        name = f"encoder.{layer}."
        joined = torch.cat([e, x[senders], x[receivers]], -1)
        e = mlp(p, name + "edge", joined, torch.tanh, torch.tanh)
        scores = torch.exp(mlp(p, name + "attention", joined, torch.tanh, torch.tanh))
        shares = scores / aggregate("sum", scores, receivers, len(x))[receivers]
        gathered = aggregate("sum", shares * e, receivers, len(x))
        x = mlp(p, name + "node", torch.cat([gathered, x], -1), torch.tanh, torch.tanh)
    return mlp(p, "decoder", contraction(case, e, x, 0.6, "sigmoid", True), torch.tanh)


def relative_l2(x, target):
    return ((x - target).norm(dim=1) / target.norm(dim=1)).mean()


LABELS = torch.tensor([2, 0, 1, 2])
FUNCTIONS = {
    "layer_norm": lambda c, p, x: layer_norm(p, "", x),
    "batch_norm": lambda c, p, x: batch_norm(c, p, x, False),
    "batch_norm_training": lambda c, p, x: batch_norm(c, p, x, True),
    "instance_norm": lambda c, p, x: instance_norm(p, x),
    "embedding": lambda c, p: functional.embedding(torch.tensor([2, 0, 2, 1]), p["weight"]),
    "attention": lambda c, p, x, y: attention(p, x, y),
    "linear_attention_softmax": lambda c, p, x, y: linear_attention(
        p, x, y, 2, lambda t: functional.softmax(t, -1), True
    ),
    "linear_attention_elu": lambda c, p, x, y: linear_attention(
        p, x, y, 3, lambda t: functional.elu(t) + 1, False
    ),
    "conv2d": lambda c, p, x: conv2d(p, x, 2, 1),
    "conv2d_even": lambda c, p, x: conv2d(p, x, 1, 2),
    "fourier_1d": lambda c, p, x: fourier(p, x, (9,), (4,)),
    "fourier_2d": lambda c, p, x: fourier(p, x, (6, 8), (2, 3)),
    "fourier_3d": lambda c, p, x: fourier(p, x, (4, 5, 6), (2, 1, 3)),
    "cgs": cgs,
    "mean_squared_error": lambda c, p, x, y: functional.mse_loss(x, y),
    "mean_absolute_error": lambda c, p, x, y: functional.l1_loss(x, y),
    "relative_l2_error": lambda c, p, x, y: relative_l2(x, y),
    "cross_entropy": lambda c, p, x: functional.cross_entropy(x * 9, LABELS),
    "softmax": lambda c, p, x: functional.softmax(x * 30, 1),
    "log_softmax": lambda c, p, x: functional.log_softmax(x * 30, -1),
}


def function_of(name):
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name.startswith("mlp_"):
        f = ACTIVATIONS[name.removeprefix("mlp_")]
        return lambda c, p, x: mlp(p, "", x - 0.5, f, f)
    if name.startswith("contraction_"):
        return contraction_case
    return message_passing if name.startswith("message_passing_") else integral


def compute_layer(case):
    """Results and gradients under the keys of the file."""
    inputs = {k: v.requires_grad_() for k, v in case.part("input").items()}
    gradients = case.part("gradient")
    parameters = {k: v.requires_grad_(k in gradients) for k, v in case.part("parameter").items()}
    results = function_of(case.name)(case, parameters, *inputs.values())
    if torch.is_tensor(results):
        results = {"y": results}
    (results["y"] * case.values["setting/factors"]).sum().backward()
    found = {"result/" + k: v.detach() for k, v in results.items()}
    for name, tensor in {**inputs, **parameters}.items():
        if name in gradients:
            none = tensor.grad is None
            found["gradient/" + name] = torch.zeros_like(tensor) if none else tensor.grad
    return found


OPTIMIZERS = {
    "adam": lambda x: torch.optim.Adam([x], 0.03, weight_decay=0.1),
    "adamw": lambda x: torch.optim.AdamW([x], 0.03, weight_decay=0.1),
    "adamax": lambda x: torch.optim.Adamax([x], 0.03, weight_decay=0.1),
    "sgd": lambda x: torch.optim.SGD([x], 0.03, weight_decay=0.1),
    "momentum": lambda x: torch.optim.SGD([x], 0.03, momentum=0.8, weight_decay=0.1),
    "nesterov": lambda x: torch.optim.SGD(
        [x], 0.03, momentum=0.8, weight_decay=0.1, nesterov=True
    ),
}


def compute_optimizer(case):
    x = case.values["input/0"].clone().requires_grad_()
    optimizer = OPTIMIZERS[case.name.removeprefix("optimizer_")](x)
    path = []
    for _ in range(20):
        x.grad = (x * 3 + case.values["input/1"]).detach()
        optimizer.step()
        path.append(x.detach().clone())
    return {"result/path": torch.stack(path)}


def compute_clip(case):
    tensors = [case.values[f"input/{k}"].clone() for k in (0, 1)]
    for t in tensors:
        t.grad = t.clone()
    norm = nn.utils.clip_grad_norm_(tensors, 0.7)
    found = {"result/norm": norm}
    for k, t in enumerate(tensors):
        found[f"result/by_norm_{k}"] = t.grad
    cut = case.values["input/0"].clone()
    cut.grad = cut.clone()
    nn.utils.clip_grad_value_([cut], 0.3)
    found["result/by_value_0"] = cut.grad
    return found


CURVATURES = torch.tensor([1.0, 3, 10, 30, 100])
MINIMIZED = {
    "quadratic": lambda x: (CURVATURES * (x - 1) ** 2).sum() + (x - 1).sum() ** 2,
    "rosenbrock": lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2,
}


def compute_minimum(case):
    function = MINIMIZED[case.name.removeprefix("lbfgs_")]
    x = case.values["input/0"].clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [x],
        max_iter=500,
        max_eval=2000,
        tolerance_grad=1e-10,
        tolerance_change=0,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        value = function(x)
        value.backward()
        return value

    optimizer.step(closure)
    return {"result/x": x.detach(), "result/value": function(x).detach()}


SCHEDULES = {
    "step": lambda o, s: s.StepLR(o, 7, 0.3),
    "exponential": lambda o, s: s.ExponentialLR(o, 0.9),
    "cosine": lambda o, s: s.CosineAnnealingLR(o, 39, 0.1),
    "cosine_restarts": lambda o, s: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.1),
    "warm_up": lambda o, s: s.SequentialLR(
        o, [s.LinearLR(o, 0.2, 1, 10), s.CosineAnnealingLR(o, 30)], [10]
    ),
}


def compute_schedule(case):
    optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
    schedule = SCHEDULES[case.name.removeprefix("schedule_")]
    schedule = schedule(optimizer, torch.optim.lr_scheduler)
    factors = []
    for _ in range(40):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"result/factors": torch.tensor(factors, dtype=torch.float64)}


def compute(case):
    if case.name.startswith("optimizer_"):
        return compute_optimizer(case)
    if case.name.startswith("schedule_"):
        return compute_schedule(case)
    if case.name.startswith("lbfgs_"):
        return compute_minimum(case)
    return compute_clip(case) if case.name == "clip" else compute_layer(case)


def compare(case):
    """The largest error in tolerances, and a line for each key that is beyond its own."""
    expected = compute(case)
    given = {k: v for k, v in case.values.items() if k.startswith(("result/", "gradient/"))}
    if sorted(expected) != sorted(given):
        return numpy.inf, [f"{case.kind}:{case.name}: {sorted(given)}, PyTorch {sorted(expected)}"]
    worst, lines = 0.0, []
    for key, theirs in expected.items():
        ours = given[key]
        if ours.shape != theirs.shape:
            lines.append(f"{case.kind}:{case.name}/{key}: {ours.shape}, PyTorch {theirs.shape}")
            continue
        scale = max(1.0, float(theirs.abs().max()))
        error = float((ours - theirs).abs().max()) / scale / TOLERANCE[case.kind]
        error /= OF_GRADIENTS if key.startswith("gradient/") else 1
        error /= OF_MINIMA if case.name.startswith("lbfgs_") else 1
        error /= OF_FIXED_POINTS[case.kind] if case.name.startswith("contraction_") else 1
        worst = max(worst, error)
        if not error <= 1:
            lines.append(f"{case.kind}:{case.name}/{key}: {error:.3g} times the tolerance")
    return worst, lines


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # of PyTorch about its own schedules
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "cases.npz"
        subprocess.run([sys.argv[1], str(file)], check=True)
        with numpy.load(file) as npz:
            arrays = {key: npz[key] for key in npz.files}
    problems = []
    for name in sorted({key.split("/")[0] for key in arrays}):
        case = Case(name, arrays)
        worst, lines = compare(case)
        problems += lines
        print(f"{name:40} {worst:.1e} of the tolerance")
    print("\n".join(problems) if problems else f"all agree with PyTorch {torch.__version__}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
