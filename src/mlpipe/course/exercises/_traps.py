"""What the six traps share: the eight faults to choose from, and the exercise that asks for the name."""

from collections.abc import Mapping

from mlpipe.course.exercise import Definition, Mistake

FAULTS = (
    "delayed_labels",
    "leaky_counter",
    "mixed_model_versions",
    "sample_ratio_mismatch",
    "sampled_metrics",
    "stale_model",
    "train_serve_mismatch",
    "uncorrected_downsampling",
)


def name_the_fault(
    lesson: str, right: str, hints: tuple[str, str, str], messages: Mapping[str, str], takeaway: str
) -> Definition:
    """The exercise `lesson`.fault: `messages` says of each wrong name which other symptoms that fault would show."""
    return Definition(
        id=f"{lesson}.fault",
        title="Name the fault",
        core=True,
        stub="\ndef fault():\n    ...\n",
        hints=hints,
        solution=f'\ndef fault():\n    return "{right}"\n',
        another=f'\ndef fault():\n    found = "{right}"\n    return found\n',
        mistakes=tuple(
            Mistake(name, messages[name], f'\ndef fault():\n    return "{name}"\n') for name in FAULTS if name != right
        ),
        draw=lambda rng, number: (),
        takeaway=takeaway,
        choices=FAULTS,
    )
