"""What a model has learned, training by training, as its file tells."""

import datetime

import msgspec

from models.contract.document import Corpus, Training
from models.train.checkpoint import Progress
from models.train.recipe import Recipe, training_of


class Before(msgspec.Struct, frozen=True):
    """What weights had learned before a run, and how far it had come where it goes on."""

    corpora: list[Corpus] = []
    trainings: list[Training] = []
    heard: list[int] = []
    resumed: Progress | None = None

    def and_now(self, recipe: Recipe, progress: Progress, author: str) -> list[Training]:
        """Return all trainings so far; a run that goes on as it was remains one."""
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        own = training_of(recipe, progress.step, progress.minutes, today, author)
        earlier = self.trainings
        begun = self.resumed or Progress()
        steps, minutes = progress.step - begun.step, progress.minutes - begun.minutes
        if self.resumed and earlier and _alike(earlier[-1], own):
            *earlier, last = earlier
            steps, minutes = steps + last.steps, minutes + last.minutes
        own = msgspec.structs.replace(own, steps=steps, minutes=round(minutes, 2))
        return [*earlier, own]


def _alike(one: Training, other: Training) -> bool:
    """Return whether one goes on as the other: with the same music, in the same way."""
    fields = ("recipe", "corpora", "batch", "rate", "seed")
    return all(getattr(one, name) == getattr(other, name) for name in fields)
