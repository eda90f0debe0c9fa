"""The tasks of a sweep: what the plans of its experiments hold, equal steps once, and what waits for what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING

from mosecrot_core.files import alone, remove_temporary
from mosecrot_core.runs.keys import FileHashes, step_key
from mosecrot_core.runs.plan import make_plan
from mosecrot_core.runs.runner import is_complete
from mosecrot_core.runs.steps import SOURCE_SCORES, Plan, Teaching, Triple
from mosecrot_core.runs.store import Run
from mosecrot_core.runs.sweep import Sweep
from mosecrot_core.runs.tables import write_tables
from mosecrot_core.runs.taken_over import take_over

if TYPE_CHECKING:
    from mosecrot_core.runs.execution import Execution

TABLES = "tables"
"""The kind of the task that ends a run."""
_TUNING = "fine-tuning"
_WRITING = ".tables.lock"


@dataclass(frozen=True)
class Task:
    """A part of a sweep that one worker does."""

    key: str
    kind: str
    """Its time is guessed from that of others of its kind."""
    title: str
    setting: int
    """In which experiment it is done; others may need it too."""
    do: Callable[["Execution"], None] = field(repr=False)
    needs: tuple[str, ...] = ()
    """The tasks that must be done before."""
    trained: tuple[str, ...] = ()
    """The models that it works on, kept until all such tasks are done."""


class Tasks:
    """All tasks of a sweep, in the order of the plans.

    Args:
        sweep: What is run.

    Raises:
        InputError: An input file is not there, or a newer version wrote a run.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep, self.hashes = sweep, FileHashes(sweep.runs / ".hashes.json")
        self.plans = [make_plan(own.experiment, sweep.base, self.hashes) for own in sweep.settings]
        self.runs = [
            Run.take_up(sweep.folder_of(place), sweep.folder) for place in range(len(sweep.settings))
        ]
        self.by_key: dict[str, Task] = {}
        self._first_with: dict[str, str] = {}
        self._places: dict[str, list[int]] = {}
        self._users: dict[str, list[str]] = {}
        for place, plan in enumerate(self.plans):
            for task in self._of_plan(place, plan):
                self.by_key.setdefault(task.key, task)
                self._places.setdefault(task.key, []).append(place)
        for task in self.by_key.values():
            for key in task.trained:
                self._users.setdefault(key, []).append(task.key)

    @property
    def name(self) -> str:
        """Name what is to be done, so that workers can tell whether they work on the same."""
        return step_key("sweep", tasks=sorted(self.by_key))

    def is_done(self, key: str) -> bool:
        """Say whether the result of a task is there, or that of all that wait for it."""
        task = self.by_key[key]
        if task.kind == TABLES:
            experiment = self.sweep.settings[task.setting].experiment
            return is_complete(self.runs[task.setting], experiment, self.plans[task.setting])
        if task.kind == _TUNING:
            scores = self.runs[task.setting].model_folder(key) / SOURCE_SCORES
            return scores.exists() or self._is_used_up(key)
        return self._holder(key) is not None

    def is_over(self) -> bool:
        """Say whether every run is complete."""
        return all(self.is_done(task.key) for task in self.by_key.values() if task.kind == TABLES)

    def tidy_after(self, task: Task, execution: "Execution") -> None:
        """Remove the models that a task was the last to need."""
        for key in task.trained:
            if self._is_used_up(key):
                execution.drop(key)

    def show(self, place: int) -> None:
        """Write the tables of what is done of a run that others are at, too; who ends it writes the last."""
        run, steps = self.runs[place], self.plans[place].steps
        with alone(run.folder / _WRITING):
            if run.state == "running" and not all(self._holder(step.key) for step in steps):
                self.put_together(place)

    def put_together(self, place: int) -> None:
        """Write the tables of what is done of a run."""
        run, plan = self.runs[place], self.plans[place]
        for step in plan.steps:
            holder = self._holder(step.key)
            if holder is not None:
                take_over(step, holder, run)
        write_tables(run, plan)

    def _is_used_up(self, trained: str) -> bool:
        return all(map(self.is_done, self._users.get(trained, ())))

    def _holder(self, key: str) -> Run | None:
        """Return a run that has a step."""
        held = (self.runs[place] for place in self._places[key])
        return next((run for run in held if run.has_step(key)), None)

    def _of_plan(self, place: int, plan: Plan) -> Iterator[Task]:
        for step in plan.first:
            yield Task(step.key, step.kind, step.title, place, methodcaller("do_step", step))
        for tuning in plan.finetunings:
            yield Task(tuning.key, _TUNING, tuning.title, place, methodcaller("do_tuning", tuning))
            for step in tuning.steps:
                do, key = methodcaller("do_step_of", tuning, step), (tuning.key,)
                title = f"{step.title}, seed {step.seed}"
                yield Task(step.key, step.kind, title, place, do, key, key)
        for triple in plan.triples:
            yield self._alone(triple, place, methodcaller("do_triple", triple), (triple.key,))
        for teaching in plan.teachings:
            yield self._alone(teaching, place, methodcaller("do_teaching", teaching), teaching.models)
        needs = tuple(dict.fromkeys(step.key for step in plan.steps))
        name = self.sweep.settings[place].experiment.name
        own = step_key(TABLES, run=name, steps=needs)
        yield Task(own, TABLES, f"tables of {name}", place, partial(self._finish, place), needs)

    def _alone(
        self,
        what: Triple | Teaching,
        place: int,
        do: Callable[["Execution"], None],
        trained: tuple[str, ...],
    ) -> Task:
        """Make a task of what trains models itself: who shares one with an earlier task waits for that."""
        key = what.step.key
        firsts = (self._first_with.setdefault(model, key) for model in trained)
        needs = tuple(dict.fromkeys(first for first in firsts if first != key))
        return Task(key, what.step.kind, what.title, place, do, needs, trained)

    def _finish(self, place: int, execution: "Execution") -> None:
        """Write the tables of a run all of whose steps are done, and remove what was left on the way."""
        run, plan = self.runs[place], self.plans[place]
        for folder in (run.folder / "steps", run.folder / "models"):
            remove_temporary(folder)
        for key in plan.trained:
            if self._is_used_up(key):
                execution.drop(key)
        with alone(run.folder / _WRITING):
            self.put_together(place)
            run.write_info(state="done", problem=None)
