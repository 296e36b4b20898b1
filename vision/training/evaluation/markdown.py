"""Renders an evaluation as Markdown tables for a model card."""

from collections.abc import Iterator

from vision.training.evaluation.report import ComparedScore, Estimate, Evaluation


def render(evaluation: Evaluation) -> str:
    """Tables of average precision by class and by subset, the clips' counts, and a sentence on speed."""
    return "\n".join(
        [
            *_class_table(evaluation),
            "",
            *_subset_table(evaluation),
            "",
            *_clip_table(evaluation),
            _speed(evaluation),
            "",
        ]
    )


def _class_table(evaluation: Evaluation) -> Iterator[str]:
    against = evaluation.against.name if evaluation.against else "–"
    ours, first = evaluation.model.name, evaluation.slices[0]
    yield f"| class | labels | AP50 {ours} | {against} | difference | AP50-95 {ours} | {against} |"
    yield "|---|---|---|---|---|---|---|"
    for name, score in [*first.classes.items(), ("mean", first.mean)]:
        theirs = score.theirs
        cells = (
            _with_interval(score.ours.ap50),
            _with_interval(theirs.ap50 if theirs else None),
            _with_interval(score.ap50, sign=True),
            _with_interval(score.ours.ap50_95),
            _with_interval(theirs.ap50_95 if theirs else None),
        )
        yield f"| {name} | {score.ours.labels} | " + " | ".join(cells) + " |"


def _subset_table(evaluation: Evaluation) -> Iterator[str]:
    kinds = list(evaluation.slices[0].classes)
    yield f"| AP50, model / reference | pictures | {' | '.join(kinds)} | mean |"
    yield "|---" * (len(kinds) + 3) + "|"
    for subset in evaluation.slices[1:]:
        scores = [*(subset.classes[kind] for kind in kinds), subset.mean]
        yield f"| {subset.name} | {subset.pictures} | " + " | ".join(_both(score) for score in scores) + " |"


def _clip_table(evaluation: Evaluation) -> Iterator[str]:
    counting = evaluation.counting
    if counting is None:
        return
    yield "| clip | true | model | reference |"
    yield "|---|---|---|---|"
    for clip in counting.clips:
        true = f"{clip.true_low}–{clip.true_high}" if clip.true_low < clip.true_high else str(clip.true_low)
        yield f"| `{clip.file}` | {true} | {clip.ours} | {'–' if clip.theirs is None else clip.theirs} |"
    yield f"| **WAPE** | | {_percent(counting.wape)} | {_percent(counting.theirs)} |"
    yield ""


def _speed(evaluation: Evaluation) -> str:
    speed = evaluation.speed
    if speed.their_ms is None:
        return f"Processor time of a picture on one thread, median: {speed.ms:.1f} ms."
    comparison = f"{speed.their_ms:.1f} ms of the reference model, a ratio of {speed.ratio:.2f}"
    return f"Processor time of a picture on one thread, median: {speed.ms:.1f} ms, against {comparison}."


def _with_interval(figure: Estimate | None, *, sign: bool = False) -> str:
    if figure is None:
        return "–"
    form = "+.3f" if sign else ".3f"
    return f"{figure.value:{form}} ({figure.low:{form}} to {figure.high:{form}})"


def _percent(figure: Estimate | None) -> str:
    return "–" if figure is None else f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _both(score: ComparedScore) -> str:
    ours, theirs = score.ours.ap50, score.theirs.ap50 if score.theirs else None
    if ours is None:
        return "–"
    return f"{ours.value:.2f}" if theirs is None else f"{ours.value:.2f} / {theirs.value:.2f}"
