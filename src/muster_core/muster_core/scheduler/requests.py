"""What people and programs ask for: to take an order, to cancel it, to go on with it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from muster_core import events as ev
from muster_core.clock import Instant
from muster_core.errors import ErrorCode, Refusal
from muster_core.ids import OrderId
from muster_core.intake import check_order
from muster_core.kinds import Kind
from muster_core.order import content_digest
from muster_core.scheduler import inputs as inp
from muster_core.scheduler.config import SchedulerConfig
from muster_core.scheduler.effects import Reply
from muster_core.scheduler.recorder import Recorder
from muster_core.scheduler.records import OrderRecord
from muster_core.scheduler.sagas import Sagas
from muster_core.scheduler.views import order_view
from muster_core.site import Routes, Site
from muster_core.states import OrderState
from muster_core.task import Resolution
from muster_core.trace import make_traceparent


class Requests:
    """Answers each request once, with what is true after it.

    :param kinds: the kinds of order that the policies know.
    """

    def __init__(
        self,
        config: SchedulerConfig,
        recorder: Recorder,
        *,
        sagas: Sagas,
        site: Site,
        routes: Routes,
        kinds: Mapping[str, Kind],
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._sagas = sagas
        self._site = site
        self._routes = routes
        self._kinds = kinds

    def use_site(self, site: Site, routes: Routes) -> None:
        """Go by this site from now on."""
        self._site, self._routes = site, routes

    def submit(self, request: inp.SubmitOrder, now: Instant) -> Reply:
        """Accept the order, answer for one that was accepted before, or say what is wrong (I5)."""
        order, digest = request.order, content_digest(request.order)
        known = self._ledger.orders.get(order.order_id)
        if known is not None:
            return self._answer_duplicate(request, known, digest)
        refusal = self._check_order(request, now)
        if refusal is not None:
            return Reply(request.reply_to, refusal, None)
        event = ev.OrderAccepted(
            order_id=order.order_id,
            order=order,
            digest=digest,
            traceparent=order.traceparent or make_traceparent(order.order_id, digest, now.wall_ns),
        )
        self._recorder.emit(event, now)
        return self._accept(request.reply_to, self._ledger.orders[order.order_id])

    def cancel(self, request: inp.CancelOrder, now: Instant) -> Reply:
        """End the order, or have its robot stop first. Asking again changes nothing."""
        order = self._ledger.orders.get(request.order_id)
        if order is None:
            return Reply(request.reply_to, _unknown(request.order_id), None)
        if order.state in (OrderState.COMPLETED, OrderState.FAILED):
            return Reply(request.reply_to, _ended(order, "cancelled"), None)
        if not order.state.is_final and not order.cancel_requested:
            requested = ev.OrderCancelRequested(
                order_id=order.order.order_id,
                requester=request.requester,
                reason=request.reason,
                traceparent=order.traceparent,
            )
            self._recorder.emit(requested, now)
            self._sagas.cancel(order, now)
        return self._accept(request.reply_to, order)

    def resolve(self, request: inp.ResolveOrder, now: Instant) -> Reply:
        """Go on with a suspended order as a person says."""
        order = self._ledger.orders.get(request.order_id)
        refusal = self._check_resolution(request, order)
        if order is None or refusal is not None:
            return Reply(request.reply_to, refusal, None)
        resolution = Resolution(request.resolution)
        resolved = ev.OrderResolved(
            order_id=order.order.order_id,
            resolution=resolution,
            requester=request.requester,
            reason=request.reason,
            traceparent=order.traceparent,
        )
        self._recorder.emit(resolved, now)
        said = f"{request.requester or 'a person'} says: {request.reason or resolution.value}"
        self._sagas.resolve(order, resolution, said, now)
        return self._accept(request.reply_to, order)

    def _accept(self, reply_to: object, order: OrderRecord) -> Reply:
        return Reply(reply_to, None, order_view(self._ledger, order))

    def _check_order(self, request: inp.SubmitOrder, now: Instant) -> Refusal | None:
        refusal = check_order(
            request.order,
            site=self._site,
            routes=self._routes,
            kinds=self._kinds,
            capabilities=self._capabilities(),
            payload_kg_max=self._payload_kg_max(),
            now=now,
        )
        if refusal is None and self._ledger.orders_open >= self._config.orders_open_max:
            return Refusal(
                ErrorCode.QUEUE_FULL,
                f"order {request.order.order_id!r} is refused: {self._ledger.orders_open} orders "
                f"are open, which is the bound (orders_open_max); send it again later",
            )
        return refusal

    def _capabilities(self) -> frozenset[str] | None:
        """What all robots together can do; None when they are not all known."""
        robots = self._ledger.robots.values()
        if not self._is_fleet_known():
            return None
        return frozenset(name for robot in robots for name in robot.description.capabilities)

    def _payload_kg_max(self) -> float:
        """What the strongest robot carries, kg; inf when they are not all known."""
        robots = self._ledger.robots.values()
        if not self._is_fleet_known():
            return math.inf
        return max(robot.description.payload_kg_max for robot in robots)

    def _is_fleet_known(self) -> bool:
        return len(self._ledger.robots) >= max(1, self._config.robots_expected)

    def _answer_duplicate(self, request: inp.SubmitOrder, known: OrderRecord, digest: str) -> Reply:
        if known.digest == digest:
            view = order_view(self._ledger, known)
            return Reply(request.reply_to, None, view, is_duplicate=True)
        refusal = Refusal(
            ErrorCode.CHANGED_DUPLICATE,
            f"order {request.order.order_id!r} was accepted before with other content; send what "
            f"is wanted now under a new order_id, or the same content again to learn its state",
        )
        return Reply(request.reply_to, refusal, None)

    @staticmethod
    def _check_resolution(request: inp.ResolveOrder, order: OrderRecord | None) -> Refusal | None:
        if order is None:
            return _unknown(request.order_id)
        choices = [resolution.value for resolution in Resolution]
        if request.resolution not in choices:
            return Refusal(
                ErrorCode.BAD_RESOLUTION,
                f"resolution is {request.resolution[:64]!r}; it must be {', '.join(choices[:-1])} "
                f"or {choices[-1]}",
            )
        if order.state.is_final:
            return _ended(order, "resolved")
        if order.state is not OrderState.SUSPENDED:
            return Refusal(
                ErrorCode.NOT_SUSPENDED,
                f"order {request.order_id!r} is {order.state.value}, not suspended: nobody has to "
                f"be asked about it",
            )
        if request.question not in (0, order.question):
            return Refusal(
                ErrorCode.NOT_SUSPENDED,
                f"question {request.question} of order {request.order_id!r} is answered already; "
                f"now it asks another, {order.question}: {order.message}",
            )
        return None


def _unknown(order_id: OrderId) -> Refusal:
    return Refusal(
        ErrorCode.UNKNOWN_ORDER, f"there is no order {order_id[:128]!r}; `muster orders` lists them"
    )


def _ended(order: OrderRecord, wanted: str) -> Refusal:
    return Refusal(
        ErrorCode.ALREADY_ENDED,
        f"order {order.order.order_id!r} is {order.state.value} already and cannot be {wanted}",
    )
