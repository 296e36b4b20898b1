"""An evaluation as Markdown: the tables that go into a model's card."""

from collections.abc import Iterator

from vision.training.evaluation.report import Compared, Evaluation, Figure


def page(evaluation: Evaluation) -> str:
    """Tables of precision by class and part, of clips, and the speed in a sentence."""
    return "\n".join([*_whole(evaluation), "", *_parts(evaluation), "", *_clips(evaluation), _speed(evaluation), ""])


def _whole(evaluation: Evaluation) -> Iterator[str]:
    against = evaluation.against.name if evaluation.against else "–"
    ours, first = evaluation.model.name, evaluation.slices[0]
    yield f"| class | labels | AP50 {ours} | {against} | difference | AP50-95 {ours} | {against} |"
    yield "|---|---|---|---|---|---|---|"
    for name, score in [*first.classes.items(), ("mean", first.mean)]:
        theirs = score.theirs
        cells = (
            _ranged(score.ours.ap50),
            _ranged(theirs.ap50 if theirs else None),
            _ranged(score.ap50, sign=True),
            _ranged(score.ours.ap50_95),
            _ranged(theirs.ap50_95 if theirs else None),
        )
        yield f"| {name} | {score.ours.labels} | " + " | ".join(cells) + " |"


def _parts(evaluation: Evaluation) -> Iterator[str]:
    kinds = list(evaluation.slices[0].classes)
    yield f"| AP50, ours / theirs | pictures | {' | '.join(kinds)} | mean |"
    yield "|---" * (len(kinds) + 3) + "|"
    for part in evaluation.slices[1:]:
        scores = [*(part.classes[kind] for kind in kinds), part.mean]
        yield f"| {part.name} | {part.pictures} | " + " | ".join(_beside(score) for score in scores) + " |"


def _clips(evaluation: Evaluation) -> Iterator[str]:
    counting = evaluation.counting
    if counting is None:
        return
    yield "| clip | true | ours | theirs |"
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
    beside = f"{speed.their_ms:.1f} ms of the other, a ratio of {speed.ratio:.2f}"
    return f"Processor time of a picture on one thread, median: {speed.ms:.1f} ms beside {beside}."


def _ranged(figure: Figure | None, *, sign: bool = False) -> str:
    if figure is None:
        return "–"
    form = "+.3f" if sign else ".3f"
    return f"{figure.value:{form}} ({figure.low:{form}} to {figure.high:{form}})"


def _percent(figure: Figure | None) -> str:
    return "–" if figure is None else f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _beside(score: Compared) -> str:
    ours, theirs = score.ours.ap50, score.theirs.ap50 if score.theirs else None
    if ours is None:
        return "–"
    return f"{ours.value:.2f}" if theirs is None else f"{ours.value:.2f} / {theirs.value:.2f}"
