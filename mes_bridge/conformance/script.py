"""How the scenes are played: one after the other, each until its work orders are over or the client has nothing more to say to it."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

from contracts.work_order import WorkOrderState
from mes_bridge.conformance.plant import Plant
from mes_bridge.conformance.scenes import SCENES, Moment, Scene
from mes_bridge.engine.conformance.record import Act, Outage, Provocation, Record, ScriptedOrder
from mes_bridge.engine.work_orders import FINISHED
from mes_bridge.tables import WorkOrderRow

LOOKS = 3
"""So many times in a row a client looks for work and finds none before it is taken to have nothing more to do."""
_LOOKING = frozenset({"lease", "list"})


class Script:
    """Called around every request; one at a time. ``record`` is what was seen so far."""

    def __init__(self, plant: Plant, now: Callable[[], datetime], patience_s: float) -> None:
        """``now``: business time. ``patience_s``: real seconds of silence after which a scene is given up."""
        self.plant = plant
        self.over = threading.Event()
        self._now = now
        self._patience_s = patience_s
        self._guard = threading.RLock()
        self._acts: list[Act] = []
        self._provocations: list[Provocation] = []
        self._played: list[Scene] = []
        self._interrupted = 0
        self._requests = 0
        self._looks = 0
        self._heard_at = time.monotonic()
        self._next()

    @property
    def scene(self) -> str:
        """The name of the one that is played."""
        return self._scene.name

    @property
    def record(self) -> Record:
        with self._guard:
            return Record(tuple(self._acts), tuple(self._orders()), tuple(self._provocations))

    def number(self) -> tuple[int, datetime]:
        """Of a request that comes, and the business time."""
        with self._guard:
            self._requests += 1
            return self._requests, self._now()

    def outage(self, acts: tuple[Act, ...]) -> Outage | None:
        """Whether the plant is away for this request, or its answer is lost."""
        with self._guard:
            interruption = self._scene.interruption
            if interruption is None or self._interrupted >= interruption.times or self._meant(acts, interruption.moment) is None:
                return None
            self._interrupted += 1
            if interruption.outage == "away":
                self._step_in(acts)
            return interruption.outage

    def more_members(self, acts: tuple[Act, ...]) -> bool:
        """Whether the answer carries members that are not of the contract."""
        with self._guard:
            return self._scene.more_members and any(act.kind in _LOOKING for act in acts)

    def heard(self, acts: tuple[Act, ...]) -> None:
        """What a request held and was answered."""
        with self._guard:
            if self.over.is_set():
                return
            self._acts += acts
            said = [act for act in acts if act.kind not in _LOOKING or (act.kind == "lease" and act.answer.get("items"))]
            self._looks = 0 if said else self._looks + 1
            if said:
                self._heard_at = time.monotonic()
            if not any(act.outage for act in acts):
                self._step_in(acts)
            if said:
                self.plant.repair()
            self._go_on()

    def look(self) -> None:
        """Called now and then: a client that says nothing at all is waited for twice as long as one that looks for work."""
        with self._guard:
            if not self.over.is_set() and time.monotonic() - self._heard_at > 2 * self._patience_s:
                self._next()

    @property
    def _scene(self) -> Scene:
        return self._played[-1]

    def _rows(self) -> list[WorkOrderRow]:
        return self.plant.rows([_piece(self._scene)])

    def _step_in(self, acts: tuple[Act, ...]) -> None:
        """What the scene does to its work order, once."""
        scene = self._scene
        if scene.does is None or scene.at is None or any(each.scene == scene.name for each in self._provocations):
            return
        row = self._meant(acts, scene.at)
        if row is None:
            return
        self._provocations.append(Provocation(scene.name, acts[0].request, row.id, row.revision, row.fence))
        deeds: dict[str, Callable[[WorkOrderRow], None]] = {
            "run_out": self.plant.run_out,
            "take": self.plant.take,
            "revise": self.plant.revise,
            "cancel": self.plant.cancel,
            "fail": self.plant.fail,
        }
        deeds[scene.does](row)

    def _meant(self, acts: tuple[Act, ...], moment: Moment) -> WorkOrderRow | None:
        """The scene's work order that one of the messages is about, if the moment has come."""
        meant = [act for act in acts if act.kind == moment.kind and (not moment.reports or act.content.get("kind") in moment.reports)]
        rows = [row for row in self._rows() if row.sequence == moment.sequence] if meant else []
        for act in meant:
            for row in rows:
                leasable = act.kind == "lease" and (row.holder is not None if act.status else row.state == WorkOrderState.RELEASED)
                if leasable or (act.work_order == row.id and (not act.status or act.taken)):
                    return row
        return None

    def _go_on(self) -> None:
        looks = self._looks >= LOOKS
        silent = looks and time.monotonic() - self._heard_at >= self._patience_s
        if silent or (all(WorkOrderState(row.state) in FINISHED for row in self._rows()) and self._is_settled(looks)):
            self._next()

    def _is_settled(self, looks: bool) -> bool:
        """Whether the client has said what it has to say to what was done to it."""
        changed = next((each for each in self._provocations if each.scene == self._scene.name), None)
        if changed is None or self._scene.does in {"run_out", "fail"}:
            return True
        if self._scene.does == "take":
            return looks
        return any(act.kind == "answer" and act.work_order == changed.work_order and act.taken for act in self._acts)

    def _next(self) -> None:
        """What is left of the scene's work orders is withdrawn, the next one's are released; after the last scene the play is over."""
        for row in self._rows() if self._played else ():
            if WorkOrderState(row.state) not in FINISHED:
                self.plant.cancel(row)
        if len(self._played) == len(SCENES):
            self.over.set()
            return
        self._played.append(SCENES[len(self._played)])
        self._interrupted, self._looks, self._heard_at = 0, 0, time.monotonic()
        self.plant.release(_piece(self._scene), self._scene.operations)

    def _orders(self) -> list[ScriptedOrder]:
        scenes = {_piece(scene): scene.name for scene in self._played}
        return [ScriptedOrder(scenes[row.piece], self.plant.document(row), row.fence) for row in self.plant.rows(list(scenes))]


def _piece(scene: Scene) -> str:
    return f"piece_{scene.name}"
