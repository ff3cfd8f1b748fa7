"""What corrupting pictures costs beside the predictions that `robustness.images` needs, both in one run."""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import numpy as np

MOST = 1.2
"""Times the predictions alone, that corrupting and predicting may take."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks robustness", description=__doc__)
    parser.add_argument("--pictures", type=int, default=16, help="of 224 x 224 pixels, each corrupted in every way")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="torch's")
    asked = parser.parse_args(arguments)
    draw = np.random.default_rng(0)
    pictures = [draw.integers(0, 255, (224, 224, 3), dtype=np.uint8) for _ in range(asked.pictures)]
    corrupting, predicting = _timed(pictures, asked.threads)
    count = 20 * len(pictures)
    print(
        f"{count} corrupted pictures of 224 x 224, {asked.threads} thread(s), a ResNet-50 of random weights on the CPU"
    )
    print(f"corrupting  {corrupting:8.2f} s  {corrupting / count * 1000:7.2f} ms a picture")
    print(f"predicting  {predicting:8.2f} s  {predicting / count * 1000:7.2f} ms a picture")
    ratio = (corrupting + predicting) / predicting
    print(f"both by predicting alone: {ratio:.3f}; at most {MOST}: {'met' if ratio <= MOST else 'NOT MET'}")


def _timed(pictures: list[Any], threads: int) -> tuple[float, float]:
    """Seconds of corrupting, and of predicting, each corruption at severity 3; the first round of both is not timed."""
    import pandas as pd
    import torch

    from auditkit.testing import toy_case
    from auditkit_robustness.corrupting import COMMON, SCANNERS
    from auditkit_robustness.images import Corrupted

    torch.set_num_threads(threads)
    model, spent = _model(), [0.0, 0.0]
    cells = np.empty(len(pictures), dtype=object)
    cells[:] = pictures
    changer = Corrupted(toy_case(_nothing(len(pictures)), inputs=pd.Series(cells, dtype=object)))
    for place, name in enumerate(("gamma", *COMMON, *SCANNERS)):
        began = time.perf_counter()
        changed = list(changer.changed({"corruption": name, "severity": "3"}).inputs)
        middle = time.perf_counter()
        with torch.inference_mode():
            for start in range(0, len(changed), 8):
                batch = np.stack(changed[start : start + 8]).transpose(0, 3, 1, 2).astype(np.float32) / 255
                model(pixel_values=torch.from_numpy(batch))
        if place:
            spent[0] += middle - began
            spent[1] += time.perf_counter() - middle
    return spent[0], spent[1]


def _model() -> Any:
    from transformers import ResNetConfig, ResNetForImageClassification

    return ResNetForImageClassification(ResNetConfig(num_labels=2)).eval()


def _nothing(rows: int) -> Any:
    from auditkit import ClassScores

    return ClassScores(("no", "yes"), np.full((rows, 2), 0.5))
